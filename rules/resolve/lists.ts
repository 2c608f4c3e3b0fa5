// Policies and local endpoints in, for every endpoint its four lists of tiers and policies out (semantics E1-E6).
// Endpoints that the same policies select share one Lists object, and a policy's rules are resolved once however many use it.

import type { Direction, HostEndpoint, Labels, Policy, Tier } from "../model/types.ts";
import type { Selector } from "../selector/ast.ts";
import { printSelector } from "../selector/print.ts";
import { indexLabels, selectLabelled } from "./labelIndex.ts";
import { comparePolicies, compareTiers, type TierSlot } from "./order.ts";
import type { ListName, Lists, ResolvedRules, ResolvedTier } from "./types.ts";

type RulesOf = (policy: Policy, direction: Direction) => ResolvedRules;

export interface PolicyInput {
  readonly policies: readonly Policy[];
  readonly tiers: ReadonlyMap<string, Tier>;
  /** Called at most once for a policy and direction, and only for policies that select an endpoint. */
  readonly rulesOf: RulesOf;
}

/** Policies in the order of evaluation, so that a policy is its rank there and a list sorts as numbers. */
interface RankedPolicy {
  readonly policy: Policy;
  readonly slot: TierSlot;
}

/** The lists of each endpoint; `endpoints` has the effective labels of each. */
export function buildLists(endpoints: ReadonlyMap<HostEndpoint, Labels>, { policies, tiers, rulesOf }: PolicyInput): Map<HostEndpoint, Lists> {
  const ranked = rankPolicies(policies, tiers);
  const groups = groupBySelector(ranked);
  const cachedRulesOf = rememberRules(rulesOf);
  const shared = new Map<string, Lists>();
  const listsOf = ({ endpoint, groups: matching }: SelectedEndpoint): [HostEndpoint, Lists] => {
    const key = matching.join();
    const ranks = () => matching.flatMap((group) => groups[group]?.ranks ?? []).sort((a, b) => a - b);
    const lists =
      shared.get(key) ??
      assemble(
        ranks().flatMap((rank) => ranked[rank] ?? []),
        cachedRulesOf,
      );
    shared.set(key, lists);
    return [endpoint, lists];
  };
  return new Map(matchingGroups(endpoints, groups).map(listsOf));
}

function rankPolicies(policies: readonly Policy[], tiers: ReadonlyMap<string, Tier>): RankedPolicy[] {
  const slots = new Map(policies.map(({ tier }) => [tier, { name: tier, tier: tiers.get(tier) }]));
  const ranked = policies.map((policy) => ({ policy, slot: slots.get(policy.tier) ?? { name: policy.tier, tier: undefined } }));
  return ranked.sort((a, b) => compareTiers(a.slot, b.slot) || comparePolicies(a.policy, b.policy));
}

interface SelectorGroup {
  readonly selector: Selector;
  readonly ranks: number[];
}

function groupBySelector(ranked: readonly RankedPolicy[]): SelectorGroup[] {
  const groups = new Map<string, SelectorGroup>();
  for (const [rank, { policy }] of ranked.entries()) {
    const text = printSelector(policy.selector);
    const group = groups.get(text) ?? { selector: policy.selector, ranks: [] };
    groups.set(text, group);
    group.ranks.push(rank);
  }
  return [...groups.values()];
}

interface SelectedEndpoint {
  readonly endpoint: HostEndpoint;
  readonly labels: Labels;
  /** Indexes of the groups whose selector matches it (E1), ascending. */
  readonly groups: number[];
}

function matchingGroups(endpoints: ReadonlyMap<HostEndpoint, Labels>, groups: readonly SelectorGroup[]): readonly SelectedEndpoint[] {
  const selected = [...endpoints].map(([endpoint, labels]): SelectedEndpoint => ({ endpoint, labels, groups: [] }));
  const index = indexLabels(selected);
  for (const [at, group] of groups.entries()) for (const match of selectLabelled(index, group.selector)) match.groups.push(at);
  return selected;
}

function rememberRules(rulesOf: RulesOf): RulesOf {
  const resolved = { ingress: new Map<Policy, ResolvedRules>(), egress: new Map<Policy, ResolvedRules>() };
  return (policy, direction) => {
    const rules = resolved[direction].get(policy) ?? rulesOf(policy, direction);
    resolved[direction].set(policy, rules);
    return rules;
  };
}

function assemble(policies: readonly RankedPolicy[], rulesOf: RulesOf): Lists {
  const both = (list: ListName) => ({
    ingress: tiersOf(policies, list, { direction: "ingress", rulesOf }),
    egress: tiersOf(policies, list, { direction: "egress", rulesOf }),
  });
  return { normal: both("normal"), forward: both("forward"), preDNAT: both("preDNAT"), untracked: both("untracked") };
}

interface Half {
  readonly direction: Direction;
  readonly rulesOf: RulesOf;
}

/** E4: only tiers that have a policy in this list and direction, be it one without rules. */
function tiersOf(policies: readonly RankedPolicy[], list: ListName, { direction, rulesOf }: Half): ResolvedTier[] {
  const tiers: { name: string; defaultAction: "Deny" | "Pass"; policies: ResolvedRules[] }[] = [];
  for (const { policy, slot } of policies) {
    if (!isIn(policy, list) || !policy.types.includes(direction)) continue;
    const rules = rulesOf(policy, direction);
    const last = tiers.at(-1);
    if (last?.name === slot.name) last.policies.push(rules);
    else tiers.push({ name: slot.name, defaultAction: defaultAction(slot, list), policies: [rules] });
  }
  return tiers;
}

/** E2: a normal policy with applyOnForward stands in two lists. */
function isIn(policy: Policy, list: ListName): boolean {
  return list === "forward" ? policy.list === "normal" && policy.applyOnForward : policy.list === list;
}

/** E5: untracked and pre-DNAT policy never denies by default. E6: a tier that does not exist does. */
function defaultAction({ tier }: TierSlot, list: ListName): "Deny" | "Pass" {
  if (list === "preDNAT" || list === "untracked") return "Pass";
  return tier?.defaultAction ?? "Deny";
}
