// The path of an attribute at fault, for offsets such as the kernel reports in an extended acknowledgement.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BatchWriter, messageBytes } from "../../../native/codec/batch.ts";
import { addChain } from "../../../native/codec/chain.ts";
import { writeElements } from "../../../native/codec/element.ts";
import { attributePath } from "../../../native/codec/fault.ts";
import { appendRule } from "../../../native/codec/rule.ts";
import { addSet } from "../../../native/codec/set.ts";
import { addTable, deleteTable } from "../../../native/codec/table.ts";
import { packKeys } from "../../../rules/ruleset/keys.ts";
import { hash, interval, ip, plainTable, ports } from "./written.ts";

type Write = (batch: BatchWriter) => void;

/** All paths of the message's attributes, in order of their offsets. */
function paths(write: Write): string[] {
  const batch = new BatchWriter();
  write(batch);
  const bytes = messageBytes(batch.finish(), 1);
  return attributeOffsets(bytes, 20, bytes.length).map((offset) => attributePath(bytes, offset) ?? "none");
}

/** Offsets of the headers of all attributes, nested ones after their parent. */
function attributeOffsets(bytes: Uint8Array, from: number, to: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsets: number[] = [];
  for (let at = from; at < to; at += (view.getUint16(at, true) + 3) & ~3) {
    const nested = (view.getUint16(at + 2, true) & 0x8000) !== 0;
    offsets.push(at, ...(nested ? attributeOffsets(bytes, at + 4, at + view.getUint16(at, true)) : []));
  }
  return offsets;
}

const rows: readonly (readonly [string, Write, readonly string[]])[] = [
  ["table", (batch) => addTable(batch, plainTable), ["NFTA_TABLE_NAME", "NFTA_TABLE_FLAGS"]],
  ["deleted table", (batch) => deleteTable(batch, "t"), ["NFTA_TABLE_NAME"]],
  [
    "base chain",
    (batch) => addChain(batch, { table: "t", name: "c", base: { hook: "input", priority: 0 } }),
    [
      "NFTA_CHAIN_TABLE",
      "NFTA_CHAIN_NAME",
      "NFTA_CHAIN_TYPE",
      "NFTA_CHAIN_POLICY",
      "NFTA_CHAIN_HOOK",
      "NFTA_CHAIN_HOOK NFTA_HOOK_HOOKNUM",
      "NFTA_CHAIN_HOOK NFTA_HOOK_PRIORITY",
    ],
  ],
  [
    "rule, down into its expressions",
    (batch) =>
      appendRule(batch, {
        table: "t",
        chain: "c",
        expressions: [{ kind: "notrack" }, { kind: "lookup", set: "s", sreg: 1, invert: false }, { kind: "verdict", verdict: { kind: "jump", chain: "d" } }],
        comment: "x",
      }),
    [
      "NFTA_RULE_TABLE",
      "NFTA_RULE_CHAIN",
      "NFTA_RULE_EXPRESSIONS",
      ...Array(3).fill("NFTA_RULE_EXPRESSIONS[0] notrack"),
      ...Array(3).fill("NFTA_RULE_EXPRESSIONS[1] lookup"),
      "NFTA_RULE_EXPRESSIONS[1] lookup NFTA_LOOKUP_SREG",
      "NFTA_RULE_EXPRESSIONS[1] lookup NFTA_LOOKUP_SET",
      ...Array(3).fill("NFTA_RULE_EXPRESSIONS[2] immediate"),
      "NFTA_RULE_EXPRESSIONS[2] immediate NFTA_IMMEDIATE_DREG",
      "NFTA_RULE_EXPRESSIONS[2] immediate NFTA_IMMEDIATE_DATA",
      "NFTA_RULE_EXPRESSIONS[2] immediate NFTA_IMMEDIATE_DATA NFTA_DATA_VERDICT",
      "NFTA_RULE_EXPRESSIONS[2] immediate NFTA_IMMEDIATE_DATA NFTA_DATA_VERDICT NFTA_VERDICT_CODE",
      "NFTA_RULE_EXPRESSIONS[2] immediate NFTA_IMMEDIATE_DATA NFTA_DATA_VERDICT NFTA_VERDICT_CHAIN",
      "NFTA_RULE_USERDATA",
    ],
  ],
  [
    "set of concatenated ranges",
    (batch) => addSet(batch, { ...interval, name: "s", types: ports, size: 5 }),
    [
      "NFTA_SET_TABLE",
      "NFTA_SET_NAME",
      "NFTA_SET_FLAGS",
      "NFTA_SET_KEY_TYPE",
      "NFTA_SET_KEY_LEN",
      "NFTA_SET_ID",
      "NFTA_SET_DESC",
      "NFTA_SET_DESC NFTA_SET_DESC_SIZE",
      "NFTA_SET_DESC NFTA_SET_DESC_CONCAT",
      "NFTA_SET_DESC NFTA_SET_DESC_CONCAT[0]",
      "NFTA_SET_DESC NFTA_SET_DESC_CONCAT[0] NFTA_SET_FIELD_LEN",
      "NFTA_SET_DESC NFTA_SET_DESC_CONCAT[1]",
      "NFTA_SET_DESC NFTA_SET_DESC_CONCAT[1] NFTA_SET_FIELD_LEN",
      "NFTA_SET_USERDATA",
    ],
  ],
  [
    "elements",
    (batch) => writeElements(batch, "add", { ...hash, name: "s", types: ["ipv4_addr"] }, packKeys(["ipv4_addr"], [[ip(1)], [ip(2)]])),
    [
      "NFTA_SET_ELEM_LIST_TABLE",
      "NFTA_SET_ELEM_LIST_SET",
      "NFTA_SET_ELEM_LIST_ELEMENTS",
      "NFTA_SET_ELEM_LIST_ELEMENTS[0]",
      "NFTA_SET_ELEM_LIST_ELEMENTS[0] NFTA_SET_ELEM_KEY",
      "NFTA_SET_ELEM_LIST_ELEMENTS[0] NFTA_SET_ELEM_KEY NFTA_DATA_VALUE",
      "NFTA_SET_ELEM_LIST_ELEMENTS[1]",
      "NFTA_SET_ELEM_LIST_ELEMENTS[1] NFTA_SET_ELEM_KEY",
      "NFTA_SET_ELEM_LIST_ELEMENTS[1] NFTA_SET_ELEM_KEY NFTA_DATA_VALUE",
    ],
  ],
];

describe("every attribute of a message has its path", () => {
  for (const [name, write, expected] of rows) test(name, () => assert.deepEqual(paths(write), expected));
});

describe("no path", () => {
  const batch = new BatchWriter();
  addTable(batch, plainTable);
  const encoded = batch.finish();
  test("for an offset behind the message", () => assert.equal(attributePath(messageBytes(encoded, 1), 5000), undefined));
  test("for an offset in its header", () => assert.equal(attributePath(messageBytes(encoded, 1), 4), undefined));
  test("for the batch's own begin", () => assert.equal(attributePath(messageBytes(encoded, 0), 20), undefined));
  test("for no message at all", () => assert.equal(attributePath(new Uint8Array(0), 0), undefined));
});
