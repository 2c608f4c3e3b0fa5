// Keys in chunks: what a change shares and what it makes, against keys made from nothing; lookups; and what two have in common.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOfKeys, eachKey, firstKeys, firstUnsortedRow, hasKey, keysOfBytes, noKeys, withKeys } from "../../../rules/ruleset/chunks.ts";
import { compareKeys } from "../../../rules/ruleset/compareKeys.ts";
import { encodeKey, packKeys, packRanges } from "../../../rules/ruleset/keys.ts";
import { sortRows } from "../../../rules/ruleset/sortRows.ts";
import type { Keys } from "../../../rules/ruleset/types.ts";

const width = 8;
const types = ["ipv4_addr", "inet_service"] as const;

/** Distinct for distinct numbers, in their order. */
function keyOf(number: number): Uint8Array {
  return encodeKey(types, [{ family: 4, value: BigInt(number >> 1) }, number & 1]);
}

function keysOf(numbers: Iterable<number>): Keys {
  return packKeys(
    types,
    Array.from(numbers, (number) => [{ family: 4, value: BigInt(number >> 1) }, number & 1]),
  );
}

function numbersOf(keys: Keys): number[] {
  return Array.from(eachKey(keys), (key) => {
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
    return 2 * view.getUint32(0) + view.getUint16(4);
  });
}

function upTo(count: number, step = 1): number[] {
  return Array.from({ length: count }, (_, i) => step * i);
}

function assertSane(keys: Keys): void {
  assert.equal(
    keys.chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    width * keys.count,
  );
  assert.equal(firstUnsortedRow(bytesOfKeys(keys), width), undefined);
  for (const [index, chunk] of keys.chunks.entries()) {
    const next = keys.chunks[index + 1];
    assert.ok(chunk.length > 0 && chunk.length <= 4096 * width && chunk.length % width === 0, `a chunk of ${chunk.length} bytes`);
    assert.ok(next === undefined || Math.min(chunk.length, next.length) >= 1024 * width || chunk.length + next.length > 4096 * width, "small chunks");
  }
}

function without(numbers: ReadonlySet<number>, others: ReadonlySet<number>): Set<number> {
  return new Set([...numbers].filter((number) => !others.has(number)));
}

function shared(before: Keys, after: Keys): number {
  return after.chunks.filter((chunk) => before.chunks.includes(chunk)).length;
}

/** Short and long runs of neighbours among 30,000 numbers: enough for a dozen chunks. */
const runs = fc
  .array(fc.tuple(fc.nat(29_999), fc.constantFrom(1, 2, 30, 3000, 9000), fc.constantFrom(1, 2, 3)), { maxLength: 6 })
  .map((parts) => new Set(parts.flatMap(([from, count, step]) => upTo(count, step).map((number) => from + number))));

test("a walk of changes gives at every step the keys that the same members give from nothing", () => {
  fc.assert(
    fc.property(runs, fc.array(fc.tuple(runs, runs), { maxLength: 4 }), (first, changes) => {
      let members = first;
      let keys = keysOf(members);
      for (const [added, removed] of changes) {
        const before = keys;
        keys = withKeys(keys, { added: keysOf(added), removed: keysOf(removed) });
        const after = new Set([...without(members, removed), ...added]);
        assertSane(keys);
        assert.deepEqual(bytesOfKeys(keys), bytesOfKeys(keysOf(after)));
        assert.equal(changesBetween(keys, keysOf(after)), 0);
        const difference = compareKeys(before, keys);
        assert.deepEqual(new Set(numbersOf(difference.added)), without(after, members));
        assert.deepEqual(new Set(numbersOf(difference.removed)), without(members, after));
        members = after;
      }
    }),
    { numRuns: 60 },
  );
});

test("one key more, less or other makes one chunk new and shares the rest", () => {
  const keys = keysOf(upTo(50_000, 2));
  const none = noKeys(width);
  const chunks = keys.chunks.length;
  assert.ok(chunks >= 20);
  for (const change of [
    { added: keysOf([51_111]), removed: none },
    { added: none, removed: keysOf([50_000]) },
    { added: keysOf([50_001]), removed: keysOf([50_000]) },
    { added: keysOf([200_001]), removed: none },
    { added: none, removed: keysOf([0]) },
  ]) {
    assert.equal(shared(keys, withKeys(keys, change)), chunks - 1);
  }
});

test("few and many rows of any width come out in bytewise order", () => {
  for (const rowWidth of [4, 8, 12]) {
    for (const count of [3, 100, 5000]) {
      const rows = Array.from({ length: count }, (_, i) =>
        Uint8Array.from({ length: rowWidth }, (_, at) => (Math.imul(i + 1, 2_654_435_761) >>> (8 * (at % 4))) & 255),
      );
      const expected = rows.toSorted(Buffer.compare);
      assert.deepEqual(sortRows(Uint8Array.from(rows.flatMap((row) => [...row])), rowWidth), Uint8Array.from(expected.flatMap((row) => [...row])));
    }
  }
});

test("a change of nothing is the same keys", () => {
  const keys = keysOf(upTo(10));
  assert.equal(withKeys(keys, { added: noKeys(width), removed: noKeys(width) }), keys);
});

test("chunks that become small are joined, chunks that become large are split", () => {
  const none = noKeys(width);
  const keys = keysOf(upTo(60_000));
  const thin = withKeys(keys, { added: none, removed: keysOf(upTo(60_000).filter((number) => number % 60 !== 0)) });
  assert.equal(thin.chunks.length, 1);
  const thick = withKeys(keysOf([5, 70_000]), { added: keysOf(upTo(60_000)), removed: none });
  assertSane(thick);
  assert.ok(thick.chunks.length >= 15);
  assert.deepEqual(withKeys(keys, { added: none, removed: keys }), none);
  assert.equal(withKeys(none, { added: keys, removed: none }), keys);
});

/** How many keys only one of them has. */
function changesBetween(a: Keys, b: Keys): number {
  const { added, removed } = compareKeys(a, b);
  return added.count + removed.count;
}

test("keys are told apart by one byte in any chunk, and not by where chunks begin", () => {
  const keys = keysOf(upTo(20_000, 2));
  for (const number of [0, 4098, 20_000, 39_998]) {
    const other = withKeys(keys, { added: keysOf([number + 1]), removed: keysOf([number]) });
    assert.equal(changesBetween(keys, other), 2);
    assert.equal(changesBetween(other, keys), 2);
  }
  assert.equal(changesBetween(keys, withKeys(keys, { added: keysOf([1]), removed: noKeys(width) })), 1);
  assert.equal(changesBetween(keys, { ...keys, chunks: [bytesOfKeys(keys)] }), 0);
});

test("lookups find members at the ends of chunks and miss what lies between", () => {
  const keys = keysOf(upTo(20_000, 2));
  const borders = keys.chunks.flatMap((chunk) => [chunk.subarray(0, width), chunk.subarray(-width)]);
  for (const key of borders) assert.ok(hasKey({ flavour: "hash", keys }, key));
  for (const number of [1, 4097, 19_999, 39_999, 50_000]) assert.equal(hasKey({ flavour: "hash", keys }, keyOf(number)), false);
  assert.equal(hasKey({ flavour: "hash", keys: noKeys(width) }, keyOf(0)), false);
});

test("ranges contain their ends and what lies between, from one chunk to the next", () => {
  const ranges = upTo(6000, 10).map((from) => ({ from: from + 1, to: from + 3 }));
  const keys = packRanges("inet_service", ranges);
  assert.ok(keys.chunks.length > 1);
  for (let port = 0; port < 60_000; port++)
    assert.equal(hasKey({ flavour: "interval", keys }, encodeKey(["inet_service"], [port])), port % 10 >= 1 && port % 10 <= 3);
});

test("the first keys are a short list of their own", () => {
  const keys = keysOf(upTo(5000));
  assert.deepEqual(numbersOf(firstKeys(keys, 3)), [0, 1, 2]);
  assert.equal(firstKeys(keys, 9000).count, 5000);
  assert.deepEqual(firstKeys(noKeys(width), 3), noKeys(width));
});

test("chunks share no memory, so that one does not keep all of it", () => {
  const { chunks } = keysOfBytes(width, bytesOfKeys(keysOf(upTo(20_000))));
  assert.ok(chunks.length > 4);
  assert.equal(new Set(chunks.map(({ buffer }) => buffer)).size, chunks.length);
});
