// Kernel expressions as plain data: what a rule is to nf_tables. lower.ts produces them, the codec in native/ turns them into
// NFTA_EXPR attributes and back. Register numbers are those of nft 1.0.6: verdict 0, 4-byte registers NFT_REG32_00 = 8 up,
// written as 16-byte register n = 1..4 where one 16-byte register is meant (linux/netfilter/nf_tables.h).

import type { Verdict } from "./types.ts";

export type MetaKey = "iif" | "oif" | "iifname" | "oifname" | "mark" | "nfproto" | "l4proto" | "protocol";
export type CtKey = "state" | "status" | "mark" | "direction";
export type CmpOp = "eq" | "neq" | "lt" | "lte" | "gt" | "gte";

export type Expression =
  | { readonly kind: "meta"; readonly key: MetaKey; readonly dreg: number }
  | { readonly kind: "metaSet"; readonly key: "mark"; readonly sreg: number }
  | {
      readonly kind: "payload";
      readonly base: "link" | "network" | "transport";
      readonly offset: number;
      readonly length: number;
      readonly dreg: number;
    }
  | { readonly kind: "cmp"; readonly op: CmpOp; readonly sreg: number; readonly data: Uint8Array }
  | { readonly kind: "range"; readonly op: "eq" | "neq"; readonly sreg: number; readonly from: Uint8Array; readonly to: Uint8Array }
  | { readonly kind: "bitwise"; readonly sreg: number; readonly dreg: number; readonly length: number; readonly mask: Uint8Array; readonly xor: Uint8Array }
  | { readonly kind: "lookup"; readonly set: string; readonly sreg: number; readonly invert: boolean }
  /** Verdict map: dreg is the verdict register. */
  | { readonly kind: "vmap"; readonly map: string; readonly sreg: number }
  | { readonly kind: "immediate"; readonly dreg: number; readonly data: Uint8Array }
  | { readonly kind: "verdict"; readonly verdict: Verdict }
  | { readonly kind: "ct"; readonly key: CtKey; readonly dreg: number }
  | { readonly kind: "counter"; readonly packets: bigint; readonly bytes: bigint }
  | {
      readonly kind: "limit";
      readonly rate: bigint;
      readonly unit: bigint;
      readonly burst: number;
      readonly type: "packets" | "bytes";
      readonly invert: boolean;
    }
  | { readonly kind: "log"; readonly prefix: string; readonly level: number }
  | { readonly kind: "reject"; readonly type: "tcpReset" | "icmp" | "icmpx"; readonly code: number }
  | { readonly kind: "notrack" }
  | { readonly kind: "objref"; readonly objectType: number; readonly name: string }
  | { readonly kind: "fib"; readonly result: "oif" | "oifname" | "addrtype"; readonly flags: number; readonly dreg: number };
