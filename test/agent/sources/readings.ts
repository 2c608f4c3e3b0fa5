// What the two parsers of YAML make of a text: the quick one has to come to the values and places of the thorough one, or to leave the text to it.

import assert from "node:assert/strict";
import { readPlain } from "../../../agent/sources/plainYaml.ts";
import { readChunk, readThoroughly } from "../../../agent/sources/yaml.ts";
import type { Path, Spot } from "../../../rules/model/problem.ts";

const spots: readonly (Spot | undefined)[] = [undefined, { kind: "key" }, { kind: "offset", offset: 1 }, { kind: "offset", offset: 4 }];

/** @returns whether the quick parser read it */
export function assertSameReading(text: string): boolean {
  if (readPlain(text) === undefined) return false;
  const chunk = { text, line: 7 };
  const [quick, ...more] = readChunk(chunk, "f");
  const [thorough, ...others] = readThoroughly(chunk, "f");
  assert.ok(quick && thorough && more.length + others.length === 0, text);
  assert.deepEqual([quick.value, quick.problems], [thorough.value, thorough.problems], text);
  for (const path of pathsIn(thorough.value, []))
    for (const spot of spots) assert.deepEqual(quick.locate(path, spot), thorough.locate(path, spot), `${JSON.stringify([path, spot])} of ${text}`);
  return true;
}

/** Of all that is there, and of something beside each of them that is not. */
function* pathsIn(value: unknown, path: Path): Generator<Path, void> {
  yield path;
  yield [...path, "nowhere"];
  yield [...path, 99];
  if (typeof value !== "object" || value === null) return;
  for (const [step, inner] of Array.isArray(value) ? value.entries() : Object.entries(value)) yield* pathsIn(inner, [...path, step]);
}
