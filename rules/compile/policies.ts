// The rules of policies and profiles (semantics 4.2): allow and deny are what the stage says, pass is leaving the chain. A policy without a Pass rule is a
// chain of its own that every tier jumps to; one with a Pass rule is written into the tier's chain, since only there does `return` leave the tier.

import { invariant } from "../net/invariant.ts";
import type { ResolvedRule, ResolvedRules } from "../resolve/types.ts";
import type { Rule, Statement } from "../ruleset/types.ts";
import { type Context, chainOf, collect, jumpTo, make, stands, use } from "./context.ts";
import { counted, logged } from "./effects.ts";
import { gone } from "./holding.ts";
import type { CompiledRule, PolicyMemory } from "./memory.ts";
import { rulesChainName } from "./names.ts";
import { compileRule } from "./rule.ts";
import type { Stage, Voice } from "./stages.ts";

const passes = counted({ kind: "return" });

/** What is remembered of the policy, or nothing yet. */
export function policyMemory({ memory }: Context, voice: Voice, owner: ResolvedRules): PolicyMemory {
  const known = memory.policies[voice].get(owner);
  if (known !== undefined && known.holders !== gone) return known;
  memory.policyCount += 1;
  const added: PolicyMemory = { owner, number: memory.policyCount, compiled: undefined, chain: undefined, holders: 0, holds: [] };
  memory.policies[voice].set(owner, added);
  return added;
}

/** Makes sure of the policy's rules, and of their chain if they have one. They are compiled unless they stand and their sets are called as they were. */
export function keepPolicy(context: Context, stage: Stage, policy: PolicyMemory): void {
  if (policy.compiled !== undefined && stands(context, policy)) return;
  const { owner } = policy;
  const name = rulesChainName(stage.voice, owner.kind, owner.name);
  const last = context.memory.chains.get(name)?.policy ?? policy;
  make(context, policy, () => {
    const compiled = compileRules(context, stage, { owner, before: last.holders === gone ? [] : (last.compiled ?? []) });
    policy.compiled = compiled;
    if (!hasOwnChain(owner)) return;
    policy.chain = chainOf(context, { name, identity: `${owner.kind} ${owner.name}` }, () => compiled.flatMap(({ made }) => made));
    policy.chain.policy = policy;
  });
}

/** Pass ends a profile and nothing else (E16), which is what `return` does in its chain. A policy without rules does nothing but make its tier deny in the end (E11). */
function hasOwnChain({ kind, rules }: ResolvedRules): boolean {
  return rules.length > 0 && (kind === "Profile" || rules.every(({ action }) => action !== "Pass"));
}

/** Adds what the policy is in its tier's chain. */
export function addRulesInTier(rules: Rule[], { owner, chain, compiled = [] }: PolicyMemory): void {
  if (chain !== undefined) rules.push(jumpTo(chain, owner));
  else for (const { made } of compiled) rules.push(...made);
}

/** The rule that leads to the chain of a profile with rules. */
export function profileJump(context: Context, stage: Stage, profile: ResolvedRules): Rule {
  const memory = use(context, policyMemory(context, stage.voice, profile));
  keepPolicy(context, stage, memory);
  invariant(memory.chain !== undefined, `profile ${profile.name} has no chain`);
  return jumpTo(memory.chain, profile);
}

interface Replacing {
  readonly owner: ResolvedRules;
  /** The rules of the policy of that name until now. */
  readonly before: readonly CompiledRule[];
}

/** A rule that says what it said is not compiled again. Only one in the same place can: its origin tells the place. */
function compileRules(context: Context, stage: Stage, { owner, before }: Replacing): readonly CompiledRule[] {
  return owner.rules.map((rule, at) => {
    const known = before[at];
    const stays = known !== undefined && known.of === rule && known.uses.every((one) => stands(context, one));
    const { made, uses } = stays ? known : collect(context, () => compileRule(context, rule, effects(context, stage, rule)));
    for (const one of uses) use(context, one);
    return { of: rule, made, uses };
  });
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
