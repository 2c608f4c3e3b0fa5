// Each message beside the one that nft 1.0.6 sends for the same command, taken with strace.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BatchWriter } from "../../../native/codec/batch.ts";
import { addChain, deleteChain } from "../../../native/codec/chain.ts";
import { writeElements, writeVerdictElements } from "../../../native/codec/element.ts";
import { tablesType } from "../../../native/codec/message.ts";
import { addCounter, deleteCounter } from "../../../native/codec/object.ts";
import { appendRule, deleteRule, deleteRules, insertRule, replaceRule } from "../../../native/codec/rule.ts";
import { addSet, deleteSet } from "../../../native/codec/set.ts";
import { addTable, deleteTable } from "../../../native/codec/table.ts";
import { keysOfBytes } from "../../../rules/ruleset/chunks.ts";
import { encodeKey, packKeys, packRanges } from "../../../rules/ruleset/keys.ts";
import { fromHex, treeOf, without } from "./tree.ts";
import { hash, interval, ip, message, plainTable, ports, ten } from "./written.ts";

/** NFTA_SET_ID and NFTA_SET_ELEM_LIST_SET_ID: numbers within a batch. */
const SET_ID = 10;
const LIST_SET_ID = 4;
const USERDATA = 13;

const verdicts = [
  { key: encodeKey(["ifname"], ["eth0"]), verdict: { kind: "goto", chain: "b" } },
  { key: encodeKey(["ifname"], ["eth1"]), verdict: { kind: "accept" } },
] as const;

interface Row {
  readonly nft: string;
  readonly write: (batch: BatchWriter) => void;
  readonly type: number;
  readonly flags: number;
  readonly hex: string;
  /** Attributes that differ on purpose. */
  readonly apart?: readonly number[];
}

const REQUEST = 1;
const ACK = 4;
const CREATE = 0x400;
const CREATE_APPEND = 0xc00;
const CREATE_NEW = 0x600;
const REPLACE = 0x100;
const ECHO = 8;

const accept = { table: "t", chain: "c", expressions: [{ kind: "verdict", verdict: { kind: "accept" } }], comment: "" } as const;
/** Its only expression. */
const accepting = "300001800e000100696d6d6564696174650000001c000280080001000000000010000280" + "0c0002800800010000000001";

const rows: readonly Row[] = [
  {
    nft: "add table inet t",
    write: (batch) => addTable(batch, plainTable),
    type: 0,
    flags: CREATE,
    hex: "06000100740000000800020000000000",
  },
  {
    nft: "add chain inet t b",
    write: (batch) => addChain(batch, { table: "t", name: "b" }),
    type: 3,
    flags: CREATE_NEW,
    hex: "06000100740000000600030062000000",
  },
  {
    nft: "add chain inet t r { type filter hook prerouting priority -300; }, with its policy",
    write: (batch) => addChain(batch, { table: "t", name: "r", base: { hook: "prerouting", priority: -300 } }),
    type: 3,
    flags: CREATE_NEW,
    hex: "06000100740000000600030072000000" + "0b00070066696c74657200000800050000000001" + "14000480" + "0800010000000000" + "08000200fffffed4",
  },
  {
    nft: "add counter inet t cn",
    write: (batch) => addCounter(batch, { table: "t", name: "cn", packets: 0n, bytes: 0n }),
    type: 18,
    flags: CREATE_NEW,
    hex: "060001007400000007000200636e000008000300000000011c0004800c00010000000000000000000c0002000000000000000000",
  },
  {
    nft: "add set with size and comment",
    write: (batch) => addSet(batch, { ...hash, name: "h4", types: ["ipv4_addr"], size: 100, comment: "selector role == 'db'" }),
    type: 9,
    flags: CREATE_NEW,
    hex:
      "0600010074000000070002006834000008000300000000000800040000000007080005000000000408000a00000000010c000980080001000000006422000d0000040200000007" +
      "1673656c6563746f7220726f6c65203d3d2027646227000000",
    apart: [SET_ID],
  },
  {
    nft: "add set { type ipv4_addr; flags interval; }",
    write: (batch) => addSet(batch, { ...interval, name: "i4", types: ["ipv4_addr"] }),
    type: 9,
    flags: CREATE_NEW,
    hex: "0600010074000000070002006934000008000300000000040800040000000007080005000000000408000a00000000020a000d000004020000000000",
    apart: [SET_ID],
  },
  {
    nft: "add set { type ipv4_addr . inet_service; }",
    write: (batch) => addSet(batch, { ...hash, name: "c1", types: ports }),
    type: 9,
    flags: CREATE_NEW,
    hex:
      "060001007400000007000200633100000800030000000000" +
      "08000400000001cd" +
      "0800050000000008" +
      "08000a0000000003" +
      "14000d00000400000000030800040d0000000100",
    apart: [SET_ID, USERDATA],
  },
  {
    nft: "add set { type ipv4_addr . inet_service; flags interval; }",
    write: (batch) => addSet(batch, { ...interval, name: "c2", types: ports }),
    type: 9,
    flags: CREATE_NEW,
    hex:
      "0600010074000000070002006332000008000300000000840800040" +
      "0000001cd080005000000000808000a0000000004200009801c0002800c00018008000100000000040c000180080001000000000214000d00000400000000030800040d0000000100",
    apart: [SET_ID, USERDATA],
  },
  {
    nft: "add set { type inet_service; }: two bytes, not padded",
    write: (batch) => addSet(batch, { ...hash, name: "p", types: ["inet_service"] }),
    type: 9,
    flags: CREATE_NEW,
    hex: "060001007400000006000200700000000800030000000000080004000000000d080005000000000208000a00000000050a000d000004020000000000",
    apart: [SET_ID],
  },
  {
    nft: "add set { type mark; }: host order",
    write: (batch) => addSet(batch, { ...hash, name: "mk", types: ["mark"] }),
    type: 9,
    flags: CREATE_NEW,
    hex: "0600010074000000070002006d6b000008000300000000000800040000000013080005000000000408000a00000000070a000d000004010000000000",
    apart: [SET_ID],
  },
  {
    nft: 'add map { type ifname : verdict; comment "map c"; }, of which nft also notes that its data are no ranges',
    write: (batch) => addSet(batch, { ...hash, name: "vm", types: ["ifname"], map: true, comment: "map c" }),
    type: 9,
    flags: CREATE_NEW,
    hex:
      "060001007400000007000200766d000008000300000000080800040000000029080005000000001008000600ffffff00080007000000000008000a0000000008" +
      "18000d00" +
      "000401000000" +
      "010400000000" +
      "07066d6170206300",
    apart: [SET_ID],
  },
  {
    nft: "add element: two addresses",
    write: (batch) => writeElements(batch, "add", { ...hash, name: "h4", types: ["ipv4_addr"] }, packKeys(["ipv4_addr"], [[ip(ten + 1)], [ip(ten + 2)]])),
    type: 12,
    flags: CREATE_NEW,
    hex: "0600010074000000070002006834000008000400000000012400" + "0380100001800c000180080001000a000001100002800c000180080001000a000002",
    apart: [LIST_SET_ID],
  },
  {
    nft: "add element: ranges from zero, in the middle, and up to the top, which has no end",
    write: (batch) =>
      writeElements(
        batch,
        "add",
        { ...interval, name: "i4", types: ["ipv4_addr"] },
        packRanges("ipv4_addr", [
          { from: 0, to: 0x00ffffff },
          { from: 0xc0a80000, to: 0xc0a80009 },
          { from: 0xffffff00, to: 0xffffffff },
        ]),
      ),
    type: 12,
    flags: CREATE_NEW,
    hex:
      "06000100740000000700020069340000080004000000000270000380100001800c00018008000100000000001800028008000300000000010c0001800800010001000000100003800c00018008000100" +
      "c0a800001800048008000300000000010c00018008000100c0a8000a1c0005800c00018008000100ffffff000a0006000104010000000000",
    apart: [LIST_SET_ID],
  },
  {
    nft: "add element: ranges of ports, whose key has two bytes",
    write: (batch) =>
      writeElements(
        batch,
        "add",
        { ...interval, name: "pi", types: ["inet_service"] },
        packRanges("inet_service", [
          { from: 0, to: 79 },
          { from: 81, to: 65535 },
        ]),
      ),
    type: 12,
    flags: CREATE_NEW,
    hex:
      "0600010074000000070002007069000008000400000000064800" +
      "0380100001800c00018006000100000000001800028008000300000000010c00018006000100005000001c0003800c00018006000100005100000a0006000104010000000000",
    apart: [LIST_SET_ID],
  },
  {
    nft: "add element 10.0.0.1 . 80",
    write: (batch) => writeElements(batch, "add", { ...hash, name: "c1", types: ports }, packKeys(ports, [[ip(ten + 1), 80]])),
    type: 12,
    flags: CREATE_NEW,
    hex: "060001007400000007000200633100000800040000000003" + "1800038014000180100001800c0001000a00000100500000",
    apart: [LIST_SET_ID],
  },
  {
    nft: "add element 10.0.0.0/8 . 80-90: both ends in one element",
    write: (batch) =>
      writeElements(
        batch,
        "add",
        { ...interval, name: "c2", types: ports },
        keysOfBytes(16, Uint8Array.from([...encodeKey(ports, [ip(ten), 80]), ...encodeKey(ports, [ip(ten + 0xffffff), 90])])),
      ),
    type: 12,
    flags: CREATE_NEW,
    hex: "060001007400000007000200633200000800040000000004" + "2800038024000180100001800c0001000a0000000050000010000a800c0001000affffff005a0000",
    apart: [LIST_SET_ID],
  },
  {
    nft: "add element { 80 }: two bytes and padding",
    write: (batch) => writeElements(batch, "add", { ...hash, name: "p", types: ["inet_service"] }, packKeys(["inet_service"], [[80]])),
    type: 12,
    flags: CREATE_NEW,
    hex: "060001007400000006000200700000000800040000000005" + "14000380100001800c0001800600010000500000",
    apart: [LIST_SET_ID],
  },
  {
    nft: 'add element { "eth0" : goto b, "eth1" : accept }',
    write: (batch) => writeVerdictElements(batch, "add", { ...hash, name: "vm", types: ["ifname"] }, verdicts),
    type: 12,
    flags: CREATE_NEW,
    hex:
      "060001007400000007000200766d000008000400000000086400038034000180180001801400010065746830000000000000000000000000180002801400028008000100fffffffc06000200620000002c" +
      "000280180001801400010065746831000000000000000000000000100002800c0002800800010000000001",
    apart: [LIST_SET_ID],
  },
  {
    nft: "delete element { 10.0.0.1 }",
    write: (batch) => writeElements(batch, "delete", { ...hash, name: "h4", types: ["ipv4_addr"] }, packKeys(["ipv4_addr"], [[ip(ten + 1)]])),
    type: 14,
    flags: 0,
    hex: "0600010074000000070002006834000014000380100001800c000180080001000a000001",
  },
  {
    nft: 'delete element { "eth0" }: without its verdict',
    write: (batch) => writeVerdictElements(batch, "delete", { ...hash, name: "vm", types: ["ifname"] }, verdicts.slice(0, 1)),
    type: 14,
    flags: 0,
    hex: "060001007400000007000200766d0000200003801c000180180001801400010065746830000000000000000000000000",
  },
  { nft: "delete set inet t q", write: (batch) => deleteSet(batch, "t", "q"), type: 11, flags: 0, hex: "06000100740000000600020071000000" },
  { nft: "flush chain inet t c", write: (batch) => deleteRules(batch, "t", "c"), type: 8, flags: 0, hex: "06000100740000000600020063000000" },
  { nft: "flush table inet t", write: (batch) => deleteRules(batch, "t"), type: 8, flags: 0, hex: "0600010074000000" },
  { nft: "delete chain inet t c", write: (batch) => deleteChain(batch, "t", "c"), type: 5, flags: 0, hex: "06000100740000000600030063000000" },
  { nft: "delete table inet t", write: (batch) => deleteTable(batch, "t"), type: 2, flags: 0, hex: "0600010074000000" },
  {
    nft: "delete counter inet t cn",
    write: (batch) => deleteCounter(batch, "t", "cn"),
    type: 20,
    flags: 0,
    hex: "060001007400000007000200636e00000800030000000001",
  },
  {
    nft: "insert rule inet t c handle 3 accept",
    write: (batch) => insertRule(batch, accept, { before: 3, echo: false }),
    type: 6,
    flags: CREATE,
    hex: `0600010074000000060002006300000034000480${accepting}0c0006000000000000000003`,
  },
  {
    nft: "replace rule inet t c handle 3 accept",
    write: (batch) => replaceRule(batch, accept, { handle: 3, echo: false }),
    type: 6,
    flags: REPLACE,
    hex: `060001007400000006000200630000000c000300000000000000000334000480${accepting}`,
  },
  {
    nft: "-e insert rule inet t c handle 3 accept: with its echo",
    write: (batch) => insertRule(batch, accept, { before: 3, echo: true }),
    type: 6,
    flags: CREATE | ECHO,
    hex: `0600010074000000060002006300000034000480${accepting}0c0006000000000000000003`,
  },
  {
    nft: "delete rule inet t c handle 2",
    write: (batch) => deleteRule(batch, accept, 2),
    type: 8,
    flags: 0,
    hex: "060001007400000006000200630000000c0003000000000000000002",
  },
  {
    nft: 'add rule inet t c notrack comment "hello"',
    write: (batch) => appendRule(batch, { table: "t", chain: "c", expressions: [{ kind: "notrack" }], comment: "hello" }),
    type: 6,
    flags: CREATE_APPEND,
    hex: "06000100740000000600020063000000" + "18000480" + "14000180" + "0c0001006e6f747261636b00" + "04000280" + "0c000700000668656c6c6f00",
  },
];

describe("a message has the attributes that nft sends for the same command", () => {
  for (const { nft, write, type, flags, hex, apart = [] } of rows) {
    test(nft, () => {
      const { head, body } = message(write);
      assert.equal(head.type, tablesType(type));
      assert.equal(head.flags, flags | REQUEST | ACK);
      assert.equal(head.family, 1);
      assert.deepEqual(without(treeOf(body), ...apart), without(treeOf(fromHex(hex)), ...apart));
    });
  }
});
