// What the entity selectors of rules stand for: address sets over the expectedIPs of every node's HostEndpoints and over
// GlobalNetworkSets (semantics S30-S37), and the members of named ports (M22-M28). Each distinct selector is evaluated once.

import type { EndpointPort, HostEndpoint, Labels, NetworkSet } from "../model/types.ts";
import { addressBits } from "../net/address.ts";
import { comparePrefix, hostPrefix } from "../net/prefix.ts";
import { mergePrefixes } from "../net/ranges.ts";
import type { Address, Family, Prefix } from "../net/types.ts";
import type { Selector } from "../selector/ast.ts";
import { all } from "../selector/build.ts";
import { printSelector } from "../selector/print.ts";
import { addressKey } from "./governors.ts";
import { indexLabels, selectLabelled } from "./labelIndex.ts";
import { compareBytes } from "./order.ts";
import type { AddressSet, PortMember } from "./types.ts";

interface Peer {
  readonly labels: Labels;
  readonly nets: readonly Prefix[];
  readonly addresses: readonly Address[];
  readonly ports: readonly EndpointPort[];
}

/** Ports of the peers that `selector` matches, of all peers without one; any protocol when it is undefined (M23). */
export interface NamedPorts {
  readonly names: readonly string[];
  readonly selector: Selector | undefined;
  readonly protocol: number | undefined;
}

export interface Peers {
  /** The id of the selector's address set, which from then on is one of `sets`. */
  addressSet(selector: Selector): string;
  /** Without duplicates, sorted. Equal questions get the same array. */
  namedPorts(wanted: NamedPorts): readonly PortMember[];
  /** The sets asked for so far, sorted by id. */
  sets(): ReadonlyMap<string, AddressSet>;
}

/** `endpoints` has every node's endpoints with their effective labels. */
export function createPeers(endpoints: ReadonlyMap<HostEndpoint, Labels>, networkSets: readonly NetworkSet[]): Peers {
  const hosts = [...endpoints].map(([endpoint, labels]): Peer => ({ labels, nets: [], addresses: endpoint.expectedIPs, ports: endpoint.ports }));
  const nets = networkSets.map((set): Peer => ({ labels: set.metadata.labels, nets: set.nets, addresses: [], ports: [] }));
  const index = indexLabels([...hosts, ...nets]);
  const withPorts = indexLabels(hosts.filter((host) => host.ports.length > 0 && host.addresses.length > 0));
  const sets = new Map<string, AddressSet>();
  const members = new Map<string, readonly PortMember[]>();
  return {
    addressSet(selector) {
      const id = printSelector(selector);
      if (!sets.has(id)) sets.set(id, { id, members: addressesOf(selectLabelled(index, selector)) });
      return id;
    },
    namedPorts(wanted) {
      const selector = wanted.selector ?? all;
      const key = JSON.stringify([printSelector(selector), wanted.protocol ?? "any", wanted.names]);
      const found = members.get(key) ?? portMembers(selectLabelled(withPorts, selector), wanted);
      members.set(key, found);
      return found;
    },
    sets: () => new Map([...sets].sort(([a], [b]) => compareBytes(a, b))),
  };
}

function addressesOf(peers: readonly Peer[]): Readonly<Record<Family, readonly Prefix[]>> {
  const prefixes: Record<Family, Prefix[]> = { 4: [], 6: [] };
  for (const peer of peers) {
    for (const net of peer.nets) prefixes[net.family].push(net);
    for (const address of peer.addresses) prefixes[address.family].push(hostPrefix(address));
  }
  return { 4: union(prefixes[4]), 6: union(prefixes[6]) };
}

/**
 * Single addresses stay single even where neighbours would make a wider prefix: a hash set holds them, and one address more is
 * one member more. With a real prefix among them it is the fewest prefixes (S35).
 */
function union(prefixes: readonly Prefix[]): Prefix[] {
  const single = prefixes.every(({ family, length }) => length === addressBits(family));
  return single ? withoutDuplicates(prefixes.toSorted(comparePrefix)) : mergePrefixes(prefixes);
}

function withoutDuplicates(sorted: readonly Prefix[]): Prefix[] {
  return sorted.filter((prefix, at) => prefix.address !== sorted[at - 1]?.address);
}

function portMembers(peers: readonly Peer[], { names, protocol }: NamedPorts): PortMember[] {
  const wantedNames = new Set(names);
  const members = new Map<string, PortMember>();
  for (const peer of peers) {
    const ports = peer.ports.filter((port) => wantedNames.has(port.name) && (protocol === undefined || port.protocol === protocol));
    for (const port of ports) {
      for (const address of peer.addresses) {
        members.set(`${addressKey(address)}/${port.protocol}/${port.port}`, { address, protocol: port.protocol, port: port.port });
      }
    }
  }
  return [...members.values()].sort(compareMembers);
}

function compareMembers(a: PortMember, b: PortMember): number {
  if (a.address.family !== b.address.family) return a.address.family - b.address.family;
  if (a.address.value !== b.address.value) return a.address.value < b.address.value ? -1 : 1;
  return a.protocol - b.protocol || a.port - b.port;
}
