// What is found out about one chain: what is wrong with its rules, which sets and maps they name, and where they lead. Of a long chain that differs from
// the sound one before it in a few rules, those are looked at and not the others.

import { changedSpan } from "../net/listChanges.ts";
import { checkRule, type Named } from "./checkRule.ts";
import { originComment } from "./comment.ts";
import type { Chain, Rule } from "./types.ts";

export interface ChainFindings {
  readonly problems: readonly string[];
  /** Names of sets and maps. */
  readonly lookups: ReadonlySet<string>;
  readonly ways: Ways;
}

/** Where a chain leads; of a chain that leads where the one before it led, the same object. */
export interface Ways {
  /** Chains that rules jump or go to. */
  readonly targets: ReadonlySet<string>;
  readonly maps: ReadonlySet<string>;
  readonly rejects: boolean;
}

interface Before {
  readonly thing: Chain;
  readonly found: ChainFindings;
}

export function checkChain(chain: Chain, named: Named, before: Before | undefined): ChainFindings {
  const isSound = before !== undefined && before.found.problems.length === 0;
  const { from, to } = changedSpan(chain.rules, isSound ? before.thing.rules : []);
  const problems: string[] = [];
  for (let index = from; index < to; index++) {
    const rule = chain.rules[index] as Rule;
    for (const problem of checkRule(rule, named)) problems.push(`chain ${chain.name}, rule ${index} (${originComment(rule.origin)}): ${problem}`);
  }
  const added = namesIn(chain.rules.slice(from, to));
  if (before === undefined) return { problems, lookups: added.lookups, ways: added };
  const removed = namesIn(before.thing.rules.slice(from, before.thing.rules.length - (chain.rules.length - to)));
  if (isSound && sameNamesIn(added, removed)) return { problems, lookups: before.found.lookups, ways: before.found.ways };
  const all = namesIn(chain.rules);
  return { problems, lookups: all.lookups, ways: sameWays(all, before.found.ways) ? before.found.ways : all };
}

interface NamesIn extends Ways {
  readonly lookups: ReadonlySet<string>;
}

function namesIn(rules: readonly Rule[]): NamesIn {
  const [lookups, targets, maps] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let rejects = false;
  for (const { statements } of rules) {
    for (const statement of statements) {
      if (statement.kind === "lookup") lookups.add(statement.set);
      else if (statement.kind === "vmap") maps.add(statement.map);
      else if (statement.kind === "verdict" && "chain" in statement.verdict) targets.add(statement.verdict.chain);
      else if (statement.kind === "reject") rejects = true;
    }
  }
  for (const map of maps) lookups.add(map);
  return { lookups, targets, maps, rejects };
}

function sameNamesIn(a: NamesIn, b: NamesIn): boolean {
  return sameSet(a.lookups, b.lookups) && sameWays(a, b);
}

function sameWays(a: Ways, b: Ways): boolean {
  return a.rejects === b.rejects && sameSet(a.targets, b.targets) && sameSet(a.maps, b.maps);
}

export function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size !== b.size) return false;
  for (const name of a) if (!b.has(name)) return false;
  return true;
}
