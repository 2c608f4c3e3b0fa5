// Tiers, policies and profiles as chains (semantics 4.2): allow and deny are what the stage says, pass is leaving the tier's
// chain. Endpoints with equal lists share a tier's chain. A policy without a Pass rule is a chain of its own that every tier jumps
// to; one with a Pass rule is written into the tier's chain, since only there does `return` leave the tier.

import { invariant } from "../net/invariant.ts";
import { tierEnd } from "../resolve/origins.ts";
import type { ResolvedRule, ResolvedRules, ResolvedTier } from "../resolve/types.ts";
import type { Rule, Statement } from "../ruleset/types.ts";
import { type Context, regularChain } from "./context.ts";
import { counted, jump, logged } from "./effects.ts";
import { rulesChainName, tierChainName } from "./names.ts";
import { compileRule } from "./rule.ts";
import type { Stage } from "./stages.ts";

/** The chain of a tier with at least one policy; a packet that it lets go on comes back from it. */
export function tierChain(context: Context, stage: Stage, tier: ResolvedTier): string {
  const identity = JSON.stringify([tier.name, tier.defaultAction, tier.policies.map(({ kind, name }) => [kind, name])]);
  return regularChain(context, { name: tierChainName(stage.voice, tier.name, identity), identity }, () => [
    ...tier.policies.flatMap((policy) => policyRules(context, stage, policy)),
    ...endOfTier(stage, tier),
  ]);
}

/** The chain of a profile. Pass ends the profile and nothing else (E16), which is what `return` does here. */
export function profileChain(context: Context, stage: Stage, profile: ResolvedRules): string {
  return rulesChain(context, stage, profile);
}

/** A policy without rules does nothing but make its tier deny in the end (E11). */
function policyRules(context: Context, stage: Stage, policy: ResolvedRules): readonly Rule[] {
  if (policy.rules.length === 0) return [];
  if (policy.rules.some(({ action }) => action === "Pass")) return rulesOf(context, stage, policy);
  return [jump(rulesChain(context, stage, policy), policy)];
}

/** E11: by direction, and whether or not the policies have rules. */
function endOfTier(stage: Stage, { name, defaultAction }: ResolvedTier): readonly Rule[] {
  return defaultAction === "Pass" ? [] : [{ statements: counted(stage.deny), origin: tierEnd(name, stage.direction) }];
}

function rulesChain(context: Context, stage: Stage, owner: ResolvedRules): string {
  const { kind, name } = owner;
  const identity = JSON.stringify([kind, name]);
  return regularChain(context, { name: rulesChainName(stage.voice, kind, name), identity }, () => rulesOf(context, stage, owner));
}

function rulesOf(context: Context, stage: Stage, { rules }: ResolvedRules): readonly Rule[] {
  return rules.flatMap((rule) => compileRule(context, rule, effects(context, stage, rule)));
}

function effects(context: Context, stage: Stage, rule: ResolvedRule): readonly Statement[] {
  switch (rule.action) {
    case "Allow":
      return stage.allow;
    case "Deny":
      return counted(stage.deny);
    case "Pass":
      return counted({ kind: "return" });
    case "Log":
      invariant(rule.logPrefix !== undefined, `a Log rule of ${rule.origin.kind} ${rule.origin.name} has no prefix`);
      return logged(rule.logPrefix, context.resolved.settings.logRateLimit);
  }
}
