// Manifests as texts: how YAML, JSON, several documents and Lists become resources, and what faults of the text itself are answered.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readManifest } from "../../../agent/sources/manifest.ts";
import { formatProblem } from "../../../rules/model/problem.ts";
import { checkMessages, endpoint, resource } from "../../rules/model/wrong.ts";

/** "kind/name line" of every resource, then what was ignored, then the problems. */
function outline(text: string): readonly string[] {
  const { resources, problems, ignored } = readManifest(text, "f");
  return [
    ...resources.map(({ kind, metadata, place }) => `${kind}/${metadata.name} ${place.line}:${place.column}`),
    ...ignored.map(({ place, reason }) => `${place.line}:${place.column} ${reason}`),
    ...problems.map((problem) => formatProblem(problem).replace(/^f:/, "")),
  ];
}

const tier = (name: string) => `apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: ${name}\n`;
const tierObject = (name: string) => ({ apiVersion: "projectcalico.org/v3", kind: "Tier", metadata: { name }, spec: { order: 5 } });
const tierItem = "{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: a}}";

const rows: readonly (readonly [sentence: string, text: string, outline: readonly string[]])[] = [
  ["nothing", "", []],
  ["comments only", "# nothing\n\n# here\n", []],
  ["an empty document between others", `---\n---\n${tier("a")}---\n# nothing\n---\n${tier("b")}`, ["Tier/a 3:1", "Tier/b 10:1"]],
  ["documents with an end marker", `${tier("a")}...\n---\n${tier("b")}...\n`, ["Tier/a 1:1", "Tier/b 7:1"]],
  ["a document that begins after an end marker", `${tier("a")}...\n${tier("b")}`, ["Tier/a 1:1", "Tier/b 6:1"]],
  ["a document that begins on the marker's line", `--- ${tierItem}\n--- ${tierItem}\n`, ["Tier/a 1:5", "Tier/a 2:5"]],
  ["a byte order mark", `\uFEFF${tier("a")}`, ["Tier/a 1:1"]],
  ["a byte order mark before a marker", `\uFEFF---\n${tier("a")}`, ["Tier/a 2:1"]],
  ["Windows line ends", `${tier("a")}---\n${tier("b")}`.replaceAll("\n", "\r\n"), ["Tier/a 1:1", "Tier/b 6:1"]],
  ["a directive", `%YAML 1.2\n---\n${tier("a")}`, ["Tier/a 3:1"]],
  ["directives for each document", `%YAML 1.2\n---\n${tier("a")}...\n%YAML 1.2\n---\n${tier("b")}`, ["Tier/a 3:1", "Tier/b 10:1"]],
  ["a marker within a text that is indented", `${tier("a")}  annotations:\n    a: |\n      ---\n      b\n`, ["Tier/a 1:1"]],
  ["JSON", JSON.stringify(tierObject("a")), ["Tier/a 1:1"]],
  ["JSON indented by tabs", JSON.stringify(tierObject("a"), null, "\t"), ["Tier/a 1:1"]],
  ["a List", `apiVersion: v1\nkind: List\nitems:\n- ${tierItem}\n- ${tierItem}\n`, ["Tier/a 4:3", "Tier/a 5:3"]],
  ["a List in JSON", JSON.stringify({ apiVersion: "v1", kind: "List", items: [tierObject("a")] }, null, 1), ["Tier/a 5:3"]],
  [
    "a List of Lists",
    `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: List, items: [${tierItem}]}\n`,
    ["4:3: error not-a-resource: this List is not read; its items must be resources, and none of them a List"],
  ],
  [
    "a List that holds itself",
    "&l\napiVersion: v1\nkind: List\nitems: [*l, *l]\n",
    [
      "4:9: error not-a-resource: this List is not read; its items must be resources, and none of them a List",
      "4:13: error not-a-resource: this List is not read; its items must be resources, and none of them a List",
    ],
  ],
  [
    "a List without items",
    "apiVersion: v1\nkind: List\n",
    ["1:1: error not-a-resource: this List is not read; its items must be resources, and none of them a List"],
  ],
  ["an empty List", "apiVersion: v1\nkind: List\nitems: []\n---\napiVersion: v1\nkind: List\nitems:\n", []],
  ["a TierList whose items do not repeat what it says", "apiVersion: projectcalico.org/v3\nkind: TierList\nitems:\n- metadata: {name: a}\n", ["Tier/a 4:3"]],
  ["another program's list", `apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: a}\n`, ["4:3 apps/v1 is not Calico's"]],
  [
    "a problem within a List, at its own place",
    `apiVersion: v1\nkind: List\nitems:\n- ${tierItem}\n- apiVersion: projectcalico.org/v3\n  kind: Tier\n  metadata: {name: b}\n  spec: {oder: 1}\n`,
    ["Tier/a 4:3", "8:10: error unknown-field Tier/b spec.oder: there is no such field; did you mean order?"],
  ],
  ["anchors and aliases", `${tier("a")}spec: &spec {order: 5}\nstatus: *spec\n`, ["Tier/a 1:1"]],
  ["merge keys", `apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: &m {name: a}\nspec: {order: 1}\nstatus: {<<: *m}\n`, ["Tier/a 1:1"]],
  [
    "a problem behind an alias, at the anchor",
    `apiVersion: projectcalico.org/v3\nkind: Tier\nstatus: &s {order: x}\nmetadata: {name: a}\nspec: *s\n`,
    ['3:20: error field-type Tier/a spec.order: expected a number, got the string "x"'],
  ],
  ["a tag of YAML itself", `${tier("!!str 123")}`, ["Tier/123 1:1"]],
  ["words that are booleans only to old YAML, in quotes", endpoint('interfaceName: "on"'), ["HostEndpoint/x 1:1"]],
  [
    "a fault in one document of three",
    `${tier("a")}---\n${tier("'b")}---\n${tier("c")}`,
    ["Tier/a 1:1", "Tier/c 11:1", "10:1: error yaml-syntax: Missing closing 'quote; close the quote or bracket that is open here"],
  ],
  [
    "a bracket that is open to the end of its document",
    `${tier("{a: [b")}---\n${tier("c")}`,
    [
      "Tier/c 6:1",
      "5:1: error yaml-syntax: Flow sequence in block collection must be sufficiently indented and end with a ]; compare the indentation with the lines above",
      "5:1: error yaml-syntax: Flow map in block collection must be sufficiently indented and end with a }; compare the indentation with the lines above",
    ],
  ],
  [
    "problems of several documents, all at once",
    `${tier("A")}---\n${resource("Tier", "order: x\ndefaultAction: allow")}`,
    [
      '4:9: error field-value metadata.name: expected a tier name (lower-case letters, digits and "-", beginning and ending with a letter or digit; no dots), got "A"; write "a"',
      '11:10: error field-type Tier/x spec.order: expected a number, got the string "x"',
      '12:18: error field-value Tier/x spec.defaultAction: expected Deny or Pass, got "allow"',
    ],
  ],
  [
    "an empty value, at its key",
    `${tier("a")}spec:\n  order:\n  types:\n`,
    ["7:3: error unknown-field Tier/a spec.types: there is no such field; the fields here are order, defaultAction"],
  ],
];

for (const [sentence, text, expected] of rows) {
  test(`reads ${sentence}`, () => assert.deepEqual(outline(text), expected));
}

test("says where every rule is", () => {
  const text = resource("GlobalNetworkPolicy", "ingress:\n- action: Allow\n- {action: Deny}\negress:\n  -   action: Pass");
  const [policy] = readManifest(text, "f").resources;
  assert.ok(policy?.kind === "GlobalNetworkPolicy");
  assert.deepEqual(
    [...policy.ingress, ...policy.egress].map(({ place }) => `${place.source}:${place.line}:${place.column}`),
    ["f:7:5", "f:8:5", "f:10:9"],
  );
});

test("no variable of the environment makes a parser log, and the environment stays what it is", (t) => {
  const environment = process.env;
  const log = t.mock.method(console, "log", () => undefined);
  process.env["LOG_TOKENS"] = "1";
  try {
    for (const name of ["plain", "&anchored anchored"]) assert.equal(readManifest(tier(name), "f").resources.length, 1);
    assert.equal(process.env, environment);
    assert.equal(log.mock.callCount(), 0);
  } finally {
    delete process.env["LOG_TOKENS"];
  }
});

test("a deep nest is a problem, not a crash", () => {
  const [problem] = readManifest(`a: ${"[".repeat(5000)}`, "f").problems;
  assert.deepEqual([problem?.code, problem?.message], ["yaml-syntax", "this is nested too deeply"]);
});

test("a problem on the last of many lines is found at once", () => {
  const text = resource("GlobalNetworkSet", `nets:\n${"- 10.0.0.1\n".repeat(5000)}- nonsense`);
  assert.deepEqual(outline(text), ['5007:5: error field-value GlobalNetworkSet/x spec.nets[5000]: expected a CIDR or an address, got "nonsense"']);
});

checkMessages([
  [
    "a key twice",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nkind: Tier\nmetadata: {name: x}\n",
    ["3:1: error yaml-syntax: this key is in the mapping already; remove one of the two, or put --- between two documents"],
  ],
  [
    "two documents without --- between them",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: x}\napiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: y}\n",
    [
      "4:1: error yaml-syntax: this key is in the mapping already; remove one of the two, or put --- between two documents",
      "5:1: error yaml-syntax: this key is in the mapping already; remove one of the two, or put --- between two documents",
      "6:1: error yaml-syntax: this key is in the mapping already; remove one of the two, or put --- between two documents",
    ],
  ],
  [
    "a tab for indentation",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n\tname: x\n",
    ["4:1: error yaml-syntax: Tabs are not allowed as indentation; indent with spaces"],
  ],
  [
    "a colon and space in a value",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: x: y\n",
    ['4:9: error yaml-syntax: Nested mappings are not allowed in compact mappings; put a value that contains ": " in quotes'],
  ],
  [
    "a star without quotes",
    endpoint("interfaceName: *"),
    ['7:18: error yaml-syntax: "*" begins an alias, and this one has no good name; put a text that begins with "*" in quotes'],
  ],
  [
    "a word with a star without quotes",
    endpoint("interfaceName: *eth"),
    ['7:18: error yaml-syntax: this alias has no anchor before it; put a text that begins with "*" in quotes'],
  ],
  [
    "a quote that never closes",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: 'x\n---\napiVersion: v1\nkind: Foo\n",
    ["5:1: error yaml-syntax: Missing closing 'quote; close the quote or bracket that is open here"],
  ],
  [
    "wrong indentation",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: x\n labels: {}\n",
    ["5:1: error yaml-syntax: All mapping items must start at the same column; compare the indentation with the lines above"],
  ],
  [
    "a bracket that never closes",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: [x\n",
    ["5:1: error yaml-syntax: Flow sequence in block collection must be sufficiently indented and end with a ]; compare the indentation with the lines above"],
  ],
  [
    "a template that nobody filled in",
    "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: {{ .Values.name }}\n",
    ['4:10: error yaml-syntax: a key must be a string; put a value that begins with "{" or "[" in quotes'],
  ],
  ["a tag", "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata:\n  name: !Ref x\n", ["4:9: warning yaml-syntax: Unresolved tag: !Ref; remove the tag"]],
  ["a merge of a text", `${tier("a")}spec:\n  <<: text\n`, ['6:3: error yaml-syntax: "<<" merges mappings only; give it an alias of a mapping']],
  [
    "aliases that multiply",
    "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
    ["1:1: error yaml-syntax: anchors are used more than 1000 times, counting uses within uses; write the values out"],
  ],
]);
