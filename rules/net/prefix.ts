// CIDR text into a Prefix and back, and a prefix as the interval it stands for.
// Two doors: rules take strictly masked CIDRs only (semantics 1.6), network sets and failsafes take anything that can be masked (R42, R50).

import { addressBits, formatAddress, isIPv4Mapped, parseAsWritten } from "./address.ts";
import type { Address, AddressRange, Family, Prefix } from "./types.ts";

/** `address/length` with the host bits zero; undefined otherwise. A bare address is not a prefix. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf("/");
  const written = slash === -1 ? undefined : parseParts(text, slash);
  if (written === undefined) return undefined;
  const prefix = maskPrefix(written);
  return prefix.address === written.address ? canonical(prefix) : undefined;
}

/** As parsePrefix, but host bits are masked off and a bare address is a /32 or /128. */
export function parseLoosePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf("/");
  const written = slash === -1 ? hostOf(parseAsWritten(text)) : parseParts(text, slash);
  return written === undefined ? undefined : canonical(maskPrefix(written));
}

/** `10.0.0.0/8`, `2001:db8::/32`; always with its length. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress({ family: prefix.family, value: prefix.address })}/${prefix.length}`;
}

/** The /32 or /128 of one address. */
export function hostPrefix(address: Address): Prefix {
  return { family: address.family, address: address.value, length: addressBits(address.family) };
}

/** First and last address. */
export function prefixRange(prefix: Prefix): AddressRange {
  return { family: prefix.family, from: prefix.address, to: prefix.address + prefixSize(prefix.family, prefix.length) - 1n };
}

export function prefixContains(prefix: Prefix, address: Address): boolean {
  const shift = BigInt(addressBits(prefix.family) - prefix.length);
  return prefix.family === address.family && address.value >> shift === prefix.address >> shift;
}

/** Number of addresses in a prefix of the length. */
export function prefixSize(family: Family, length: number): bigint {
  return powersOfTwo[addressBits(family) - length] ?? 0n;
}

const powersOfTwo = Array.from({ length: 129 }, (_, bits) => 1n << BigInt(bits));

/** IPv4 before IPv6, then by first address, the wider first. */
export function comparePrefix(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.length - b.length;
}

/** A prefix that may still have host bits. */
function parseParts(text: string, slash: number): Prefix | undefined {
  const address = parseAsWritten(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9][0-9]{0,2})$/.test(length) || Number(length) > addressBits(address.family)) return undefined;
  return { family: address.family, address: address.value, length: Number(length) };
}

function hostOf(address: Address | undefined): Prefix | undefined {
  return address === undefined ? undefined : hostPrefix(address);
}

function maskPrefix(prefix: Prefix): Prefix {
  const bits = addressBits(prefix.family) - prefix.length;
  if (bits === 0) return prefix;
  const shift = BigInt(bits);
  const address = (prefix.address >> shift) << shift;
  return address === prefix.address ? prefix : { ...prefix, address };
}

/** A prefix inside ::ffff:0:0/96 is the IPv4 prefix it maps (semantics G38); a wider one is honest IPv6. */
function canonical(prefix: Prefix): Prefix {
  if (prefix.length < 96 || !isIPv4Mapped({ family: prefix.family, value: prefix.address })) return prefix;
  return { family: 4, address: prefix.address & 0xffffffffn, length: prefix.length - 96 };
}
