// Which texts the quick parser reads, as the thorough one would, and which it leaves to that one. The fuzzer looks for others (test/fuzz/yaml.test.ts).

import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { splitChunks } from "../../../agent/sources/chunks.ts";
import { readPlain } from "../../../agent/sources/plainYaml.ts";
import { assertSameReading } from "./readings.ts";

const plain: readonly (readonly [sentence: string, text: string])[] = [
  ["mappings and lists", "a:\n  b: c\n  d:\n    - e\n    - f: g\n      h: i\n  j:\n  - k\n"],
  ["a marker and comments", "--- # one\n# two\na: b # three\n\n# four\n"],
  ["Windows line ends", "a: b\r\nc:\r\n  - d\r\n"],
  ["flow styles", 'a: { b: [c, 1, { d: e }], "f": g }\nh: []\ni: {}\n'],
  ["JSON", JSON.stringify({ a: [1, { b: null }], "c d": true }, null, 2)],
  ["quotes, escapes and lines within", 'a: \'it\'\'s\'\nb: "\\"x\\" \\u00e9"\nc: "one\n  two"\nd: one\n  two\n'],
  ["absent values", "a:\nb: ~\nc: null\nd: ''\n"],
  ["words that are booleans", "a: yes\nb: No\nc: on\nd: OFF\ne: true\nf: FALSE\ng: y\nh: 'yes'\n"],
  [
    "numbers, and what only looks like them",
    "[1, -1, +1, 0x1F, 0o17, 017, 1e3, .5, 1., 1_000, 12:30, .inf, -.INF, .nan, 0b1, 12345678901234567890, 1.10, -0, 2020-01-01]",
  ],
  ["addresses", "- 10.0.0.0/8\n- ::/0\n- fe80::1\n- 2001:db8::/32\n"],
  ["expressions", "a: has(x) && !all()\nb: x == 'y' || z in {'a'}\n"],
  ["keys of numbers and words", "1: a\n0x1: b\nyes: c\nnull: d\n1.0: e\n"],
  ["a scalar alone", "a"],
  ["literal and folded texts", "a: |\n  b | c\n   d\n\n'e': >-  # f | g\n  h\n  i\n"],
  ["an empty literal text", "a: |\nb: >-\n\nc: d\n"],
  ["texts that are not ASCII", "ä: 😀\n"],
];

for (const [sentence, text] of plain) test(`reads ${sentence}`, () => assert.ok(assertSameReading(text)));

test("a cluster on one line costs no more than on many: nobody looks for the beginning of the line at each of its mappings", ({ mock }) => {
  const text = JSON.stringify({ items: Array.from({ length: 100 }, (_, i) => ({ metadata: { name: `p${i}` }, spec: { nets: [`10.0.0.${i}`] } })) });
  const looked = mock.method(String.prototype, "lastIndexOf").mock;
  assert.ok(assertSameReading(text));
  assert.equal(looked.callCount(), 0);
});

const left: readonly (readonly [sentence: string, text: string])[] = [
  ["nothing", ""],
  ["a comment", "# a\n"],
  ["an empty document", "---\n"],
  ["an anchor", "a: &b c\n"],
  ["an anchored list", "a: &b [c]\n"],
  ["an anchored key", "&a b: c\n"],
  ["an alias", "a: &b c\nd: *b\n"],
  ["a tag", "a: !!str 1\n"],
  ["a merge", "<<: { a: b }\n"],
  ["a directive", "%YAML 1.1\n---\na: yes\n"],
  ["a directive that there is not", "%X\n---\na: b\n"],
  ["a key that is there twice", "a: b\na: c\n"],
  ["a key of every object", "constructor: a\n"],
  ["a key that is no name of a field", "__proto__: { a: b }\n"],
  ["an empty key", "'': a\n"],
  ["a list as a key", "? [a]\n: b\n"],
  ["a literal text that keeps its end", "a: |+\n\n "],
  ["a literal text that tells its indentation", "a: |2\n   b\n"],
  ["a literal text in a list", "- |\n  b\n"],
  ["a literal text a line below its key", "a:\n  |\n  b\n"],
  ["nothing in a list", "- a\n-\n"],
  ["two documents", "a: b\n...\nc: d\n"],
  ["an end", "a: b\n...\n"],
  ["a carriage return as a line end", "a: b\rc: d\r"],
  ["a byte order mark within", "\n\uFEFFa: b\n"],
  ["a tab that indents", "a:\n\tb: c\n"],
  ["a colon on the next line within brackets", "{ a: 1, :b #c\n:1. d }"],
  ["a scalar that begins below its key", "a:\n# b\n  c\nd:"],
  ["a list that ends with a quote and goes on", "l:\n- 's'0o7 k: v\n"],
  ["an open quote", "a: 'b\n"],
  ["an open bracket", "a: [b\n"],
  ["wrong indentation", "a:\n    b: c\n  d: e\n"],
  ["a nest of 200", `a: ${"[".repeat(200)}${"]".repeat(200)}`],
  ["a null character", "a: \0\n"],
];

for (const [sentence, text] of left) test(`leaves ${sentence}`, () => assert.equal(readPlain(text), undefined));

test("the manifests of all test cases are read alike, most of them by the quick parser", () => {
  const root = new URL("../../../", import.meta.url);
  const texts = globSync("test/cases/*/input.yaml", { cwd: root }).flatMap((path) => [...splitChunks(readFileSync(new URL(path, root), "utf8"))]);
  const quick = texts.filter(assertSameReading).length;
  assert.ok(quick > 0.9 * texts.length, `${quick} of ${texts.length}`);
});

test("a list of 100k networks is read by the quick parser", () => {
  const nets = Array.from({ length: 100_000 }, (_, i) => `  - 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32\n`);
  const root = readPlain(`spec:\n${nets.join("")}`);
  const list = root?.child("spec")?.value;
  assert.equal(list?.child(99_999)?.value.value, "10.1.134.159/32");
  assert.equal(list?.child(100_000), undefined);
});
