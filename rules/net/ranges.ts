// Sets of addresses as intervals: union, intersection, complement, difference, and the fewest prefixes that cover exactly the same addresses.
// nftables interval sets refuse overlapping elements and cannot take one back that another absorbed (semantics S35, G45), so the union
// is taken here. Every result is sorted, disjoint and without neighbours that could be one interval: equal sets are equal values.

import { addressBits } from "./address.ts";
import { comparePrefix, prefixSize } from "./prefix.ts";
import type { AddressRange, Family, Prefix } from "./types.ts";

/** The union as the fewest prefixes, sorted. Linear after one sort: 100k members take some tens of milliseconds. */
export function mergePrefixes(prefixes: readonly Prefix[]): Prefix[] {
  const merged: Prefix[] = [];
  let end: AddressEnd = { family: 4, value: 0n };
  for (const prefix of sorted(prefixes)) {
    // In sort order two prefixes nest or are disjoint: beginning before the last one's end is being covered by it.
    if (prefix.family === end.family && prefix.address < end.value) continue;
    const touches = prefix.family === end.family && prefix.address === end.value;
    merged.push(prefix);
    end = { family: prefix.family, value: prefix.address + prefixSize(prefix.family, prefix.length) };
    if (touches) joinSiblings(merged);
  }
  return merged;
}

/** The union as the fewest ranges, sorted. */
export function mergeRanges(ranges: readonly AddressRange[]): AddressRange[] {
  const merged: AddressRange[] = [];
  for (const range of [...ranges].sort(compareRange)) {
    const last = merged.at(-1);
    if (last === undefined || last.family !== range.family || range.from > last.to + 1n) merged.push(range);
    else if (range.to > last.to) merged[merged.length - 1] = { ...last, to: range.to };
  }
  return merged;
}

/** Addresses in `ranges` that are in none of `holes`. */
export function subtractRanges(ranges: readonly AddressRange[], holes: readonly AddressRange[]): AddressRange[] {
  return intersectRanges(ranges, complementRanges(holes));
}

/** Addresses in both; linear after the sorts. */
export function intersectRanges(left: readonly AddressRange[], right: readonly AddressRange[]): AddressRange[] {
  const as = mergeRanges(left);
  const bs = mergeRanges(right);
  const both: AddressRange[] = [];
  for (let i = 0, j = 0, a = as[0], b = bs[0]; a !== undefined && b !== undefined; a = as[i], b = bs[j]) {
    const from = a.from > b.from ? a.from : b.from;
    const to = a.to < b.to ? a.to : b.to;
    if (a.family === b.family && from <= to) both.push({ family: a.family, from, to });
    if (compareEnd(a, b) <= 0) i++;
    else j++;
  }
  return both;
}

/** Addresses of both families that are in none of the ranges. */
export function complementRanges(ranges: readonly AddressRange[]): AddressRange[] {
  const merged = mergeRanges(ranges);
  return ([4, 6] as const).flatMap((family) =>
    gaps(
      family,
      merged.filter((range) => range.family === family),
    ),
  );
}

/** The fewest prefixes that cover exactly the range, in order. */
export function rangePrefixes(range: AddressRange): Prefix[] {
  const prefixes: Prefix[] = [];
  for (let from = range.from; from <= range.to; ) {
    let length = addressBits(range.family) as number;
    while (length > 0 && startsAt(range, from, length - 1)) length--;
    prefixes.push({ family: range.family, address: from, length });
    from += prefixSize(range.family, length);
  }
  return prefixes;
}

/** Whether a prefix of the length may begin at `from` and end inside the range. */
function startsAt(range: AddressRange, from: bigint, length: number): boolean {
  const size = prefixSize(range.family, length);
  return from % size === 0n && from + size - 1n <= range.to;
}

/** One past the last address of what was merged so far. */
interface AddressEnd {
  readonly family: Family;
  readonly value: bigint;
}

/** Sorted by comparePrefix. Comparing 100k bigints would be most of a merge, so the family and the highest 52 bits go into one double, compared first. */
function sorted(prefixes: readonly Prefix[]): Prefix[] {
  const keys = Float64Array.from(prefixes, (prefix) => (prefix.family === 4 ? Number(prefix.address) : 2 ** 52 + Number(prefix.address >> 76n)));
  const order = Uint32Array.from(keys.keys());
  const prefixAt = (index: number) => prefixes[index] as Prefix;
  order.sort((a, b) => (keys[a] as number) - (keys[b] as number) || comparePrefix(prefixAt(a), prefixAt(b)));
  return Array.from(order, prefixAt);
}

/** While the last two are the halves of one prefix, they become it. */
function joinSiblings(merged: Prefix[]): void {
  for (let low = merged.at(-2), high = merged.at(-1); low !== undefined && high !== undefined; low = merged.at(-2), high = merged.at(-1)) {
    if (low.family !== high.family || low.length !== high.length) return;
    const size = prefixSize(low.family, low.length);
    if (low.address + size !== high.address || low.address % (2n * size) !== 0n) return;
    merged.splice(-2, 2, { family: low.family, address: low.address, length: low.length - 1 });
  }
}

function compareRange(a: AddressRange, b: AddressRange): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.from === b.from) return 0;
  return a.from < b.from ? -1 : 1;
}

function compareEnd(a: AddressRange, b: AddressRange): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.to === b.to) return 0;
  return a.to < b.to ? -1 : 1;
}

function gaps(family: Family, merged: readonly AddressRange[]): AddressRange[] {
  const found: AddressRange[] = [];
  let from = 0n;
  for (const range of merged) {
    if (from < range.from) found.push({ family, from, to: range.from - 1n });
    from = range.to + 1n;
  }
  const end = prefixSize(family, 0);
  if (from < end) found.push({ family, from, to: end - 1n });
  return found;
}
