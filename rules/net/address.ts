// Text into an Address and back. The parser is strict, because a lenient one is a policy bypass: no leading zeros (is `010.0.0.1` octal?),
// no short forms (`1.2.3`), no zone, no surrounding space. IPv6 in every legal form (RFC 4291 section 2.2), printed as RFC 5952 asks.
// IPv4-mapped IPv6 becomes IPv4 here and nowhere else (semantics G38), so that two spellings of one address are one value.

import type { Address, Family } from "./types.ts";

/** Bits in an address of the family. */
export function addressBits(family: Family): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/** An address in any legal spelling; undefined for anything else, a CIDR and a zone (`fe80::1%eth0`) included. */
export function parseAddress(text: string): Address | undefined {
  const address = parseAsWritten(text);
  return address !== undefined && isIPv4Mapped(address) ? { family: 4, value: address.value & 0xffffffffn } : address;
}

/** As parseAddress, but an IPv4-mapped address stays IPv6: a prefix of one needs its length before it can be canonicalised. */
export function parseAsWritten(text: string): Address | undefined {
  if (text.includes(":")) return parseIPv6(text);
  const value = parseIPv4(text);
  return value === undefined ? undefined : { family: 4, value: BigInt(value) };
}

/** Whether the address is in ::ffff:0:0/96. */
export function isIPv4Mapped(address: Address): boolean {
  return address.family === 6 && address.value >> 32n === 0xffffn;
}

/** RFC 5952 text: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as `::`. */
export function formatAddress(address: Address): string {
  if (address.family === 4) return formatIPv4(Number(address.value));
  if (isIPv4Mapped(address)) return `::ffff:${formatIPv4(Number(address.value & 0xffffffffn))}`;
  const groups = groupsOf(address.value);
  const run = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (run.length < 2) return hex.join(":");
  return `${hex.slice(0, run.start).join(":")}::${hex.slice(run.start + run.length).join(":")}`;
}

/** IPv4 before IPv6, then by value. */
export function compareAddress(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.value === b.value) return 0;
  return a.value < b.value ? -1 : 1;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** Four decimal octets; a number below 2^32. By character code: 100k of these are parsed in one go. */
function parseIPv4(text: string): number | undefined {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return undefined;
      value = value * 256 + octet;
      octet = digits = 0;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || (digits > 0 && octet === 0)) return undefined;
    octet = octet * 10 + digit;
    digits++;
    if (octet > 255) return undefined;
  }
  return dots === 3 && digits > 0 ? value * 256 + octet : undefined;
}

function parseIPv6(text: string): Address | undefined {
  const gap = text.indexOf("::");
  if (gap === -1) {
    const groups = parseGroups(text, true);
    return groups?.length === 8 ? fromGroups(groups) : undefined;
  }
  if (text.indexOf("::", gap + 1) !== -1) return undefined;
  const head = parseGroups(text.slice(0, gap), false);
  const tail = parseGroups(text.slice(gap + 2), true);
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
  return fromGroups([...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]);
}

/** Groups of one to four hexadecimal digits; the last may be an IPv4 address, where `last` says that this is the address's end. */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const embedded = last && index === parts.length - 1 ? parseIPv4(part) : undefined;
    if (embedded === undefined) return undefined;
    groups.push(Math.floor(embedded / 0x10000), embedded % 0x10000);
  }
  return groups;
}

function fromGroups(groups: readonly number[]): Address {
  return { family: 6, value: BigInt(`0x${groups.map((group) => group.toString(16).padStart(4, "0")).join("")}`) };
}

function groupsOf(value: bigint): number[] {
  const hex = value.toString(16).padStart(32, "0");
  return Array.from({ length: 8 }, (_, index) => Number.parseInt(hex.slice(index * 4, index * 4 + 4), 16));
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let current = { start: 0, length: 0 };
  for (const [index, group] of groups.entries()) {
    current = group === 0 ? { start: current.length === 0 ? index : current.start, length: current.length + 1 } : { start: 0, length: 0 };
    if (current.length > best.length) best = current;
  }
  return best;
}

function formatIPv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}
