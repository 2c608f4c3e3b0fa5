// Notifications into notices: messages as the kernel sends them, put together by hand, over any division into deliveries.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createGatherer, type Notice, touchedIn } from "../../../agent/kernel/notices.ts";
import {
  NFPROTO_INET,
  NFT_MSG_DELRULE,
  NFT_MSG_DELTABLE,
  NFT_MSG_NEWCHAIN,
  NFT_MSG_NEWGEN,
  NFT_MSG_NEWOBJ,
  NFT_MSG_NEWSETELEM,
  NFTA_CHAIN_NAME,
  NFTA_CHAIN_TABLE,
  NFTA_GEN_ID,
  NFTA_GEN_PROC_NAME,
  NFTA_GEN_PROC_PID,
  NFTA_RULE_CHAIN,
  NFTA_RULE_TABLE,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_ELEM_LIST_TABLE,
  NFTA_TABLE_NAME,
} from "../../../native/codec/constants.ts";
import { singleMessage, tablesType } from "../../../native/codec/message.ts";
import { AttributeWriter } from "../../../native/codec/writer.ts";

const own = 77;

function message(
  number: number,
  attributes: readonly (readonly [number, string | number])[],
  { family = NFPROTO_INET, portId = 5, sequence = 9 } = {},
): Uint8Array {
  const writer = new AttributeWriter(256);
  const bytes = singleMessage(writer, { type: tablesType(number), flags: 0, sequence, family, resource: 0 }, () => {
    for (const [type, value] of attributes) typeof value === "number" ? writer.u32(type, value) : writer.text(type, value);
  });
  new DataView(bytes.buffer).setUint32(12, portId, true);
  return bytes;
}

const chain = (table: string, name: string, head = {}) =>
  message(
    NFT_MSG_NEWCHAIN,
    [
      [NFTA_CHAIN_TABLE, table],
      [NFTA_CHAIN_NAME, name],
    ],
    head,
  );
const rule = (table: string, name: string) =>
  message(NFT_MSG_DELRULE, [
    [NFTA_RULE_TABLE, table],
    [NFTA_RULE_CHAIN, name],
  ]);
const element = (table: string, name: string) =>
  message(NFT_MSG_NEWSETELEM, [
    [NFTA_SET_ELEM_LIST_SET, name],
    [NFTA_SET_ELEM_LIST_TABLE, table],
  ]);
const gone = (table: string) => message(NFT_MSG_DELTABLE, [[NFTA_TABLE_NAME, table]]);
const generation = (number: number, head = {}) =>
  message(
    NFT_MSG_NEWGEN,
    [
      [NFTA_GEN_ID, number],
      [NFTA_GEN_PROC_PID, 42],
      [NFTA_GEN_PROC_NAME, "nft"],
    ],
    head,
  );

function gather(...messages: readonly Uint8Array[]): readonly Notice[] {
  const whole = createGatherer(own)(Buffer.concat(messages));
  const bitByBit = createGatherer(own);
  assert.deepEqual(
    messages.flatMap((bytes) => bitByBit(bytes)),
    whole,
  );
  return whole;
}

const parts = (chains: readonly string[], sets: readonly string[] = []) => ({ kind: "parts", chains: new Set(chains), sets: new Set(sets) });

describe("notices", () => {
  test("each commit has what stands before its generation", () => {
    const notices = gather(chain("t", "a"), rule("t", "b"), rule("t", "b"), element("t", "s"), generation(7), element("t", "s"), generation(8), generation(9));
    assert.deepEqual(
      notices.map((notice) => [notice.generation, notice.processId, notice.processName, touchedIn(notice, "t")]),
      [
        [7, 42, "nft", parts(["a", "b"], ["s"])],
        [8, 42, "nft", parts([], ["s"])],
        [9, 42, "nft", { kind: "nothing" }],
      ],
    );
  });

  test("tables are told apart, and families", () => {
    const [notice] = gather(chain("t", "a"), chain("u", "b"), chain("t", "x", { family: 2 }), generation(7));
    assert.ok(notice);
    assert.deepEqual([touchedIn(notice, "t"), touchedIn(notice, "u"), touchedIn(notice, "v")], [parts(["a"]), parts(["b"]), { kind: "nothing" }]);
  });

  test("a table that comes or goes is touched as a whole, whatever else is said of it", () => {
    const [notice] = gather(rule("t", "a"), gone("t"), chain("t", "a"), generation(7));
    assert.deepEqual(notice && touchedIn(notice, "t"), { kind: "table" });
  });

  test("what hostward has none of touches nothing", () => {
    const [notice] = gather(
      message(NFT_MSG_NEWOBJ, [
        [1, "t"],
        [2, "counter"],
      ]),
      generation(7),
    );
    assert.deepEqual(notice && touchedIn(notice, "t"), { kind: "nothing" });
  });

  test("an answer amid a commit's notifications ends nothing", () => {
    const notices = gather(chain("t", "a"), generation(6, { portId: own, sequence: 3 }), chain("t", "b"), generation(7));
    assert.deepEqual(
      notices.map((notice) => [notice.generation, notice.answers, touchedIn(notice, "t")]),
      [
        [6, 3, { kind: "nothing" }],
        [7, undefined, parts(["a", "b"])],
      ],
    );
  });
});
