// Changes between lists of objects, by reference, against the definition: what is in the one and not in the other.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { changedSpan, type Edit, listChanges, withEdits } from "../../../rules/net/listChanges.ts";

const things = Array.from({ length: 60 }, (_, n) => ({ n }));
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

/** At some places of the list: another thing, none, or one more before it. */
const edited = sorted.chain((before) =>
  fc
    .array(fc.record({ place: fc.nat(before.length), what: fc.constantFrom("replaced", "gone", "new") }), { maxLength: 40, size: "max" })
    .map((drawn) => [...new Map(drawn.map((one) => [one.place, one])).values()].sort((a, b) => a.place - b.place))
    .map((drawn) => ({ before, edits: drawn.map(({ place, what }) => editAt(before, place, what)) })),
);

function editAt(list: readonly object[], place: number, what: string): Edit<object> {
  const held = what === "new" ? undefined : list[place];
  return { place, held, thing: what === "gone" && held !== undefined ? undefined : { place } };
}

function applied(list: readonly object[], edits: readonly Edit<object>[]): readonly object[] {
  const slots = [...list, undefined].map((thing, place) => {
    const edit = edits.find((one) => one.place === place);
    if (edit === undefined) return [thing];
    return edit.held === undefined ? [edit.thing, thing] : [edit.thing];
  });
  return slots.flat().filter((thing) => thing !== undefined);
}

test("an edited list is what the edits say, and what it was made of outside of the span that changed", () => {
  fc.assert(
    fc.property(edited, ({ before, edits }) => {
      const after = withEdits(before, edits);
      assert.deepEqual(after, applied(before, edits));
      const { from, to } = changedSpan(after, before);
      assert.ok(0 <= from && from <= to && to <= after.length);
      assert.ok(after.slice(0, from).every((thing, at) => thing === before[at]));
      const rest = before.slice(to + before.length - after.length);
      assert.ok(to + before.length - after.length >= from && after.slice(to).every((thing, at) => thing === rest[at]));
    }),
    { numRuns: 2000 },
  );
});

test("the very same list is not walked", () => {
  let looks = 0;
  const get = (list: readonly object[], name: string | symbol): unknown => {
    looks++;
    return Reflect.get(list, name);
  };
  const same = new Proxy(things, { get });
  assert.deepEqual(changedSpan(same, same), { from: things.length, to: things.length });
  assert.ok(looks <= 2, "but for its length");
});
