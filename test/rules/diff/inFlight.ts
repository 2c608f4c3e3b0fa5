// A packet that is on its way while a batch is committed: it keeps to the rules that it began with, but looks sets and maps up as they are now
// (rules/diff/diff.ts says why). Which batches such a packet would see half done.

import assert from "node:assert/strict";
import type { ActualRule } from "../../../rules/diff/types.ts";
import { identityText } from "../../../rules/ruleset/identity.ts";
import type { Statement, Verdict } from "../../../rules/ruleset/types.ts";

/** As much of a table as a packet can tell. */
export interface Visible {
  readonly chains: ReadonlyMap<string, { readonly base: unknown; readonly slots: readonly { readonly rule: ActualRule }[] }>;
  readonly maps: ReadonlyMap<string, { readonly entries: ReadonlyMap<string, { readonly verdict: Verdict }> }>;
}

/** What a packet had before it when the batch came. */
export interface InFlight {
  /** Of the chains that it can come to. */
  readonly rules: ReadonlyMap<string, readonly ActualRule[]>;
  /** Of the maps that it may ask. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
}

export function takeOff(table: Visible): InFlight {
  const rules = reached(table);
  const asked = [...rules.values()].flat().flatMap((rule) => statementsOf(rule).flatMap((one) => (one.kind === "vmap" ? [one.map] : [])));
  return { rules, keys: new Map(asked.map((map) => [map, [...(table.maps.get(map)?.entries.keys() ?? [])]])) };
}

/** What a batch made, and of which interval sets it changed the elements. */
interface Made {
  readonly intervals: ReadonlySet<string>;
  readonly maps: ReadonlySet<string>;
  readonly changed: ReadonlyMap<string, unknown>;
}

/** Fails where the batch shows a packet something half done. */
export function assertUnseen({ rules, keys }: InFlight, after: Visible, made: Made): void {
  const isSwitch = hasSwitched(rules, after);
  for (const rule of [...reached(after).values(), ...rules.values()].flat()) {
    for (const statement of statementsOf(rule)) {
      if (statement.kind !== "lookup") continue;
      assert(!isSwitch || !made.changed.has(statement.set), `packets by the new rules find interval set ${statement.set} as it was before`);
      assert(!made.intervals.has(statement.set), `Hole B: interval set ${statement.set} is filled in the batch that leads packets to its use`);
    }
  }
  if (!isSwitch) return;
  for (const [map, before] of keys) {
    assert(!made.maps.has(map) && after.maps.has(map), `packets by the old rules find map ${map} empty`);
    for (const key of before) assert(after.maps.get(map)?.entries.has(key), `packets by the old rules miss the entry ${key} of map ${map}`);
  }
}

/** Whether packets now meet other rules on the way that stays. Otherwise who misses an entry fares like those that come after. */
function hasSwitched(rules: InFlight["rules"], after: Visible): boolean {
  const text = (list: readonly ActualRule[]) => list.map(identityText).join("\n");
  return [...reached(after)].some(([name, list]) => rules.has(name) && text(rules.get(name) ?? []) !== text(list));
}

/** Of a rule that was read from the kernel nothing is known. */
export function statementsOf(rule: ActualRule): readonly Statement[] {
  return "identity" in rule ? [] : rule.statements;
}

function reached({ chains, maps }: Visible): Map<string, readonly ActualRule[]> {
  const found = new Map<string, readonly ActualRule[]>();
  const walk = (name: string): void => {
    const chain = chains.get(name);
    if (chain === undefined || found.has(name)) return;
    const rules = chain.slots.map(({ rule }) => rule);
    found.set(name, rules);
    for (const target of rules.flatMap((rule) => statementsOf(rule).flatMap(targetsOf))) walk(target);
  };
  const targetsOf = (statement: Statement): string[] => {
    if (statement.kind === "verdict") return targets(statement.verdict);
    return statement.kind === "vmap" ? [...(maps.get(statement.map)?.entries.values() ?? [])].flatMap(({ verdict }) => targets(verdict)) : [];
  };
  for (const [name, { base }] of chains) if (base !== undefined) walk(name);
  return found;
}

function targets(verdict: Verdict): string[] {
  return verdict.kind === "jump" || verdict.kind === "goto" ? [verdict.chain] : [];
}
