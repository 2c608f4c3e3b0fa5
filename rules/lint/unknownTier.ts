// A policy in a tier that no Tier resource makes (semantics E6): it is enforced, at another place and with another end than its author thinks.

import { nearest } from "../model/nearest.ts";
import type { Problem } from "../model/problem.ts";
import { about, type World } from "./world.ts";

export function unknownTier({ policies, tiers }: World): Problem[] {
  return policies
    .filter(({ tier }) => !tiers.has(tier))
    .map((policy) => {
      const message = `there is no Tier '${policy.tier}': its policies are judged after those of all tiers that exist, and a packet that none of them decides is denied`;
      const meant = nearest(policy.tier, tiers.keys());
      const hint = meant === undefined ? "add the Tier, or leave the field out for the tier 'default'" : `add the Tier; or did you mean '${meant}'?`;
      return about(policy, { code: "unknown-tier", field: "spec.tier", message, hint });
    });
}
