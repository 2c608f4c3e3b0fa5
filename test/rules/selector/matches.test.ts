import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { conjunction, disjunction, negation } from "../../../rules/selector/build.ts";
import { matches } from "../../../rules/selector/matches.ts";
import { parseSelector } from "../../../rules/selector/parser.ts";
import { labels, selector } from "./arbitrary.ts";

type Labels = Readonly<Record<string, string>>;

const rows: readonly (readonly [text: string, matching: readonly Labels[], other: readonly Labels[]])[] = [
  ["all()", [{}, { a: "x" }], []],
  ["global()", [{}, { a: "x" }], []],
  ["has(a)", [{ a: "x" }, { a: "" }], [{}, { b: "a" }]],
  ["!has(a)", [{}, { b: "a" }], [{ a: "" }]],
  ["has(constructor)", [{ constructor: "x" }], [{}]],
  ["toString != 'x'", [{}], [{ toString: "x" } as unknown as Labels]],
  ["a == 'x'", [{ a: "x" }, { a: "x", b: "y" }], [{}, { a: "X" }, { a: "xx" }, { b: "x" }]],
  ["a == ''", [{ a: "" }], [{}]],
  ["a != 'x'", [{}, { a: "y" }, { a: "X" }], [{ a: "x" }]],
  ["a contains 'x'", [{ a: "axb" }, { a: "x" }], [{}, { a: "X" }]],
  ["a contains ''", [{ a: "" }], [{}]],
  ["a starts with 'x'", [{ a: "x" }, { a: "xy" }], [{}, { a: "yx" }]],
  ["a ends with 'x'", [{ a: "x" }, { a: "yx" }], [{}, { a: "xy" }]],
  ["a in {'x', 'y'}", [{ a: "x" }, { a: "y" }], [{}, { a: "z" }]],
  ["a in {}", [], [{}, { a: "" }, { a: "x" }]],
  ["a not in {'x', 'y'}", [{}, { a: "z" }], [{ a: "x" }, { a: "y" }]],
  ["a not in {}", [{}, { a: "x" }], []],
  ["!a == 'x' && has(b)", [{ b: "y" }, { a: "y", b: "y" }], [{}, { a: "x", b: "y" }]],
  ["has(a) || has(b) && has(c)", [{ a: "" }, { b: "", c: "" }], [{ b: "" }, { c: "" }, {}]],
  [
    "(has(a) || has(b)) && has(c)",
    [
      { a: "", c: "" },
      { b: "", c: "" },
    ],
    [{ a: "" }, { c: "" }],
  ],
];

for (const [text, matching, other] of rows) {
  test(`${text} matches what it says`, () => {
    const parsed = parseSelector(text);
    assert.ok(parsed.ok);
    for (const set of matching) assert.equal(matches(parsed.selector, set), true, JSON.stringify(set));
    for (const set of other) assert.equal(matches(parsed.selector, set), false, JSON.stringify(set));
  });
}

test("canonical form changes no meaning: and, or and not of selectors are those of their matches", () => {
  fc.assert(
    fc.property(selector, selector, labels, (a, b, set) => {
      const [inA, inB] = [matches(a, set), matches(b, set)];
      assert.equal(matches(conjunction([a, b]), set), inA && inB);
      assert.equal(matches(disjunction([a, b]), set), inA || inB);
      assert.equal(matches(negation(a), set), !inA);
    }),
    { numRuns: 1000 },
  );
});
