// Changes between lists of objects, by reference, against the definition: what is in the one and not in the other.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { changedSpan, listChanges } from "../../../rules/net/listChanges.ts";

const things = Array.from({ length: 12 }, (_, n) => ({ n }));
const list = fc.shuffledSubarray(things);
/** Mostly alike, as lists of resources are. */
const sorted = fc.subarray(things);

test("removed is what only the first has, added what only the second has, each in its order", () => {
  const isRight = (before: readonly object[], after: readonly object[]) => {
    assert.deepEqual(listChanges(before, after), {
      removed: before.filter((thing) => !after.includes(thing)),
      added: after.filter((thing) => !before.includes(thing)),
    });
  };
  fc.assert(fc.property(list, list, isRight));
  fc.assert(fc.property(sorted, sorted, isRight));
});

test("outside of the span that changed both lists hold the same objects", () => {
  fc.assert(
    fc.property(sorted, sorted, (items, others) => {
      const { from, to } = changedSpan(items, others);
      assert.ok(0 <= from && from <= to && to <= items.length);
      assert.deepEqual(items.slice(0, from), others.slice(0, from));
      assert.deepEqual(items.slice(to), others.slice(to + others.length - items.length));
      if (from === to) assert.ok(others.length >= items.length);
    }),
  );
});
