// The manifest reader takes any text: it never throws, whatever it finds fault with has a place in the text, and JSON reads as its value.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { agentProblemCodes } from "../../agent/problemCodes.ts";
import { readManifest } from "../../agent/sources/manifest.ts";
import { readYaml } from "../../agent/sources/yaml.ts";
import { decodeResource } from "../../rules/model/decode.ts";
import type { Problem } from "../../rules/model/problem.ts";
import { problemCodes } from "../../rules/model/problemCodes.ts";
import { fuzzBudget } from "./budget.ts";
import { manifests, texts } from "./manifestTexts.ts";

const codes = new Set([...Object.keys(problemCodes), ...Object.keys(agentProblemCodes)]);

function checkProblem(problem: Problem, lines: number): void {
  const { source, line = 0, column = 0 } = problem.place;
  assert.equal(source, "f");
  assert.ok(line >= 1 && line <= lines && column >= 1, `${line}:${column} of ${lines} lines: ${problem.message}`);
  assert.ok(codes.has(problem.code), problem.code);
  assert.notEqual(problem.message, "");
}

test("any text is resources and located problems", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const { resources, problems, ignored } = readManifest(text, "f");
      const lines = text.split("\n").length;
      for (const problem of problems) checkProblem(problem, lines);
      for (const { place } of [...resources, ...ignored]) assert.ok((place.line ?? 0) >= 1 && (place.line ?? 0) <= lines);
      assert.ok(
        resources.length + problems.length + ignored.length > 0 || readYaml(text, "f").every(({ value }) => isNothing(value)),
        "a document is gone in silence",
      );
    }),
    fuzzBudget,
  );
});

/** An empty document or list. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  const { items } = value as { items?: unknown };
  return items === null || (Array.isArray(items) && items.length === 0);
}

const values = manifests.flatMap((text) => readYaml(text, "f").map(({ value }) => value)).filter((value) => typeof value === "object" && value !== null);

/** A good resource with one part, at any depth, replaced. */
const nearlyGood = fc
  .tuple(fc.constantFrom(...values), fc.array(fc.nat(20), { maxLength: 5 }), fc.jsonValue())
  .map(([value, path, other]) => replace(value, path, other));

function replace(value: unknown, [step = 0, ...path]: readonly number[], other: unknown): unknown {
  if (typeof value !== "object" || value === null) return other;
  const keys = Object.keys(value);
  const key = keys[step % (keys.length + 1)];
  if (key === undefined) return other;
  const child = (value as Record<string, unknown>)[key];
  const changed = path.length === 0 ? other : replace(child, path, other);
  return Array.isArray(value) ? value.with(Number(key), changed) : { ...value, [key]: changed };
}

test("JSON reads as the value that it says", () => {
  fc.assert(
    fc.property(nearlyGood, (raw) => {
      const value: unknown = JSON.parse(JSON.stringify(raw));
      if (value === null) return;
      const read = readManifest(JSON.stringify(value, null, 2), "f");
      const direct = decodeResource(value, () => ({ source: "f" }));
      assert.deepEqual(withoutPlaces(read.resources), withoutPlaces(direct.resource === undefined ? [] : [direct.resource]));
      assert.deepEqual(withoutPlaces(read.problems), withoutPlaces(direct.problems));
    }),
    fuzzBudget,
  );
});

function withoutPlaces(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, part]) => (key === "place" ? [] : [[key, withoutPlaces(part)]])));
}
