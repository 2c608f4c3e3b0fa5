// The values of the network layer: addresses, prefixes and ranges as numbers, never as strings.
// Text becomes one of these in parse functions only (address.ts, prefix.ts, ports.ts); past that door nothing re-parses.

export type Family = 4 | 6;

/** One IPv4 (value < 2^32) or IPv6 (value < 2^128) address. An IPv4-mapped IPv6 text is canonicalised to IPv4 at the parser (semantics G38). */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** A CIDR with its host bits cleared: `address & mask(length) === address`. */
export interface Prefix {
  readonly family: Family;
  readonly address: bigint;
  readonly length: number;
}

/** Inclusive on both ends; `from <= to`. */
export interface Range<T> {
  readonly from: T;
  readonly to: T;
}

/** Inclusive range of transport ports, 1 to 65535 (failsafes accept 0, R50). */
export type PortRange = Range<number>;

/** Inclusive range of addresses of one family. */
export interface AddressRange extends Range<bigint> {
  readonly family: Family;
}

/** A port that policy can never close (R50), optionally only from or to one network. */
export interface Failsafe {
  /** 6, 17 or 132. */
  readonly protocol: number;
  /** 0 to 65535. */
  readonly port: number;
  readonly net: Prefix | undefined;
}
