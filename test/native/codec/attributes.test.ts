// The attribute writer and reader: bytes, bounds, and errors that stick.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { CodecError } from "../../../native/codec/error.ts";
import { AttributeReader } from "../../../native/codec/reader.ts";
import { AttributeWriter } from "../../../native/codec/writer.ts";
import { anyText } from "./arbitrary.ts";
import { fromHex, toHex, treeOf } from "./tree.ts";

interface Node {
  readonly type: number;
  readonly value: number | bigint | string | Uint8Array | readonly Node[];
}

const leaf = fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), anyText, fc.uint8Array({ maxLength: 300 }));
const { nodes } = fc.letrec<{ nodes: readonly Node[]; node: Node }>((tie) => ({
  nodes: fc.array(tie("node"), { maxLength: 4 }),
  node: fc.record({ type: fc.integer({ min: 1, max: 0x3fff }), value: fc.oneof({ depthSize: "small" }, leaf, tie("nodes")) }, { noNullPrototype: true }),
}));

function write(writer: AttributeWriter, list: readonly Node[]): void {
  for (const { type, value } of list) {
    if (typeof value === "number") writer.u32(type, value);
    else if (typeof value === "bigint") writer.u64(type, value);
    else if (typeof value === "string") writer.text(type, value);
    else if (value instanceof Uint8Array) writer.data(type, value);
    else {
      const nest = writer.begin(type);
      write(writer, value);
      writer.end(nest);
    }
  }
}

function read(reader: AttributeReader, like: readonly Node[]): Node[] {
  const list: Node[] = [];
  for (const { value } of like) {
    assert.ok(reader.next());
    const { type } = reader;
    if (typeof value === "number") list.push({ type, value: reader.u32() });
    else if (typeof value === "bigint") list.push({ type, value: reader.u64() });
    else if (typeof value === "string") list.push({ type, value: reader.text() });
    else if (value instanceof Uint8Array) list.push({ type, value: reader.data() });
    else {
      reader.enter();
      list.push({ type, value: read(reader, value) });
      reader.leave();
    }
  }
  assert.ok(!reader.next());
  return list;
}

function readerOf(hex: string): AttributeReader {
  return new AttributeReader(fromHex(hex));
}

describe("attribute writer", () => {
  const rows: readonly (readonly [string, (writer: AttributeWriter) => void, string])[] = [
    ["a 32-bit number is big-endian under a host-order header", (writer) => writer.u32(2, 0x01020304), "0800020001020304"],
    ["a negative number is its two's complement", (writer) => writer.u32(2, -300), "08000200fffffed4"],
    ["a byte is padded to four", (writer) => writer.u8(1, 0xab), "05000100ab000000"],
    ["a 64-bit number is big-endian", (writer) => writer.u64(1, 0x0102030405060708n), "0c0001000102030405060708"],
    ["text has a NUL that counts, and padding that does not", (writer) => writer.text(1, "abc"), "0800010061626300"],
    ["text whose NUL starts a new word", (writer) => writer.text(1, "abcd"), "090001006162636400000000"],
    ["text beyond ASCII is UTF-8", (writer) => writer.text(1, "é€"), "0a000100c3a9e282ac000000"],
    ["empty text is one NUL", (writer) => writer.text(1, ""), "0500010000000000"],
    ["data is padded", (writer) => writer.data(7, Uint8Array.of(1, 2, 3, 4, 5)), "090007000102030405000000"],
    ["a nest has the nested flag and spans its children and their padding", (writer) => nest(writer, Uint8Array.of(7)), "0c0004800500010007000000"],
  ];
  for (const [name, body, hex] of rows) {
    test(name, () => {
      const writer = new AttributeWriter(4);
      body(writer);
      assert.equal(toHex(writer.finish()), hex);
    });
  }

  const failures: readonly (readonly [string, (writer: AttributeWriter) => void, RegExp])[] = [
    ["a nest of more than 64 KB", (writer) => nest(writer, new Uint8Array(0x8000), new Uint8Array(0x8000)), /a nest of 65548 bytes/],
    ["data of more than 64 KB", (writer) => writer.data(1, new Uint8Array(0x10000)), /attribute 1 of 65540 bytes/],
    ["a number of more than 32 bits", (writer) => writer.u32(1, 2 ** 32), /4294967296 is not a 32-bit number/],
    ["a fraction", (writer) => writer.u32(1, 1.5), /1.5 is not/],
    ["a byte of more than 8 bits", (writer) => writer.u8(3, 256), /attribute 3: 256/],
    ["a negative 64-bit number", (writer) => writer.u64(3, -1n), /attribute 3: -1/],
    ["text with a NUL in it", (writer) => writer.text(3, "a\0b"), /attribute 3: text with a NUL/],
  ];
  for (const [name, body, message] of failures) {
    test(`${name} is an error that finish throws, also after good attributes`, () => {
      const writer = new AttributeWriter();
      body(writer);
      writer.u32(1, 1);
      assert.throws(
        () => writer.finish(),
        (error) => error instanceof CodecError && message.test(error.message),
      );
    });
  }

  test("the first of two errors is the one that is told", () => {
    const writer = new AttributeWriter();
    writer.u8(1, 300);
    writer.u8(2, 400);
    assert.throws(() => writer.finish(), /attribute 1/);
  });

  test("the longest nest fits", () => {
    const writer = new AttributeWriter();
    nest(writer, new Uint8Array(0xfffc - 8));
    assert.equal(writer.finish().length, 0xfffc);
  });
});

function nest(writer: AttributeWriter, ...children: readonly Uint8Array[]): void {
  const mark = writer.begin(4);
  for (const child of children) writer.data(1, child);
  writer.end(mark);
}

describe("attribute reader", () => {
  test("reads any tree that the writer wrote", () => {
    fc.assert(
      fc.property(nodes, (list) => {
        const writer = new AttributeWriter(1);
        write(writer, list);
        const reader = new AttributeReader(writer.finish());
        assert.deepEqual(read(reader, list), list);
        reader.check();
      }),
    );
  });

  test("the writer's tree is the one that an independent reader sees", () => {
    const writer = new AttributeWriter();
    write(writer, [
      { type: 1, value: [{ type: 2, value: 7 }] },
      { type: 3, value: "x" },
    ]);
    assert.deepEqual(treeOf(writer.finish()), [
      { type: 1, nested: [{ type: 2, hex: "00000007" }] },
      { type: 3, hex: "7800" },
    ]);
  });

  const broken: readonly (readonly [string, string, (reader: AttributeReader) => unknown, RegExp])[] = [
    ["an attribute longer than what is left", "0900010001020304", (reader) => reader.next(), /an attribute of 9 bytes where 8 are left/],
    ["an attribute shorter than its header", "0300010001020304", (reader) => reader.next(), /an attribute of 3 bytes/],
    ["an attribute of no length, which would never end", "0000000000000000", (reader) => reader.next(), /an attribute of 0 bytes/],
    ["bytes too few for a header", "080001000102030405", (reader) => [reader.next(), reader.next()], /1 bytes behind the last attribute/],
    ["a number of the wrong length", "060001000102", (reader) => [reader.next(), reader.u32()], /a number of 2 bytes where 4 are due/],
    ["a 64-bit number of 4 bytes", "0800010001020304", (reader) => [reader.next(), reader.u64()], /a number of 4 bytes where 8 are due/],
    ["a child that leaves its parent", "0c0001800900020001020304", (reader) => [reader.next(), reader.enter(), reader.next()], /9 bytes where 8 are left/],
    [
      "a key of another length than the set's",
      "0800010001020304",
      (reader) => [reader.next(), reader.copyTo(new Uint8Array(9), 0, 8)],
      /4 bytes where 8 are due/,
    ],
  ];
  for (const [name, hex, act, message] of broken) {
    test(`${name} is an error; afterwards there is nothing more to read`, () => {
      const reader = readerOf(hex);
      act(reader);
      assert.ok(!reader.next());
      assert.equal(reader.u32(), 0);
      assert.equal(reader.u64(), 0n);
      assert.equal(reader.text(), "");
      assert.equal(reader.data().length, 0);
      assert.throws(
        () => reader.check(),
        (error) => error instanceof CodecError && message.test(error.message),
      );
    });
  }

  test("attributes nested without end are an error, not a stack overflow", () => {
    const deep = new AttributeReader(nested(100));
    while (deep.next()) deep.enter();
    assert.throws(() => deep.check(), /nested too deep/);
  });

  test("flags of the type are not part of it", () => {
    const reader = readerOf("04000580");
    assert.ok(reader.next());
    assert.equal(reader.type, 5);
  });
});

function nested(levels: number): Uint8Array {
  const writer = new AttributeWriter();
  const marks = Array.from({ length: levels }, () => writer.begin(1));
  for (const mark of marks.reverse()) writer.end(mark);
  return writer.finish();
}
