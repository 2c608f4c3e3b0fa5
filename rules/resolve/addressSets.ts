// The address sets that rules refer to, gathered by id while rules are resolved. What an id stands for is the asker's business.

import { addressBits } from "../net/address.ts";
import { comparePrefix, hostPrefix } from "../net/prefix.ts";
import { mergePrefixes } from "../net/ranges.ts";
import type { Address, Family, Prefix } from "../net/types.ts";
import { compareBytes } from "./order.ts";
import type { AddressSet } from "./types.ts";

/** What has addresses: an endpoint, a set of networks, a part of a service. */
export interface Addressed {
  readonly nets: readonly Prefix[];
  readonly addresses: readonly Address[];
}

export interface AddressSets {
  /** Adds the set unless it is there; members are asked for once. Returns the id. */
  add(id: string, members: () => readonly Addressed[]): string;
  /** Sorted by id. */
  all(): ReadonlyMap<string, AddressSet>;
}

export function createAddressSets(): AddressSets {
  const sets = new Map<string, AddressSet>();
  return {
    add(id, members) {
      if (!sets.has(id)) sets.set(id, { id, members: prefixesOf(members()) });
      return id;
    },
    all: () => new Map([...sets].sort(([a], [b]) => compareBytes(a, b))),
  };
}

function prefixesOf(members: readonly Addressed[]): AddressSet["members"] {
  const prefixes: Record<Family, Prefix[]> = { 4: [], 6: [] };
  for (const { nets, addresses } of members) {
    for (const net of nets) prefixes[net.family].push(net);
    for (const address of addresses) prefixes[address.family].push(hostPrefix(address));
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
