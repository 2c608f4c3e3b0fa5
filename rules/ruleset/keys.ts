// Scalars into the bytes that nf_tables keeps in registers and set keys, and back; and the packed, sorted keys of whole sets.
// Knows widths and byte orders from fields.ts; not how keys are looked up in a packet or sent to the kernel.

import { prefixRange } from "../net/prefix.ts";
import type { Address, Family, Prefix, Range } from "../net/types.ts";
import { eachKey, keysOfBytes } from "./chunks.ts";
import { dataTypes, maximum, paddedWidth, type TypeSpec } from "./fields.ts";
import { sortRows, withoutRepeats } from "./sortRows.ts";
import type { DataType, Keys, NftSet, Scalar } from "./types.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** The register bytes of one value, without padding. Throws on a scalar that is not of the type: a bug of the caller. */
export function encodeScalar(type: DataType, scalar: Scalar): Uint8Array {
  const bytes = new Uint8Array(dataTypes[type].width);
  writeScalar(type, scalar, bytes, 0);
  return bytes;
}

/** The value whose bytes stand at the offset. */
export function decodeScalar(type: DataType, bytes: Uint8Array, offset = 0): Scalar {
  const { width, order } = dataTypes[type];
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, width);
  if (order === "text") return decodeUtf8(bytes.subarray(offset, endOfText(bytes, offset, offset + width)));
  if (type === "ipv4_addr") return { family: 4, value: BigInt(view.getUint32(0)) };
  if (type === "ipv6_addr") return { family: 6, value: (view.getBigUint64(0) << 64n) | view.getBigUint64(8) };
  if (width === 1) return view.getUint8(0);
  return width === 2 ? view.getUint16(0) : view.getUint32(0, order === "host");
}

/** Bytes of a hash key of these types: each field padded to whole registers. */
export function keyWidth(types: readonly DataType[]): number {
  return types.reduce((width, type) => width + paddedWidth(type), 0);
}

/** One key, padded. */
export function encodeKey(types: readonly DataType[], row: readonly Scalar[]): Uint8Array {
  const bytes = new Uint8Array(keyWidth(types));
  writeRow(types, row, bytes, 0);
  return bytes;
}

/** The keys of a hash set: sorted bytewise, duplicates dropped. */
export function packKeys(types: readonly DataType[], rows: readonly (readonly Scalar[])[]): Keys {
  const width = keyWidth(types);
  const bytes = new Uint8Array(width * rows.length);
  rows.forEach((row, i) => {
    writeRow(types, row, bytes, i * width);
  });
  return keysOfBytes(width, withoutRepeats(sortRows(bytes, width), width));
}

/** The keys of an interval set of addresses: the union of the prefixes as disjoint ranges that do not touch. */
export function packPrefixes(family: Family, prefixes: readonly Prefix[]): Keys {
  return packRanges(family === 4 ? "ipv4_addr" : "ipv6_addr", prefixes.map(prefixRange));
}

/** The keys of an interval set: the union of the ranges. Address ranges give the addresses' numbers. */
export function packRanges(type: DataType, ranges: readonly Range<number | bigint>[]): Keys {
  const merged = union(ranges);
  const half = paddedWidth(type);
  const bytes = new Uint8Array(2 * half * merged.length);
  merged.forEach(({ from, to }, i) => {
    writeScalar(type, toScalar(type, from), bytes, 2 * half * i);
    writeScalar(type, toScalar(type, to), bytes, 2 * half * i + half);
  });
  return keysOfBytes(2 * half, bytes);
}

/** The elements in order, one scalar a type; of an interval set the first and the last value of each range. */
export function unpackKeys(set: Pick<NftSet, "types" | "flavour" | "keys">): Scalar[][] {
  const types = set.flavour === "interval" ? [...set.types, ...set.types] : set.types;
  return Array.from(eachKey(set.keys), (key) => {
    let offset = 0;
    return types.map((type) => {
      const scalar = decodeScalar(type, key, offset);
      offset += paddedWidth(type);
      return scalar;
    });
  });
}

/**
 * The size to declare for a hash set or a map with this many elements: a power of two that leaves at least a fifth free, so that small
 * changes neither outgrow it nor change the printed text.
 */
export function capacity(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(64, count * 1.25)));
}

/**
 * The size a set is declared with; none for an interval set: it is never changed in place, and kernels disagree on whether `size` counts
 * its ranges or their ends (nft_rbtree_ksize is newer than our oldest kernel).
 */
export function declaredSize(set: Pick<NftSet, "flavour" | "keys">): number | undefined {
  return set.flavour === "hash" ? capacity(set.keys.count) : undefined;
}

/** The next value of a big-endian number of `width` bytes, padding behind it untouched; undefined after the last. */
export function successor(value: Uint8Array, width: number): Uint8Array | undefined {
  const next = value.slice();
  for (let i = width - 1; i >= 0; i--) {
    next[i] = (next[i] as number) + 1;
    if (next[i] !== 0) return next;
  }
  return undefined;
}

function writeRow(types: readonly DataType[], row: readonly Scalar[], bytes: Uint8Array, offset: number): void {
  if (row.length !== types.length) throw new TypeError(`a key of ${types.join(" . ")} has ${types.length} parts, not ${row.length}`);
  let at = offset;
  types.forEach((type, i) => {
    writeScalar(type, row[i] as Scalar, bytes, at);
    at += paddedWidth(type);
  });
}

function writeScalar(type: DataType, scalar: Scalar, bytes: Uint8Array, offset: number): void {
  const { order } = dataTypes[type];
  if (order === "text" && typeof scalar === "string") writeText(type, scalar, bytes, offset);
  else if (typeof scalar === "number") writeNumber(type, scalar, bytes, offset);
  else if (typeof scalar === "object") writeAddress(type, scalar, bytes, offset);
  else throw mismatch(type, scalar);
}

function writeText(type: DataType, text: string, bytes: Uint8Array, offset: number): void {
  const encoded = encodeUtf8(text);
  if (encoded.length >= dataTypes[type].width) throw mismatch(type, text);
  bytes.set(encoded, offset);
}

function writeNumber(type: DataType, value: number, bytes: Uint8Array, offset: number): void {
  const { width } = dataTypes[type];
  if (width > 4 || type === "ipv4_addr" || !Number.isInteger(value) || value < 0 || value > maximum(type)) throw mismatch(type, value);
  writeUnsigned(value, dataTypes[type], bytes, offset);
}

/** At most 32 bits. */
function writeUnsigned(value: number, { width, order }: TypeSpec, bytes: Uint8Array, offset: number): void {
  let rest = value;
  for (let i = 0; i < width; i++) {
    bytes[offset + (order === "host" ? i : width - 1 - i)] = rest;
    rest >>>= 8;
  }
}

function writeAddress(type: DataType, address: Address, bytes: Uint8Array, offset: number): void {
  if (type !== (address.family === 4 ? "ipv4_addr" : "ipv6_addr")) throw mismatch(type, address);
  if (address.family === 4) {
    writeUnsigned(Number(address.value), dataTypes[type], bytes, offset);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
  view.setBigUint64(0, address.value >> 64n);
  view.setBigUint64(8, address.value & 0xffff_ffff_ffff_ffffn);
}

function mismatch(type: DataType, scalar: Scalar): TypeError {
  return new TypeError(`not a value of type ${type}: ${typeof scalar === "object" ? `IPv${scalar.family} address ${scalar.value}` : scalar}`);
}

function toScalar(type: DataType, value: bigint): Scalar {
  if (type === "ipv4_addr") return { family: 4, value };
  return type === "ipv6_addr" ? { family: 6, value } : Number(value);
}

function endOfText(bytes: Uint8Array, from: number, to: number): number {
  const end = bytes.indexOf(0, from);
  return end === -1 || end > to ? to : end;
}

function union(ranges: readonly Range<number | bigint>[]): Range<bigint>[] {
  const merged: Range<bigint>[] = [];
  const sorted = ranges.map(({ from, to }) => ({ from: BigInt(from), to: BigInt(to) })).sort((a, b) => (a.from < b.from ? -1 : 1));
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last === undefined || range.from > last.to + 1n) merged.push(range);
    else if (range.to > last.to) merged[merged.length - 1] = { from: last.from, to: range.to };
  }
  return merged;
}
