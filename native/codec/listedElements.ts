// A dump of a set's elements back into packed, sorted keys, and into verdicts where the set is a map (kernel nf_tables_api.c,
// nf_tables_fill_setelem). The inverse of element.ts: the two elements of a range in a tree become its inclusive ends again.

import { sortRows } from "../../rules/ruleset/keys.ts";
import type { Keys, Verdict } from "../../rules/ruleset/types.ts";
import {
  NFT_MSG_GETSETELEM,
  NFT_MSG_NEWSETELEM,
  NFT_SET_ELEM_INTERVAL_END,
  NFTA_DATA_VALUE,
  NFTA_SET_ELEM_DATA,
  NFTA_SET_ELEM_FLAGS,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_KEY_END,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_ELEM_LIST_TABLE,
  NLM_F_DUMP,
} from "./constants.ts";
import { readData } from "./data.ts";
import type { VerdictElement } from "./element.ts";
import { encodeRequest, readMessages, tablesType } from "./message.ts";
import type { AttributeReader } from "./reader.ts";
import { keyLength, type SetHead } from "./set.ts";

type Shape = Pick<SetHead, "types" | "flavour">;

/** Rows of equal width, in the kernel's order. */
interface Rows {
  readonly keyLength: number;
  /** Bytes of a key padded to whole registers. */
  readonly half: number;
  /** A key; a key and 1 for the start of a range, 0 for its end; or a key and the end of its range. */
  readonly width: number;
  readonly kind: "keys" | "bounds" | "ranges";
  bytes: Uint8Array;
  count: number;
}

/** A dump of one set's elements. */
export function elementsRequest(table: string, set: string, sequence: number): Uint8Array {
  return encodeRequest({ message: NFT_MSG_GETSETELEM, flags: NLM_F_DUMP, sequence }, (writer) => {
    writer.text(NFTA_SET_ELEM_LIST_TABLE, table);
    writer.text(NFTA_SET_ELEM_LIST_SET, set);
  });
}

/** @throws CodecError */
export function decodeElements(dump: Uint8Array, set: Shape): Keys {
  const rows = emptyRows(set);
  eachElement(dump, (reader) => readRow(reader, rows));
  const sorted = sortRows(rows.bytes.slice(0, rows.count * rows.width), rows.width);
  if (rows.kind === "bounds") return joinBounds(sorted, rows);
  return { width: rows.width, count: rows.count, bytes: sorted };
}

/** Elements without a verdict that hostward knows are left out. In bytewise order of their keys. @throws CodecError */
export function decodeVerdictElements(dump: Uint8Array, map: Shape): VerdictElement[] {
  const rows = emptyRows({ types: map.types, flavour: "hash" });
  const elements: VerdictElement[] = [];
  eachElement(dump, (reader) => {
    const verdict = readRow(reader, rows);
    if (verdict) elements.push({ key: rows.bytes.slice((rows.count - 1) * rows.width, rows.count * rows.width), verdict });
  });
  return elements.sort((a, b) => compareBytes(a.key, b.key));
}

function eachElement(dump: Uint8Array, visit: (reader: AttributeReader) => void): void {
  for (const { type, attributes } of readMessages(dump)) {
    if (type !== tablesType(NFT_MSG_NEWSETELEM)) continue;
    while (attributes.next()) {
      if (attributes.type !== NFTA_SET_ELEM_LIST_ELEMENTS) continue;
      attributes.enter();
      while (attributes.next()) visit(attributes);
      attributes.leave();
    }
    attributes.check();
  }
}

function emptyRows({ types, flavour }: Shape): Rows {
  const length = keyLength(types);
  const half = (length + 3) & ~3;
  const kind = flavour === "hash" ? "keys" : types.length > 1 ? "ranges" : "bounds";
  const width = { keys: half, bounds: half + 1, ranges: 2 * half }[kind];
  return { keyLength: length, half, width, kind, bytes: new Uint8Array(64 * width), count: 0 };
}

/** Appends the current element, unless it has no key (the catch-all element). */
function readRow(reader: AttributeReader, rows: Rows): Verdict | undefined {
  const at = roomForRow(rows);
  let hasKey = false;
  let hasEnd = false;
  let flags = 0;
  let verdict: Verdict | undefined;
  reader.enter();
  while (reader.next()) {
    if (reader.type === NFTA_SET_ELEM_KEY) hasKey = readKey(reader, rows, at);
    else if (reader.type === NFTA_SET_ELEM_KEY_END && rows.kind === "ranges") hasEnd = readKey(reader, rows, at + rows.half);
    else if (reader.type === NFTA_SET_ELEM_FLAGS) flags = reader.u32();
    else if (reader.type === NFTA_SET_ELEM_DATA) verdict = readData(reader).verdict;
  }
  reader.leave();
  if (!hasKey) return undefined;
  // One value among concatenated ranges: the kernel leaves its equal end out.
  if (rows.kind === "ranges" && !hasEnd) rows.bytes.copyWithin(at + rows.half, at, at + rows.half);
  if (rows.kind === "bounds") rows.bytes[at + rows.half] = flags & NFT_SET_ELEM_INTERVAL_END ? 0 : 1;
  rows.count++;
  return verdict;
}

function readKey(reader: AttributeReader, rows: Rows, at: number): boolean {
  let found = false;
  reader.enter();
  while (reader.next()) {
    if (reader.type !== NFTA_DATA_VALUE) continue;
    reader.copyTo(rows.bytes, at, rows.keyLength);
    found = true;
  }
  reader.leave();
  return found;
}

function roomForRow(rows: Rows): number {
  const at = rows.count * rows.width;
  if (at + rows.width > rows.bytes.length) {
    const grown = new Uint8Array(rows.bytes.length * 2);
    grown.set(rows.bytes);
    rows.bytes = grown;
  }
  return at;
}

/**
 * Sorted bounds, an end before a start of the same value, into inclusive ranges. An end without a start (nft puts one at zero) says
 * nothing; a start without an end reaches to the next start or to the top.
 */
function joinBounds(bounds: Uint8Array, { keyLength, half, width }: Rows): Keys {
  const bytes = new Uint8Array((bounds.length / width) * 2 * half);
  let count = 0;
  let open: number | undefined;
  const close = (last: Uint8Array) => {
    if (open === undefined) return;
    bytes.set(bounds.subarray(open, open + keyLength), count * 2 * half);
    bytes.set(last, count * 2 * half + half);
    count++;
    open = undefined;
  };
  for (let at = 0; at < bounds.length; at += width) {
    close(preceding(bounds.subarray(at, at + keyLength)));
    if (bounds[at + half] === 1) open = at;
  }
  close(new Uint8Array(keyLength).fill(0xff));
  return { width: 2 * half, count, bytes: bytes.slice(0, count * 2 * half) };
}

function preceding(key: Uint8Array): Uint8Array {
  const previous = key.slice();
  for (let i = previous.length - 1; i >= 0; i--) {
    const byte = previous[i] as number;
    previous[i] = byte - 1;
    if (byte !== 0) break;
  }
  return previous;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
