// Userdata: the bytes nf_tables keeps for user space, in which nft stores comments and what it needs to list types properly. A
// list of type, length, value with one byte each for the first two (libnftnl udata.h). The kernel takes at most 256 bytes.

import { NFT_USERDATA_MAXLEN } from "./constants.ts";
import type { AttributeReader } from "./reader.ts";
import type { AttributeWriter } from "./writer.ts";

/** Of tables, chains, rules and elements alike (NFTNL_UDATA_*_COMMENT). */
export const UDATA_COMMENT = 0;
export const UDATA_SET_KEY_BYTEORDER = 0;
export const UDATA_SET_DATA_BYTEORDER = 1;
export const UDATA_SET_COMMENT = 7;
/** Flags of an interval's element; 1: there is no end, the interval goes to the top of the range. */
export const UDATA_ELEMENT_FLAGS = 1;
export const ELEMENT_INTERVAL_OPEN = 1;

/** A number is four bytes in host order, a text its UTF-8 with a NUL. */
export type UserdataItem = readonly [type: number, value: number | string];

const utf8 = new TextEncoder();
const decoder = new TextDecoder();

/** Writes the attribute `type`, or nothing where there are no items. */
export function writeUserdata(writer: AttributeWriter, type: number, items: readonly UserdataItem[]): void {
  if (items.length === 0) return;
  const payloads = items.map(([, value]) => (typeof value === "number" ? hostNumber(value) : utf8.encode(`${value}\0`)));
  const bytes = new Uint8Array(payloads.reduce((size, payload) => size + 2 + payload.length, 0));
  let at = 0;
  items.forEach(([kind], i) => {
    const payload = payloads[i] as Uint8Array;
    if (payload.length > 0xff) writer.fail(`a comment of ${payload.length - 1} bytes: userdata holds at most 254`);
    bytes[at] = kind;
    bytes[at + 1] = payload.length;
    bytes.set(payload, at + 2);
    at += 2 + payload.length;
  });
  if (bytes.length > NFT_USERDATA_MAXLEN) writer.fail(`userdata of ${bytes.length} bytes: the kernel takes at most ${NFT_USERDATA_MAXLEN}`);
  writer.data(type, bytes);
}

/** The attribute `type` with nothing but a comment: what every rule has. Nothing where it is empty. */
export function writeComment(writer: AttributeWriter, type: number, comment: string): void {
  if (comment !== "") writeUserdata(writer, type, [[UDATA_COMMENT, comment]]);
}

function hostNumber(value: number): Uint8Array {
  return Uint8Array.of(value, value >> 8, value >> 16, value >>> 24);
}

/** The comment stored under `kind` in the current attribute; empty where there is none. Broken userdata is not an error: anyone may write it. */
export function readComment(reader: AttributeReader, kind: number): string {
  const bytes = reader.data();
  for (let at = 0; at + 2 <= bytes.length; at += 2 + (bytes[at + 1] as number)) {
    const end = at + 2 + (bytes[at + 1] as number);
    if (bytes[at] !== kind || end > bytes.length) continue;
    const text = bytes.subarray(at + 2, end);
    return decoder.decode(text.at(-1) === 0 ? text.subarray(0, -1) : text);
  }
  return "";
}
