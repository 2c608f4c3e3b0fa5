// Places are the one part of a resource that may change while the resource stays what it is, and the very same object: a line inserted above ten
// thousand policies moves them all, and changes nothing that is to be enforced. So places are moved where they are, by the source that gave
// them (sources/manifest.ts) and by the store, and messages name the line where a thing is now. Nothing may be decided by a place.

import type { Place } from "../../rules/model/problem.ts";
import type { Resource, Rule } from "../../rules/model/types.ts";

/** A resource's own, and its rules'. */
export function placesOf(resource: Resource): readonly Place[] {
  return [resource.place, ...rulesOf(resource).map(({ place }) => place)];
}

function rulesOf(resource: Resource): readonly Rule[] {
  return resource.kind === "GlobalNetworkPolicy" || resource.kind === "Profile" ? [...resource.ingress, ...resource.egress] : [];
}
