// What each field of a packet loads at one place of its way, as nft_meta, nft_ct and nft_payload do it in the kernel. Says nothing of what the
// value is compared with, and nothing of which protocol a rule must have asked for first (ruleset/dependencies.ts).

import type { Address } from "../net/types.ts";
import { nfproto } from "../ruleset/fields.ts";
import type { BaseChain, Field, Scalar } from "../ruleset/types.ts";
import { conntrackAt, destinationAt, type Passage } from "./hooks.ts";
import type { Packet } from "./types.ts";

/** What stays with the packet from hook to hook. */
export interface Carried {
  mark: number;
  /** This ruleset has taken it out of conntrack. */
  notracked: boolean;
}

/** A packet in a base chain. */
export interface Place {
  readonly packet: Packet;
  readonly passage: Passage;
  readonly chain: BaseChain;
  readonly carried: Carried;
}

/** Undefined where the kernel's load breaks off the rule (NFT_BREAK). */
export function loadField(field: Field, place: Place): Scalar | undefined {
  return loads[field](place);
}

/** LOOPBACK_IFINDEX. */
const LOOPBACK = 1;

/** Indices are the kernel's to give: any other device's is a number that no ruleset can know. */
const SOME_INDEX = 0xffff_ffff;

const loads: Readonly<Record<Field, (place: Place) => Scalar | undefined>> = {
  // Without a device the name is empty and the index 0 (nft_meta_store_ifname, nft_meta_store_ifindex).
  "meta iifname": ({ passage }) => passage.in ?? "",
  "meta oifname": ({ passage }) => passage.out ?? "",
  "meta iif": ({ passage }) => indexOf(passage.in),
  "meta nfproto": ({ packet }) => (packet.source.family === 4 ? nfproto.ipv4 : nfproto.ipv6),
  "meta l4proto": ({ packet }) => packet.protocol,
  "meta mark": ({ carried }) => carried.mark,
  "ct state": ({ packet, chain, carried }) => conntrackAt(packet, chain, carried.notracked).state,
  "ct status": ({ packet, chain, carried }) => conntrackAt(packet, chain, carried.notracked).status,
  "ip saddr": ({ packet }) => ofFamily(4, packet.source),
  "ip daddr": ({ packet, chain, carried }) => ofFamily(4, destinationAt(packet, chain, carried.notracked).address),
  "ip6 saddr": ({ packet }) => ofFamily(6, packet.source),
  "ip6 daddr": ({ packet, chain, carried }) => ofFamily(6, destinationAt(packet, chain, carried.notracked).address),
  "ip6 hoplimit": ({ packet, passage }) => (packet.source.family === 6 ? packet.hopLimit - hopsAt(passage) : undefined),
  // Of a protocol without ports the same bytes are loaded: of ICMP type and code, then its checksum; of others the payload. They count as 0.
  "th sport": ({ packet }) => packet.sourcePort ?? (packet.icmp === undefined ? 0 : packet.icmp.type * 256 + packet.icmp.code),
  "th dport": ({ packet, chain, carried }) => destinationAt(packet, chain, carried.notracked).port ?? 0,
  "icmp type": ({ packet }) => packet.icmp?.type,
  "icmp code": ({ packet }) => packet.icmp?.code,
  "icmpv6 type": ({ packet }) => packet.icmp?.type,
  "icmpv6 code": ({ packet }) => packet.icmp?.code,
};

function indexOf(device: string | undefined): number {
  if (device === undefined) return 0;
  return device === "lo" ? LOOPBACK : SOME_INDEX;
}

/** A forwarded packet has lost one by the time it reaches the forward hook (ip6_forward). */
function hopsAt({ hook, in: input }: Passage): number {
  return hook === "forward" || (hook === "postrouting" && input !== undefined) ? 1 : 0;
}

function ofFamily(family: 4 | 6, address: Address): Address | undefined {
  return address.family === family ? address : undefined;
}
