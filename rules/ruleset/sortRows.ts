// Rows of bytes, each of the same width, into bytewise order: how the keys of large sets come to be sorted. Knows nothing of what the rows are.

import { firstUnsortedRow } from "./chunks.ts";

/** Bytewise; repeats stay. Linear: rows of one word as numbers, others by a radix sort. The rows may be sorted in place. */
export function sortRows(bytes: Uint8Array, width: number): Uint8Array {
  if (firstUnsortedRow(bytes, width) === undefined) return bytes;
  return width === 4 ? sortWords(bytes) : sortWide(bytes, width);
}

/** The rows, which are sorted, each once. */
export function withoutRepeats(bytes: Uint8Array, width: number): Uint8Array {
  let end = firstRepeat(bytes, width);
  for (let at = end; at < bytes.length; at += width) {
    if (isSameRow(bytes, at, { other: end - width, width })) continue;
    bytes.copyWithin(end, at, at + width);
    end += width;
  }
  return end === bytes.length ? bytes : bytes.slice(0, end);
}

function firstRepeat(bytes: Uint8Array, width: number): number {
  let at = width;
  while (at < bytes.length && !isSameRow(bytes, at, { other: at - width, width })) at += width;
  return Math.min(at, bytes.length);
}

function isSameRow(bytes: Uint8Array, at: number, { other, width }: { readonly other: number; readonly width: number }): boolean {
  for (let i = 0; i < width; i++) if (bytes[at + i] !== bytes[other + i]) return false;
  return true;
}

/** As numbers: few by the engine's own sort, many from the lowest eleven bits to the highest. */
function sortWords(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let words = new Uint32Array(bytes.length / 4);
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(4 * i);
  if (words.length < 2048) words.sort();
  else for (const shift of [0, 11, 22]) words = sortedByDigit(words, shift);
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i] as number);
  return bytes;
}

function sortedByDigit(words: Uint32Array<ArrayBuffer>, shift: number): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(2049);
  for (let i = 0; i < words.length; i++) {
    const next = (((words[i] as number) >>> shift) & 2047) + 1;
    places[next] = (places[next] as number) + 1;
  }
  for (let digit = 1; digit < places.length; digit++) places[digit] = (places[digit] as number) + (places[digit - 1] as number);
  const sorted = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const digit = ((words[i] as number) >>> shift) & 2047;
    const place = places[digit] as number;
    sorted[place] = words[i] as number;
    places[digit] = place + 1;
  }
  return sorted;
}

/** From the last byte to the first; columns that are all alike (padding, shared prefixes) cost one count. */
function sortWide(bytes: Uint8Array, width: number): Uint8Array {
  let from = bytes;
  let into: Uint8Array = new Uint8Array(bytes.length);
  for (let column = width - 1; column >= 0; column--) {
    const starts = columnStarts(from, width, column);
    if (starts === undefined) continue;
    for (let at = 0; at < from.length; at += width) {
      const byte = from[at + column] as number;
      const to = starts[byte] as number;
      for (let i = 0; i < width; i++) into[to + i] = from[at + i] as number;
      starts[byte] = to + width;
    }
    [from, into] = [into, from];
  }
  return from;
}

/** Where the rows with each byte in the column begin once sorted by it; undefined when they all have the same. */
function columnStarts(bytes: Uint8Array, width: number, column: number): Float64Array | undefined {
  const starts = new Float64Array(256);
  for (let at = column; at < bytes.length; at += width) starts[bytes[at] as number] = (starts[bytes[at] as number] as number) + width;
  if (starts[bytes[column] ?? 0] === bytes.length) return undefined;
  let next = 0;
  for (let byte = 0; byte < 256; byte++) {
    const size = starts[byte] as number;
    starts[byte] = next;
    next += size;
  }
  return starts;
}
