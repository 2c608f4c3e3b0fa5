// Which resources are in force after a file was read again: the new ones, and the last valid versions of what is invalid now.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { errorsOf, type FileState, keeping, mergeFiles, nextFileState, writtenIn } from "../../../agent/sources/lastGood.ts";
import { lastGoodText } from "../../../agent/sources/lastGoodText.ts";
import { readChunks } from "../../../agent/sources/manifest.ts";
import { atOnce, type Steps } from "../../../agent/sources/unhurried.ts";
import type { Resource } from "../../../rules/model/types.ts";
import { prefixesOf } from "../../../rules/net/networks.ts";
import { formatPrefix } from "../../../rules/net/prefix.ts";

const set = (name: string, net: string) => `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata: { name: ${name} }\nspec: { nets: [${net}] }\n`;
const all = (...documents: readonly string[]) => documents.join("---\n");
const good = "10.0.0.0/8";
const newer = "192.168.0.0/16";
const wrong = "10.0.0.0/99";

const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1e9);

const unreadable = Symbol("unreadable");

/** `again`: that version is read by the process that read those before, and by another one again. `first`: it is read by another one only. */
interface Restart {
  readonly reads: "again" | "first";
  readonly at: number;
}

function read(path: string, versions: readonly (string | typeof unreadable)[], restart?: Restart): FileState {
  let state: FileState | undefined;
  let saved = "";
  for (const [index, version] of versions.entries()) {
    const isOther = (reads: Restart["reads"]) => restart?.at === index && restart.reads === reads;
    state = isOther("first") ? restarted(saved, { path, version }) : atOnce(nextStates(state, { path, version }));
    if (version !== unreadable) saved = lastGoodText(state);
    if (isOther("again")) state = restarted(saved, { path, version });
  }
  assert.ok(state);
  return state;
}

function restarted(saved: string, file: { path: string; version: string | typeof unreadable }): FileState {
  const chunks = atOnce(readChunks(saved, "saved.yaml", []));
  assert.deepEqual(chunks.flatMap(errorsOf), [], saved);
  return keeping(atOnce(nextStates(undefined, file)), () => writtenIn(chunks));
}

function* nextStates(state: FileState | undefined, { path, version }: { path: string; version: string | typeof unreadable }): Steps<FileState> {
  if (version === unreadable) return yield* nextFileState(state, { path, content: { kind: "unreadable", reason: "cannot be read" } });
  return yield* nextFileState(state, { path, content: { kind: "text", text: version } });
}

function described(resources: readonly Resource[]): string[] {
  return resources
    .map((resource) => `${resource.metadata.name} ${resource.kind === "GlobalNetworkSet" ? prefixesOf(resource.nets).map(formatPrefix).join() : ""}`)
    .sort();
}

interface Row {
  readonly sentence: string;
  readonly versions: readonly (string | typeof unreadable)[];
  readonly inForce: readonly string[];
  readonly errors: number;
}

const rows: readonly Row[] = [
  { sentence: "a valid version replaces the one before", versions: [set("a", good), set("a", newer)], inForce: [`a ${newer}`], errors: 0 },
  { sentence: "an invalid version leaves the last valid one in force", versions: [set("a", good), set("a", wrong)], inForce: [`a ${good}`], errors: 1 },
  {
    sentence: "two invalid versions one after the other do so too",
    versions: [set("a", good), set("a", wrong), set("a", wrong)],
    inForce: [`a ${good}`],
    errors: 1,
  },
  {
    sentence: "of two versions in one file the first stays, which was in force",
    versions: [all(set("a", good), set("a", newer)), set("a", wrong)],
    inForce: [`a ${good}`],
    errors: 1,
  },
  { sentence: "a resource that was never valid is not in force", versions: [set("a", wrong)], inForce: [], errors: 1 },
  {
    sentence: "an invalid resource does not hold up the others of its file",
    versions: [all(set("a", good), set("b", good)), all(set("a", wrong), set("b", newer), set("c", good))],
    inForce: [`a ${good}`, `b ${newer}`, `c ${good}`],
    errors: 1,
  },
  {
    sentence: "a resource taken out of the file is gone, also beside an invalid one",
    versions: [all(set("a", good), set("b", good)), set("a", wrong)],
    inForce: [`a ${good}`],
    errors: 1,
  },
  {
    sentence: "a resource that becomes valid again counts as it is now",
    versions: [set("a", good), set("a", wrong), set("a", newer)],
    inForce: [`a ${newer}`],
    errors: 0,
  },
  { sentence: "a resource removed after it was invalid is gone", versions: [set("a", good), set("a", wrong), ""], inForce: [], errors: 0 },
  {
    sentence: "a document that is not YAML keeps everything of the file that is not there in valid form",
    versions: [all(set("a", good), set("b", good)), all(set("a", newer), "kind: [\n")],
    inForce: [`a ${newer}`, `b ${good}`],
    errors: 1,
  },
  {
    sentence: "an unreadable file keeps everything",
    versions: [all(set("a", good), set("b", good)), unreadable],
    inForce: [`a ${good}`, `b ${good}`],
    errors: 1,
  },
  { sentence: "a file that was never readable has nothing", versions: [unreadable], inForce: [], errors: 1 },
  { sentence: "an emptied file has nothing", versions: [set("a", good), ""], inForce: [], errors: 0 },
];

for (const { sentence, versions, inForce, errors } of rows) {
  for (const restart of [undefined, ...restarts(versions)]) {
    test(`${sentence}${restart === undefined ? "" : `; version ${restart.at} read ${restart.reads} by another process`}`, () => {
      const { resources, problems } = mergeFiles(new Map([["a.yaml", read("a.yaml", versions, restart)]]));
      assert.deepEqual(described(resources), inForce);
      assert.equal(problems.filter(({ severity }) => severity === "error").length, errors, JSON.stringify(problems));
    });
  }
}

function restarts(versions: readonly unknown[]): readonly Restart[] {
  return versions.flatMap((_, at) => (["again", "first"] as const).map((reads) => ({ reads, at })));
}

/** Documents of few names, so that they meet: valid, invalid, no YAML, two in one chunk, and a list of some. */
const document = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom(good, newer, wrong)).map(([name, net]) => set(name, net)) },
  { weight: 1, arbitrary: fc.constantFrom("a: [\n", "# nothing\n", `${set("a", good)}...\n${set("b", newer)}`, `${set("a", wrong)}...\n${set("c", good)}`) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom(good, newer, wrong)), { minLength: 1, maxLength: 3 })
      .map((items) => `${JSON.stringify({ apiVersion: "v1", kind: "List", items: items.map(([name, net]) => item(name, net)) })}\n`),
  },
);
const item = (name: string, net: string) => ({ apiVersion: "projectcalico.org/v3", kind: "GlobalNetworkSet", metadata: { name }, spec: { nets: [net] } });
const version = fc.oneof(
  { weight: 8, arbitrary: fc.array(document, { maxLength: 4 }).map((documents) => all(...documents)) },
  { weight: 1, arbitrary: fc.constant(unreadable) },
);

test("after any versions the same is in force whichever of them another process has read again", () => {
  const property = fc.property(fc.array(version, { minLength: 1, maxLength: 6 }), (versions) => {
    const inForce = (restart?: Restart) => described(mergeFiles(new Map([["a.yaml", read("a.yaml", versions, restart)]])).resources);
    const expected = inForce();
    for (const restart of restarts(versions)) assert.deepEqual(inForce(restart), expected, JSON.stringify(restart));
  });
  const result = fc.check(property, { seed, numRuns: 120 });
  if (result.failed) assert.fail(`FUZZ_SEED=${seed}: ${String(result.errorInstance)}\n${JSON.stringify(result.counterexample)}`);
});

test("another process keeps of a list what was last valid of each item", () => {
  const list = (...items: readonly string[]) =>
    `apiVersion: v1\nkind: List\nitems:\n${items
      .map((item) =>
        item
          .replace(/^/gm, "    ")
          .replace(/^ {2}( *)/, "$1- ")
          .trimEnd(),
      )
      .join("\n")}\n`;
  const versions = [list(set("a", good), set("b", good), set("c", good)), list(set("a", wrong), set("b", newer))];
  for (const restart of [undefined, ...restarts(versions)]) {
    const { resources } = mergeFiles(new Map([["a.yaml", read("a.yaml", versions, restart)]]));
    assert.deepEqual(described(resources), [`a ${good}`, `b ${newer}`], JSON.stringify(restart));
  }
});

test("the problem says whether something stays in force", () => {
  const hints = (...versions: readonly string[]) => read("a.yaml", versions).problems.map(({ hint }) => hint ?? "");
  assert.match(hints(set("a", good), set("a", wrong)).join(), /what was last valid stays in force$/);
  assert.doesNotMatch(hints(set("a", wrong)).join(), /stays in force/);
});

test("of two resources with one name the one in the first file counts, and the other is told", () => {
  const files = new Map([
    ["b.yaml", read("b.yaml", [set("x", newer)])],
    ["a.yaml", read("a.yaml", [`# first\n${set("x", good)}`])],
  ]);
  const { resources, problems } = mergeFiles(files);
  assert.deepEqual(described(resources), [`x ${good}`]);
  assert.deepEqual(
    problems.map(({ code, place, resource, message }) => [code, place.source, resource, message]),
    [["duplicate-name", "b.yaml", "GlobalNetworkSet/x", "is already defined in a.yaml:2, which counts"]],
  );
});

test("a valid resource goes before a kept one of an earlier file", () => {
  const files = new Map([
    ["a.yaml", read("a.yaml", [set("x", good), set("x", wrong)])],
    ["b.yaml", read("b.yaml", [set("x", newer)])],
  ]);
  assert.deepEqual(described(mergeFiles(files).resources), [`x ${newer}`]);
});
