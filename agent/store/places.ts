// Places are the one part of a resource that may change while the resource stays what it is, and the very same object: a line inserted above ten
// thousand policies moves them all, and changes nothing that is to be enforced. So places are moved where they are, by the source that gave
// them (sources/manifest.ts) and by the store, and messages name the line where a thing is now. Nothing may be decided by a place.

import type { Place } from "../../rules/model/problem.ts";
import { share } from "../../rules/model/share.ts";
import type { Resource } from "../../rules/model/types.ts";

export function eachPlace(resource: Resource, call: (place: Place) => void): void {
  for (const { place } of placed(resource)) call(place);
}

/** As `share`, but that a thing only moved does not count: it stays, with the place that it has now. */
export function shareMoved<T extends Resource>(before: Resource, next: T): T {
  const holders = placed(next);
  const places: ReadonlySet<unknown> = new Set(holders.map(({ place }) => place));
  const shared = share(before, next, (value) => places.has(value));
  for (const [at, holder] of placed(shared).entries()) (holder as { place: Place }).place = (holders[at] as Placed).place;
  return shared;
}

interface Placed {
  readonly place: Place;
}

/** What has a place: the resource and its rules. */
function placed(resource: Resource): readonly Placed[] {
  const hasRules = resource.kind === "GlobalNetworkPolicy" || resource.kind === "Profile";
  return hasRules ? [resource, ...resource.ingress, ...resource.egress] : [resource];
}
