// The orders that decide verdicts: bytes, tiers, policies (semantics E3, E6, G23).

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compareBytes, comparePolicies, compareTiers } from "../../../rules/resolve/order.ts";
import { policy, tier } from "./resources.ts";

describe("compareBytes orders as the UTF-8 bytes do", () => {
  const unit = fc.oneof(
    fc.constantFrom("a", "Z", "\u00e9", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"),
    fc.string({ unit: "binary", maxLength: 1 }),
  );
  const text = fc.array(unit, { maxLength: 4 }).map((parts) => parts.join(""));

  test("for any two texts", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  test("unlike a locale and unlike UTF-16", () => {
    assert.deepEqual(["b", "\u{1f600}", "B", "\uffee", "a-b", "a"].sort(compareBytes), ["B", "a", "a-b", "b", "\uffee", "\u{1f600}"]);
  });
});

test("E3: tiers that exist come first, by order and then by name; missing ones last, by name", () => {
  const slot = (name: string, order?: number) => ({ name, tier: order === undefined ? undefined : tier(name, order) });
  const slots = [slot("ghost-b"), slot("z", -5), slot("b", 10), slot("ghost-a"), slot("a", 10), slot("last", Number.POSITIVE_INFINITY)];
  assert.deepEqual(
    slots.sort(compareTiers).map(({ name }) => name),
    ["z", "a", "b", "last", "ghost-a", "ghost-b"],
  );
});

describe("E3: policies come by order, ties by the bytes of name/namespace/kind", () => {
  const rows = [
    { name: "negative before zero before absent", policies: [policy("a"), policy("b", { order: 0 }), policy("c", { order: -1 })], expected: ["c", "b", "a"] },
    { name: "fractions count", policies: [policy("a", { order: 1.5 }), policy("b", { order: 1.25 })], expected: ["b", "a"] },
    { name: "two absent orders tie", policies: [policy("b"), policy("a")], expected: ["a", "b"] },
    { name: "a-b and a.b sort before a, because the slash counts", policies: [policy("a"), policy("a.b"), policy("a-b")], expected: ["a-b", "a.b", "a"] },
    { name: "numbers in names are text", policies: [policy("p9"), policy("p10")], expected: ["p10", "p9"] },
  ];
  for (const { name, policies, expected } of rows) {
    test(name, () => {
      assert.deepEqual(
        policies.sort(comparePolicies).map(({ metadata }) => metadata.name),
        expected,
      );
    });
  }
});
