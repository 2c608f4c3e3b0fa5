// What the entity selectors of rules stand for: address sets over the expectedIPs of every node's HostEndpoints and over
// network sets (semantics S30-S37), and the members of named ports (M22-M28). Each distinct selector is evaluated once.

import type { EndpointPort, HostEndpoint, Labels, NetworkSet } from "../model/types.ts";
import type { Selector } from "../selector/ast.ts";
import { all } from "../selector/build.ts";
import { printSelector } from "../selector/print.ts";
import type { Addressed, AddressSets } from "./addressSets.ts";
import { indexLabels, selectLabelled } from "./labelIndex.ts";
import { uniqueMembers } from "./portMembers.ts";
import type { PortMember } from "./types.ts";

interface Peer extends Addressed {
  readonly labels: Labels;
  readonly ports: readonly EndpointPort[];
}

/** Ports of the peers that `selector` matches, of all peers without one; any protocol when it is undefined (M23). */
export interface NamedPorts {
  readonly names: readonly string[];
  readonly selector: Selector | undefined;
  readonly protocol: number | undefined;
}

export interface Peers {
  /** The id of the selector's address set, which from then on is one of the sets. */
  addressSet(selector: Selector): string;
  /** Without duplicates, sorted. Equal questions get the same array. */
  namedPorts(wanted: NamedPorts): readonly PortMember[];
}

/** Every node's endpoints and all network sets, with their effective labels. */
export interface PeerInput {
  readonly endpoints: ReadonlyMap<HostEndpoint, Labels>;
  readonly networkSets: ReadonlyMap<NetworkSet, Labels>;
}

export function createPeers({ endpoints, networkSets }: PeerInput, sets: AddressSets): Peers {
  const hosts = [...endpoints].map(([endpoint, labels]): Peer => ({ labels, nets: [], addresses: endpoint.expectedIPs, ports: endpoint.ports }));
  const nets = [...networkSets].map(([set, labels]): Peer => ({ labels, nets: set.nets, addresses: [], ports: [] }));
  const index = indexLabels([...hosts, ...nets]);
  const withPorts = indexLabels(hosts.filter((host) => host.ports.length > 0 && host.addresses.length > 0));
  const members = new Map<string, readonly PortMember[]>();
  return {
    addressSet: (selector) => sets.add(printSelector(selector), () => selectLabelled(index, selector)),
    namedPorts(wanted) {
      const selector = wanted.selector ?? all;
      const key = JSON.stringify([printSelector(selector), wanted.protocol ?? "any", wanted.names]);
      const found = members.get(key) ?? portMembers(selectLabelled(withPorts, selector), wanted);
      members.set(key, found);
      return found;
    },
  };
}

function portMembers(peers: readonly Peer[], { names, protocol }: NamedPorts): PortMember[] {
  const wantedNames = new Set(names);
  const wanted = (port: EndpointPort) => wantedNames.has(port.name) && (protocol === undefined || port.protocol === protocol);
  return uniqueMembers(peers.map(({ addresses, ports }) => ({ addresses, ports: ports.filter(wanted) })));
}
