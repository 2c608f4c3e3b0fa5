// What must hold of the elements of one set or map by themselves. Of a set that shares chunks with the one before it under its name, only what is between
// the shared ones is looked at: a set has up to a million keys.

import { changedSpan } from "../net/listChanges.ts";
import { compareBytes, firstUnsortedRow } from "./chunks.ts";
import { dataTypes } from "./fields.ts";
import { encodeKey, keyWidth } from "./keys.ts";
import type { DataType, Keys, MapEntry, NftMap, NftSet } from "./types.ts";

/** `sound` is a set in which nothing was wrong. */
export function checkKeys({ types, flavour, keys }: NftSet, sound?: NftSet): readonly string[] {
  const field = keyWidth(types);
  const width = flavour === "interval" ? 2 * field : field;
  let bytes = 0;
  for (const chunk of keys.chunks) bytes += chunk.length;
  if (keys.width !== width || bytes !== width * keys.count) return [`keys of ${keys.width} bytes, ${keys.count} in ${bytes}`];
  // Concatenated intervals would take a byte swap of some fields (nft 1.0.6) and a lookup that is slow to change.
  if (flavour === "interval" && (types.length !== 1 || types.some((type) => dataTypes[type].order !== "big"))) return [`no intervals of ${types.join(" . ")}`];
  const isAlike = sound !== undefined && sound.flavour === flavour && sound.types.join() === types.join();
  return checkChunks(keys, flavour, isAlike ? sound.keys.chunks : []);
}

function checkChunks({ chunks, width }: Keys, flavour: NftSet["flavour"], sound: readonly Uint8Array[]): readonly string[] {
  const { from, to } = changedSpan(chunks, sound);
  for (let at = from; at < to; at++) {
    const chunk = chunks[at] as Uint8Array;
    if (chunk.length === 0 || chunk.length % width !== 0) return ["a chunk of keys that is empty or ends within a key"];
    const bad = firstUnsortedRow(chunk, width) ?? (flavour === "interval" ? firstOverlap(chunk, width) : undefined);
    if (bad !== undefined) return [message(chunks, at, { width, row: bad })];
  }
  for (let at = Math.max(1, from); at <= to && at < chunks.length; at++) {
    if (!follows(chunks[at - 1] as Uint8Array, chunks[at] as Uint8Array, { width, flavour })) return [message(chunks, at, { width, row: 0 })];
  }
  return [];
}

function message(chunks: readonly Uint8Array[], chunk: number, { width, row }: { readonly width: number; readonly row: number }): string {
  const before = chunks.slice(0, chunk).reduce((sum, { length }) => sum + length, 0);
  return `key ${before / width + row} is out of order, there twice or overlaps`;
}

/** Ranges may touch: a tree keeps the end of one and the beginning of the next as two elements. */
function firstOverlap(chunk: Uint8Array, width: number): number | undefined {
  const half = width / 2;
  for (let at = 0; at < chunk.length; at += width) {
    const from = chunk.subarray(at, at + half);
    if (compareBytes(from, chunk.subarray(at + half, at + width)) > 0) return at / width;
    if (at > 0 && compareBytes(chunk.subarray(at - half, at), from) >= 0) return at / width;
  }
  return undefined;
}

/** The last key of the one chunk comes before the first of the other; a range ends before. */
function follows(left: Uint8Array, right: Uint8Array, { width, flavour }: { readonly width: number; readonly flavour: NftSet["flavour"] }): boolean {
  const part = flavour === "interval" ? width / 2 : width;
  return compareBytes(left.subarray(left.length - part), right.subarray(0, part)) < 0;
}

/** `sound` is a map in which nothing was wrong: of entries that it has as well only the order is looked at. */
export function checkEntries({ types, entries }: NftMap, sound?: NftMap): readonly string[] {
  const { from, to } = changedSpan(entries, sound?.types.join() === types.join() ? sound.entries : []);
  const problems: string[] = [];
  let last: Uint8Array | undefined;
  for (let at = Math.max(0, from - 1); at <= to && at < entries.length; at++) {
    const key = keyOrProblem(types, entries[at] as MapEntry);
    if (typeof key === "string") problems.push(key);
    else if (last !== undefined && compareBytes(last, key) >= 0) problems.push(`key ${at} is out of order or there twice`);
    if (typeof key !== "string") last = key;
  }
  return problems;
}

function keyOrProblem(types: readonly DataType[], { key }: MapEntry): Uint8Array | string {
  try {
    return encodeKey(types, key);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
