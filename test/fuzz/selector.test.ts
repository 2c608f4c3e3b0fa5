// The selector parser takes any text: it never throws, and what it accepts it can print and read back unchanged.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { matches } from "../../rules/selector/matches.ts";
import { parseSelector } from "../../rules/selector/parser.ts";
import { printSelector } from "../../rules/selector/print.ts";
import { selector } from "../rules/selector/arbitrary.ts";
import { fuzzBudget, mutated } from "./budget.ts";

const words = [
  "(",
  ")",
  "!",
  "&&",
  "||",
  "==",
  "!=",
  "{",
  "}",
  ",",
  "'",
  '"',
  " ",
  "\t",
  "\n",
  "has(",
  "all()",
  "global()",
  "in",
  "not",
  "notin",
  "a",
  "x.y/z",
  "\0",
  "é",
  "🔥",
  "\ud800",
];

const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join("")),
  fc.tuple(fc.constantFrom("(", "!(", "has(", "!", "a in {'", "&&"), fc.nat(2000)).map(([word, times]) => word.repeat(times)),
  selector.map(printSelector),
  mutated(selector.map(printSelector), words),
);

test("any text is a selector or a located fault", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const parsed = parseSelector(text);
      if (!parsed.ok) {
        assert.ok(parsed.offset >= 0 && parsed.offset <= text.length);
        assert.match(parsed.message, /./);
        return;
      }
      assert.equal(typeof matches(parsed.selector, { a: "x" }), "boolean");
      assert.deepEqual(parseSelector(printSelector(parsed.selector)), parsed);
    }),
    fuzzBudget,
  );
});
