// Things with addresses and ports as the members of a set: each address with each port of the same thing.

import type { Address } from "../net/types.ts";
import { addressKey } from "./governors.ts";
import type { PortMember } from "./types.ts";

export interface Listening {
  readonly addresses: readonly Address[];
  readonly ports: readonly { readonly protocol: number; readonly port: number }[];
}

/** Sorted. */
export function uniqueMembers(listening: readonly Listening[]): PortMember[] {
  const members = new Map<string, PortMember>();
  for (const { addresses, ports } of listening) {
    for (const { protocol, port } of ports) {
      for (const address of addresses) members.set(`${addressKey(address)}/${protocol}/${port}`, { address, protocol, port });
    }
  }
  return [...members.values()].sort(compareMembers);
}

function compareMembers(a: PortMember, b: PortMember): number {
  if (a.address.family !== b.address.family) return a.address.family - b.address.family;
  if (a.address.value !== b.address.value) return a.address.value < b.address.value ? -1 : 1;
  return a.protocol - b.protocol || a.port - b.port;
}
