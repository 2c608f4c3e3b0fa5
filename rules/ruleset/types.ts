// The ruleset IR: one nftables table as plain, immutable data. It knows chains, rules, sets and maps, and nothing of
// policies: an Origin is an opaque label to this floor. compile/ builds it, print, lower and simulate each read all of it.

import type { Address, Prefix } from "../net/types.ts";

/** One `inet` table. Chains, sets and maps are sorted by name, so that equal content gives an equal ruleset. */
export interface Ruleset {
  readonly table: string;
  readonly chains: readonly Chain[];
  readonly sets: readonly NftSet[];
  readonly maps: readonly NftMap[];
}

export type Hook = "prerouting" | "input" | "forward" | "output" | "postrouting";

/** Created once and kept; its policy is always accept and every verdict an explicit rule (kernel-facts, Hole A). */
export interface BaseChain {
  readonly kind: "base";
  readonly name: string;
  readonly hook: Hook;
  readonly priority: number;
  readonly rules: readonly Rule[];
}

export interface RegularChain {
  readonly kind: "regular";
  readonly name: string;
  readonly rules: readonly Rule[];
}

export type Chain = BaseChain | RegularChain;

/** A conjunction of matches followed by effects; at most one verdict, vmap or reject, and it stands last. */
export interface Rule {
  readonly statements: readonly Statement[];
  readonly origin: Origin;
}

/** Whence a rule came: comment, trace line, counter label and error context. Opaque on this floor. */
export interface Origin {
  /** For instance "GlobalNetworkPolicy", "Profile", "failsafe", "hostward". */
  readonly kind: string;
  readonly name: string;
  readonly direction?: "ingress" | "egress";
  /** Index of the rule in its resource's list, from 0. */
  readonly index?: number;
  /** What this rule does, in a few words, where kind and name do not say it ("end of tier", "conntrack"). */
  readonly note?: string;
}

/** nft data types; the width of each in bytes is in fields.ts. */
export type DataType =
  | "ipv4_addr"
  | "ipv6_addr"
  | "inet_proto"
  | "inet_service"
  | "ifname"
  | "iface_index"
  | "mark"
  | "nf_proto"
  | "icmp_type"
  | "icmp_code"
  | "icmpv6_type"
  | "icmpv6_code"
  | "ct_state"
  | "ct_status"
  | "integer";

/** What a match reads from a packet. `th` ports need an earlier `meta l4proto` match in the same rule; ip, ip6 and icmp bring their own dependency. */
export type Field =
  | "meta iifname"
  | "meta oifname"
  | "meta iif"
  | "meta nfproto"
  | "meta l4proto"
  | "meta mark"
  | "ct state"
  | "ct status"
  | "ip saddr"
  | "ip daddr"
  | "ip6 saddr"
  | "ip6 daddr"
  | "ip6 hoplimit"
  | "th sport"
  | "th dport"
  | "icmp type"
  | "icmp code"
  | "icmpv6 type"
  | "icmpv6 code";

/** Addresses as values, interface names as strings, everything else as an unsigned number in host meaning. */
export type Scalar = number | string | Address;

export type Value =
  | { readonly kind: "scalar"; readonly value: Scalar }
  | { readonly kind: "range"; readonly from: Scalar; readonly to: Scalar }
  | { readonly kind: "prefix"; readonly prefix: Prefix }
  /** Interface names that start with this text (`"cali*"`). */
  | { readonly kind: "startsWith"; readonly text: string }
  /** Bit test: `==` holds when any bit of the mask is set, `!=` when none is. For ct state, ct status and mark. */
  | { readonly kind: "bits"; readonly mask: number };

export type Verdict =
  | { readonly kind: "accept" }
  | { readonly kind: "drop" }
  | { readonly kind: "return" }
  | { readonly kind: "jump"; readonly chain: string }
  | { readonly kind: "goto"; readonly chain: string };

export type Statement =
  | { readonly kind: "match"; readonly field: Field; readonly op: "==" | "!="; readonly value: Value }
  /** Membership of one field, or of the concatenation of several, in a named set. */
  | { readonly kind: "lookup"; readonly fields: readonly Field[]; readonly op: "in" | "not in"; readonly set: string }
  | { readonly kind: "vmap"; readonly fields: readonly Field[]; readonly map: string }
  | { readonly kind: "counter" }
  | { readonly kind: "limit"; readonly rate: number; readonly per: "second" | "minute" | "hour" | "day"; readonly burst: number }
  /** Kernel log at level info; the prefix is at most 127 bytes (G50). */
  | { readonly kind: "log"; readonly prefix: string }
  | { readonly kind: "notrack" }
  /** mark = (mark & ~mask) | value */
  | { readonly kind: "setMark"; readonly mask: number; readonly value: number }
  | { readonly kind: "reject"; readonly with: "tcp reset" | "icmpx admin-prohibited" }
  | { readonly kind: "verdict"; readonly verdict: Verdict };

/**
 * Elements of a set, sorted bytewise and packed: `count` keys of `width` bytes one after the other, each field padded to
 * four bytes as in kernel registers. In an interval set a key is `from` then inclusive `to`, each `width / 2` bytes, and keys
 * do not overlap. Packed because a set has up to a million members: comparing, diffing and encoding are byte walks. In chunks, each of whole keys and
 * none empty, because a change of one member then makes one new chunk: the others are shared with the keys before, and skipped by a comparison.
 */
export interface Keys {
  readonly width: number;
  readonly count: number;
  readonly chunks: readonly Uint8Array[];
}

export interface NftSet {
  readonly name: string;
  /** One type, or several for a concatenation. */
  readonly types: readonly DataType[];
  /** hash: exact keys. interval: ranges of one big-endian type. */
  readonly flavour: "hash" | "interval";
  readonly keys: Keys;
  /** Written out in a rule, and the name tells these keys: never of the same name with others. */
  readonly fixed?: true;
  /** Human-readable definition, shown as the set's comment: "selector role == 'db' (IPv4)". */
  readonly comment: string;
}

/** A verdict map over exact keys. */
export interface NftMap {
  readonly name: string;
  readonly types: readonly DataType[];
  readonly entries: readonly MapEntry[];
  /** Every element counts what it matched: in place of rules that each had a counter. */
  readonly counters?: true;
  readonly comment: string;
}

export interface MapEntry {
  /** One scalar a type of the map. */
  readonly key: readonly Scalar[];
  readonly verdict: Verdict;
  /** Of the rule that the entry stands for; its comment in the kernel. */
  readonly origin?: Origin;
}
