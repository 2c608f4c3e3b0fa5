// The policies that judge an endpoint, in order, into its four lists of tiers (semantics E2-E6); and what of such lists is as it was before.

import type { Direction } from "../model/types.ts";
import { sameList } from "../net/listChanges.ts";
import type { TierSlot } from "./order.ts";
import type { RankedPolicy } from "./ranking.ts";
import type { ListName, Lists, ResolvedRules, ResolvedTier } from "./types.ts";

export type RulesOf = (policy: RankedPolicy, direction: Direction) => ResolvedRules;

export function assemble(policies: readonly RankedPolicy[], rulesOf: RulesOf): Lists {
  const parted: Record<ListName, RankedPolicy[]> = { normal: [], forward: [], preDNAT: [], untracked: [] };
  for (const ranked of policies) {
    parted[ranked.policy.list].push(ranked);
    // E2: a normal policy with applyOnForward stands in two lists.
    if (ranked.policy.list === "normal" && ranked.policy.applyOnForward) parted.forward.push(ranked);
  }
  const both = (list: ListName) => {
    const listed = parted[list];
    return { ingress: tiersOf(listed, list, { direction: "ingress", rulesOf }), egress: tiersOf(listed, list, { direction: "egress", rulesOf }) };
  };
  return { normal: both("normal"), forward: both("forward"), preDNAT: both("preDNAT"), untracked: both("untracked") };
}

/** `next` with every tier, list and half of `last` that is the same; `last` when all is. */
export function keptLists(last: Lists, next: Lists): Lists {
  const kept = (list: ListName) => {
    const ingress = keptTiers(last[list].ingress, next[list].ingress);
    const egress = keptTiers(last[list].egress, next[list].egress);
    return ingress === last[list].ingress && egress === last[list].egress ? last[list] : { ingress, egress };
  };
  const lists: Lists = { normal: kept("normal"), forward: kept("forward"), preDNAT: kept("preDNAT"), untracked: kept("untracked") };
  return Object.entries(lists).every(([name, list]) => last[name as ListName] === list) ? last : lists;
}

function keptTiers(last: readonly ResolvedTier[], next: readonly ResolvedTier[]): readonly ResolvedTier[] {
  return sameList(
    last,
    next.map((tier) => {
      const before = last.find(({ name }) => name === tier.name);
      return before !== undefined && before.defaultAction === tier.defaultAction && sameList(before.policies, tier.policies) === before.policies
        ? before
        : tier;
    }),
  );
}

interface Half {
  readonly direction: Direction;
  readonly rulesOf: RulesOf;
}

/** E4: only tiers that have a policy in this list and direction, be it one without rules. */
function tiersOf(policies: readonly RankedPolicy[], list: ListName, { direction, rulesOf }: Half): ResolvedTier[] {
  const tiers: { name: string; defaultAction: "Deny" | "Pass"; policies: ResolvedRules[] }[] = [];
  for (const ranked of policies) {
    const { policy, slot } = ranked;
    if (!policy.types.includes(direction)) continue;
    const rules = rulesOf(ranked, direction);
    const last = tiers.at(-1);
    if (last?.name === slot.name) last.policies.push(rules);
    else tiers.push({ name: slot.name, defaultAction: defaultAction(slot, list), policies: [rules] });
  }
  return tiers;
}

/** E5: untracked and pre-DNAT policy never denies by default. E6: a tier that does not exist does. */
function defaultAction({ tier }: TierSlot, list: ListName): "Deny" | "Pass" {
  if (list === "preDNAT" || list === "untracked") return "Pass";
  return tier?.defaultAction ?? "Deny";
}
