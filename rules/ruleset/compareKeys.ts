// What one packed, sorted list of set keys has that another has not: one walk over both, no key is unpacked. Chunks that both have, which are
// all but a few after a small change, are passed by.

import { keysOfBytes } from "./chunks.ts";
import type { Keys } from "./types.ts";

export interface KeysDifference {
  readonly added: Keys;
  readonly removed: Keys;
}

/** Both of the same width, which is a multiple of four: keys are padded to whole registers. */
export function compareKeys(before: Keys, after: Keys): KeysDifference {
  const added: Row[] = [];
  const removed: Row[] = [];
  for (const row of differences(before, after)) (row.side === "before" ? removed : added).push(row);
  return { added: pick(after.width, added), removed: pick(after.width, removed) };
}

/** Where chunks begin tells nothing. */
export function sameKeys(a: Keys, b: Keys): boolean {
  if (a === b) return true;
  return a.width === b.width && a.count === b.count && differences(a, b).next().done === true;
}

/** A key that only one of the two has. */
interface Row {
  readonly side: "before" | "after";
  readonly chunk: Uint8Array;
  readonly at: number;
}

/**
 * In order of the keys. A chunk that both have is always met by both at its beginning: what has come there first waits for the other, whose keys
 * up to then are smaller.
 */
function* differences(before: Keys, after: Keys): Generator<Row, void, undefined> {
  const left = cursorOf(before);
  const right = cursorOf(after);
  while (left.view !== undefined || right.view !== undefined) {
    if (left.at === 0 && right.at === 0 && left.chunk === right.chunk) {
      enter(left, left.index + 1);
      enter(right, right.index + 1);
      continue;
    }
    const order = compareRows(left, right, after.width);
    if (order < 0) yield { side: "before", chunk: left.chunk, at: left.at };
    if (order > 0) yield { side: "after", chunk: right.chunk, at: right.at };
    if (order <= 0) step(left);
    if (order >= 0) step(right);
  }
}

/** At a row of a chunk; without a view at the end of all keys. */
interface Cursor {
  readonly keys: Keys;
  index: number;
  chunk: Uint8Array;
  view: DataView | undefined;
  at: number;
}

const nothing = new Uint8Array(0);

function cursorOf(keys: Keys): Cursor {
  const cursor: Cursor = { keys, index: 0, chunk: nothing, view: undefined, at: 0 };
  enter(cursor, 0);
  return cursor;
}

function enter(cursor: Cursor, index: number): void {
  const chunk = cursor.keys.chunks[index];
  cursor.index = index;
  cursor.at = 0;
  cursor.chunk = chunk ?? nothing;
  cursor.view = chunk && new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

function step(cursor: Cursor): void {
  cursor.at += cursor.keys.width;
  if (cursor.at >= cursor.chunk.length) enter(cursor, cursor.index + 1);
}

/** Bytewise, four at a time; what has ended comes after everything. */
function compareRows(left: Cursor, right: Cursor, width: number): number {
  if (left.view === undefined) return 1;
  if (right.view === undefined) return -1;
  for (let at = 0; at < width; at += 4) {
    const difference = left.view.getUint32(left.at + at) - right.view.getUint32(right.at + at);
    if (difference !== 0) return difference;
  }
  return 0;
}

function pick(width: number, rows: readonly Row[]): Keys {
  const picked = new Uint8Array(width * rows.length);
  for (const [index, { chunk, at }] of rows.entries()) picked.set(chunk.subarray(at, at + width), index * width);
  return keysOfBytes(width, picked);
}
