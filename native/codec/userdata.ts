// Userdata: the bytes nf_tables keeps for user space, in which nft stores comments and what it needs to list types properly. A
// list of type, length, value with one byte each for the first two (libnftnl udata.h). The kernel takes at most 256 bytes.

import { NFT_USERDATA_MAXLEN } from "./constants.ts";
import { textOf } from "./intern.ts";
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

/** Writes the attribute `type`, or nothing where there are no items. */
export function writeUserdata(writer: AttributeWriter, type: number, items: readonly UserdataItem[]): void {
  if (items.length === 0) return;
  const mark = writer.open(type);
  for (const [kind, value] of items) {
    writer.byte(kind);
    writer.byte(0);
    const at = writer.length;
    if (typeof value === "number") for (let shift = 0; shift < 32; shift += 8) writer.byte(value >>> shift);
    else if (!writer.string(value)) writer.fail("a comment with a NUL in it");
    const size = writer.length - at;
    if (size > 0xff) writer.fail(`a comment of ${size - 1} bytes: userdata holds at most 254`);
    writer.bytes[at - 1] = size;
  }
  const size = writer.length - mark - 4;
  if (size > NFT_USERDATA_MAXLEN) writer.fail(`userdata of ${size} bytes: the kernel takes at most ${NFT_USERDATA_MAXLEN}`);
  writer.end(mark);
}

/** The comment stored under `kind` in the current attribute; empty where there is none. Broken userdata is not an error: anyone may write it. */
export function readComment(reader: AttributeReader, kind: number): string {
  const bytes = reader.data();
  for (let at = 0; at + 2 <= bytes.length; at += 2 + (bytes[at + 1] as number)) {
    const end = at + 2 + (bytes[at + 1] as number);
    if (bytes[at] !== kind || end > bytes.length) continue;
    return textOf(bytes, at + 2, bytes[end - 1] === 0 && end > at + 2 ? end - 1 : end);
  }
  return "";
}
