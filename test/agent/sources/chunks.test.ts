// A file in chunks: nothing is lost or read twice, and a file whose chunks are partly known reads as it does from nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { countLines, splitChunks } from "../../../agent/sources/chunks.ts";
import type { ReadChunk } from "../../../agent/sources/decodeChunk.ts";
import { joinChunks, readChunks, readManifest } from "../../../agent/sources/manifest.ts";
import { atOnce } from "../../../agent/sources/unhurried.ts";

const rows: readonly (readonly [sentence: string, text: string, chunks: readonly string[]])[] = [
  ["nothing", "", [""]],
  ["one document", "a: 1\n", ["a: 1\n"]],
  ["two documents", "a: 1\n---\nb: 2\n", ["a: 1\n", "---\nb: 2\n"]],
  ["a marker at the beginning", "---\na: 1\n---\n", ["---\na: 1\n", "---\n"]],
  ["a marker at the end, without a line's end", "a\n---", ["a\n", "---"]],
  ["markers only", "---\n---\n---", ["---\n", "---\n", "---"]],
  ["an empty first line", "\n---\na", ["\n", "---\na"]],
  ["directives with their marker", "%YAML 1.2\n%TAG ! x\n---\na\n...\n%YAML 1.2\n---\nb", ["%YAML 1.2\n%TAG ! x\n---\na\n...\n", "%YAML 1.2\n---\nb"]],
  ["a marker with a value", "--- {}\n--- a", ["--- {}\n", "--- a"]],
  ["Windows line ends", "a\r\n---\r\nb", ["a\r\n", "---\r\nb"]],
  ["what only looks like markers", "---a\n ---\n----\n--\n- ---\n\u2028---\n", ["---a\n ---\n----\n--\n- ---\n\u2028---\n"]],
  ["a byte order mark, without it", "\uFEFF---\na\n---\nb", ["---\na\n", "---\nb"]],
];

for (const [sentence, text, chunks] of rows) {
  test(`splits ${sentence}`, () => assert.deepEqual(Array.from(splitChunks(text)), chunks));
}

const pieces = ["---\n", "---", "--- a\n", "%YAML 1.2\n", "...\n", "\n", "\r\n", "a: b\n", "é", " ", "- x\n", "'"];

test("the chunks of any text are the text", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 20 }), (parts) => {
      const text = parts.join("");
      const chunks = Array.from(splitChunks(text));
      assert.equal(chunks.join(""), text);
      for (const chunk of chunks.slice(0, -1)) assert.ok(chunk.endsWith("\n"));
      assert.equal(
        chunks.reduce((sum, chunk) => sum + countLines(chunk), 0),
        text.split("\n").length - 1,
      );
    }),
  );
});

function chunksOf(text: string, before: readonly ReadChunk[]): readonly ReadChunk[] {
  return atOnce(readChunks(text, "f", before));
}

const tier = (name: string, more = "") => `apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: { name: ${name} }\n${more}`;
const policy = `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: { name: p }\nspec:\n  selector: all()\n  ingress:\n  - action: Allow\n  - action: Deny\n`;

const documents = fc.constantFrom(
  tier("a"),
  tier("a", "spec: { order: 1 }\n"),
  tier("b", "# moved by others\n\n"),
  tier("c", "spec: { oder: 1 }\n"),
  tier("'open"),
  policy,
  "apiVersion: apps/v1\nkind: Deployment\n",
  "# nothing\n",
  `${tier("d")}...\n${tier("e")}`,
);

test("a file read again is as from nothing, places too, and each document whose text was there is the same objects", () => {
  fc.assert(
    fc.property(fc.array(fc.array(documents, { maxLength: 6 }), { minLength: 2, maxLength: 6 }), (versions) => {
      let before: readonly ReadChunk[] = [];
      for (const version of versions) {
        const text = version.join("---\n");
        const now = chunksOf(text, before);
        assert.deepEqual(joinChunks(now), readManifest(text, "f"));
        for (const chunk of now) {
          const known = before.filter((old) => old.text === chunk.text);
          const again = now.filter((other) => other.text === chunk.text);
          if (known.length < again.length) continue;
          assert.ok(chunk.resources.every((resource) => known.some(({ resources }) => resources.includes(resource))));
          assert.ok(chunk.problems.every((problem) => known.some(({ problems }) => problems.includes(problem))));
        }
        before = now;
      }
    }),
  );
});
