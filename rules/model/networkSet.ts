// GlobalNetworkSet and NetworkSet (semantics R42): labelled networks that rules can select. Nets may have host bits, or be bare addresses.

import { networksOf, noNetworks } from "../net/networks.ts";
import { namespaceLabel } from "../selector/rewrite.ts";
import type { Decoder } from "./decoder.ts";
import { list, object, refine, withDefault } from "./decoder.ts";
import { subdomainName } from "./names.ts";
import { resource } from "./resource.ts";
import { looseNetwork } from "./scalars.ts";
import type { NetworkSet, Resource } from "./types.ts";

type Spec = Pick<NetworkSet, "nets">;

const spec: Decoder<Spec> = object<Spec>({ nets: withDefault(refine(list(looseNetwork), networksOf), noNetworks) });

/** R5. */
function reserved(key: string): string | undefined {
  return key === namespaceLabel ? "Calico itself sets this label, on sets that belong to a namespace" : undefined;
}

export const globalNetworkSet: Decoder<Resource> = resource<Spec, NetworkSet>({
  name: subdomainName,
  scope: "cluster",
  reserved,
  spec: withDefault(spec, { nets: noNetworks }),
  make: (metadata, fields, place) => ({ kind: "GlobalNetworkSet", metadata, place, ...fields }),
});

export const networkSet: Decoder<Resource> = resource<Spec, NetworkSet>({
  name: subdomainName,
  scope: "namespace",
  reserved,
  spec: withDefault(spec, { nets: noNetworks }),
  make: (metadata, fields, place) => ({ kind: "NetworkSet", metadata, place, ...fields }),
});
