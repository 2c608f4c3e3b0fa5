// What is read without the yaml package is read as the package reads it: the same value, without a problem, every part at the same place.

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { splitChunks } from "../../agent/sources/chunks.ts";
import { readPlainYaml } from "../../agent/sources/plainYaml.ts";
import { readAnyChunk, readChunk } from "../../agent/sources/yaml.ts";
import type { Path } from "../../rules/model/problem.ts";
import { fuzzBudget, mutated } from "./budget.ts";

const root = new URL("../../", import.meta.url);
const manifests = globSync("test/cases/*/input.yaml", { cwd: root }).map((path) => readFileSync(new URL(path, root), "utf8"));
const documents = manifests.flatMap((text) => Array.from(splitChunks(text)));

/** How many documents of the text are plain. */
function check(text: string): number {
  let plain = 0;
  for (const part of splitChunks(text)) {
    const chunk = { text: part, line: 5 };
    if (readPlainYaml(part) === undefined) continue;
    plain++;
    const [mine, ...others] = readChunk(chunk, "f");
    const [theirs, ...more] = readAnyChunk(chunk, "f");
    const told = JSON.stringify(part);
    assert.deepEqual([others.length, more.length, theirs?.problems], [0, 0, []], told);
    assert.deepStrictEqual(mine?.value, theirs?.value, told);
    for (const path of pathsOf(theirs?.value, [])) {
      for (const spot of [undefined, { kind: "key" }, { kind: "offset", offset: 2 }] as const) {
        assert.deepEqual(mine?.locate(path, spot), theirs?.locate(path, spot), `${path.join(".")} ${spot?.kind} in ${told}`);
      }
    }
  }
  return plain;
}

/** Of every part, and of what is not there. */
function* pathsOf(value: unknown, path: Path): Generator<Path> {
  yield path;
  yield [...path, "missing"];
  yield [...path, 1000];
  if (typeof value !== "object" || value === null) return;
  for (const [key, part] of Object.entries(value)) yield* pathsOf(part, [...path, Array.isArray(value) ? Number(key) : key]);
}

test("the corpus is plain but for an exception or two, and reads the same", () => {
  const plain = manifests.reduce((sum, text) => sum + check(text), 0);
  assert.ok(plain > 0.99 * documents.length, `${plain} of ${documents.length}`);
});

/** Pieces that YAML may take in more than one way. */
const pieces = [
  ..."a|b: |b:|: |:|- |-|#| #|'|''|\"|\\\"|\\n|\\u00e9|\\x41|{|}|[|]|, |,|&a |*a|!t |!|? |@|`|%|<<|=|~|>|||>-|...|--- |---|é|\u2028|\uFEFF|\t|\r\n|\0".split(
    "|",
  ),
  ..."null|True|yes|OFF|1|01|-1|+1|-0|1.|1.50|.5|1e3|0x1f|0o7|1_000|.inf|.NaN|2024-01-01|10.0.0.1|10.0.0.0/8|::|::/0|fe80::1|12:30".split("|"),
  ..."\n|\n|\n |\n  |\n    |\n- |\n  - |\n# c\n|\n\n|  |a b|a: b|a: {b: c}|b: [c, d]|\"a\": 1|'a b': c|1: 2|__proto__: 1|toString: 1".split("|"),
];

const made = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(""));
const scalars = fc
  .tuple(fc.constantFrom("a: X\n", "- X\n", "a: [X, X]\n", "a: {b: X}\n", '{"a": X}', "a:\n- X\n- X: X\n"), made)
  .map(([form, text]) => form.replaceAll("X", text));

test("any text that is taken for plain reads the same", () => {
  let plain = 0;
  fc.assert(
    fc.property(fc.oneof(made, scalars, mutated(fc.constantFrom(...documents), pieces)), (text) => {
      plain += check(text);
    }),
    fuzzBudget,
  );
  assert.ok(plain > 0);
});

/** Any value in a style of YAML's own: block or flow, quotes or none, indented or not, with comments. */
const leaf = fc.oneof(
  fc.constantFrom("x", "all()", "10.0.0.0/8", "on", "12", "1.5", "''", '"a\\"b"', "role == 'db' && !has(x)", "-1", "fe80::/10", "null"),
  fc.nat().map(String),
);
const { node } = fc.letrec<{ node: (indent: string) => string }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf.map((text) => () => ` ${text}\n`),
    fc.array(leaf, { maxLength: 3 }).map((items) => () => ` [${items.join(", ")}] # flow\n`),
    fc.tuple(fc.array(tie("node"), { minLength: 1, maxLength: 3 }), fc.constantFrom("", "  ")).map(
      ([items, more]) =>
        (indent: string) =>
          `\n${items.map((item) => `${indent}${more}-${item(`${indent}${more}  `)}`).join("")}`,
    ),
    fc.tuple(fc.array(tie("node"), { minLength: 1, maxLength: 3 }), fc.constantFrom("k", "a.b/c-d", '"q"', "'s'")).map(
      ([items, key]) =>
        (indent: string) =>
          `\n${items.map((item, index) => `${indent}  ${key.replace(/\w/, `$&${index}`)}:${item(`${indent}  `)}`).join("")}`,
    ),
  ),
}));

test("values written in any mixture of styles are plain, and read the same", () => {
  let plain = 0;
  let all = 0;
  fc.assert(
    fc.property(node, (written) => {
      all++;
      plain += check(`root:${written("")}`);
    }),
    fuzzBudget,
  );
  assert.ok(plain > 0.7 * all, `${plain} of ${all}`);
});
