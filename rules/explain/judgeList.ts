// The loop of semantics 4.2: tiers, their policies and rules in order, then profiles. Which list of which endpoint judges a
// packet, and what stands before and after it, is evaluate.ts.

import type { Direction } from "../model/types.ts";
import { missingProfile, tierEnd } from "../resolve/origins.ts";
import type { ResolvedProfile, ResolvedRule, ResolvedRules, ResolvedTier } from "../resolve/types.ts";
import { mismatch } from "./matchRule.ts";
import type { MemberSets } from "./membership.ts";
import { deny, goOn, inTurn, type Outcome } from "./outcome.ts";
import type { Packet } from "./types.ts";

/** The packet as the hook sees it, and what the rules refer to. */
export interface Judged {
  readonly packet: Packet;
  readonly direction: Direction;
  readonly sets: MemberSets;
}

export function judgeTier(tier: ResolvedTier, judged: Judged): Outcome {
  const end = () =>
    tier.defaultAction === "Pass"
      ? goOn("no rule decided; the tier's default action is Pass")
      : deny(tierEnd(tier.name, judged.direction), "no rule decided; the tier's default action is Deny");
  return leave(inTurn(`tier ${tier.name}`, [...tier.policies.map((policy) => () => judgeRules(policy, judged)), end]));
}

/** E16: Pass in a profile goes on with the next one. E17: a missing one denies. */
export function judgeProfile(profile: ResolvedProfile, judged: Judged): Outcome {
  if (profile.missing) return deny(missingProfile(profile.name, judged.direction), `Profile ${profile.name} does not exist`);
  return leave(judgeRules(profile[judged.direction], judged));
}

/** Pass has left the tier or profile: what comes after it goes on. */
function leave(outcome: Outcome): Outcome {
  return outcome.effect === "pass" ? { effect: "continue", step: outcome.step } : outcome;
}

function judgeRules({ kind, name, direction, rules }: ResolvedRules, judged: Judged): Outcome {
  return inTurn(
    `${kind} ${name} ${direction}`,
    rules.map((rule) => () => judgeRule(rule, judged)),
  );
}

function judgeRule(rule: ResolvedRule, { packet, sets }: Judged): Outcome {
  const failed = mismatch(rule, packet, sets);
  const position = `rule ${rule.origin.index ?? ""}`;
  const { origin } = rule;
  if (failed !== undefined) return { effect: "continue", step: { text: `${position} (${rule.action}): no match, ${failed}`, origin, missed: true, steps: [] } };
  const step = { text: `${position}: ${rule.action}`, origin, steps: [] };
  switch (rule.action) {
    case "Allow":
      return { effect: "allow", by: rule.origin, step };
    case "Deny":
      return { effect: "deny", by: rule.origin, step };
    case "Pass":
      return { effect: "pass", step };
    case "Log":
      return { effect: "continue", step };
  }
}
