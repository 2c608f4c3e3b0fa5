// What one packed, sorted list of set keys has that another has not: one walk over both, no key is unpacked.

import type { Keys } from "../ruleset/types.ts";

export interface KeysDifference {
  readonly added: Keys;
  readonly removed: Keys;
}

/** Both of the same width, which is a multiple of four: keys are padded to whole registers. */
export function compareKeys(before: Keys, after: Keys): KeysDifference {
  const { width } = after;
  const added: number[] = [];
  const removed: number[] = [];
  const left = cursorOf(before);
  const right = cursorOf(after);
  while (left.at < left.view.byteLength || right.at < right.view.byteLength) {
    const order = compareRows(left, right, width);
    if (order < 0) removed.push(left.at);
    if (order > 0) added.push(right.at);
    if (order <= 0) left.at += width;
    if (order >= 0) right.at += width;
  }
  return { added: pick(after, added), removed: pick(before, removed) };
}

export function sameKeys(a: Keys, b: Keys): boolean {
  if (a.width !== b.width || a.bytes.length !== b.bytes.length) return false;
  for (let at = 0; at < a.bytes.length; at++) if (a.bytes[at] !== b.bytes[at]) return false;
  return true;
}

/** A row of packed keys by its offset. */
interface Cursor {
  readonly view: DataView;
  at: number;
}

function cursorOf({ bytes }: Keys): Cursor {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
}

/** Bytewise, four at a time; what has ended comes after everything. */
function compareRows(left: Cursor, right: Cursor, width: number): number {
  if (left.at >= left.view.byteLength) return 1;
  if (right.at >= right.view.byteLength) return -1;
  for (let at = 0; at < width; at += 4) {
    const difference = left.view.getUint32(left.at + at) - right.view.getUint32(right.at + at);
    if (difference !== 0) return difference;
  }
  return 0;
}

function pick({ width, bytes }: Keys, offsets: readonly number[]): Keys {
  const picked = new Uint8Array(width * offsets.length);
  for (const [index, at] of offsets.entries()) picked.set(bytes.subarray(at, at + width), index * width);
  return { width, count: offsets.length, bytes: picked };
}
