// The rules of policies and profiles (semantics 4.2): allow and deny are what the stage says, pass is leaving the chain. A policy without a Pass rule is a
// chain of its own that every tier jumps to; one with a Pass rule is written into the tier's chain, since only there does `return` leave the tier.

import { invariant } from "../net/invariant.ts";
import type { ResolvedRule, ResolvedRules } from "../resolve/types.ts";
import type { Rule, Statement } from "../ruleset/types.ts";
import { type Context, chainOf, jumpTo, make, stands, use } from "./context.ts";
import { counted, logged } from "./effects.ts";
import { gone } from "./holding.ts";
import type { PolicyMemory } from "./memory.ts";
import { rulesChainName } from "./names.ts";
import { compileRule } from "./rule.ts";
import type { Stage, Voice } from "./stages.ts";

const passes = counted({ kind: "return" });

/** What is remembered of the policy, or nothing yet. */
export function policyMemory({ memory }: Context, voice: Voice, owner: ResolvedRules): PolicyMemory {
  const known = memory.policies[voice].get(owner);
  if (known !== undefined && known.holders !== gone) return known;
  memory.policyCount += 1;
  const added: PolicyMemory = { owner, number: memory.policyCount, rules: undefined, chain: undefined, holders: 0, holds: [] };
  memory.policies[voice].set(owner, added);
  return added;
}

/** Makes sure of the policy's rules, and of their chain if they have one. They are compiled unless they stand and their sets are called as they were. */
export function keepPolicy(context: Context, stage: Stage, policy: PolicyMemory): void {
  if (policy.rules !== undefined && stands(context, policy)) return;
  const { owner } = policy;
  const { kind, name } = owner;
  make(context, policy, () => {
    const rules = compileRules(context, stage, owner);
    policy.rules = rules;
    if (hasOwnChain(owner)) policy.chain = chainOf(context, { name: rulesChainName(stage.voice, kind, name), identity: `${kind} ${name}` }, () => rules);
  });
}

/** Pass ends a profile and nothing else (E16), which is what `return` does in its chain. A policy without rules does nothing but make its tier deny in the end (E11). */
function hasOwnChain({ kind, rules }: ResolvedRules): boolean {
  return rules.length > 0 && (kind === "Profile" || rules.every(({ action }) => action !== "Pass"));
}

/** Adds what the policy is in its tier's chain. */
export function addRulesInTier(rules: Rule[], { owner, chain, rules: own = [] }: PolicyMemory): void {
  if (chain !== undefined) rules.push(jumpTo(chain, owner));
  else for (const rule of own) rules.push(rule);
}

/** The rule that leads to the chain of a profile with rules. */
export function profileJump(context: Context, stage: Stage, profile: ResolvedRules): Rule {
  const memory = use(context, policyMemory(context, stage.voice, profile));
  keepPolicy(context, stage, memory);
  invariant(memory.chain !== undefined, `profile ${profile.name} has no chain`);
  return jumpTo(memory.chain, profile);
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
