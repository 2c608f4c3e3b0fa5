// The way of a packet through the host as netfilter orders it: which hooks it passes with which interfaces, and from which priority on
// conntrack has looked at it and another table's DNAT has changed it. Knows nothing of any ruleset.

import type { Address } from "../net/types.ts";
import { ctState, ctStatus } from "../ruleset/fields.ts";
import type { Hook } from "../ruleset/types.ts";
import type { Packet } from "./types.ts";

/** NF_IP_PRI_RAW, NF_IP_PRI_CONNTRACK and NF_IP_PRI_NAT_DST (linux/netfilter_ipv4.h). */
const RAW = -300;
const CONNTRACK = -200;
const NAT_DESTINATION = -100;

/** A hook with the devices that netfilter's state names there. */
export interface Passage {
  readonly hook: Hook;
  readonly in: string | undefined;
  readonly out: string | undefined;
}

/** A base chain's place. */
export interface Point {
  readonly hook: Hook;
  readonly priority: number;
}

/** In order. The output hook names the device of the first route, also after a DNAT there; postrouting has the input device of forwarded packets and none for local ones (ip_output, ip6_output, Linux 5.7). */
export function passagesOf(packet: Packet): readonly Passage[] {
  const { in: input, out: output } = packet;
  if (input === undefined) {
    return [
      { hook: "output", in: undefined, out: packet.routed ?? output },
      { hook: "postrouting", in: undefined, out: output },
    ];
  }
  const received: Passage = { hook: "prerouting", in: input, out: undefined };
  if (output === undefined) return [received, { hook: "input", in: input, out: undefined }];
  return [received, { hook: "forward", in: input, out: output }, { hook: "postrouting", in: input, out: output }];
}

export interface Conntrack {
  /** One NF_CT_STATE bit. */
  readonly state: number;
  /** Undefined without a connection: loading it ends the rule. Of its bits only `dnat` is modelled. */
  readonly status: number | undefined;
}

const bits = { new: ctState.new, established: ctState.established, related: ctState.related, invalid: ctState.invalid, untracked: ctState.untracked } as const;

/**
 * What `ct` loads at the point (nft_ct_get_eval). Before conntrack has run there is no connection, which reads as invalid.
 * @param notracked whether this ruleset took the packet out of conntrack earlier
 */
export function conntrackAt(packet: Packet, point: Point, notracked: boolean): Conntrack {
  if (notracked || (packet.state === "untracked" && isPast(point, untrackedFrom(packet)))) return { state: ctState.untracked, status: undefined };
  if (!isTrackedAt(packet, point) || packet.state === "untracked") return { state: ctState.invalid, status: undefined };
  if (packet.state === "invalid") return { state: ctState.invalid, status: undefined };
  const known = packet.state !== "new" || isPast(point, NAT_DESTINATION);
  return { state: bits[packet.state], status: known && packet.dnat !== undefined ? ctStatus.dnat : 0 };
}

/** Whether conntrack has seen the packet before the point. Over loopback a packet brings its connection along from the output hook. */
export function isTrackedAt(packet: Packet, point: Point): boolean {
  return packet.in === "lo" || isPast(point, CONNTRACK);
}

/** The destination that a header load finds at the point. What is not tracked is not translated. */
export function destinationAt(packet: Packet, point: Point, notracked: boolean): { readonly address: Address; readonly port: number | undefined } {
  const sent = { address: packet.destination, port: packet.destinationPort };
  if (packet.dnat === undefined || notracked || !isPast(point, NAT_DESTINATION)) return sent;
  return { address: packet.dnat.address, port: packet.dnat.port ?? sent.port };
}

/** The types that conntrack itself leaves untracked (noct_valid_new in nf_conntrack_proto_icmpv6.c, as of Linux 3.0; 6.9 added 151 and 152). */
export function isUntrackedByKernel(packet: Pick<Packet, "source" | "protocol" | "icmp">): boolean {
  const type = packet.source.family === 6 && packet.protocol === 58 ? packet.icmp?.type : undefined;
  return type !== undefined && ((type >= 130 && type <= 136) || type === 143);
}

/** Conntrack's own exceptions are made when it runs; all others by somebody's `notrack`, which stands at raw. */
function untrackedFrom(packet: Packet): number {
  return isUntrackedByKernel(packet) ? CONNTRACK : RAW;
}

/** Conntrack and DNAT have their place in the two hooks that a packet enters the stack by. */
function isPast({ hook, priority }: Point, place: number): boolean {
  return (hook !== "prerouting" && hook !== "output") || priority > place;
}
