// What one packed, sorted list of set keys has that another has not: one walk over both, no key is unpacked.

import type { Keys } from "../ruleset/types.ts";

export interface KeysDifference {
  readonly added: Keys;
  readonly removed: Keys;
}

/** Both of the same width, which is a multiple of four: keys are padded to whole registers. */
export function compareKeys(before: Keys, after: Keys): KeysDifference {
  const added: number[] = [];
  const removed: number[] = [];
  const left = viewOf(before);
  const right = viewOf(after);
  let i = 0;
  let j = 0;
  while (i < left.byteLength || j < right.byteLength) {
    const order = compareRows(left, i, right, j, after.width);
    if (order < 0) removed.push(i);
    if (order > 0) added.push(j);
    if (order <= 0) i += before.width;
    if (order >= 0) j += after.width;
  }
  return { added: pick(after, added), removed: pick(before, removed) };
}

export function sameKeys(a: Keys, b: Keys): boolean {
  if (a.width !== b.width || a.bytes.length !== b.bytes.length) return false;
  for (let at = 0; at < a.bytes.length; at++) if (a.bytes[at] !== b.bytes[at]) return false;
  return true;
}

function viewOf({ bytes }: Keys): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytewise, four at a time; what has ended comes after everything. */
function compareRows(left: DataView, i: number, right: DataView, j: number, width: number): number {
  if (i >= left.byteLength) return 1;
  if (j >= right.byteLength) return -1;
  for (let at = 0; at < width; at += 4) {
    const difference = left.getUint32(i + at) - right.getUint32(j + at);
    if (difference !== 0) return difference;
  }
  return 0;
}

function pick({ width, bytes }: Keys, offsets: readonly number[]): Keys {
  const picked = new Uint8Array(width * offsets.length);
  for (const [index, at] of offsets.entries()) picked.set(bytes.subarray(at, at + width), index * width);
  return { width, count: offsets.length, bytes: picked };
}
