// A HostEndpoint with a profile that does not exist (semantics E17): it is no gap in the list but a wall.

import { nearest } from "../model/nearest.ts";
import type { Problem } from "../model/problem.ts";
import type { HostEndpoint } from "../model/types.ts";
import { about, enumerate, type World } from "./world.ts";

export function unknownProfile(world: World): Problem[] {
  return world.endpoints.flatMap(({ endpoint }) =>
    endpoint.profiles.flatMap((name, index) => (world.profiles.has(name) ? [] : [unknown(world, endpoint, { name, index })])),
  );
}

function unknown({ profiles }: World, endpoint: HostEndpoint, { name, index }: { readonly name: string; readonly index: number }): Problem {
  const later = endpoint.profiles.slice(index + 1);
  const unreached = later.length === 0 ? "" : `, and the profiles after it (${enumerate(later)}) are never reached`;
  const message = `there is no Profile '${name}': all traffic to and from the host that no policy decides is denied here${unreached}`;
  const meant = nearest(name, profiles.keys());
  const hint =
    meant === undefined ? "add the Profile, or remove its name; projectcalico-default-allow is built in" : `add the Profile; or did you mean '${meant}'?`;
  return about(endpoint, { code: "unknown-profile", field: `spec.profiles[${index}]`, message, hint });
}
