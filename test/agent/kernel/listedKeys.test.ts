// Rows of listed elements into packed keys, above all the bounds of a tree into ranges.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { keysOf } from "../../../agent/kernel/listedKeys.ts";
import { BatchWriter } from "../../../native/codec/batch.ts";
import { writeElements } from "../../../native/codec/element.ts";
import { decodeElements, type ListedElements } from "../../../native/codec/listedElements.ts";
import { packKeys, packRanges } from "../../../rules/ruleset/keys.ts";
import type { DataType, NftSet } from "../../../rules/ruleset/types.ts";

/** Ports with 1 for a start and 0 for an end, in the kernel's order. */
function bounds(...rows: readonly (readonly [port: number, start: 0 | 1])[]): ListedElements {
  const bytes = Uint8Array.from(rows.flatMap(([port, start]) => [port >> 8, port & 0xff, 0, 0, start]));
  return { kind: "bounds", keyLength: 2, width: 5, count: rows.length, bytes, verdicts: rows.map(() => undefined) };
}

function ports(...ranges: readonly (readonly [number, number])[]) {
  return { width: 8, count: ranges.length, bytes: Uint8Array.from(ranges.flatMap(([from, to]) => [from >> 8, from & 0xff, 0, 0, to >> 8, to & 0xff, 0, 0])) };
}

describe("bounds become inclusive ranges", () => {
  const rows: readonly (readonly [string, ListedElements, ReturnType<typeof ports>])[] = [
    ["a start and the value behind the end", bounds([80, 1], [91, 0]), ports([80, 90])],
    ["in whatever order they are listed", bounds([91, 0], [5, 1], [80, 1], [6, 0]), ports([5, 5], [80, 90])],
    ["an end at zero, as nft puts it before the first start, says nothing", bounds([0, 0], [80, 1], [91, 0]), ports([80, 90])],
    ["a start without an end reaches to the top", bounds([80, 1]), ports([80, 65535])],
    ["ranges that touch stay two", bounds([1, 1], [3, 0], [3, 1], [5, 0]), ports([1, 2], [3, 4])],
    ["a start inside an open range ends it", bounds([1, 1], [256, 1], [300, 0]), ports([1, 255], [256, 299])],
    ["an end where nothing is open says nothing", bounds([7, 0], [9, 0]), ports()],
    ["nothing", bounds(), ports()],
  ];
  for (const [name, listed, expected] of rows) test(name, () => assert.deepEqual(keysOf(listed), expected));
});

/** As the kernel answers: the elements of the messages that add them. */
function listed(set: Pick<NftSet, "types" | "flavour" | "keys">): ListedElements {
  const batch = new BatchWriter();
  writeElements(batch, "add", { ...set, name: "s", table: "t" }, set.keys);
  return decodeElements(batch.finish().bytes, set);
}

describe("keys that were written are read back", () => {
  test("any ranges of ports", () => {
    const range = fc.tuple(fc.nat(65535), fc.nat(65535)).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 30 }), (ranges) => {
        const keys = packRanges("inet_service", ranges);
        assert.deepEqual(keysOf(listed({ types: ["inet_service"], flavour: "interval", keys })), keys);
      }),
    );
  });
  test("any ranges of IPv6 addresses", () => {
    const address = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
    const range = fc.tuple(address, address).map(([a, b]) => (a < b ? { from: a, to: b } : { from: b, to: a }));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 10 }), (ranges) => {
        const keys = packRanges("ipv6_addr", ranges);
        assert.deepEqual(keysOf(listed({ types: ["ipv6_addr"], flavour: "interval", keys })), keys);
      }),
    );
  });
  test("any hash keys", () => {
    const types: DataType[] = ["inet_proto", "inet_service"];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(255), fc.nat(65535)), { maxLength: 100 }), (rows) => {
        const keys = packKeys(types, rows);
        assert.deepEqual(keysOf(listed({ types, flavour: "hash", keys })), keys);
      }),
    );
  });
});
