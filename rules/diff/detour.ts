// The way around a set that cannot change in place without packets seeing it: rules change as well, or ranges give way to others that overlap them. The
// rules that use it go over to a set with the new elements under another name, and from there to the one that they want: names stay a function of the
// ruleset, each set is filled before it is used, and rules and elements switch in one instant.

import type { Chain, NftSet, Rule, Ruleset, Statement } from "../ruleset/types.ts";
import { type Changes, switchesRules } from "./changes.ts";
import { isDetourCheap } from "./cost.ts";
import { overlaps, type SetChange } from "./sets.ts";
import type { Actual, ActualRule } from "./types.ts";

/**
 * The desired ruleset with other names for such sets; undefined where there are none. Of ranges that overlap, kernels keep those that go and those that
 * come in one tree until the commit has ended, and a lookup that meets one of the other generation may miss what it is in (nft_rbtree_lookup, up to
 * Linux 6.17), and later kernels switch the elements of interval sets only after the rules (nft_set_commit_update). Those of hash sets switch with the
 * rules, but a packet on its way by the old rules finds the new ones: "denied by a rule before, as a member after" would not hold for it.
 */
export function detourOf(before: Actual, desired: Ruleset, changes: Changes): Ruleset | undefined {
  if (changes.repairs) return undefined;
  const isSwitch = switchesRules(changes);
  const blocked = changes.sets.changed.filter((change) => (isSwitch && isDetourCheap(change.wanted.keys.count)) || isIntervalInTheWay(change, changes));
  if (blocked.length === 0) return undefined;
  const taken = new Set([...before.sets, ...before.maps, ...desired.sets, ...desired.maps].map(({ name }) => name));
  const names = new Map(blocked.map(({ wanted: { name } }) => [name, freeName(name, taken)]));
  return { ...desired, sets: desired.sets.map((set) => renamed(set, names)), chains: desired.chains.map((chain) => withNames(chain, names)) };
}

function isIntervalInTheWay(change: SetChange, changes: Changes): boolean {
  return change.wanted.flavour === "interval" && (overlaps(change) || changesUsers(changes, change.wanted.name));
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
