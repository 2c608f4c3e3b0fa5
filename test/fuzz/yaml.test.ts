// The quick parser of YAML reads a text as the thorough one does, or leaves it to that one.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { splitChunks } from "../../agent/sources/chunks.ts";
import { assertSameReading } from "../agent/sources/readings.ts";
import { fuzzBudget } from "./budget.ts";
import { texts, yamlTexts } from "./manifestTexts.ts";

test("what the quick parser reads is what the thorough one reads", () => {
  let [quick, all] = [0, 0];
  fc.assert(
    fc.property(fc.oneof(yamlTexts, texts), (text) => {
      for (const chunk of splitChunks(text)) {
        all++;
        if (assertSameReading(chunk)) quick++;
      }
    }),
    fuzzBudget,
  );
  assert.ok(quick > 100, `${quick} of ${all} texts were for the quick parser`);
});
