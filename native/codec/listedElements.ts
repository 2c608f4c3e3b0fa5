// A dump of a set's elements into rows of bytes, and verdicts where the set is a map (kernel nf_tables_api.c,
// nf_tables_fill_setelem): each element by itself and in the kernel's order. What the rows of a tree mean together, and their
// sorting, is for the reader of sets (agent/kernel).

import type { NftSet, Verdict } from "../../rules/ruleset/types.ts";
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
  NFTA_SET_ELEM_USERDATA,
  NLM_F_DUMP,
} from "./constants.ts";
import { readData } from "./data.ts";
import { keyLength, padded } from "./datatype.ts";
import { encodeRequest, readMessages, tablesType } from "./message.ts";
import type { AttributeReader } from "./reader.ts";
import { readComment, UDATA_COMMENT } from "./userdata.ts";

export interface ListedElements {
  /**
   * keys: a row is a padded key. ranges: a padded key, then the padded inclusive end of its range. bounds: a padded key, then 1 where a
   * range begins with it or 0 where one ends before it.
   */
  readonly kind: "keys" | "ranges" | "bounds";
  /** Bytes of a key as the kernel has it, without padding. */
  readonly keyLength: number;
  readonly width: number;
  readonly count: number;
  readonly bytes: Uint8Array;
  /** Of each row; undefined where there is none, or none that hostward knows. */
  readonly verdicts: readonly (Verdict | undefined)[];
  /** Of each row; empty where there is none. */
  readonly comments: readonly string[];
}

type Rows = { -readonly [K in keyof ListedElements]: ListedElements[K] } & { readonly verdicts: (Verdict | undefined)[]; readonly comments: string[] };

/** A dump of one set's elements. */
export function elementsRequest(table: string, set: string, sequence: number): Uint8Array {
  return encodeRequest({ message: NFT_MSG_GETSETELEM, flags: NLM_F_DUMP, sequence }, (writer) => {
    writer.text(NFTA_SET_ELEM_LIST_TABLE, table);
    writer.text(NFTA_SET_ELEM_LIST_SET, set);
  });
}

/** @throws CodecError */
export function decodeElements(dump: Uint8Array, set: Pick<NftSet, "types" | "flavour">): ListedElements {
  const rows = emptyRows(set);
  for (const { type, attributes } of readMessages(dump)) {
    if (type !== tablesType(NFT_MSG_NEWSETELEM)) continue;
    while (attributes.next()) {
      if (attributes.type !== NFTA_SET_ELEM_LIST_ELEMENTS) continue;
      attributes.enter();
      while (attributes.next()) readRow(attributes, rows);
      attributes.leave();
    }
    attributes.check();
  }
  return { ...rows, bytes: rows.bytes.slice(0, rows.count * rows.width) };
}

function emptyRows({ types, flavour }: Pick<NftSet, "types" | "flavour">): Rows {
  const length = keyLength(types);
  const key = padded(length);
  const kind = flavour === "hash" ? "keys" : types.length > 1 ? "ranges" : "bounds";
  const width = { keys: key, ranges: 2 * key, bounds: key + 1 }[kind];
  return { kind, keyLength: length, width, count: 0, bytes: new Uint8Array(64 * width), verdicts: [], comments: [] };
}

/** Appends the current element, unless it has no key (the catch-all element). */
function readRow(reader: AttributeReader, rows: Rows): void {
  const at = roomForRow(rows);
  const end = at + padded(rows.keyLength);
  let hasKey = false;
  let hasEnd = false;
  let flags = 0;
  let verdict: Verdict | undefined;
  let comment = "";
  reader.enter();
  while (reader.next()) {
    if (reader.type === NFTA_SET_ELEM_KEY) hasKey = readKey(reader, rows, at);
    else if (reader.type === NFTA_SET_ELEM_KEY_END && rows.kind === "ranges") hasEnd = readKey(reader, rows, end);
    else if (reader.type === NFTA_SET_ELEM_FLAGS) flags = reader.u32();
    else if (reader.type === NFTA_SET_ELEM_DATA) verdict = readData(reader).verdict;
    else if (reader.type === NFTA_SET_ELEM_USERDATA && rows.kind === "keys") comment = readComment(reader, UDATA_COMMENT);
  }
  reader.leave();
  if (!hasKey) return;
  // Where both ends of a concatenated range are equal the kernel may leave the second out.
  if (rows.kind === "ranges" && !hasEnd) rows.bytes.copyWithin(end, at, end);
  if (rows.kind === "bounds") rows.bytes[end] = flags & NFT_SET_ELEM_INTERVAL_END ? 0 : 1;
  rows.verdicts.push(verdict);
  rows.comments.push(comment);
  rows.count++;
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
