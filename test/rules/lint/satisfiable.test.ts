// Whether a selector can match anything: as a table, and against all labels of a small world.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { exampleOf, implies, isImpossible } from "../../../rules/lint/satisfiable.ts";
import type { Selector } from "../../../rules/selector/ast.ts";
import { matches } from "../../../rules/selector/matches.ts";
import { printSelector } from "../../../rules/selector/print.ts";
import { selector } from "../resolve/resources.ts";

const impossible: readonly string[] = [
  "a == 'x' && a == 'y'",
  "a in {}",
  "has(a) && !has(a)",
  "a == 'x' && a != 'x'",
  "a == 'x' && !has(a)",
  "a in {'x', 'y'} && a in {'z'}",
  "a in {'x', 'y'} && a not in {'y', 'x'}",
  "!all()",
  "!(a == 'x' || a != 'x')",
  "!(has(a) || !has(a))",
  "a starts with 'web' && a starts with 'db'",
  "a starts with 'web' && !(a contains 'eb')",
  "a ends with 'x' && a == 'y'",
  "a contains 'x' && !has(a)",
  "!(a contains '') && has(a)",
  "(a == 'x' || a == 'y') && a == 'z'",
  "(a == 'x' || b == 'x') && a != 'x' && b == 'y'",
  "a in {'x', 'y'} && (a == 'x' && b == 'z' || a == 'y' && b == 'z') && !has(b)",
];

const possible: readonly string[] = [
  "",
  "all()",
  "a == 'x' && b == 'y'",
  "a != 'x' && a != 'y'",
  "a not in {}",
  "!has(a) && a != 'x'",
  "a starts with 'web' && a starts with 'we' && a ends with 'b'",
  "a starts with 'web' && a ends with 'bar'",
  "a contains 'x' && a contains 'y' && a not in {'xy', 'yx'}",
  "a in {'x', 'y'} && a != 'x'",
  "!(a == 'x' && b == 'y')",
  "a == ''",
  "a contains ''",
  "__proto__ == 'x' && !has(constructor)",
];

describe("selectors that can never match", () => {
  for (const text of impossible) test(`${text} is impossible`, () => assert.equal(exampleOf(selector(text)).kind, "impossible"));
  for (const text of possible) {
    test(`${text === "" ? "the empty selector" : text} is possible`, () => {
      const example = exampleOf(selector(text));
      assert(example.kind === "labels", example.kind);
      assert(matches(selector(text), example.labels), JSON.stringify(example.labels));
    });
  }
});

describe("selectors that match all that others do", () => {
  const rows: readonly (readonly [narrow: string, wide: string, implied: boolean])[] = [
    ["a == 'x'", "has(a)", true],
    ["a == 'x'", "a in {'x', 'y'}", true],
    ["a == 'x' && b == 'y'", "b == 'y'", true],
    ["a == 'x'", "a == 'x' || b == 'y'", true],
    ["a starts with 'web-'", "a starts with 'web'", true],
    ["has(a)", "all()", true],
    ["a == 'x'", "a != 'y'", true],
    ["has(a)", "a == 'x'", false],
    ["a in {'x', 'y'}", "a == 'x'", false],
    ["a != 'x'", "has(a)", false],
    ["all()", "has(a)", false],
    ["a starts with 'web'", "a starts with 'web-'", false],
  ];
  for (const [narrow, wide, implied] of rows) {
    test(`${narrow} ${implied ? "implies" : "does not imply"} ${wide}`, () => assert.equal(implies(selector(narrow), selector(wide)), implied));
  }
});

const value = fc.constantFrom("", "x", "y", "xy", "yx", "xyx");
const label = fc.constantFrom("a", "b");
const { any } = fc.letrec<{ any: Selector; leaf: Selector }>((tie) => ({
  leaf: fc.oneof(
    label.map((name): Selector => ({ kind: "has", label: name })),
    fc
      .tuple(label, fc.constantFrom("==", "!=", "contains", "starts with", "ends with"), value)
      .map(([name, op, text]): Selector => ({ kind: "compare", op, label: name, value: text })),
    fc.tuple(label, fc.array(value, { maxLength: 3 }), fc.boolean()).map(([name, values, negated]): Selector => ({ kind: "in", label: name, values, negated })),
    fc.constant<Selector>({ kind: "all" }),
  ),
  any: fc.oneof(
    { maxDepth: 4 },
    tie("leaf"),
    tie("any").map((operand): Selector => ({ kind: "not", operand })),
    fc.tuple(fc.constantFrom("and", "or"), fc.array(tie("any"), { minLength: 2, maxLength: 3 })).map(([kind, operands]): Selector => ({ kind, operands })),
  ),
}));

/** Absent, and every text up to three letters of what the selectors speak of and one letter that they do not. */
const values = [undefined, ...texts(3)];
const worlds = values.flatMap((a) => values.map((b) => ({ ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) })));

function texts(longest: number): string[] {
  if (longest === 0) return [""];
  return ["", ...texts(longest - 1).flatMap((rest) => ["x", "y", "z"].map((letter) => letter + rest))].filter((text, at, all) => all.indexOf(text) === at);
}

describe("random selectors", () => {
  test("an example matches; without one nothing does", () => {
    const seen = { labels: 0, impossible: 0, undecided: 0 };
    fc.assert(
      fc.property(any, (drawn) => {
        const example = exampleOf(drawn);
        seen[example.kind]++;
        if (example.kind === "labels") assert(matches(drawn, example.labels), `${printSelector(drawn)} by ${JSON.stringify(example.labels)}`);
        if (example.kind === "impossible") for (const labels of worlds) assert(!matches(drawn, labels), `${printSelector(drawn)} by ${JSON.stringify(labels)}`);
      }),
      { numRuns: 1500 },
    );
    assert(seen.labels > 200 && seen.impossible > 100, JSON.stringify(seen));
    assert.equal(seen.undecided, 0);
  });

  test("a selector that would take too long is never called impossible", () => {
    const many: Selector = {
      kind: "and",
      operands: Array.from({ length: 60 }, (_, at) => either(`l${at}`)).concat({ kind: "in", label: "q", values: [], negated: false }),
    };
    assert(isImpossible(many), "conditions that stand alone are looked at first");
    const hard: Selector = { kind: "and", operands: Array.from({ length: 12 }, (_, at) => pigeon(at)).flat() };
    assert.equal(exampleOf(hard).kind, "undecided");
  });
});

function either(name: string): Selector {
  return { kind: "or", operands: ["x", "y"].map((text): Selector => ({ kind: "compare", op: "==", label: name, value: text })) };
}

/** Twelve pigeons in eleven holes, each its own label: no search by cases ends soon. */
function pigeon(at: number): Selector[] {
  const holes = Array.from({ length: 11 }, (_, hole) => hole);
  const somewhere: Selector = { kind: "or", operands: holes.map((hole): Selector => ({ kind: "has", label: `p${at}-${hole}` })) };
  const alone = holes.flatMap((hole) =>
    Array.from(
      { length: at },
      (_, other): Selector => ({
        kind: "or",
        operands: [at, other].map((pigeonAt): Selector => ({ kind: "not", operand: { kind: "has", label: `p${pigeonAt}-${hole}` } })),
      }),
    ),
  );
  return [somewhere, ...alone];
}
