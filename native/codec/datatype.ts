// The types of a set's key as nft and the kernel have them: nft's number of each data type, six bits apiece in a concatenation, and
// how many bytes a key has (nftables include/datatype.h, enum datatypes, TYPE_BITS; src/datatype.c). To the kernel the number is
// opaque; nft lists the set by it and hostward reads it back. A test compares widths and byte orders with rules/ruleset/fields.ts.

import type { DataType } from "../../rules/ruleset/types.ts";

const BITS = 6;
/** What 32 bits hold. */
export const MAX_CONCATENATION = 5;

export interface KeyType {
  readonly number: number;
  /** Bytes. */
  readonly width: number;
  /** As nft has it: text counts as the host's order. */
  readonly order: "big" | "host";
}

export const keyTypeTable: Readonly<Record<DataType, KeyType>> = {
  nf_proto: { number: 2, width: 1, order: "big" },
  integer: { number: 4, width: 1, order: "big" },
  ipv4_addr: { number: 7, width: 4, order: "big" },
  ipv6_addr: { number: 8, width: 16, order: "big" },
  inet_proto: { number: 12, width: 1, order: "big" },
  inet_service: { number: 13, width: 2, order: "big" },
  icmp_type: { number: 14, width: 1, order: "big" },
  mark: { number: 19, width: 4, order: "host" },
  iface_index: { number: 20, width: 4, order: "host" },
  ct_state: { number: 26, width: 4, order: "host" },
  ct_status: { number: 28, width: 4, order: "host" },
  icmpv6_type: { number: 29, width: 1, order: "big" },
  icmp_code: { number: 32, width: 1, order: "big" },
  icmpv6_code: { number: 33, width: 1, order: "big" },
  ifname: { number: 41, width: 16, order: "host" },
};

const typeOf: ReadonlyMap<number, DataType> = new Map((Object.keys(keyTypeTable) as DataType[]).map((type) => [keyTypeTable[type].number, type]));

/** NFTA_SET_KEY_TYPE of a key of these types. */
export function keyTypeNumber(types: readonly DataType[]): number {
  return types.reduce((number, type) => number * 2 ** BITS + keyTypeTable[type].number, 0);
}

/** The types behind NFTA_SET_KEY_TYPE. Undefined where one is not ours. */
export function keyTypes(number: number): readonly DataType[] | undefined {
  const found: DataType[] = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 2 ** BITS)) {
    const type = typeOf.get(rest % 2 ** BITS);
    if (type === undefined) return undefined;
    found.unshift(type);
  }
  return found.length > 0 ? found : undefined;
}

/** Bytes of one key as the kernel has it: a single field as it is, concatenated ones padded to whole registers. */
export function keyLength(types: readonly DataType[]): number {
  const [only] = types;
  return types.length === 1 && only !== undefined ? keyTypeTable[only].width : types.reduce((length, type) => length + padded(keyTypeTable[type].width), 0);
}

/** Up to whole registers. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}
