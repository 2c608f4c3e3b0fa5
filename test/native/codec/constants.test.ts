// Every constant of the codec against the installed kernel headers of the same name.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as constants from "../../../native/codec/constants.ts";
import { readHeaders } from "./headers.ts";

/** What headers older than that version lack. */
const since: ReadonlyMap<string, string> = new Map([
  ["NFT_TABLE_F_OWNER", "5.12"],
  ["NFT_TABLE_F_PERSIST", "6.9"],
  ["NFT_BITWISE_MASK_XOR", "6.13, before NFT_BITWISE_BOOL"],
  ["NFT_BITWISE_AND", "6.13"],
  ["NFTA_BITWISE_SREG2", "6.13"],
]);

/** Composed of header constants by the kernel with an operator that the reader of headers has not: `~(NLA_F_NESTED | NLA_F_NET_BYTEORDER)`. */
const composed: ReadonlyMap<string, (headers: ReadonlyMap<string, number>) => number> = new Map([
  ["NLA_TYPE_MASK", (headers) => 0xffff & ~((headers.get("NLA_F_NESTED") ?? 0) | (headers.get("NLA_F_NET_BYTEORDER") ?? 0))],
]);

test("each constant has the number that the kernel headers give it", (context) => {
  const headers = readHeaders();
  const absent: string[] = [];
  for (const [name, value] of Object.entries(constants)) {
    const expected = composed.get(name)?.(headers) ?? headers.get(name);
    if (expected === undefined && since.has(name)) absent.push(`${name} (Linux ${since.get(name)})`);
    else assert.equal(value, expected, name);
  }
  if (absent.length > 0) context.diagnostic(`these headers are too old for ${absent.join(", ")}`);
});

test("a wrong number would be noticed", () => {
  const headers = readHeaders();
  assert.equal(headers.get("NFTA_SET_ELEM_KEY_END"), 10);
  assert.equal(headers.get("NFT_JUMP"), -3);
  assert.equal(headers.get("NFT_DATA_VERDICT"), 0xffffff00);
  assert.equal(headers.get("NFTA_RULE_EXPRESSIONS"), 4);
});
