import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { changesByName, withChanges } from "../../../rules/ruleset/byName.ts";

interface Thing {
  readonly name: string;
}

const names = [..."abcdefghijkl"];
const first = names.map((name): Thing => ({ name }));
const second = names.map((name): Thing => ({ name }));

/** Sorted, each name at most once, and either of two objects of that name. */
const list = fc
  .array(fc.constantFrom(undefined, first, second), { minLength: names.length, maxLength: names.length })
  .map((chosen) => chosen.flatMap((things, at) => things?.[at] ?? []));

test("what differs between two lists, put into the one, gives the other, of the same objects", () => {
  fc.assert(
    fc.property(list, list, (before, now) => {
      const changes = changesByName(before, now);
      const changed = withChanges(before, changes);
      assert.deepEqual(changed, now);
      assert.ok(changed.every((thing, at) => thing === now[at]));
      const differing = names.filter((name) => before.find((one) => one.name === name) !== now.find((one) => one.name === name));
      assert.deepEqual([...changes.keys()].sort(), differing);
    }),
    { numRuns: 500 },
  );
});

test("a list is itself when what is put into it is there, and what is taken out is not", () => {
  const [one, two] = first as [Thing, Thing];
  const sorted = [one, two];
  assert.equal(
    withChanges(
      sorted,
      new Map([
        ["b", two],
        ["c", undefined],
      ]),
    ),
    sorted,
  );
});
