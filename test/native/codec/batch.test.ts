// Batches: framing, sequence numbers, the split of elements over messages; and messages read back, also broken ones.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BatchWriter, messageBytes, messageIndex } from "../../../native/codec/batch.ts";
import { addChain, decodeChain } from "../../../native/codec/chain.ts";
import { writeElements, writeVerdictElements } from "../../../native/codec/element.ts";
import { CodecError } from "../../../native/codec/error.ts";
import { decodeGeneration } from "../../../native/codec/generation.ts";
import { decodeElements } from "../../../native/codec/listedElements.ts";
import { beginMessage, endMessage, readMessages, tablesType } from "../../../native/codec/message.ts";
import { addCounter, decodeCounter } from "../../../native/codec/object.ts";
import { appendRule, decodeRule } from "../../../native/codec/rule.ts";
import { addSet, decodeSet } from "../../../native/codec/set.ts";
import { addTable, decodeTable } from "../../../native/codec/table.ts";
import { AttributeWriter } from "../../../native/codec/writer.ts";
import { bytesOfKeys, keysOfBytes } from "../../../rules/ruleset/chunks.ts";
import { encodeKey, packKeys, packRanges } from "../../../rules/ruleset/keys.ts";
import type { DataType } from "../../../rules/ruleset/types.ts";
import { fromHex, toHex } from "./tree.ts";
import { hash, interval, ip, message, messages, plainTable } from "./written.ts";

const ACK = 4;

describe("batch", () => {
  const encoded = (() => {
    const batch = new BatchWriter({ firstSequence: 0xfffffffe, generation: 0x01020304 });
    addTable(batch, plainTable);
    addChain(batch, { table: "t", name: "b" });
    return batch.finish();
  })();
  const all = [...readMessages(encoded.bytes)];

  test("begins and ends as nfnetlink wants it, for the nf_tables subsystem", () => {
    assert.deepEqual(
      [all[0], all[3]].map((frame) => [frame?.type, frame?.family, frame?.resource]),
      [
        [16, 0, 10],
        [17, 0, 10],
      ],
    );
  });

  test("the begin carries the expected generation", () => {
    assert.equal(toHex(messageBytes(encoded, 0).subarray(20)), "0800010001020304");
  });

  test("every message has a sequence number of its own, also where they wrap around", () => {
    assert.deepEqual(
      all.map(({ sequence }) => sequence),
      [0xfffffffe, 0xffffffff, 0, 1],
    );
    assert.deepEqual(
      [0xfffffffe, 0xffffffff, 0, 1, 2].map((sequence) => messageIndex(encoded, sequence)),
      [0, 1, 2, 3, undefined],
    );
  });

  test("only the last message before the end asks for an acknowledgement", () => {
    assert.deepEqual(
      all.map(({ flags }) => (flags & ACK) !== 0),
      [false, false, true, false],
    );
    assert.equal(encoded.lastSequence, 0);
  });

  test("messageBytes cuts out whole messages", () => {
    const lengths = encoded.offsets.map((_, index) => messageBytes(encoded, index).length);
    assert.deepEqual(lengths, [28, 36, 36, 20]);
    assert.equal(
      lengths.reduce((sum, length) => sum + length),
      encoded.bytes.length,
    );
  });

  test("a batch that is only to be checked has no end", () => {
    const batch = new BatchWriter();
    addTable(batch, plainTable);
    assert.deepEqual(
      [...readMessages(batch.finish({ commit: false }).bytes)].map(({ type }) => type),
      [16, tablesType(0)],
    );
  });

  const bad: readonly (readonly [string, (batch: BatchWriter) => void, RegExp])[] = [
    [
      "a comment that userdata cannot hold",
      (batch) => appendRule(batch, { table: "t", chain: "c", expressions: [], comment: "x".repeat(255) }),
      /a comment of 255 bytes/,
    ],
    ["six concatenated types", (batch) => addSet(batch, { ...hash, name: "s", types: Array(6).fill("mark") }), /set s: 6 concatenated types/],
    ["a chain's name with a NUL", (batch) => addChain(batch, { table: "t", name: "a\0" }), /NUL/],
  ];
  for (const [name, write, pattern] of bad) {
    test(`${name} is an error of the batch`, () => {
      const batch = new BatchWriter();
      write(batch);
      assert.match(batch.failure?.message ?? "", pattern);
      assert.throws(() => batch.finish(), CodecError);
    });
  }
});

describe("elements are split over messages of at most 64 KB", () => {
  const rows: readonly (readonly [string, readonly DataType[], number, number])[] = [
    ["4095 addresses in one", ["ipv4_addr"], 4095, 1],
    ["the 4096th in a second", ["ipv4_addr"], 4096, 2],
    ["100,000 addresses", ["ipv4_addr"], 100_000, 25],
    ["IPv6 addresses, 2340 in each", ["ipv6_addr"], 4681, 3],
  ];
  for (const [name, types, count, expected] of rows) {
    test(name, () => {
      const family = types[0] === "ipv4_addr" ? 4 : 6;
      const keys = packKeys(
        types,
        Array.from({ length: count }, (_, i) => [{ family, value: BigInt(i) } as const]),
      );
      assert.equal(messages((batch) => writeElements(batch, "add", { ...hash, name: "s", types }, keys)).length, expected);
    });
  }

  test("a range is never torn apart", () => {
    const ranges = Array.from({ length: 5000 }, (_, i) => ({ from: 4 * i + 1, to: 4 * i + 2 }));
    const written = messages((batch) => writeElements(batch, "add", { ...interval, name: "s", types: ["ipv4_addr"] }, packRanges("ipv4_addr", ranges)));
    assert.ok(written.length > 1);
    for (const { attributes } of written) {
      let elements = 0;
      while (attributes.next()) {
        if (attributes.type !== 3) continue;
        attributes.enter();
        while (attributes.next()) elements++;
        attributes.leave();
      }
      assert.equal(elements % 2, 0);
    }
  });

  /** Keys in hexadecimal, with 01 for a start and 00 for an end after them. */
  const bounds: readonly (readonly [name: string, type: DataType, range: string, expected: readonly string[]])[] = [
    ["a value alone", "ipv4_addr", "0a000001 0a000001", ["0a00000101", "0a00000200"]],
    ["an end that carries over one byte", "ipv4_addr", "0a000000 0a0000ff", ["0a00000001", "0a00010000"]],
    ["an end that carries over all but one", "ipv4_addr", "0a000000 0affffff", ["0a00000001", "0b00000000"]],
    ["the top, which has no end", "ipv4_addr", "f0000000 ffffffff", ["f000000001"]],
    [
      "IPv6, over words",
      "ipv6_addr",
      `${"20010db8".padEnd(32, "0")} ${"20010db8".padEnd(32, "f")}`,
      [`${"20010db8".padEnd(32, "0")}01`, `${"20010db9".padEnd(32, "0")}00`],
    ],
    ["two bytes, which are padded", "inet_service", "00500000 00ff0000", ["0050000001", "0100000000"]],
    ["the top of two bytes", "inet_service", "04000000 ffff0000", ["0400000001"]],
  ];
  for (const [name, type, range, expected] of bounds) {
    test(`the bounds of a range: ${name}`, () => {
      const row = fromHex(range.replace(" ", ""));
      const set = { ...interval, name: "s", types: [type] } as const;
      const before = keysOfBytes(row.length, fromHex("00".repeat(row.length)));
      for (const keys of [keysOfBytes(row.length, row), { ...before, count: 2, chunks: [...before.chunks, row] }]) {
        const batch = new BatchWriter();
        writeElements(batch, "add", set, keys);
        const { bytes, width, count } = decodeElements(batch.finish().bytes, set);
        const rows = Array.from({ length: count }, (_, i) => toHex(bytes.subarray(i * width, (i + 1) * width)));
        assert.deepEqual(rows.slice(-expected.length), expected);
      }
    });
  }

  test("messages are full, wherever the chunks of the keys end", () => {
    const count = 20_000;
    const bytes = bytesOfKeys(
      packKeys(
        ["ipv4_addr"],
        Array.from({ length: count }, (_, i) => [ip(7 * i)]),
      ),
    );
    const set = { ...hash, name: "s", types: ["ipv4_addr"] } as const;
    const bodies = (chunks: readonly Uint8Array[]) => {
      const batch = new BatchWriter();
      writeElements(batch, "add", set, { width: 4, count, chunks });
      const { count: written } = batch;
      const encoded = batch.finish();
      return Array.from({ length: written }, (_, index) => toHex(messageBytes(encoded, index + 1)));
    };
    const uneven = [4, 400, 4096, 40_000].map((from, i, borders) => bytes.slice(borders[i - 1] ?? 0, from));
    assert.deepEqual(bodies([...uneven, bytes.slice(40_000)]), bodies([bytes]));
    assert.deepEqual(bodies(keysOfBytes(4, bytes).chunks), bodies([bytes]));
    assert.equal(bodies([bytes]).length, Math.ceil(count / 4095));
  });

  test("5,000 entries of a verdict map", () => {
    const elements = Array.from({ length: 5000 }, (_, i) => ({
      key: encodeKey(["ifname"], [`if${i}`]),
      verdict: { kind: "goto", chain: "c".repeat(200) } as const,
    }));
    const written = messages((batch) => writeVerdictElements(batch, "add", { ...hash, name: "m", types: ["ifname"] }, elements));
    assert.ok(written.length >= 20 && written.length < 25, `${written.length} messages`);
  });

  test("keys at an odd address in memory are written alike", () => {
    const keys = packKeys(["ipv4_addr"], [[ip(1)], [ip(2)]]);
    const bytes = bytesOfKeys(keys);
    const odd = new Uint8Array(bytes.length + 1).subarray(1);
    odd.set(bytes);
    const encode = (chunk: Uint8Array) =>
      message((batch) => writeElements(batch, "add", { ...hash, name: "s", types: ["ipv4_addr"] }, { ...keys, chunks: [chunk] })).body;
    assert.deepEqual(encode(odd), encode(bytes));
  });
});

describe("what a message says is read back", () => {
  const only = (write: (batch: BatchWriter) => void) => message(write).head.attributes;

  test("table with every flag and a comment", () => {
    const table = { name: "hostward", dormant: true, owner: true, persist: true, comment: "it's ours" };
    assert.deepEqual(decodeTable(only((batch) => addTable(batch, table))), { ...table, ownerPortId: undefined });
  });
  for (const hook of ["prerouting", "input", "forward", "output", "postrouting"] as const) {
    test(`base chain at ${hook}`, () => {
      const chain = { table: "t", name: "c", base: { hook, priority: -42 } };
      assert.deepEqual(decodeChain(only((batch) => addChain(batch, chain))), { ...chain, base: { ...chain.base, policy: "accept" } });
    });
  }
  test("a regular chain has no base", () => {
    assert.deepEqual(decodeChain(only((batch) => addChain(batch, { table: "t", name: "c" }))), { table: "t", name: "c", base: undefined });
  });
  test("rule", () => {
    const rule = { table: "t", chain: "c", expressions: [{ kind: "meta", key: "mark", dreg: 1 }, { kind: "notrack" }], comment: "policy “a”" } as const;
    assert.deepEqual(decodeRule(only((batch) => appendRule(batch, rule))), { ...rule, handle: 0 });
  });
  for (const map of [false, true]) {
    for (const flavour of ["hash", "interval"] as const) {
      test(`${flavour} ${map ? "map" : "set"} of three types`, () => {
        const set = { table: "t", name: "s", types: ["ifname", "ipv6_addr", "inet_proto"] as const, flavour, map, size: 64, comment: "why" };
        assert.deepEqual(decodeSet(only((batch) => addSet(batch, set))), { ...set, known: true });
      });
    }
  }
  test("counter", () => {
    const counter = { table: "t", name: "n", packets: 7n, bytes: 2n ** 60n };
    assert.deepEqual(decodeCounter(only((batch) => addCounter(batch, counter))), counter);
  });
  test("a set of a type that is not ours is listed as unknown", () => {
    const tree = message((batch) => addSet(batch, { ...hash, name: "s", types: ["mark"] })).body;
    const hex = toHex(tree).replace("0800040000000013", "0800040000000009");
    assert.deepEqual(decodeSet(messageOf(fromHex(hex))), { ...hash, name: "s", types: [], known: false });
  });
  test("generation", () => {
    const writer = new AttributeWriter();
    const mark = beginMessage(writer, { type: tablesType(15), flags: 0, sequence: 0, family: 0, resource: 0 });
    writer.u32(1, 77);
    writer.u32(2, 4321);
    writer.text(3, "nft");
    endMessage(writer, mark);
    const [generation] = readMessages(writer.finish());
    assert.ok(generation);
    assert.deepEqual(decodeGeneration(generation), { generation: 77, processId: 4321, processName: "nft" });
  });
});

function messageOf(body: Uint8Array) {
  const writer = new AttributeWriter();
  const mark = beginMessage(writer, { type: 0, flags: 0, sequence: 0, family: 0, resource: 0 });
  writer.reserve(body.length);
  writer.bytes.set(body, writer.length);
  writer.length += body.length;
  endMessage(writer, mark);
  const [read] = readMessages(writer.finish());
  assert.ok(read);
  return read.attributes;
}

describe("messages that are broken", () => {
  const good = toHex(message((batch) => addTable(batch, plainTable)).body);
  const head = (length: number) => Buffer.from(Uint32Array.of(length, 0x0a00, 1, 0).buffer).toString("hex");
  const broken: readonly (readonly [string, string, RegExp])[] = [
    ["longer than the buffer", `${head(200)}01000000${good}`, /a message of 200 bytes where/],
    ["shorter than a header", head(8), /a message of 8 bytes/],
    ["without nf_tables' own header", head(16), /at least 20/],
    ["cut off in the header", "1400000000", /a message of 0 bytes where 5 are left/],
  ];
  for (const [name, hex, pattern] of broken) {
    test(name, () =>
      assert.throws(
        () => [...readMessages(fromHex(hex))],
        (error) => error instanceof CodecError && pattern.test(error.message),
      ),
    );
  }
});
