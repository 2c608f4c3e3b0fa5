// What one peer gives to a set, packed: its addresses and networks, or its addresses with those of its ports that are asked for (semantics M22, M42, S32).
// A network is a row of its first address and its length, so that rows of one set sort by address, the wider first, and can be counted.

import { addressBits } from "../net/address.ts";
import { changedRows } from "../net/listChanges.ts";
import { familyAt, hostLength, type Networks, networksOf, wordsEach } from "../net/networks.ts";
import { hostPrefix } from "../net/prefix.ts";
import type { Address, Family } from "../net/types.ts";
import { bytesOfKeys, keysOfBytes, noKeys } from "../ruleset/chunks.ts";
import { packKeys } from "../ruleset/keys.ts";
import { sortRows } from "../ruleset/sortRows.ts";
import type { DataType, Keys } from "../ruleset/types.ts";
import type { PeerResource } from "./peers.ts";

export const families = [4, 6] as const;
const addressBytes = { 4: 4, 6: 16 } as const;
export const addressTypes = { 4: "ipv4_addr", 6: "ipv6_addr" } as const;

/** Sorted, and each as often as it was written. */
export interface Packed {
  /** How many are more than an address. With any the rows are those of networks, otherwise exact keys. */
  readonly wide: number;
  readonly keys: Keys;
}

export type Contribution = Readonly<Record<Family, Packed>>;

/** Which ports of a peer count: those of these names, or all, and of this protocol, or any (M23). */
export interface PortQuestion {
  readonly names: readonly string[] | undefined;
  readonly protocol: number | undefined;
}

const known = new WeakMap<PeerResource, Contribution>();

/** All its addresses and networks. Packed once for all sets that it is in. */
export function addressesOf(resource: PeerResource): Contribution {
  const found = known.get(resource) ?? pack(networksIn(resource).words);
  known.set(resource, found);
  return found;
}

export function hasAddresses(resource: PeerResource): boolean {
  return networksIn(resource).words.length > 0;
}

/** What it no longer gives and what it gives now, without what is written at both ends of both: of a long list of which one entry changed, that entry. */
export function changedAddresses(before: PeerResource, after: PeerResource): { readonly removed: Contribution; readonly added: Contribution } {
  const [old, now] = [networksIn(before).words, networksIn(after).words];
  const { from, to } = changedRows(now, old, wordsEach);
  return { removed: pack(old.subarray(from, to + old.length - now.length)), added: pack(now.subarray(from, to)) };
}

export function portsOf(resource: PeerResource, question: PortQuestion): Contribution {
  const listening = resource.kind === "HostEndpoint" || resource.kind === "EndpointSlice" ? listeningOf(resource, question) : undefined;
  const ofFamily = (family: Family): Packed => ({ wide: 0, keys: listening === undefined ? noKeys(portWidth[family]) : packPorts(listening, family) });
  return { 4: ofFamily(4), 6: ofFamily(6) };
}

export function portTypes(family: Family): readonly DataType[] {
  return [addressTypes[family], "inet_proto", "inet_service"];
}

const portWidth = { 4: 12, 6: 24 } as const;

interface Listening {
  readonly addresses: readonly Address[];
  readonly ports: readonly { readonly protocol: number; readonly port: number }[];
}

function listeningOf(resource: Extract<PeerResource, { kind: "HostEndpoint" | "EndpointSlice" }>, { names, protocol }: PortQuestion): Listening {
  const addresses = resource.kind === "HostEndpoint" ? resource.expectedIPs : resource.addresses;
  const named = resource.kind === "HostEndpoint" ? resource.ports.filter(({ name }) => names === undefined || names.includes(name)) : resource.ports;
  return { addresses, ports: named.filter((port) => protocol === undefined || port.protocol === protocol) };
}

function packPorts({ addresses, ports }: Listening, family: Family): Keys {
  if (ports.length === 0 || addresses.length === 0) return noKeys(portWidth[family]);
  const ofFamily = addresses.filter((address) => address.family === family);
  return packKeys(
    portTypes(family),
    ofFamily.flatMap((address) => ports.map(({ protocol, port }) => [address, protocol, port])),
  );
}

function pack(words: Uint32Array): Contribution {
  return { 4: packFamily(4, words), 6: packFamily(6, words) };
}

function networksIn(resource: PeerResource): Networks {
  if (resource.kind === "HostEndpoint") return networksOf(resource.expectedIPs.map(hostPrefix));
  return resource.kind === "EndpointSlice" ? networksOf(resource.addresses.map(hostPrefix)) : resource.nets;
}

function packFamily(family: Family, words: Uint32Array): Packed {
  let count = 0;
  let wide = 0;
  for (let at = 0; at < words.length; at += wordsEach) {
    if (familyAt(words, at) !== family) continue;
    count++;
    if (words[at + wordsEach - 1] !== hostLength) wide++;
  }
  const width = addressBytes[family] + (wide > 0 ? 4 : 0);
  if (count === 0) return { wide, keys: noKeys(width) };
  const bytes = new Uint8Array(width * count);
  const view = new DataView(bytes.buffer);
  const first = wordsEach - 1 - addressBytes[family] / 4;
  let to = 0;
  for (let at = 0; at < words.length; at += wordsEach) {
    if (familyAt(words, at) !== family) continue;
    for (let word = first; word < wordsEach - 1; word++, to += 4) view.setUint32(to, words[at + word] as number);
    if (wide === 0) continue;
    view.setUint32(to, (words[at + wordsEach - 1] as number) - hostLength + addressBits(family));
    to += 4;
  }
  return { wide, keys: keysOfBytes(width, sortRows(bytes, width)) };
}

/** Addresses as the rows of networks that have one address each. */
export function asNetworks(family: Family, exact: Keys): Keys {
  const half = addressBytes[family];
  const width = half + 4;
  const source = bytesOfKeys(exact);
  const bytes = new Uint8Array(width * exact.count);
  for (let i = 0; i < exact.count; i++) {
    for (let byte = 0; byte < half; byte++) bytes[width * i + byte] = source[half * i + byte] as number;
    bytes[width * (i + 1) - 1] = addressBits(family);
  }
  return keysOfBytes(width, bytes);
}

/**
 * Rows of networks into the ranges of the outermost. Networks nest or lie apart: what begins before the end of the last one that was taken is
 * inside of it. Those that touch stay apart (S35), so that one more or less is one key more or less.
 */
export function outermost(family: Family, networks: Keys): Keys {
  const half = addressBytes[family];
  const width = half + 4;
  const source = bytesOfKeys(networks);
  const ranges = new Uint8Array(2 * half * networks.count);
  let length = 0;
  for (let at = 0; at < source.length; at += width) {
    if (length > 0 && !isAfter(source, at, { ranges, end: length - half, half })) continue;
    const bits = source[at + width - 1] as number;
    for (let byte = 0; byte < half; byte++) {
      const value = source[at + byte] as number;
      ranges[length + byte] = value;
      ranges[length + half + byte] = value | (0xff >> Math.min(8, Math.max(0, bits - 8 * byte)));
    }
    length += 2 * half;
  }
  return keysOfBytes(2 * half, ranges.slice(0, length));
}

/** Whether the address at that place of the rows comes after the end of the range. */
function isAfter(rows: Uint8Array, at: number, { ranges, end, half }: { readonly ranges: Uint8Array; readonly end: number; readonly half: number }): boolean {
  for (let byte = 0; byte < half; byte++) {
    const difference = (rows[at + byte] as number) - (ranges[end + byte] as number);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
