// What exists without being written: the profile that allows everything (semantics R40) and the tiers (R41). Calico's clients show them
// among the rest, so an exported copy is welcome as long as it says the same.

import type { Cursor } from "./cursor.ts";
import { anyone } from "./entity.ts";
import type { Place } from "./problem.ts";
import type { Metadata, Profile, Rule, Tier } from "./types.ts";

const place: Place = { source: "built-in" };

const allow: Rule = {
  action: "Allow",
  family: undefined,
  protocol: undefined,
  notProtocol: undefined,
  icmp: undefined,
  notIcmp: undefined,
  source: anyone,
  destination: anyone,
  annotations: {},
  place,
};

/** Allows everything in both directions; read-only. */
export const builtinProfile: Profile = {
  kind: "Profile",
  metadata: named("projectcalico-default-allow"),
  place,
  ingress: [allow],
  egress: [allow],
  labelsToApply: {},
};

/** By order. `default` is the tier of policies that name none. */
export const builtinTiers: readonly Tier[] = [tier("kube-admin", 1e3, "Pass"), tier("default", 1e6, "Deny"), tier("kube-baseline", 1e7, "Pass")];

/** Order of a tier that gives none (R41). */
export const defaultTierOrder = 1e6;

/** Refuses a profile under the built-in one's name that is not the same. */
export function reviewProfile(profile: Profile, at: Cursor): void {
  if (profile.metadata.name !== builtinProfile.metadata.name || meaning(profile) === meaning(builtinProfile)) return;
  at.report({ code: "built-in", message: "this profile is built in: it allows everything and can not be changed", hint: "use another name" });
}

/** Refuses a tier under a built-in one's name with another order or default action. */
export function reviewTier({ metadata, order, defaultAction }: Tier, at: Cursor): void {
  const fixed = builtinTiers.find((builtin) => builtin.metadata.name === metadata.name);
  if (fixed === undefined || (fixed.order === order && fixed.defaultAction === defaultAction)) return;
  const message = `this tier is built in, with order ${fixed.order} and defaultAction ${fixed.defaultAction}, and can not be changed`;
  at.report({ code: "built-in", message, hint: "use a tier of another name" });
}

/** What a profile says, without where it says so. */
function meaning({ ingress, egress, labelsToApply }: Profile): string {
  return JSON.stringify([ingress, egress, labelsToApply], (key, value: unknown) => {
    if (key === "place" || key === "annotations") return undefined;
    return typeof value === "bigint" ? String(value) : value;
  });
}

function named(name: string): Metadata {
  return { name, namespace: "", labels: {}, annotations: {} };
}

function tier(name: string, order: number, defaultAction: Tier["defaultAction"]): Tier {
  return { kind: "Tier", metadata: named(name), place, order, defaultAction };
}
