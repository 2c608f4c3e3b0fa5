// The chain of one endpoint at one stage: what a packet meets between the interface and its verdict, in the order of semantics P1 and the
// table of semantics 3.0. Of normal policy a packet never comes back, since the last rule denies; what the other lists leave undecided falls off.

import { sameItems } from "../net/listChanges.ts";
import { conntrackInvalid, defaultDeny, missingProfile } from "../resolve/origins.ts";
import type { ResolvedEndpoint } from "../resolve/types.ts";
import { ctState } from "../ruleset/fields.ts";
import type { Origin, Rule } from "../ruleset/types.ts";
import { encapsulationChain, essentialsChain, failsafeChain, failsafeRepliesChain } from "./builtin.ts";
import { built, type Context, chainOf, jumpTo, keepChain, use } from "./context.ts";
import { counted, drop } from "./effects.ts";
import { gone } from "./holding.ts";
import type { ChainEntry, EndpointChains, TierMemory } from "./memory.ts";
import { endpointChainName } from "./names.ts";
import { profileJump } from "./policies.ts";
import type { Stage } from "./stages.ts";
import { tierChain, tierMemory } from "./tiers.ts";

export function endpointChain(context: Context, stage: Stage, { resolved, at }: EndpointChains): ChainEntry {
  const { name: identity } = resolved.endpoint.metadata;
  const known = at[stage.place];
  if (known?.madeOf === resolved && hasSameTiers(context, stage, { chain: known, endpoint: identity })) return keepChain(context, known);
  const name = endpointChainName(stage.place, identity);
  const before = context.memory.chains.get(name)?.tiers ?? [];
  let [tiers, tierChains]: [readonly TierMemory[], readonly ChainEntry[]] = [before, []];
  const chain = chainOf(context, { name, identity }, () => {
    tiers = tiersOf(context, stage, { resolved, before });
    const origin = (tier: string): Origin => ({ kind: "Tier", name: tier, direction: stage.direction });
    tierChains = tiers.map((tier) => use(context, tierChain(context, stage, { tier, endpoint: identity })));
    const jumps = tiers.map(({ tier }, at) => jumpTo(tierChains[at] as ChainEntry, origin(tier.name)));
    return [...builtinSteps(context, stage), ...jumps, ...(stage.list === "normal" ? profileJumps(context, stage, resolved) : [])];
  });
  Object.assign(chain, { tiers, tierChains });
  chain.madeOf = resolved;
  at[stage.place] = chain;
  return chain;
}

/** Whether all that an endpoint's chain is made of is called as it was. Which chain is a tier's is every pass's own to say. */
function hasSameTiers(context: Context, stage: Stage, { chain, endpoint }: { readonly chain: ChainEntry; readonly endpoint: string }): boolean {
  if (chain.holders === gone || context.renamed.size > 0) return false;
  const now = chain.tiers.map((tier) => tierChain(context, stage, { tier, endpoint }));
  return sameItems(now, chain.tierChains);
}

interface Tiers {
  readonly resolved: ResolvedEndpoint;
  /** In the pass before. */
  readonly before: readonly TierMemory[];
}

function tiersOf(context: Context, { list, direction, voice }: Stage, { resolved, before }: Tiers): readonly TierMemory[] {
  const tiers = resolved.lists[list][direction].filter(({ policies }) => policies.length > 0);
  return tiers.map((tier) => use(context, tierMemory(context, voice, { tier, before: before.find((one) => one.tier.name === tier.name) })));
}

/** Dropped and never rejected: an answer to a packet that belongs to no connection could harm one (P73, G16). */
const dropInvalid: Rule = {
  statements: [{ kind: "match", field: "ct state", op: "==", value: { kind: "bits", mask: ctState.invalid } }, ...counted(drop)],
  origin: conntrackInvalid,
};

/** The same for all endpoints. */
function builtinSteps(context: Context, stage: Stage): readonly Rule[] {
  return built(context, `steps ${stage.list} ${stage.direction}`, () => newSteps(context, stage));
}

function newSteps(context: Context, { list, direction }: Stage): readonly Rule[] {
  const { settings } = context.resolved;
  const invalid = settings.invalidCheck ? [dropInvalid] : [];
  const essentials = settings.allowEssentials ? [jumpTo(essentialsChain(context), { kind: "hostward", name: "essentials" })] : [];
  const failsafes = () => jumpIfAny(failsafeChain(context, direction), { kind: "hostward", name: "failsafes", direction });
  switch (list) {
    case "normal":
      return [
        ...jumpIfAny(encapsulationChain(context, direction), { kind: "hostward", name: "encapsulation", direction }),
        ...invalid,
        ...essentials,
        ...failsafes(),
      ];
    case "preDNAT":
      return [...invalid, ...essentials, ...failsafes()];
    case "forward":
      return [...invalid, ...essentials];
    case "untracked":
      return [...essentials, ...failsafes(), ...jumpIfAny(failsafeRepliesChain(context, direction), { kind: "hostward", name: "failsafe replies", direction })];
  }
}

function jumpIfAny(chain: ChainEntry | undefined, origin: Origin): readonly Rule[] {
  return chain === undefined ? [] : [jumpTo(chain, origin)];
}

/** Up to the first that is missing: it denies, and what follows is never reached (E17). Without any that is, the default denies (E15). */
function profileJumps(context: Context, stage: Stage, { profiles }: ResolvedEndpoint): readonly Rule[] {
  const { direction } = stage;
  const missing = profiles.find((profile) => profile.missing);
  const present = missing === undefined ? profiles : profiles.slice(0, profiles.indexOf(missing));
  const withRules = present.map((profile) => profile[direction]).filter(({ rules }) => rules.length > 0);
  return [...withRules.map((profile) => profileJump(context, stage, profile)), ...lastDeny(context, stage, missing?.name)];
}

function lastDeny(context: Context, { voice, denies, direction }: Stage, missing: string | undefined): readonly Rule[] {
  const origin = (): Origin => (missing === undefined ? defaultDeny(direction) : missingProfile(missing, direction));
  return built(context, missing === undefined ? `deny ${voice}` : `deny ${voice} ${missing}`, () => [{ statements: denies, origin: origin() }]);
}
