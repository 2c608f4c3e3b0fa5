// Elements into NEWSETELEM and DELSETELEM messages (kernel nf_tables_api.c, nft_add_set_elem, nft_del_setelem): packed keys by a
// walk over words, verdict entries one by one, split where a nest would pass 64 KB. A range in a tree is two elements, its first
// value and the value after its last; concatenated ranges (pipapo) are one element with both ends, inclusive.

import type { Keys, NftSet, Verdict } from "../../rules/ruleset/types.ts";
import type { BatchWriter } from "./batch.ts";
import {
  NFT_MSG_DELSETELEM,
  NFT_MSG_NEWSETELEM,
  NFT_SET_ELEM_INTERVAL_END,
  NFTA_DATA_VALUE,
  NFTA_LIST_ELEM,
  NFTA_SET_ELEM_DATA,
  NFTA_SET_ELEM_FLAGS,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_KEY_END,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_ELEM_LIST_TABLE,
  NFTA_SET_ELEM_USERDATA,
  NLA_F_NESTED,
  NLM_F_CREATE,
  NLM_F_EXCL,
} from "./constants.ts";
import { writeValue, writeVerdict } from "./data.ts";
import { keyLength } from "./datatype.ts";
import { ELEMENT_INTERVAL_OPEN, UDATA_COMMENT, UDATA_ELEMENT_FLAGS, writeUserdata } from "./userdata.ts";
import type { AttributeWriter } from "./writer.ts";

export type ElementVerb = "add" | "delete";
export type ElementTarget = Pick<NftSet, "name" | "types" | "flavour"> & { readonly table: string };

/** An element of a verdict map; `key` is padded as in Keys. */
export interface VerdictElement {
  readonly key: Uint8Array;
  readonly verdict: Verdict;
  /** At most 253 bytes. */
  readonly comment?: string;
}

/** Leaves room for the nest's own header and one more verdict element with the longest key, chain name and comment. */
const MAX_NEST = 0xffff;
const ENTRY_ROOM = 768;
/** Elements before their key: list element, key, value. */
const HEAD = 12;
const FLAGS = 8;
const OPEN_USERDATA = 12;

interface Layout {
  /** Bytes of a key as the kernel wants it, and padded in words. */
  readonly length: number;
  readonly words: number;
  /** The most bytes that one of `Keys` takes in a message. */
  readonly bytes: number;
  readonly fill: (writer: AttributeWriter, source: Int32Array, layout: Layout) => void;
}

/** EEXIST for an element that is there already, ENOENT for one to delete that is not, ENFILE beyond the declared size. */
export function writeElements(batch: BatchWriter, verb: ElementVerb, set: ElementTarget, keys: Keys): void {
  const layout = layoutOf(set);
  const stride = keys.width / 4;
  const atOnce = Math.floor((MAX_NEST - 4) / layout.bytes);
  const messageRoom = 64 + 4 * (set.table.length + set.name.length);
  const source = chunkReader(keys);
  for (let left = keys.count; left > 0; left -= Math.min(left, atOnce)) {
    const { writer, nest } = openMessage(batch, verb, set);
    writer.reserve(left * layout.bytes + Math.ceil(left / atOnce) * messageRoom);
    for (let room = Math.min(left, atOnce); room > 0; ) {
      const words = source(room * stride);
      layout.fill(writer, words, layout);
      room -= words.length / stride;
    }
    writer.end(nest);
    batch.end();
  }
}

/** Each call gives the next words of the keys, at most so many and none from two chunks. */
function chunkReader({ chunks }: Keys): (most: number) => Int32Array {
  let next = 0;
  let rest: Int32Array = new Int32Array(0);
  return (most) => {
    if (rest.length === 0) rest = wordsOf({ bytes: chunks[next++] ?? new Uint8Array(0) });
    const words = rest.subarray(0, most);
    rest = rest.subarray(words.length);
    return words;
  };
}

export function writeVerdictElements(batch: BatchWriter, verb: ElementVerb, map: ElementTarget, elements: readonly VerdictElement[]): void {
  const length = keyLength(map.types);
  for (let i = 0; i < elements.length; ) {
    const { writer, nest } = openMessage(batch, verb, map);
    for (; i < elements.length && writer.length - nest < MAX_NEST - ENTRY_ROOM; i++) {
      const { key, verdict, comment } = elements[i] as VerdictElement;
      const element = writer.begin(NFTA_LIST_ELEM);
      writeValue(writer, NFTA_SET_ELEM_KEY, key.subarray(0, length));
      if (verb === "add") writeVerdict(writer, NFTA_SET_ELEM_DATA, verdict);
      if (verb === "add" && comment !== undefined) writeUserdata(writer, NFTA_SET_ELEM_USERDATA, [[UDATA_COMMENT, comment]]);
      writer.end(element);
    }
    writer.end(nest);
    batch.end();
  }
}

function openMessage(batch: BatchWriter, verb: ElementVerb, set: ElementTarget): { writer: AttributeWriter; nest: number } {
  const writer = verb === "add" ? batch.begin(NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL) : batch.begin(NFT_MSG_DELSETELEM, 0);
  writer.text(NFTA_SET_ELEM_LIST_TABLE, set.table);
  writer.text(NFTA_SET_ELEM_LIST_SET, set.name);
  return { writer, nest: writer.begin(NFTA_SET_ELEM_LIST_ELEMENTS) };
}

function layoutOf(set: ElementTarget): Layout {
  const length = keyLength(set.types);
  const words = (length + 3) >> 2;
  const single = HEAD + 4 * words;
  if (set.flavour === "hash") return { length, words, bytes: single, fill: fillKeys };
  if (set.types.length > 1) return { length, words, bytes: 2 * single - 4, fill: fillConcatenatedRanges };
  return { length, words, bytes: 2 * single + FLAGS + OPEN_USERDATA, fill: fillRanges };
}

/** Exact keys. Written word by word: this is the loop that a large set runs through. */
function fillKeys(writer: AttributeWriter, source: Int32Array, { length, words }: Layout): void {
  const out = wordsOf(writer);
  const element = header(HEAD + 4 * words, NFTA_LIST_ELEM | NLA_F_NESTED);
  const key = header(HEAD - 4 + 4 * words, NFTA_SET_ELEM_KEY | NLA_F_NESTED);
  const value = header(4 + length, NFTA_DATA_VALUE);
  let at = writer.length / 4;
  for (let from = 0; from < source.length; ) {
    out[at++] = element;
    out[at++] = key;
    out[at++] = value;
    for (let i = 0; i < words; i++) out[at++] = source[from++] as number;
  }
  writer.length = at * 4;
}

function fillConcatenatedRanges(writer: AttributeWriter, source: Int32Array, { length, words, bytes }: Layout): void {
  const out = wordsOf(writer);
  const element = header(bytes, NFTA_LIST_ELEM | NLA_F_NESTED);
  const ends = [NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_KEY_END].map((type) => header(HEAD - 4 + 4 * words, type | NLA_F_NESTED));
  const value = header(4 + length, NFTA_DATA_VALUE);
  let at = writer.length / 4;
  for (let from = 0; from < source.length; ) {
    out[at++] = element;
    for (const end of ends) {
      out[at++] = end;
      out[at++] = value;
      for (let i = 0; i < words; i++) out[at++] = source[from++] as number;
    }
  }
  writer.length = at * 4;
}

/** A range is its first value, and the one after its last as the end of the interval; at the top there is none. */
function fillRanges(writer: AttributeWriter, source: Int32Array, { length, words }: Layout): void {
  const out = wordsOf(writer);
  const lasts = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const single = HEAD + 4 * words;
  const element = header(single, NFTA_LIST_ELEM | NLA_F_NESTED);
  const end = header(single + FLAGS, NFTA_LIST_ELEM | NLA_F_NESTED);
  const flags = header(FLAGS, NFTA_SET_ELEM_FLAGS);
  const key = header(single - 4, NFTA_SET_ELEM_KEY | NLA_F_NESTED);
  const value = header(4 + length, NFTA_DATA_VALUE);
  let at = writer.length / 4;
  for (let from = 0; from < source.length; from += 2 * words) {
    const last = 4 * (from + words);
    if (isTop(lasts, last, length)) {
      writer.length = at * 4;
      writeOpenRange(writer, lasts.subarray(last - 4 * words, last - 4 * words + length));
      at = writer.length / 4;
      continue;
    }
    out[at++] = element;
    out[at++] = key;
    out[at++] = value;
    for (let i = 0; i < words; i++) out[at++] = source[from + i] as number;
    out[at++] = end;
    out[at++] = flags;
    out[at++] = intervalEnd;
    out[at++] = key;
    out[at++] = value;
    for (let i = 0; i < words; i++) out[at++] = source[from + words + i] as number;
    increment(writer.bytes, 4 * (at - words), length);
  }
  writer.length = at * 4;
}

/** The flag as a word of the wire, which is big-endian, is to be written: as a little-endian one. */
const intervalEnd = NFT_SET_ELEM_INTERVAL_END << 24;

function isTop(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) if (bytes[at + i] !== 0xff) return false;
  return true;
}

function writeOpenRange(writer: AttributeWriter, first: Uint8Array): void {
  const element = writer.begin(NFTA_LIST_ELEM);
  writeValue(writer, NFTA_SET_ELEM_KEY, first);
  writeUserdata(writer, NFTA_SET_ELEM_USERDATA, [[UDATA_ELEMENT_FLAGS, ELEMENT_INTERVAL_OPEN]]);
  writer.end(element);
}

/** The big-endian number becomes the next one. */
function increment(bytes: Uint8Array, at: number, length: number): void {
  for (let i = at + length - 1; i >= at; i--) {
    const byte = (bytes[i] as number) + 1;
    bytes[i] = byte;
    if (byte <= 0xff) return;
  }
}

/** An attribute's header as one little-endian word. Signed, as the engine keeps its small integers. */
function header(length: number, type: number): number {
  return length | (type << 16);
}

/** Both the writer's buffer and its messages are aligned; keys that are not are copied. */
function wordsOf({ bytes }: { readonly bytes: Uint8Array }): Int32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
}
