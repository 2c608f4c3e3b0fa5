// Where this host's tunnels lead (section 0, row 27): to the other nodes, by their HostEndpoints' expectedIPs, and to addresses that the
// settings add for nodes that have none.

import type { HostEndpoint } from "../model/types.ts";
import type { AddressSets } from "./addressSets.ts";
import type { Encapsulation } from "./types.ts";

/** The id of their set; undefined while there are no tunnels. `remote` are the endpoints of the other nodes. */
export function tunnelPeers(encapsulation: Encapsulation, remote: readonly HostEndpoint[], sets: AddressSets): string | undefined {
  const { vxlan, ipip, wireguard, peers } = encapsulation;
  if (vxlan.length === 0 && !ipip && wireguard.length === 0) return undefined;
  return sets.add("tunnel peers", () => [{ nets: peers, addresses: remote.flatMap(({ expectedIPs }) => expectedIPs) }]);
}
