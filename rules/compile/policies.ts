// The rules of policies and profiles (semantics 4.2): allow and deny are what the stage says, pass is leaving the chain. A policy without a Pass rule is a
// chain of its own that every tier jumps to; one with a Pass rule is written into the tier's chain, since only there does `return` leave the tier.

import { invariant } from "../net/invariant.ts";
import type { ResolvedRule, ResolvedRules } from "../resolve/types.ts";
import type { Rule, Statement } from "../ruleset/types.ts";
import { type Context, chainOf, jumpTo } from "./context.ts";
import { counted, logged } from "./effects.ts";
import { keepNames, withLookups } from "./lookups.ts";
import type { ChainEntry, PolicyMemory } from "./memory.ts";
import { rulesChainName } from "./names.ts";
import { dropped } from "./registry.ts";
import { compileRule } from "./rule.ts";
import type { Stage, Voice } from "./stages.ts";

const passes = counted({ kind: "return" });

/** What is remembered of the policy, or nothing yet. */
export function policyMemory({ memory }: Context, voice: Voice, owner: ResolvedRules): PolicyMemory {
  const known = memory.policies[voice].get(owner);
  if (known !== undefined) return known;
  memory.policyCount += 1;
  const hasPass = owner.rules.some(({ action }) => action === "Pass");
  const added = { owner, number: memory.policyCount, hasPass, rules: [], sets: [], compiledIn: 0, checkedIn: 0, chain: undefined };
  memory.policies[voice].set(owner, added);
  return added;
}

/** Makes sure of the policy's rules, and of their chain if they have one. They are compiled unless they stand and their sets are called as they were. */
export function keepPolicy(context: Context, stage: Stage, policy: PolicyMemory): void {
  const { pass } = context;
  if (policy.checkedIn === pass) return;
  if (policy.compiledIn === 0 || !keepNames(context, policy.sets)) {
    Object.assign(
      policy,
      withLookups(context, () => compileRules(context, stage, policy.owner)),
      { compiledIn: pass },
    );
  }
  policy.checkedIn = pass;
  if (hasOwnChain(policy)) rulesChain(context, stage, policy);
}

/** Adds what the policy is in its tier's chain. */
export function addRulesInTier(rules: Rule[], policy: PolicyMemory): void {
  if (policy.chain !== undefined && hasOwnChain(policy)) rules.push(jumpTo(policy.chain, policy.owner));
  else for (const rule of policy.rules) rules.push(rule);
}

/** A policy without rules does nothing but make its tier deny in the end (E11). */
function hasOwnChain({ owner, hasPass }: PolicyMemory): boolean {
  return !hasPass && owner.rules.length > 0;
}

/** The chain of a profile. Pass ends the profile and nothing else (E16), which is what `return` does here. */
export function profileChain(context: Context, stage: Stage, profile: ResolvedRules): ChainEntry {
  const memory = policyMemory(context, stage.voice, profile);
  keepPolicy(context, stage, memory);
  return rulesChain(context, stage, memory);
}

function rulesChain(context: Context, { voice }: Stage, policy: PolicyMemory): ChainEntry {
  const { owner, rules, chain } = policy;
  if (chain?.madeOf === policy && chain.wantedIn !== dropped && policy.compiledIn !== context.pass) {
    context.memory.chains.want(chain);
    return chain;
  }
  const name = chain?.name ?? rulesChainName(voice, owner.kind, owner.name);
  policy.chain = chainOf(context, { name, identity: `${owner.kind} ${owner.name}` }, () => rules);
  policy.chain.madeOf = policy;
  return policy.chain;
}

function compileRules(context: Context, stage: Stage, { rules }: ResolvedRules): readonly Rule[] {
  const compiled: Rule[] = [];
  for (const rule of rules) for (const one of compileRule(context, rule, effects(context, stage, rule))) compiled.push(one);
  return compiled;
}

function effects(context: Context, stage: Stage, rule: ResolvedRule): readonly Statement[] {
  switch (rule.action) {
    case "Allow":
      return stage.allow;
    case "Deny":
      return stage.denies;
    case "Pass":
      return passes;
    case "Log":
      invariant(rule.logPrefix !== undefined, `a Log rule of ${rule.origin.kind} ${rule.origin.name} has no prefix`);
      return logged(rule.logPrefix, context.resolved.settings.logRateLimit);
  }
}
