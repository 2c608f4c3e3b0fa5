// The codec's own table of key types against the ruleset's table of fields, and nft's numbers of concatenations.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { keyLength, keyTypeNumber, keyTypes, keyTypeTable } from "../../../native/codec/datatype.ts";
import { dataTypes } from "../../../rules/ruleset/fields.ts";
import { keyWidth } from "../../../rules/ruleset/keys.ts";
import type { DataType } from "../../../rules/ruleset/types.ts";

const all = Object.keys(dataTypes) as DataType[];

describe("each data type has the width and byte order that the ruleset gives it", () => {
  for (const type of all) {
    test(type, () => {
      const { width, order } = dataTypes[type];
      assert.deepEqual([keyTypeTable[type].width, keyTypeTable[type].order], [width, order === "text" ? "host" : order]);
    });
  }
});

describe("the number of a key's type", () => {
  const rows: readonly (readonly [readonly DataType[], number])[] = [
    [["ipv4_addr"], 7],
    [["ifname"], 41],
    [["icmpv6_code"], 33],
    [["ipv4_addr", "inet_service"], 0x1cd],
    [["ifname", "ipv4_addr"], 0xa47],
    [["ifname", "ifname", "ifname", "ifname", "ifname"], 0x29a69a69],
  ];
  for (const [types, number] of rows) test(types.join(" . "), () => assert.equal(keyTypeNumber(types), number));

  test("leads back to the types", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...all), { minLength: 1, maxLength: 5 }), (types) => assert.deepEqual(keyTypes(keyTypeNumber(types)), types)),
    );
  });
  for (const [name, number] of [
    ["none", 0],
    ["a type that is not ours (ether_addr)", 9],
    ["one that is ours beside one that is not", 7 * 64 + 9],
  ] as const) {
    test(`leads nowhere for ${name}`, () => assert.equal(keyTypes(number), undefined));
  }
});

test("a concatenated key is as long as the ruleset packs it, a single one is not padded", () => {
  assert.equal(keyLength(["inet_proto", "inet_service"]), keyWidth(["inet_proto", "inet_service"]));
  assert.equal(keyLength(["inet_service"]), 2);
});
