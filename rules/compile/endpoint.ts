// The chain of one endpoint at one stage: what a packet meets between the interface and its verdict, in the order of semantics P1 and the
// table of semantics 3.0. Of normal policy a packet never comes back, since the last rule denies; what the other lists leave undecided falls off.

import { conntrackInvalid, defaultDeny, missingProfile } from "../resolve/origins.ts";
import type { ResolvedEndpoint } from "../resolve/types.ts";
import { ctState } from "../ruleset/fields.ts";
import type { Origin, Rule } from "../ruleset/types.ts";
import { encapsulationChain, essentialsChain, failsafeChain, failsafeRepliesChain } from "./builtin.ts";
import { type Context, regularChain } from "./context.ts";
import { counted, drop, jump } from "./effects.ts";
import { endpointChainName } from "./names.ts";
import { profileChain, tierChain } from "./policies.ts";
import type { Stage } from "./stages.ts";

export function endpointChain(context: Context, stage: Stage, resolved: ResolvedEndpoint): string {
  const { name } = resolved.endpoint.metadata;
  return regularChain(context, { name: endpointChainName(stage.place, name), identity: name }, () => [
    ...builtinSteps(context, stage),
    ...tierJumps(context, stage, resolved),
    ...(stage.list === "normal" ? profileJumps(context, stage, resolved) : []),
  ]);
}

/** Dropped and never rejected: an answer to a packet that belongs to no connection could harm one (P73, G16). */
const dropInvalid: Rule = {
  statements: [{ kind: "match", field: "ct state", op: "==", value: { kind: "bits", mask: ctState.invalid } }, ...counted(drop)],
  origin: conntrackInvalid,
};

function builtinSteps(context: Context, { list, direction }: Stage): readonly Rule[] {
  const { settings } = context.resolved;
  const invalid = settings.invalidCheck ? [dropInvalid] : [];
  const essentials = settings.allowEssentials ? [jump(essentialsChain(context), { kind: "hostward", name: "essentials" })] : [];
  const failsafes = () => jumpTo(failsafeChain(context, direction), { kind: "hostward", name: "failsafes", direction });
  switch (list) {
    case "normal":
      return [
        ...jumpTo(encapsulationChain(context, direction), { kind: "hostward", name: "encapsulation", direction }),
        ...invalid,
        ...essentials,
        ...failsafes(),
      ];
    case "preDNAT":
      return [...invalid, ...essentials, ...failsafes()];
    case "forward":
      return [...invalid, ...essentials];
    case "untracked":
      return [...essentials, ...failsafes(), ...jumpTo(failsafeRepliesChain(context, direction), { kind: "hostward", name: "failsafe replies", direction })];
  }
}

function jumpTo(chain: string | undefined, origin: Origin): readonly Rule[] {
  return chain === undefined ? [] : [jump(chain, origin)];
}

function tierJumps(context: Context, stage: Stage, { lists }: ResolvedEndpoint): readonly Rule[] {
  const { direction, list } = stage;
  const tiers = lists[list][direction].filter(({ policies }) => policies.length > 0);
  return tiers.map((tier) => jump(tierChain(context, stage, tier), { kind: "Tier", name: tier.name, direction }));
}

/** Up to the first that is missing: it denies, and what follows is never reached (E17). Without any that is, the default denies (E15). */
function profileJumps(context: Context, stage: Stage, { profiles }: ResolvedEndpoint): readonly Rule[] {
  const { direction } = stage;
  const missing = profiles.find((profile) => profile.missing);
  const present = missing === undefined ? profiles : profiles.slice(0, profiles.indexOf(missing));
  const withRules = present.map((profile) => profile[direction]).filter(({ rules }) => rules.length > 0);
  const origin: Origin = missing === undefined ? defaultDeny(direction) : missingProfile(missing.name, direction);
  return [...withRules.map((profile) => jump(profileChain(context, stage, profile), profile)), { statements: counted(stage.deny), origin }];
}
