// Local HostEndpoints and interfaces in, who governs what out (semantics H7-H11). Pure matching: what a status says about it
// is status.ts, what the wildcard does not govern (workloads, loopback) is left to the readers.

import type { HostEndpoint } from "../model/types.ts";
import type { Address } from "../net/types.ts";
import { compareBytes } from "./order.ts";
import type { Interface } from "./types.ts";

export interface Shadow {
  /** "*" for a losing wildcard. */
  readonly interface: string;
  readonly by: string;
}

export interface Governors {
  /** Names of the interfaces that each named endpoint governs, sorted; an endpoint that governs none is absent. */
  readonly interfacesOf: ReadonlyMap<HostEndpoint, readonly string[]>;
  /** Every interface that has a named governor. */
  readonly named: ReadonlySet<string>;
  readonly wildcard: HostEndpoint | undefined;
  /** Where an endpoint matches but a smaller name wins, sorted by interface. */
  readonly shadowed: ReadonlyMap<HostEndpoint, readonly Shadow[]>;
}

/** Endpoints made ready to be asked about interfaces, as often as these change. */
export interface GovernorFinder {
  /** Sorted by name. */
  readonly endpoints: readonly HostEndpoint[];
  /** `interfaces` are candidates only (H2). */
  find(interfaces: readonly Interface[]): Governors;
}

/**
 * Per interface the matching endpoint with the bytewise smallest name governs, whether it matches by name or by address (H8);
 * among wildcards the smallest name (H11). `interfaces` are candidates only (H2).
 */
export function findGovernors(endpoints: readonly HostEndpoint[], interfaces: readonly Interface[]): Governors {
  return createGovernorFinder(endpoints).find(interfaces);
}

export function createGovernorFinder(unsorted: readonly HostEndpoint[]): GovernorFinder {
  const endpoints = unsorted.toSorted((a, b) => compareBytes(a.metadata.name, b.metadata.name));
  const matching = matcher(endpoints);
  const [wildcard, ...losingWildcards] = endpoints.filter((endpoint) => endpoint.target.kind === "wildcard");
  const find = (interfaces: readonly Interface[]): Governors => {
    const interfacesOf = new Map<HostEndpoint, string[]>();
    const shadowed = new Map<HostEndpoint, Shadow[]>();
    const named = new Set<string>();
    for (const link of interfaces.toSorted((a, b) => compareBytes(a.name, b.name))) {
      const matched = matching(link);
      const winner = matched[0];
      if (winner === undefined) continue;
      named.add(link.name);
      append(interfacesOf, winner, link.name);
      for (let at = 1; at < matched.length; at++) append(shadowed, matched[at] as HostEndpoint, { interface: link.name, by: winner.metadata.name });
    }
    for (const loser of losingWildcards) append(shadowed, loser, { interface: "*", by: wildcard?.metadata.name ?? "" });
    return { interfacesOf, named, wildcard, shadowed };
  };
  return { endpoints, find };
}

/** H7: by interface name, or for an endpoint without one by any of its addresses. Matches come out in the order of `sorted`; an interface is looked at once. */
function matcher(sorted: readonly HostEndpoint[]): (link: Interface) => readonly HostEndpoint[] {
  const byName = new Map<string, number[]>();
  const byAddress = new Map<AddressKey, number[]>();
  for (const [rank, { target, expectedIPs }] of sorted.entries()) {
    if (target.kind === "name") append(byName, target.interfaceName, rank);
    if (target.kind === "addresses") for (const address of expectedIPs) append(byAddress, addressKey(address), rank);
  }
  const known = new WeakMap<Interface, readonly HostEndpoint[]>();
  return (link) => {
    const found = known.get(link) ?? matches(link);
    known.set(link, found);
    return found;
  };

  function matches(link: Interface): readonly HostEndpoint[] {
    const ranks = new Set(byName.get(link.name));
    for (const address of link.addresses) for (const rank of byAddress.get(addressKey(address)) ?? []) ranks.add(rank);
    return [...ranks].sort((a, b) => a - b).flatMap((rank) => sorted[rank] ?? []);
  }
}

export type AddressKey = number | bigint;

/** Equal for equal addresses, so that they can be looked up: a number stands for IPv4. */
export function addressKey(address: Address): AddressKey {
  return address.family === 4 ? Number(address.value) : address.value;
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
