// What a resource is called in problems and lookups: no two resources share a name.

import type { Metadata, Resource } from "./types.ts";

/** "HostEndpoint/some.name", "NetworkSet/namespace/name". */
export function resourceName(kind: Resource["kind"], { namespace, name }: Pick<Metadata, "namespace" | "name">): string {
  return namespace === "" ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}
