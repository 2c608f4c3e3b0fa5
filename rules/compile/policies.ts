// Tiers, policies and profiles as chains (semantics 4.2): allow and deny are what the stage says, pass is leaving the tier's
// chain. Endpoints with equal lists share a tier's chain. A policy without a Pass rule is a chain of its own that every tier jumps
// to; one with a Pass rule is written into the tier's chain, since only there does `return` leave the tier.

import { invariant } from "../net/invariant.ts";
import { tierEnd } from "../resolve/origins.ts";
import type { ResolvedRule, ResolvedRules, ResolvedTier } from "../resolve/types.ts";
import type { Rule, Statement } from "../ruleset/types.ts";
import { type Context, chainOf, jumpTo, sameItems } from "./context.ts";
import { counted, logged } from "./effects.ts";
import { built, keepNames, withLookups } from "./lookups.ts";
import type { ChainEntry, CompiledRules } from "./memory.ts";
import { rulesChainName, tierChainName } from "./names.ts";
import { compileRule } from "./rule.ts";
import type { Stage } from "./stages.ts";

/** The chain of a tier with at least one policy, for the first endpoint that asks for it and all others; a packet that it lets go on comes back from it. */
export function tierChain(context: Context, stage: Stage, { tier, endpoint }: { readonly tier: ResolvedTier; readonly endpoint: string }): ChainEntry {
  const { memory, pass } = context;
  const known = memory.tiers[stage.voice].get(tier);
  if (known?.foundIn === pass) return known.chain;
  const hash = known?.hash ?? hashOf(context, tier);
  const uses = context.tiers[stage.voice];
  const alike = uses.get(hash) ?? [];
  const chain = alike.find((use) => isSameTier(use.tier, tier))?.chain ?? newTierChain(context, stage, { tier, endpoint });
  uses.set(hash, [...alike, { tier, chain }]);
  memory.tiers[stage.voice].set(tier, { hash, chain, foundIn: pass });
  return chain;
}

function newTierChain(context: Context, stage: Stage, { tier, endpoint }: { readonly tier: ResolvedTier; readonly endpoint: string }): ChainEntry {
  const name = tierChainName(stage.place, tier.name, endpoint);
  invariant(context.memory.chains.get(name)?.wantedIn !== context.pass, `chain ${name} would stand for two tiers`);
  return chainOf(context, { name, identity: name }, () => {
    const rules: Rule[] = [];
    for (const policy of tier.policies) for (const rule of policyRules(context, stage, policy)) rules.push(rule);
    for (const rule of endOfTier(context, stage, tier)) rules.push(rule);
    return rules;
  });
}

/** Of which policies the tier has and in which order; a name is one tier's, whose default action is the same for all who share a voice. */
function hashOf({ memory }: Context, { policies }: ResolvedTier): number {
  let hash = 0;
  for (const policy of policies) {
    let number = memory.numbers.get(policy);
    if (number === undefined) {
      number = memory.nextNumber++;
      memory.numbers.set(policy, number);
    }
    hash = (Math.imul(hash, 31) + number) | 0;
  }
  return hash;
}

function isSameTier(a: ResolvedTier, b: ResolvedTier): boolean {
  return a === b || (a.name === b.name && a.defaultAction === b.defaultAction && sameItems(a.policies, b.policies));
}

/** The chain of a profile. Pass ends the profile and nothing else (E16), which is what `return` does here. */
export function profileChain(context: Context, stage: Stage, profile: ResolvedRules): ChainEntry {
  return rulesChain(context, stage, { owner: profile, compiled: compiledRules(context, stage, profile) });
}

/** A policy without rules does nothing but make its tier deny in the end (E11). */
function policyRules(context: Context, stage: Stage, policy: ResolvedRules): readonly Rule[] {
  if (policy.rules.length === 0) return [];
  const compiled = compiledRules(context, stage, policy);
  if (compiled.hasPass) return compiled.rules;
  return [jumpTo(rulesChain(context, stage, { owner: policy, compiled }), policy)];
}

/** E11: by direction, and whether or not the policies have rules. */
function endOfTier(context: Context, stage: Stage, { name, defaultAction }: ResolvedTier): readonly Rule[] {
  if (defaultAction === "Pass") return [];
  return built(context, `end of ${stage.voice} ${name}`, () => [{ statements: counted(stage.deny), origin: tierEnd(name, stage.direction) }]);
}

function rulesChain(context: Context, stage: Stage, { owner, compiled }: { readonly owner: ResolvedRules; readonly compiled: CompiledRules }): ChainEntry {
  if (compiled.chain?.wantedIn === context.pass) return compiled.chain;
  const name = compiled.chain?.name ?? rulesChainName(stage.voice, owner.kind, owner.name);
  const identity = compiled.chain?.identity ?? `${owner.kind} ${owner.name}`;
  compiled.chain = chainOf(context, { name, identity }, () => compiled.rules);
  return compiled.chain;
}

/** Again as they were unless a set that they look up has another name by now. */
function compiledRules(context: Context, stage: Stage, owner: ResolvedRules): CompiledRules {
  const { memory, pass } = context;
  const byOwner = memory.policies[stage.voice];
  const known = byOwner.get(owner);
  if (known !== undefined && (known.checkedIn === pass || keepNames(context, known.sets))) {
    known.checkedIn = pass;
    return known;
  }
  const made = withLookups(context, () => owner.rules.flatMap((rule) => compileRule(context, rule, effects(context, stage, rule))));
  const hasPass = owner.rules.some(({ action }) => action === "Pass");
  const compiled: CompiledRules = { ...made, hasPass, checkedIn: pass, chain: known?.chain };
  byOwner.set(owner, compiled);
  return compiled;
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
