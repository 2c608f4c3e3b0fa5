// The chain of one endpoint at one stage: what a packet meets between the interface and its verdict, in the order of semantics P1.
// A packet never comes back from it: the last rule denies.

import { conntrackInvalid, defaultDeny, missingProfile } from "../resolve/origins.ts";
import type { ResolvedEndpoint } from "../resolve/types.ts";
import { ctState } from "../ruleset/fields.ts";
import type { Origin, Rule } from "../ruleset/types.ts";
import { essentialsChain, failsafeChain } from "./builtin.ts";
import { type Context, regularChain } from "./context.ts";
import { counted, drop, jump } from "./effects.ts";
import { endpointChainName } from "./names.ts";
import { profileChain, tierChain } from "./policies.ts";
import type { Stage } from "./stages.ts";

export function endpointChain(context: Context, stage: Stage, resolved: ResolvedEndpoint): string {
  const { name } = resolved.endpoint.metadata;
  return regularChain(context, { name: endpointChainName(stage.token, name), identity: name }, () => [
    ...builtinSteps(context, stage),
    ...tierJumps(context, stage, resolved),
    ...profileJumps(context, stage, resolved),
  ]);
}

/** Dropped and never rejected: an answer to a packet that belongs to no connection could harm one (P73, G16). */
const dropInvalid: Rule = {
  statements: [{ kind: "match", field: "ct state", op: "==", value: { kind: "bits", mask: ctState.invalid } }, ...counted(drop)],
  origin: conntrackInvalid,
};

function builtinSteps(context: Context, { direction }: Stage): readonly Rule[] {
  const essentials = context.resolved.settings.allowEssentials ? essentialsChain(context) : undefined;
  const failsafes = failsafeChain(context, direction);
  return [
    dropInvalid,
    ...(essentials === undefined ? [] : [jump(essentials, { kind: "hostward", name: "essentials" })]),
    ...(failsafes === undefined ? [] : [jump(failsafes, { kind: "hostward", name: "failsafes", direction })]),
  ];
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
