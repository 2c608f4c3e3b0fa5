// Places are the one part of a resource that may change while the resource stays what it is, and the very same object: a line inserted above ten
// thousand policies moves them all, and changes nothing that is to be enforced. So places are moved where they are, by the source that gave
// them (sources/manifest.ts) and by the store, and messages name the line where a thing is now. Nothing may be decided by a place.

import type { Place } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";

/** A resource's own, and its rules'. */
export function eachPlace(resource: Resource, call: (place: Place) => void): void {
  call(resource.place);
  if (resource.kind !== "GlobalNetworkPolicy" && resource.kind !== "Profile") return;
  for (const { place } of resource.ingress) call(place);
  for (const { place } of resource.egress) call(place);
}
