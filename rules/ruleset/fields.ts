// One table for everything that print, lower, check and simulate must know of a field or a data type: width, byte order, symbols,
// how the kernel loads it, and which protocol must be known before its header may be read. Nothing here knows a rule.

import type { CtKey, MetaKey } from "./expression.ts";
import type { DataType, Field } from "./types.ts";

/**
 * `big` is network order, `host` the order of the CPU (always little-endian here: Node runs on x86-64 and arm64 as such), `text` a
 * zero-padded string.
 */
export interface TypeSpec {
  /** Bytes without register padding. */
  readonly width: number;
  readonly order: "big" | "host" | "text";
  /** Names that nft 1.0.6 has for single values. */
  readonly symbols?: ReadonlyMap<number, string>;
}

/** NF_CT_STATE_BIT and NF_CT_STATE_UNTRACKED_BIT (linux/netfilter/nf_conntrack_common.h). */
export const ctState = { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 } as const;

/** enum ip_conntrack_status (linux/netfilter/nf_conntrack_common.h), as far as nft names it. */
export const ctStatus = { expected: 1, "seen-reply": 2, assured: 4, confirmed: 8, snat: 16, dnat: 32, dying: 512 } as const;

export const nfproto = { ipv4: 2, ipv6: 10 } as const;

/** The protocols that nft's own grammar knows: other names need /etc/protocols, which a host may lack. */
export const l4proto = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132, udplite: 136 } as const;

export const dataTypes: Readonly<Record<DataType, TypeSpec>> = {
  ipv4_addr: { width: 4, order: "big" },
  ipv6_addr: { width: 16, order: "big" },
  inet_proto: { width: 1, order: "big", symbols: symbols(l4proto) },
  inet_service: { width: 2, order: "big" },
  ifname: { width: 16, order: "text" },
  iface_index: { width: 4, order: "host" },
  mark: { width: 4, order: "host" },
  nf_proto: { width: 1, order: "big", symbols: symbols(nfproto) },
  icmp_type: {
    width: 1,
    order: "big",
    symbols: symbols({ "echo-reply": 0, "destination-unreachable": 3, redirect: 5, "echo-request": 8, "time-exceeded": 11, "parameter-problem": 12 }),
  },
  icmp_code: { width: 1, order: "big" },
  icmpv6_type: {
    width: 1,
    order: "big",
    symbols: symbols({
      "destination-unreachable": 1,
      "packet-too-big": 2,
      "time-exceeded": 3,
      "parameter-problem": 4,
      "echo-request": 128,
      "echo-reply": 129,
      "mld-listener-query": 130,
      "mld-listener-report": 131,
      "mld-listener-done": 132,
      "nd-router-solicit": 133,
      "nd-router-advert": 134,
      "nd-neighbor-solicit": 135,
      "nd-neighbor-advert": 136,
      "nd-redirect": 137,
      "mld2-listener-report": 143,
    }),
  },
  icmpv6_code: { width: 1, order: "big" },
  ct_state: { width: 4, order: "host", symbols: symbols(ctState) },
  ct_status: { width: 4, order: "host", symbols: symbols(ctStatus) },
  /** One byte: the only field of this type is the hop limit. */
  integer: { width: 1, order: "big" },
};

export type Load =
  | { readonly kind: "meta"; readonly key: MetaKey }
  | { readonly kind: "ct"; readonly key: CtKey }
  | { readonly kind: "payload"; readonly base: "network" | "transport"; readonly offset: number };

export type Header = "ip" | "ip6" | "icmp" | "icmpv6";

export interface FieldSpec {
  readonly type: DataType;
  /** As nft prints it. */
  readonly text: string;
  readonly load: Load;
  /** The header that must be known to be there: see dependencies.ts. `th` has none of its own. */
  readonly header?: Header;
}

/** Offsets: RFC 791, RFC 8200, RFC 792, RFC 4443; source and destination port lie alike in TCP, UDP, SCTP and UDP-Lite. */
export const fields: Readonly<Record<Field, FieldSpec>> = {
  "meta iifname": { type: "ifname", text: "iifname", load: { kind: "meta", key: "iifname" } },
  "meta oifname": { type: "ifname", text: "oifname", load: { kind: "meta", key: "oifname" } },
  "meta iif": { type: "iface_index", text: "iif", load: { kind: "meta", key: "iif" } },
  "meta nfproto": { type: "nf_proto", text: "meta nfproto", load: { kind: "meta", key: "nfproto" } },
  "meta l4proto": { type: "inet_proto", text: "meta l4proto", load: { kind: "meta", key: "l4proto" } },
  "meta mark": { type: "mark", text: "meta mark", load: { kind: "meta", key: "mark" } },
  "ct state": { type: "ct_state", text: "ct state", load: { kind: "ct", key: "state" } },
  "ct status": { type: "ct_status", text: "ct status", load: { kind: "ct", key: "status" } },
  "ip saddr": { type: "ipv4_addr", text: "ip saddr", load: { kind: "payload", base: "network", offset: 12 }, header: "ip" },
  "ip daddr": { type: "ipv4_addr", text: "ip daddr", load: { kind: "payload", base: "network", offset: 16 }, header: "ip" },
  "ip6 saddr": { type: "ipv6_addr", text: "ip6 saddr", load: { kind: "payload", base: "network", offset: 8 }, header: "ip6" },
  "ip6 daddr": { type: "ipv6_addr", text: "ip6 daddr", load: { kind: "payload", base: "network", offset: 24 }, header: "ip6" },
  "ip6 hoplimit": { type: "integer", text: "ip6 hoplimit", load: { kind: "payload", base: "network", offset: 7 }, header: "ip6" },
  "th sport": { type: "inet_service", text: "th sport", load: { kind: "payload", base: "transport", offset: 0 } },
  "th dport": { type: "inet_service", text: "th dport", load: { kind: "payload", base: "transport", offset: 2 } },
  "icmp type": { type: "icmp_type", text: "icmp type", load: { kind: "payload", base: "transport", offset: 0 }, header: "icmp" },
  "icmp code": { type: "icmp_code", text: "icmp code", load: { kind: "payload", base: "transport", offset: 1 }, header: "icmp" },
  "icmpv6 type": { type: "icmpv6_type", text: "icmpv6 type", load: { kind: "payload", base: "transport", offset: 0 }, header: "icmpv6" },
  "icmpv6 code": { type: "icmpv6_code", text: "icmpv6 code", load: { kind: "payload", base: "transport", offset: 1 }, header: "icmpv6" },
};

/** Data in registers is padded to whole 4-byte words. */
export function paddedWidth(type: DataType): number {
  return Math.ceil(dataTypes[type].width / 4) * 4;
}

/** Largest number a value of the type can be; bit masks included. */
export function maximum(type: DataType): number {
  return maxima[type];
}

const maxima = Object.fromEntries(Object.entries(dataTypes).map(([type, { width }]) => [type, 2 ** (8 * Math.min(4, width)) - 1])) as Readonly<
  Record<DataType, number>
>;

function symbols(byName: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(byName).map(([name, value]) => [value, name]));
}
