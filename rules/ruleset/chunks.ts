// Keys as a persistent sequence of chunks: made of sorted bytes, looked up, walked, and changed by sharing every chunk that no change falls into.
// Knows rows of bytes and their order (memcmp); what the fields of a key are is keys.ts.

import type { Keys, NftSet } from "./types.ts";

/** Keys a chunk: a change copies a few kilobytes, and a million keys are some hundred chunks. */
const wanted = 2048;
const least = wanted / 2;
const most = 2 * wanted;

/** The keys of `bytes`, which are sorted and without repeats. Neighbouring chunks never fit into one. */
export function keysOfBytes(width: number, bytes: Uint8Array): Keys {
  return { width, count: bytes.length / width, chunks: split(width, bytes) };
}

export function noKeys(width: number): Keys {
  return { width, count: 0, chunks: [] };
}

/** All keys in one piece, which may be a chunk itself: not to be written to. */
export function bytesOfKeys({ width, count, chunks }: Keys): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const bytes = new Uint8Array(width * count);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Each key as a view of its chunk, in order. */
export function* eachKey({ width, chunks }: Keys): Generator<Uint8Array, void, undefined> {
  for (const chunk of chunks) for (let at = 0; at < chunk.length; at += width) yield chunk.subarray(at, at + width);
}

/** The first keys, at most so many. */
export function firstKeys(keys: Keys, most: number): Keys {
  const bytes = new Uint8Array(keys.width * Math.min(keys.count, most));
  let at = 0;
  for (const chunk of keys.chunks) {
    if (at === bytes.length) break;
    const part = chunk.subarray(0, bytes.length - at);
    bytes.set(part, at);
    at += part.length;
  }
  return keysOfBytes(keys.width, bytes);
}

/** Whether a padded key is a member, or inside a range; by binary search. */
export function hasKey({ flavour, keys }: Pick<NftSet, "flavour" | "keys">, key: Uint8Array): boolean {
  const { width, chunks } = keys;
  const chunk = chunks[lastChunkTo(chunks, key)];
  if (chunk === undefined) return false;
  const at = width * (upperBound(chunk, width, { key, from: 0 }) - 1);
  return flavour === "hash" ? compareAt(chunk, at, key) === 0 : compareAt(chunk, at + width / 2, key) >= 0;
}

export interface KeysChange {
  readonly added: Keys;
  readonly removed: Keys;
}

/** Without the removed keys, where they are there, then with the added ones, where they are not. Chunks that nothing falls into are shared. */
export function withKeys(keys: Keys, { added, removed }: KeysChange): Keys {
  const { width } = keys;
  if (added.count === 0 && removed.count === 0) return keys;
  if (keys.count === 0) return added;
  const coming: Queue = { bytes: bytesOfKeys(added), at: 0, end: 0 };
  const going: Queue = { bytes: bytesOfKeys(removed), at: 0, end: 0 };
  const chunks: Uint8Array[] = [];
  let count = keys.count;
  let taken = 0;
  for (let at = touchedChunk(keys, coming, going); at !== undefined; at = touchedChunk(keys, coming, going)) {
    const chunk = keys.chunks[at] as Uint8Array;
    for (const queue of [coming, going]) advance(queue, width, keys.chunks[at + 1]);
    const merged = merge(chunk, width, { coming, going });
    count += (merged.length - chunk.length) / width;
    appendAll(chunks, width, keys.chunks.slice(taken, at));
    appendAll(chunks, width, split(width, merged));
    taken = at + 1;
  }
  appendAll(chunks, width, keys.chunks.slice(taken));
  return { width, count, chunks };
}

/** Where the first key that waits belongs. */
function touchedChunk({ width, chunks }: Keys, coming: Queue, going: Queue): number | undefined {
  const heads = [coming, going].filter(({ at, bytes }) => at < bytes.length).map((queue) => Math.max(0, lastChunkTo(chunks, keyAt(queue, width))));
  return heads.length === 0 ? undefined : Math.min(...heads);
}

/** Keys that wait to be merged: those from `at` to `end` into the chunk at hand. */
interface Queue {
  readonly bytes: Uint8Array;
  at: number;
  end: number;
}

/** Up to the first key of the next chunk. */
function advance(queue: Queue, width: number, next: Uint8Array | undefined): void {
  const first = next?.subarray(0, width);
  if (first === undefined) queue.end = queue.bytes.length;
  else while (queue.end < queue.bytes.length && compareAt(queue.bytes, queue.end, first) < 0) queue.end += width;
}

/** The bytes of the chunk with the changes; what lies between two of them is copied in one piece. */
function merge(chunk: Uint8Array, width: number, { coming, going }: { readonly coming: Queue; readonly going: Queue }): Uint8Array {
  const merged = new Uint8Array(chunk.length + coming.end - coming.at);
  let from = 0;
  let length = 0;
  const copyTo = (at: number): void => {
    merged.set(chunk.subarray(from, at), length);
    length += at - from;
    from = at;
  };
  while (coming.at < coming.end || going.at < going.end) {
    const removes = going.at < going.end && (coming.at === coming.end || compareAt(coming.bytes, coming.at, keyAt(going, width)) >= 0);
    const queue = removes ? going : coming;
    const key = keyAt(queue, width);
    queue.at += width;
    const after = width * upperBound(chunk, width, { key, from: from / width });
    const isThere = after > from && compareAt(chunk, after - width, key) === 0;
    copyTo(isThere ? after - width : after);
    if (removes) from = after;
    else if (!isThere) {
      merged.set(key, length);
      length += width;
    }
  }
  copyTo(chunk.length);
  // A little room at the end costs less than another copy.
  return length < merged.length - merged.length / 8 ? merged.slice(0, length) : merged.subarray(0, length);
}

function keyAt({ bytes, at }: Queue, width: number): Uint8Array {
  return bytes.subarray(at, at + width);
}

/** Of chunks that follow one another only the first can be so small that it fits to what was there. */
function appendAll(chunks: Uint8Array[], width: number, [first, ...others]: readonly Uint8Array[]): void {
  if (first === undefined) return;
  append(chunks, width, first);
  chunks.push(...others);
}

/** Where both fit into one chunk, and one of them is small, they become one. */
function append(chunks: Uint8Array[], width: number, chunk: Uint8Array): void {
  const last = chunks.at(-1);
  const bytes = chunk.length + (last?.length ?? 0);
  if (last === undefined || bytes > most * width || Math.min(chunk.length, last.length) >= least * width) chunks.push(chunk);
  else {
    const joined = new Uint8Array(bytes);
    joined.set(last);
    joined.set(chunk, last.length);
    chunks[chunks.length - 1] = joined;
  }
}

/** Into parts of about the same size. They share no memory, since one part may outlive all others. */
function split(width: number, bytes: Uint8Array): Uint8Array[] {
  const count = bytes.length / width;
  if (count === 0) return [];
  if (count <= most) return [bytes];
  const parts = Math.ceil(count / wanted);
  const border = (part: number): number => width * Math.floor((count * part) / parts);
  return Array.from({ length: parts }, (_, part) => bytes.slice(border(part), border(part + 1)));
}

/** Index of the last chunk that begins with the key or before it; -1 when there is none. */
function lastChunkTo(chunks: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareAt(chunks[middle] as Uint8Array, 0, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** How many keys of the chunk are the key or before it, as far as the key's bytes tell; those before `from` are. */
function upperBound(chunk: Uint8Array, width: number, { key, from }: { readonly key: Uint8Array; readonly from: number }): number {
  let low = from;
  let high = chunk.length / width;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareAt(chunk, middle * width, key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first row that does not follow the one before it; undefined for sorted rows without repeats. Rows are padded to whole registers of four bytes. */
export function firstUnsortedRow(bytes: Uint8Array, width: number): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = width; at < bytes.length; at += width) {
    let order = 0;
    for (let i = at; order === 0 && i < at + width; i += 4) order = view.getUint32(i) - view.getUint32(i - width);
    if (order <= 0) return at / width;
  }
  return undefined;
}

/** Bytewise order, as of `memcmp`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return compareAt(a, 0, b);
}

/** Bytewise order of the bytes from `at` on and the key. */
function compareAt(bytes: Uint8Array, at: number, key: Uint8Array): number {
  for (let i = 0; i < key.length; i++) {
    const difference = (bytes[at + i] ?? 0) - (key[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
