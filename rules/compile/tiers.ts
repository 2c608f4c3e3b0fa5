// Tiers as chains (semantics 4.2): the policies in order, then the tier's end. Endpoints with equal lists share a tier's chain. A pass walks the policies of
// those tiers that are other objects than before, by reference; only of policies that it has not met does it look up or compile anything.

import { invariant } from "../net/invariant.ts";
import { sameItems } from "../net/listChanges.ts";
import { tierEnd } from "../resolve/origins.ts";
import type { ResolvedTier } from "../resolve/types.ts";
import type { Rule } from "../ruleset/types.ts";
import { built, type Context, chainOf, keepChain } from "./context.ts";
import { gone } from "./holding.ts";
import type { ChainEntry, PolicyMemory, TierMemory } from "./memory.ts";
import { tierChainName } from "./names.ts";
import { addRulesInTier, keepPolicy, policyMemory } from "./policies.ts";
import type { Stage, Voice } from "./stages.ts";

/** What is remembered of the tier, which has at least one policy. `before` is what stood in its place, a hint that spares looking up most of its policies. */
export function tierMemory(
  context: Context,
  voice: Voice,
  { tier, before }: { readonly tier: ResolvedTier; readonly before: TierMemory | undefined },
): TierMemory {
  if (before?.tier === tier) return before;
  const byTier = context.memory.tiers[voice];
  const known = byTier.get(tier);
  if (known !== undefined && known.holders !== gone) return known;
  const policies = policiesOf(context, voice, { tier, before: before?.policies ?? [] });
  let hash = 0;
  for (const { number } of policies) hash = (Math.imul(hash, 31) + number) | 0;
  const added: TierMemory = { tier, policies, hash, chain: undefined, foundIn: 0, askedAt: undefined, askedBy: "", holders: 0, holds: [] };
  context.memory.holding.change(added, policies);
  byTier.set(tier, added);
  return added;
}

/** Most stand where they stood, or one place further where one came or went. */
function policiesOf(context: Context, voice: Voice, { tier, before }: { tier: ResolvedTier; before: readonly PolicyMemory[] }): readonly PolicyMemory[] {
  let at = 0;
  return tier.policies.map((policy) => {
    if (before[at]?.owner !== policy && before[at + 1]?.owner === policy) at += 1;
    const known = before[at];
    if (known?.owner !== policy) return policyMemory(context, voice, policy);
    at += 1;
    return known;
  });
}

/** The tier's chain, called after the first endpoint that asks for it or for one with the same policies. What it lets go on comes back from it. */
export function tierChain(context: Context, stage: Stage, { tier, endpoint }: { readonly tier: TierMemory; readonly endpoint: string }): ChainEntry {
  if (tier.chain !== undefined && tier.foundIn === context.pass) return tier.chain;
  const byHash = context.tiers[stage.voice];
  const alike = byHash.get(tier.hash) ?? [];
  const chain = alike.find((one) => isSameTier(one, tier))?.chain ?? ownChain(context, stage, { tier, endpoint });
  byHash.set(tier.hash, [...alike, tier]);
  tier.chain = chain;
  tier.foundIn = context.pass;
  return chain;
}

function isSameTier(a: TierMemory, b: TierMemory): boolean {
  return a.tier.name === b.tier.name && a.tier.defaultAction === b.tier.defaultAction && sameItems(a.policies, b.policies);
}

function ownChain(context: Context, stage: Stage, { tier, endpoint }: { readonly tier: TierMemory; readonly endpoint: string }): ChainEntry {
  const { chain: last } = tier;
  const isAskedAlike = last?.madeOf === tier && last.holders !== gone && tier.askedBy === endpoint && tier.askedAt === stage.place;
  if (isAskedAlike && last.askedIn !== context.pass && context.renamed.size === 0) return keepChain(context, last);
  const name = tierChainName(stage.place, tier.tier.name, endpoint);
  const known = context.memory.chains.get(name);
  invariant(known?.askedIn !== context.pass, `chain ${name} would stand for two tiers`);
  if (known?.madeOf === tier && context.renamed.size === 0) return keepChain(context, known);
  const chain = chainOf(context, { name, identity: name }, () => {
    const rules: Rule[] = [];
    for (const policy of tier.policies) {
      keepPolicy(context, stage, policy);
      addRulesInTier(rules, policy);
    }
    rules.push(...endOfTier(context, stage, tier.tier));
    return rules;
  });
  chain.madeOf = tier;
  [tier.askedAt, tier.askedBy] = [stage.place, endpoint];
  return chain;
}

/** E11: by direction, and whether or not the policies have rules. */
function endOfTier(context: Context, { voice, direction, denies }: Stage, { name, defaultAction }: ResolvedTier): readonly Rule[] {
  if (defaultAction === "Pass") return [];
  return built(context, `end of ${voice} ${name}`, () => [{ statements: denies, origin: tierEnd(name, direction) }]);
}
