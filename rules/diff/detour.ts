// The way around an interval set that cannot change in place without packets seeing it: ranges give way to others that overlap them, or rules that use
// the set change as well. The rules go over to a set with the new ranges under another name, and from there to the one that they want: names stay a
// function of the ruleset, each set is filled before it is used, and rules and elements switch in one instant.

import type { Chain, NftSet, Rule, Ruleset, Statement } from "../ruleset/types.ts";
import type { Changes } from "./changes.ts";
import { overlaps } from "./sets.ts";
import type { Actual, ActualRule } from "./types.ts";

/**
 * The desired ruleset with other names for such sets; undefined where there are none. Of ranges that overlap, kernels keep those that go and those that
 * come in one tree until the commit has ended, and a lookup that meets one of the other generation may miss what it is in (nft_rbtree_lookup, up to
 * Linux 6.17). And later kernels switch the elements of interval sets only after the rules (nft_set_commit_update).
 */
export function detourOf(before: Actual, desired: Ruleset, changes: Changes): Ruleset | undefined {
  if (changes.repairs) return undefined;
  const intervals = changes.sets.changed.filter(({ wanted }) => wanted.flavour === "interval");
  const blocked = intervals.filter((change) => overlaps(change) || changesUsers(changes, change.wanted.name));
  if (blocked.length === 0) return undefined;
  const taken = new Set([...before.sets, ...before.maps, ...desired.sets, ...desired.maps].map(({ name }) => name));
  const names = new Map(blocked.map(({ wanted: { name } }) => [name, freeName(name, taken)]));
  return { ...desired, sets: desired.sets.map((set) => renamed(set, names)), chains: desired.chains.map((chain) => withNames(chain, names)) };
}

/** Whether a rule that comes or goes looks the set up. */
function changesUsers({ chains }: Changes, set: string): boolean {
  const uses = (rule: ActualRule) => isUser(rule, set);
  if ([...chains.gone, ...chains.fresh].some(({ rules }: { readonly rules: readonly ActualRule[] }) => rules.some(uses))) return true;
  return chains.changed.some(({ gaps, held, wanted }) =>
    gaps.some(({ from, to, wantedFrom, wantedTo }) => held.slice(from, to).some(uses) || wanted.rules.slice(wantedFrom, wantedTo).some(uses)),
  );
}

/** Of a rule that was read from the kernel only the identity is known; a text in it that happens to be the set's name does no harm. */
function isUser(rule: ActualRule, set: string): boolean {
  if ("identity" in rule) return rule.identity.includes(set);
  return rule.statements.some((statement) => statement.kind === "lookup" && statement.set === set);
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let attempt = 1; ; attempt++) {
    const other = `detour${attempt}-${name}`;
    if (!taken.has(other)) return other;
  }
}

type Names = ReadonlyMap<string, string>;

function renamed(set: NftSet, names: Names): NftSet {
  const name = names.get(set.name);
  return name === undefined ? set : { ...set, name };
}

function withNames(chain: Chain, names: Names): Chain {
  const rules = chain.rules.map((rule) => withNamesInRule(rule, names));
  return rules.every((rule, at) => rule === chain.rules[at]) ? chain : { ...chain, rules };
}

function withNamesInRule(rule: Rule, names: Names): Rule {
  if (!rule.statements.some((statement) => statement.kind === "lookup" && names.has(statement.set))) return rule;
  const rename = (statement: Statement): Statement =>
    statement.kind === "lookup" ? { ...statement, set: names.get(statement.set) ?? statement.set } : statement;
  return { ...rule, statements: rule.statements.map(rename) };
}
