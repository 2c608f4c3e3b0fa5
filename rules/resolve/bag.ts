// Packed keys that may be there several times: several peers may have one address, and it stays until the last of them has it no more. Counts are
// kept of repeats only, so that a million addresses of different peers take no more than their bytes.

import { bytesOfKeys, eachKey, hasKey, keysOfBytes, withKeys } from "../ruleset/chunks.ts";
import { compareKeys } from "../ruleset/compareKeys.ts";
import { sortRows } from "../ruleset/sortRows.ts";
import type { Keys } from "../ruleset/types.ts";

export interface Bag {
  /** Each once. */
  readonly keys: Keys;
  /** How often, of those that are there more than once. Belongs to the bag that was made last. */
  readonly counts: Map<string, number>;
}

/** What all parts have together; a part is sorted, and may have a key several times. */
export function bagOf(width: number, parts: readonly Keys[]): Bag {
  return counted(width, sortedTogether(width, parts));
}

/** Takes the removed parts out, which are there, and puts the added ones in. */
export function changedBag({ keys, counts }: Bag, { removed, added }: { readonly removed: readonly Keys[]; readonly added: readonly Keys[] }): Bag {
  const { width } = keys;
  const net = compareKeys(together(width, removed), together(width, added));
  const lost = occurrences(net.removed).filter(({ key, times }) => recount(counts, key, { before: countOf(counts, key), by: -times }) === 0);
  const won = occurrences(net.added).filter(({ key, times }) => {
    const before = hasKey({ flavour: "hash", keys }, key) ? countOf(counts, key) : 0;
    recount(counts, key, { before, by: times });
    return before === 0;
  });
  return { keys: withKeys(keys, { added: packed(width, won), removed: packed(width, lost) }), counts };
}

function together(width: number, parts: readonly Keys[]): Keys {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : keysOfBytes(width, sortedTogether(width, parts));
}

/** With repeats. */
function sortedTogether(width: number, parts: readonly Keys[]): Uint8Array {
  const bytes = new Uint8Array(width * parts.reduce((sum, { count }) => sum + count, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(bytesOfKeys(part), at);
    at += width * part.count;
  }
  return sortRows(bytes, width);
}

function counted(width: number, sorted: Uint8Array): Bag {
  const counts = new Map<string, number>();
  let length = 0;
  for (let at = 0; at < sorted.length; at += width) {
    if (length > 0 && isSame(sorted, { at, other: length - width, width })) {
      const text = textOf(sorted.subarray(at, at + width));
      counts.set(text, (counts.get(text) ?? 1) + 1);
    } else {
      if (at > length) sorted.copyWithin(length, at, at + width);
      length += width;
    }
  }
  return { keys: keysOfBytes(width, length === sorted.length ? sorted : sorted.slice(0, length)), counts };
}

function isSame(bytes: Uint8Array, { at, other, width }: { readonly at: number; readonly other: number; readonly width: number }): boolean {
  for (let i = 0; i < width; i++) if (bytes[at + i] !== bytes[other + i]) return false;
  return true;
}

interface Occurrence {
  readonly key: Uint8Array;
  times: number;
}

/** Of sorted keys, which may be there several times. */
function occurrences(keys: Keys): Occurrence[] {
  const found: Occurrence[] = [];
  for (const key of eachKey(keys)) {
    const last = found.at(-1);
    if (last !== undefined && key.every((byte, at) => byte === last.key[at])) last.times++;
    else found.push({ key, times: 1 });
  }
  return found;
}

/** Of a key that is there. */
function countOf(counts: ReadonlyMap<string, number>, key: Uint8Array): number {
  return counts.size === 0 ? 1 : (counts.get(textOf(key)) ?? 1);
}

function recount(counts: Map<string, number>, key: Uint8Array, { before, by }: { readonly before: number; readonly by: number }): number {
  const after = before + by;
  if (after > 1) counts.set(textOf(key), after);
  else if (before > 1) counts.delete(textOf(key));
  return after;
}

function packed(width: number, found: readonly Occurrence[]): Keys {
  const bytes = new Uint8Array(width * found.length);
  for (const [index, { key }] of found.entries()) bytes.set(key, width * index);
  return keysOfBytes(width, bytes);
}

function textOf(key: Uint8Array): string {
  return String.fromCharCode(...key);
}
