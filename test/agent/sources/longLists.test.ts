// Long lists are hidden from the YAML parser for speed; nothing else may tell. A space at the end of each entry's line keeps a list from
// being hidden and means nothing: both texts must read the same, places included.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hideLongLists } from "../../../agent/sources/longLists.ts";
import { readManifest } from "../../../agent/sources/manifest.ts";
import { readChunk } from "../../../agent/sources/yaml.ts";
import { countNetworks } from "../../../rules/net/networks.ts";

const spellings = [
  (i: number) => `10.0.${i >> 8}.${i & 255}`,
  (i: number) => `10.${i >> 8}.${i & 255}.0/24`,
  (i: number) => `2001:db8:${i.toString(16)}::/48`,
  (i: number) => `2001:db8::${(i + 1).toString(16)}`,
  (i: number) => `"192.0.${i >> 8}.${i & 255}"`,
  (i: number) => `'2001:db8:${i.toString(16)}::'`,
  (i: number) => `::${(i + 1).toString(16)}/128`,
];

function entries(count: number, indent: string, lineEnd = "\n"): string {
  return Array.from({ length: count }, (_, i) => `${indent}- ${spellings[i % spellings.length]?.(i % 65_536)}${lineEnd}`).join("");
}

const head = (name: string) => `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata:\n  name: ${name}\n`;

const rows: readonly (readonly [sentence: string, text: string, hidden: number])[] = [
  ["a list", `${head("a")}spec:\n  nets:\n${entries(300, "  ")}`, 1],
  ["a list indented further, with something after it", `${head("a")}spec:\n  nets:\n${entries(300, "      ")}status: {}\n`, 1],
  ["Windows line ends", `${head("a").replaceAll("\n", "\r\n")}spec:\r\n  nets:\r\n${entries(300, "  ", "\r\n")}`, 1],
  ["a list in two parts with a comment between", `${head("a")}spec:\n  nets:\n${entries(150, "  ")}  # more\n${entries(150, "  ")}`, 2],
  ["other entries between", `${head("a")}spec:\n  nets:\n${entries(150, "  ")}  - "10.0.0.0/8" # all\n${entries(150, "  ")}  - bad\n${entries(120, "  ")}`, 3],
  ["lists in several documents", `${head("a")}spec:\n  nets:\n${entries(200, "  ")}---\n${head("b")}spec:\n  nets:\n${entries(200, "  ")}`, 2],
  ["an anchored list used twice", `${head("a")}spec:\n  nets: &n\n${entries(200, "  ")}status: {nets: *n}\n`, 1],
  ["a short list", `${head("a")}spec:\n  nets:\n${entries(99, "  ")}`, 0],
  ["a list at another place than a list may be", `${head("a")}spec:\n  nots:\n${entries(200, "  ")}`, 1],
  ["a literal text that looks like a list", `${head("a")}  annotations:\n    a: |\n${entries(200, "      ")}`, 1],
  ["a folded text that looks like a list", `${head("a")}  annotations:\n    a: >\n      b\n${entries(200, "      ")}`, 1],
  ["a quoted text that looks like a list", `${head("a")}  annotations:\n    a: 'b\n${entries(200, "      ").replaceAll("'", '"')}      '\n`, 1],
  ["a plain text that looks like a list", `${head("a")}  annotations:\n    a: b\n${entries(200, "      ")}`, 1],
  ["brackets around what looks like a list", `${head("a")}spec:\n  nets: [\n${entries(200, "    ")}  ]\n`, 1],
  ["a list that is a document", entries(200, ""), 1],
  ["a list under a directive", `%YAML 1.1\n---\n${head("a")}spec:\n  nets:\n${entries(200, "  ")}`, 0],
  ["an error elsewhere", `${head("a")}spec:\n  nets:\n${entries(200, "  ")}spec: {}\n`, 1],
];

for (const [sentence, text, hidden] of rows) {
  test(`reads ${sentence} as the parser does by itself`, () => {
    assert.equal(hideLongLists(text).runs.length, hidden);
    assert.equal(hideLongLists(text).text.length, text.length);
    const padded = text.replaceAll(/^( *- [^\r\n]*)(\r?)$/gm, "$1 $2");
    assert.deepEqual(hideLongLists(padded).runs, []);
    const [fast, slow] = [readManifest(text, "f"), readManifest(padded, "f")];
    assert.deepEqual(withoutPadding(fast), withoutPadding(slow));
  });
}

test("the yaml package by itself reads what is hidden as what is not", () => {
  for (const [sentence, text] of rows.filter(([, written]) => !/^ *'|[|>]$|: b$/m.test(written))) {
    const [hidden, shown] = [text, text.replaceAll(/^( *- [^\r\n]*)(\r?)$/gm, "$1 $2")].map((written) => readChunk({ text: written, line: 1 }, "f"));
    const paths = [[], ["spec", "nets"], ["spec", "nets", 0], ["spec", "nets", 150], ["spec", "nets", 199], [199]];
    const told = (documents = hidden) => documents?.map(({ value, problems, locate }) => [value, problems, paths.map((path) => locate(path))]);
    assert.deepEqual(told(hidden), told(shown), sentence);
  }
});

/** The padding shows in texts, as spaces. */
function withoutPadding({ resources, problems, ignored }: ReturnType<typeof readManifest>): unknown {
  const texts = resources.map(({ metadata }) =>
    Object.entries(metadata.annotations).map(([key, value]) => [key, value.replaceAll(/ +/g, " ").replaceAll(" \n", "\n")]),
  );
  return { texts, resources: resources.map((resource) => ({ ...resource, metadata: { ...resource.metadata, annotations: {} } })), problems, ignored };
}

test("100k networks are read without a problem", () => {
  const text = `${head("a")}spec:\n  nets:\n${entries(100_000, "  ")}`;
  const { resources, problems } = readManifest(text, "f");
  assert.deepEqual(problems, []);
  assert.equal(resources[0]?.kind === "GlobalNetworkSet" && countNetworks(resources[0].nets), 100_000);
});
