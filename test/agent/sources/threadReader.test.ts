// Large documents are read on a thread, as they would be here: others go on meanwhile, and it may take no more memory than it is given.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readDirectory, watchDirectory } from "../../../agent/sources/directory.ts";
import { mostOthersHere, readManifest } from "../../../agent/sources/manifest.ts";
import { ThreadReader } from "../../../agent/sources/threadReader.ts";

/** A set of so many networks, which an anchor makes one that is not plain. */
function set(count: number, anchor = "&a "): string {
  const nets = Array.from({ length: count }, (_, i) => `    - 10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}/32\n`);
  return `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata: { name: ${anchor}s }\nspec:\n  nets:\n${nets.join("")}`;
}

const texts: readonly (readonly [what: string, text: string])[] = [
  ["a valid document", set(10_000)],
  ["a plain one, which is larger", set(70_000, "")],
  ["a document with a fault", `${set(10_000)}    - 'open\n`],
  ["a resource with problems, and a place in the middle of the file", `${set(3, "")}---\n${set(10_000).replaceAll("10.0.0.7/32", "10.0.0.7/99")}`],
  ["policies", `items:\n${policies(1000)}kind: &k List\napiVersion: v1\n`],
];

function policies(count: number): string {
  const one = (i: number): object => ({
    apiVersion: "projectcalico.org/v3",
    kind: "GlobalNetworkPolicy",
    metadata: { name: `p${i}`, labels: { a: "b" } },
    spec: {
      order: i,
      selector: `has(a) && b in {'${i}'}`,
      ingress: [{ action: "Allow", protocol: "TCP", source: { nets: ["::/0"] }, destination: { ports: [i + 1, "2:3", "x"] } }],
    },
  });
  return Array.from({ length: count }, (_, i) => `- ${JSON.stringify(one(i))}\n`).join("");
}

describe("large documents", () => {
  let path = "";
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), "hostward-thread-"));
  });
  afterEach(() => rmSync(path, { recursive: true }));

  for (const [what, text] of texts) {
    test(`${what}: on the thread and here it is the same`, async () => {
      assert.ok(text.length > mostOthersHere);
      writeFileSync(join(path, "a.yaml"), text);
      const there = await readDirectory(path);
      const here = readManifest(text, join(path, "a.yaml"));
      assert.deepEqual([there.resources, there.problems], [here.resources, here.problems]);
      assert.ok(there.resources.length + there.problems.length > 0);
    });
  }

  test("what is nested too deeply for this process is so for the thread", async () => {
    const text = `a: &a ${"[".repeat(mostOthersHere)}`;
    writeFileSync(join(path, "a.yaml"), text);
    const there = await readDirectory(path);
    for (const { resources, problems } of [there, readManifest(text, "a.yaml")]) {
      assert.deepEqual(resources, []);
      assert.ok(problems.some(({ message }) => message === "this is nested too deeply"));
    }
  });

  test("others have their turns meanwhile", async () => {
    writeFileSync(join(path, "a.yaml"), `${set(30_000)}    - 'open\n`);
    let turns = 0;
    const others = setInterval(() => turns++, 5);
    const { problems } = await readDirectory(path).finally(() => clearInterval(others));
    assert.equal(problems.length, 1);
    assert.ok(turns > 20, `${turns} turns`);
  });

  test("closing ends it", async () => {
    writeFileSync(join(path, "a.yaml"), set(100_000));
    let looks = 0;
    const source = watchDirectory({ path, onChange: () => looks++ });
    await sleep(300);
    await source.close();
    assert.deepEqual([looks, source.current().resources], [0, []]);
  });
});

describe("the thread", () => {
  const readers: ThreadReader[] = [];
  after(() => Promise.all(readers.map((reader) => reader.close())));
  const readerWith = (...megabytes: readonly number[]): ThreadReader => {
    const reader = new ThreadReader(...megabytes);
    readers.push(reader);
    return reader;
  };

  test("that takes more memory than it may is a problem of the document, and the next one is read", async () => {
    const reader = readerWith(64);
    const large = await reader.read({ text: set(100_000), line: 7 }, "a.yaml");
    const [problem] = large?.problems ?? [];
    assert.deepEqual([large?.resources, large?.problems.length, large?.lines], [[], 1, 100_005]);
    assert.deepEqual([problem?.code, problem?.severity, problem?.place, problem?.resource], ["yaml-syntax", "error", { source: "a.yaml", line: 7 }, undefined]);
    assert.match(problem?.message ?? "", /^is a document of 2\.1 MB, and more than 64 MB of memory would be needed to read it$/);
    const small = await reader.read({ text: set(10), line: 1 }, "b.yaml");
    assert.equal(small?.resources.length, 1);
  });

  test("that is closed reads no more: nobody is to begin anew with what was called off", async () => {
    const reader = readerWith();
    const reading = assert.rejects(reader.read({ text: set(100_000), line: 1 }, "a.yaml"), /the thread has ended/);
    await sleep(100);
    await reader.close();
    await reading;
    await assert.rejects(reader.read({ text: set(10), line: 1 }, "a.yaml"), /the reader is closed/);
  });

  test("that cannot be asked is not missed, and is asked again", async () => {
    const reader = readerWith();
    const unsent = { text: set(10), line: 1, copy: () => undefined };
    assert.equal(await reader.read(unsent, "a.yaml"), undefined);
    const read = await reader.read({ text: set(10), line: 1 }, "a.yaml");
    assert.equal(read?.resources.length, 1);
  });
});
