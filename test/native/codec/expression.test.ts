// Each kernel expression: the bytes that nft 1.0.6 sends for the same, and decode(encode(x)) = x for anything.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { decodeExpression, encodeExpression } from "../../../native/codec/expr/expression.ts";
import { AttributeReader } from "../../../native/codec/reader.ts";
import { AttributeWriter } from "../../../native/codec/writer.ts";
import type { Expression } from "../../../rules/ruleset/expression.ts";
import { expressionKinds, expressionOf } from "./arbitrary.ts";
import { counterByName, lookupsByNft, sentByNft } from "./sentByNft.ts";
import { type Attribute, fromHex, toHex, treeOf, without } from "./tree.ts";

function encode(expression: Expression): Uint8Array {
  const writer = new AttributeWriter();
  encodeExpression(writer, expression);
  return writer.finish();
}

function decode(bytes: Uint8Array): ReturnType<typeof decodeExpression> {
  const reader = new AttributeReader(bytes);
  assert.ok(reader.next());
  const expression = decodeExpression(reader);
  assert.ok(!reader.next());
  reader.check();
  return expression;
}

/** Name and data attributes of an encoded expression. */
function parts(bytes: Uint8Array): { readonly name: string; readonly data: readonly Attribute[] } {
  const [element] = treeOf(bytes);
  assert.ok(element && "nested" in element);
  const [name, data] = element.nested;
  assert.ok(name && "hex" in name && data && "nested" in data);
  return { name: Buffer.from(name.hex.slice(0, -2), "hex").toString(), data: data.nested };
}

describe("an expression is the bytes that nft sends", () => {
  for (const [statement, expression, name, hex] of sentByNft) {
    test(statement, () => {
      const encoded = encode(expression);
      assert.deepEqual(parts(encoded), { name, data: treeOf(fromHex(hex)) });
      // The data nest is the last thing in the element: byte for byte what nft sends.
      assert.ok(toHex(encoded).endsWith(hex));
    });
  }
  for (const [statement, expression, hex] of lookupsByNft) {
    test(statement, () => assert.deepEqual(parts(encode(expression)), { name: "lookup", data: without(treeOf(fromHex(hex)), 4) }));
  }
  // nft leaves out the NUL behind the name, which counts in the attribute's length: 6 there, 7 here.
  test('counter name "cn"', () => {
    const expected = "080001000000000106000200636e0000".replace("06000200", "07000200");
    assert.deepEqual(parts(encode(counterByName)), { name: "objref", data: treeOf(fromHex(expected)) });
  });
  test("every kind of expression is among them", () => {
    const kinds = [...sentByNft.map(([, expression]) => expression), ...lookupsByNft.map(([, expression]) => expression), counterByName].map(
      ({ kind }) => kind,
    );
    assert.deepEqual([...new Set(kinds)].toSorted(), expressionKinds.toSorted());
  });
});

describe("decode(encode(x)) is x", () => {
  for (const kind of expressionKinds) {
    test(kind, () => {
      fc.assert(fc.property(expressionOf(kind), (expression) => assert.deepEqual(decode(encode(expression)), expression)));
    });
  }
});

describe("an expression that hostward has no word for is unknown, with its name", () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ["a name that no kernel has", "nonsense", "0800010000000001"],
    ["meta of a key that is not ours (skuid)", "meta", "080002000000000a0800010000000001"],
    ["meta set of anything but the mark", "meta", "08000200000000020800030000000001"],
    ["payload written into the packet", "payload", "08000500000000010800020000000001080003000000000c0800040000000004"],
    ["bitwise shift", "bitwise", "08000100000000010800020000000001080003000000000408000600000000010c0007800800010000000004"],
    ["a lookup that loads data", "lookup", "08000200000000010800030000000001070001006d310000"],
    ["log to a group", "log", "06000100000000000800020078000000"],
    ["log with flags", "log", "08000600000000ff"],
    ["a verdict that is not ours (continue)", "immediate", "0800010000000000100002800c00028008000100ffffffff"],
    ["cmp without data", "cmp", "08000100000000010800020000000000"],
  ];
  for (const [title, name, data] of rows) {
    test(title, () => {
      const writer = new AttributeWriter();
      const element = writer.begin(1);
      writer.text(1, name);
      writer.end(writer.begin(2));
      writer.end(element);
      const bytes = writer.finish();
      const inner = fromHex(data);
      const whole = new Uint8Array(bytes.length + inner.length);
      whole.set(bytes);
      whole.set(inner, bytes.length);
      const view = new DataView(whole.buffer);
      view.setUint16(0, whole.length, true);
      view.setUint16(bytes.length - 4, 4 + inner.length, true);
      assert.deepEqual(decode(whole), { kind: "unknown", name });
    });
  }
});
