// What one packed, sorted list of set keys has that another has not: one walk over both, no key is unpacked. Chunks that both have, which are
// all but a few after a small change, are passed by.

import { changedRows, changedSpan } from "../net/listChanges.ts";
import { bytesOfKeys, type KeysChange, keysOfBytes, noKeys } from "./chunks.ts";
import type { Keys } from "./types.ts";

/** Both of the same width. Where chunks begin tells nothing. */
export function compareKeys(before: Keys, after: Keys): KeysChange {
  const { width } = after;
  if (before.count === 0 || after.count === 0) return { added: after, removed: before };
  const removed: Run[] = [];
  const added: Run[] = [];
  for (const [old, now] of stretches(before, after)) compareRows(old, now, { width, removed, added });
  return { added: keysOf(width, added), removed: keysOf(width, removed) };
}

/** What lies between chunks that both have. Keys are in order and each is there once, so that both meet such chunks in the same order. */
function stretches({ width, chunks: before }: Keys, { chunks: after }: Keys): readonly (readonly [old: Uint8Array, now: Uint8Array])[] {
  const found: [Uint8Array, Uint8Array][] = [];
  const { from, to } = changedSpan(after, before);
  const end = to + before.length - after.length;
  const places = new Map<Uint8Array | undefined, number>();
  for (let at = from; at < end; at++) places.set(before[at], at);
  let [old, now] = [from, from];
  for (let at = from; at <= to; at++) {
    const met = at === to ? end : places.get(after[at]);
    if (met === undefined) continue;
    if (old < met || now < at) found.push([inOnePiece(width, before.slice(old, met)), inOnePiece(width, after.slice(now, at))]);
    [old, now] = [met + 1, at + 1];
  }
  return found;
}

function inOnePiece(width: number, chunks: readonly Uint8Array[]): Uint8Array {
  return bytesOfKeys({ width, count: chunks.reduce((sum, { length }) => sum + length, 0) / width, chunks });
}

/** Rows that follow one another. */
interface Run {
  readonly bytes: Uint8Array;
  readonly from: number;
  to: number;
}

function compareRows(old: Uint8Array, now: Uint8Array, { width, removed, added }: { width: number; removed: Run[]; added: Run[] }): void {
  const { from, to: nowEnd } = changedRows(now, old, width);
  const oldEnd = nowEnd + old.length - now.length;
  let [a, b] = [from, from];
  while (a < oldEnd || b < nowEnd) {
    const order = a === oldEnd ? 1 : b === nowEnd ? -1 : compareRow(old, a, { now, b, width });
    if (order < 0) take(removed, { bytes: old, from: a, to: a + width });
    if (order > 0) take(added, { bytes: now, from: b, to: b + width });
    if (order <= 0) a += width;
    if (order >= 0) b += width;
  }
}

/** As memcmp. */
function compareRow(old: Uint8Array, a: number, { now, b, width }: { readonly now: Uint8Array; readonly b: number; readonly width: number }): number {
  for (let byte = 0; byte < width; byte++) {
    const difference = (old[a + byte] as number) - (now[b + byte] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function take(runs: Run[], row: Run): void {
  const last = runs.at(-1);
  if (last !== undefined && last.bytes === row.bytes && last.to === row.from) last.to = row.to;
  else runs.push(row);
}

function keysOf(width: number, runs: readonly Run[]): Keys {
  if (runs.length === 0) return noKeys(width);
  const rows = new Uint8Array(runs.reduce((sum, { from, to }) => sum + to - from, 0));
  let length = 0;
  for (const { bytes, from, to } of runs) {
    rows.set(bytes.subarray(from, to), length);
    length += to - from;
  }
  return keysOfBytes(width, rows);
}
