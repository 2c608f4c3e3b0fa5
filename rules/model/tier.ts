// Tier (semantics R41): the order of a group of policies, and what happens to a packet that none of them decides.

import { defaultTierOrder, reviewTier } from "./builtin.ts";
import type { Decoder } from "./decoder.ts";
import { number, object, oneOf, withDefault } from "./decoder.ts";
import { tierName } from "./names.ts";
import { noneReserved, resource } from "./resource.ts";
import type { Resource, Tier } from "./types.ts";

type Spec = Pick<Tier, "order" | "defaultAction">;

const spec: Decoder<Spec> = object<Spec>({
  order: withDefault(number, defaultTierOrder),
  defaultAction: withDefault(oneOf(["Deny", "Pass"]), "Deny"),
});

export const tier: Decoder<Resource> = resource<Spec, Tier>({
  name: tierName,
  scope: "cluster",
  reserved: noneReserved,
  spec: withDefault(spec, { order: defaultTierOrder, defaultAction: "Deny" }),
  make: (metadata, fields, place) => ({ kind: "Tier", metadata, place, ...fields }),
  review: reviewTier,
});
