// Profile (semantics R40): rules for the endpoints that list it, and labels that they get.

import { namespaceLabel, serviceAccountLabel } from "../selector/rewrite.ts";
import { reviewProfile } from "./builtin.ts";
import type { Decoder } from "./decoder.ts";
import { object, withDefault } from "./decoder.ts";
import { labelMap, subdomainName } from "./names.ts";
import { noneReserved, resource } from "./resource.ts";
import { ruleLists } from "./rule.ts";
import type { Profile, Resource } from "./types.ts";

type Spec = Pick<Profile, "ingress" | "egress" | "labelsToApply">;

/** Profiles of namespaces and service accounts do apply prefixed labels (S20); these two would make a host a pod. */
function reservedToApply(key: string): string | undefined {
  return key === namespaceLabel || key === serviceAccountLabel ? "Calico itself sets this label, on workloads only" : undefined;
}

const spec: Decoder<Spec> = object<Spec>({
  ...ruleLists.judging,
  labelsToApply: withDefault(labelMap(reservedToApply), {}),
});

export const profile: Decoder<Resource> = resource<Spec, Profile>({
  name: subdomainName,
  scope: "cluster",
  reserved: noneReserved,
  spec: withDefault(spec, { ingress: [], egress: [], labelsToApply: {} }),
  make: (metadata, fields, place) => ({ kind: "Profile", metadata, place, ...fields }),
  review: reviewProfile,
});
