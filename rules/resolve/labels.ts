// Effective labels: of a HostEndpoint (semantics S20) its own, and for keys it lacks, those its profiles apply; of a NetworkSet (S32) those that
// its namespace gives it besides.

import type { HostEndpoint, Labels, NetworkSet, Profile } from "../model/types.ts";
import { namespaceLabel } from "../selector/rewrite.ts";

type Profiles = ReadonlyMap<string, Profile>;

/** The first profile in spec.profiles that has a key gives its value; a missing profile gives none. */
export function effectiveLabels(endpoint: HostEndpoint, profiles: Profiles): Labels {
  return inheriting(endpoint.metadata.labels, endpoint.profiles, profiles);
}

/** A set of a namespace has the name of it as a label, and inherits from the namespace's profile. */
export function networkSetLabels(set: NetworkSet, profiles: Profiles): Labels {
  const { labels, namespace } = set.metadata;
  return set.kind === "GlobalNetworkSet" ? labels : inheriting({ ...labels, [namespaceLabel]: namespace }, [namespaceProfile(set)], profiles);
}

/** The name of the profile that has the labels of the set's namespace. */
export function namespaceProfile({ metadata: { namespace } }: NetworkSet): string {
  return `kns.${namespace}`;
}

function inheriting(labels: Labels, names: readonly string[], profiles: Profiles): Labels {
  const inherited = names.flatMap((name) => Object.entries(profiles.get(name)?.labelsToApply ?? {}));
  if (inherited.length === 0) return labels;
  // Later entries win, so what counts most stands last.
  return Object.fromEntries([...inherited.reverse(), ...Object.entries(labels)]);
}
