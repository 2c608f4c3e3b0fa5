// The type of a set's key: nft's number of each data type, six bits apiece in a concatenation (nftables include/datatype.h, enum
// datatypes, TYPE_BITS). To the kernel it is an opaque number; nft lists the set by it and hostward reads it back.

import type { DataType } from "../../rules/ruleset/types.ts";

const BITS = 6;
const MASK = 2 ** BITS - 1;
/** What 32 bits hold. */
export const MAX_CONCATENATION = 5;

const NUMBERS: { readonly [K in DataType]: number } = {
  nf_proto: 2,
  integer: 4,
  ipv4_addr: 7,
  ipv6_addr: 8,
  inet_proto: 12,
  inet_service: 13,
  icmp_type: 14,
  mark: 19,
  iface_index: 20,
  ct_state: 26,
  ct_status: 28,
  icmpv6_type: 29,
  icmp_code: 32,
  icmpv6_code: 33,
  ifname: 41,
};

const types: ReadonlyMap<number, DataType> = new Map((Object.keys(NUMBERS) as DataType[]).map((type) => [NUMBERS[type], type]));

/** NFTA_SET_KEY_TYPE of a key of these types. */
export function keyTypeNumber(keyTypes: readonly DataType[]): number {
  return keyTypes.reduce((number, type) => number * 2 ** BITS + NUMBERS[type], 0);
}

/** The types behind NFTA_SET_KEY_TYPE. Undefined where one is not ours. */
export function keyTypes(number: number): readonly DataType[] | undefined {
  const found: DataType[] = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 2 ** BITS)) {
    const type = types.get(rest & MASK);
    if (type === undefined) return undefined;
    found.unshift(type);
  }
  return found.length > 0 ? found : undefined;
}
