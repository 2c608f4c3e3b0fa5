// Effective labels of a HostEndpoint (semantics S20): its own, and for keys it lacks, those its profiles apply.

import type { HostEndpoint, Labels, Profile } from "../model/types.ts";

/** The first profile in spec.profiles that has a key gives its value; a missing profile gives none. */
export function effectiveLabels(endpoint: HostEndpoint, profiles: ReadonlyMap<string, Profile>): Labels {
  const inherited = endpoint.profiles.flatMap((name) => Object.entries(profiles.get(name)?.labelsToApply ?? {}));
  if (inherited.length === 0) return endpoint.metadata.labels;
  // Later entries win, so what counts most stands last.
  return Object.fromEntries([...inherited.reverse(), ...Object.entries(endpoint.metadata.labels)]);
}
