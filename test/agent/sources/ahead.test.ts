// What is read on several threads is what one thread reads, whatever the manifests hold and whatever happens to a thread; and threads are there only
// while they are worth it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import type { AheadOptions } from "../../../agent/sources/ahead.ts";
import { readDirectory, watchDirectory } from "../../../agent/sources/directory.ts";
import type { SourceState } from "../../../agent/sources/source.ts";
import { until } from "../../patience.ts";

const calico = "apiVersion: projectcalico.org/v3";
const long = Array.from({ length: 200 }, (_, i) => `    - 10.${i}.0.0/16\n`).join("");

/** Of each something that only it has: valid ones, wrong ones, suspicious ones, others' business, several in one chunk, and what YAML can do. */
const documents: readonly ((name: string) => string)[] = [
  (name) =>
    `${calico}\nkind: GlobalNetworkPolicy\nmetadata: { name: ${name} }\nspec:\n  ingress:\n  - action: Allow\n  - { action: Deny }\n  egress: [{ action: Pass }]\n`,
  (name) =>
    `# a policy\n\n${calico}\nkind: Profile\nmetadata: { name: ${name} }\nspec:\n  egress:\n\n    - action: Allow\n      source: { nets: [10.0.0.0/8] }\n`,
  (name) => `${calico}\nkind: GlobalNetworkSet\nmetadata:\n  name: ${name}\n  labels: { über: "\\u00e9" }\nspec:\n  nets:\n${long}`,
  (name) => `${calico}\nkind: StagedGlobalNetworkPolicy\nmetadata: { name: ${name} }\nspec: { ingress: [{ action: Allow }] }\n`,
  (name) => JSON.stringify({ apiVersion: "projectcalico.org/v3", kind: "Tier", metadata: { name }, spec: { order: 5 } }, undefined, "\t"),
  (name) =>
    `apiVersion: v1\nkind: List\nitems:\n- ${calico}\n  kind: Tier\n  metadata: { name: ${name}-1 }\n- apiVersion: apps/v1\n  kind: Deployment\n- ${calico}\n  kind: Tier\n  metadata: { nam: x }\n`,
  (name) => `${calico}\nkind: TierList\nitems:\n- metadata: { name: ${name}-a }\n- metadata: { name: ${name}-b }\n  spec: { oder: 1 }\n`,
  (name) => `${calico}\nkind: GlobalNetworkPolicy\nmetadata: { name: ${name} }\nspec:\n  ingress: [&r { action: Allow }, *r]\n  egress: [*r]\n`,
  (name) => `${calico}\nkind: Tier\nmetadata: { name: ${name} }\n...\n${calico}\nkind: Tier\nmetadata: { name: ${name}-x }\n`,
  (name) => `${calico}\nkind: Tier\nmetadata: { name: ${name} }\nspec: { order: x }\n`,
  (name) => `${calico}\nkind: Tier\nmetadata:\n  name: '${name}\n`,
  (name) => `${calico}\nkind: Tier\nmetadata: { name: !Ref ${name} }\n`,
  (name) => `${calico}\nkind: BGPConfiguration\nmetadata: { name: ${name} }\n`,
  () => "&l\napiVersion: v1\nkind: List\nitems: [*l]\n",
  () => `a: ${"[".repeat(200)}${"]".repeat(200)}\n`,
  () => `apiVersion: apps/v1\r\nkind: Deployment\r\n`,
  () => "# nothing\n",
  () => `${calico}\nkind: Tier\nmetadata: { name: twice }\n`,
];

const mixture = Array.from({ length: 12 * documents.length }, (_, i) => documents[i % documents.length]?.(`n${i}`) ?? "");

interface Started {
  readonly worker: Worker;
  /** Portions. */
  answers: number;
  hasEnded: boolean;
}

/** The threads that were started meanwhile. */
async function startedDuring(use: (started: readonly Started[]) => Promise<void>): Promise<readonly Started[]> {
  const all: Started[] = [];
  const listen = (worker: Worker): void => {
    const started: Started = { worker, answers: 0, hasEnded: false };
    all.push(started);
    worker.on("message", () => started.answers++);
    worker.on("exit", () => {
      started.hasEnded = true;
    });
  };
  process.on("worker", listen);
  try {
    await use(all);
  } finally {
    process.off("worker", listen);
  }
  return all;
}

async function withFiles(texts: readonly string[], use: (path: string) => Promise<void>): Promise<void> {
  const path = join(mkdtempSync(join(tmpdir(), "hostward-ahead-")), "manifests");
  mkdirSync(path);
  for (const [i, text] of texts.entries()) writeFileSync(join(path, `${String(i).padStart(4, "0")}.yaml`), text);
  try {
    await use(path);
  } finally {
    rmSync(join(path, ".."), { recursive: true });
  }
}

const alone: AheadOptions = { processors: 1 };
const shared: AheadOptions = { processors: 3, least: 1 };

function half(part: 0 | 1): string {
  return mixture.filter((_, i) => i % 2 === part).join("\n---\n");
}

const layouts: readonly (readonly [sentence: string, texts: readonly string[]])[] = [
  ["one file", [mixture.join("\n---\n")]],
  ["a file for each document", mixture],
  ["two files, one of them with a byte order mark", [`\uFEFF${half(0)}`, half(1)]],
];

for (const [sentence, texts] of layouts) {
  test(`several threads read what one reads: ${sentence}`, () =>
    withFiles(texts, async (path) => {
      let read: SourceState | undefined;
      const threads = await startedDuring(async () => {
        read = await readDirectory(path, shared);
      });
      assert.deepEqual(read, await readDirectory(path, alone));
      assert.ok((read?.resources.length ?? 0) > 80 && (read?.problems.length ?? 0) > 80 && (read?.ignored?.length ?? 0) > 20);
      assert.equal(threads.length, 2);
      assert.ok(threads.every(({ answers }) => answers > 0));
      await until(() => threads.every(({ hasEnded }) => hasEnded));
    }));
}

const failing: readonly (readonly [sentence: string, program: URL])[] = [
  ["is not to be had", new URL("http://nowhere/")],
  ["has no program", new URL("file:///nowhere.mjs")],
  ["ends at once", script("process.exit(0)")],
  ["fails at its second portion", script("let count = 0; on(() => { if (++count === 2) throw new Error('no'); return undefined; })")],
  ["needs more memory than it may have", script("on(() => { for (const all = []; ; ) all.push(Array(100_000).fill(all)); })")],
  ["leaves everything to others", script("on(() => undefined)")],
];

function script(body: string): URL {
  const on = "const on = (read) => parentPort.on('message', (portion) => parentPort.postMessage(portion.map(read)))";
  return new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort } from "node:worker_threads"; ${on}; ${body}`)}`);
}

for (const [sentence, program] of failing) {
  test(`nothing is missing when a thread ${sentence}`, () =>
    withFiles([mixture.join("\n---\n")], async (path) => {
      const threads = await startedDuring(async () => {
        assert.deepEqual(await readDirectory(path, { ...shared, program }), await readDirectory(path, alone));
      });
      assert.equal(threads.length, program.protocol === "http:" ? 0 : 2);
      await until(() => threads.every(({ hasEnded }) => hasEnded));
    }));
}

const tierText = (name: string) => `${calico}\nkind: Tier\nmetadata: { name: ${name} }\n`;
const padding = (characters: number) => `# ${"x".repeat(characters)}\n`;
const large = Array.from({ length: 50 }, (_, i) => `${tierText(`t${i}`)}${padding(32_000)}`);

const sizes: readonly (readonly [sentence: string, texts: readonly string[], options: AheadOptions, threads: number])[] = [
  ["little is read by one thread", [large.slice(0, 40).join("---\n")], { processors: 2 }, 0],
  ["much is read by as many threads as there are processors", [large.join("---\n")], { processors: 2 }, 1],
  ["much in small files is much", large, { processors: 2 }, 1],
  ["with many processors there are four threads", [large.join("---\n")], { processors: 64 }, 3],
  ["with one processor there is one thread", [large.join("---\n")], { processors: 1 }, 0],
  ["one document is read by one thread", [`${tierText("a")}${padding(500_000)}`], { processors: 2, least: 1 }, 0],
  ["a document that may need more memory than a thread has is not shared", large.slice(0, 4).map((text) => text + padding(600_000)), { processors: 2 }, 0],
];

for (const [sentence, texts, options, expected] of sizes) {
  test(sentence, () =>
    withFiles(texts, async (path) => {
      const threads = await startedDuring(async () => {
        assert.equal((await readDirectory(path, options)).resources.length, texts.join("").split("name: ").length - 1);
      });
      assert.equal(threads.length, expected);
    }),
  );
}

const timing = { quiet: 20, patience: 200, rescan: 300, rescanBlind: 50 };

test("after an edit what is unchanged is the same objects, where they are now", () =>
  withFiles([mixture.join("\n---\n"), tierText("other")], async (path) => {
    const first = Array.from({ length: 40 }, (_, i) => `---\n${tierText(`m${i}`)}${padding(8000)}`);
    const second = [tierText("inserted"), ...first.slice(0, 30), ...first.slice(30).map((text) => `${text}spec: { order: 7 }\n`)];
    writeFileSync(join(path, "a.yaml"), first.join(""));
    let looks = 0;
    const source = watchDirectory({ path, timing, reading: shared, onChange: () => looks++ });
    try {
      const threads = await startedDuring(async () => {
        await source.synced;
        const before = new Map(source.current().resources.map((resource) => [resource.metadata.name, resource]));
        writeFileSync(join(path, "a.yaml"), second.join(""));
        const seen = looks;
        await until(() => looks > seen && source.current().resources.some(({ metadata }) => metadata.name === "inserted"));
        const { resources } = source.current();
        const isEdited = (name: string): boolean => name === "inserted" || /^m3\d$/.test(name);
        for (const resource of resources)
          assert.equal(before.get(resource.metadata.name) === resource, !isEdited(resource.metadata.name), resource.metadata.name);
        assert.deepEqual(source.current(), await readDirectory(path, alone));
      });
      assert.deepEqual([threads.length, threads.every(({ answers }) => answers > 0)], [3, true], "two threads for all, one for two portions of it");
    } finally {
      await source.close();
    }
  }));

test("closing during a reading ends its threads, and nothing more is heard", () =>
  withFiles([mixture.join("\n---\n")], async (path) => {
    const silent = script("parentPort.removeAllListeners(); parentPort.on('message', () => undefined)");
    let looks = 0;
    const threads = await startedDuring(async (started) => {
      const source = watchDirectory({ path, timing, reading: { ...shared, program: silent }, onChange: () => looks++ });
      const [worker] = (await once(process, "worker")) as [Worker];
      await once(worker, "online");
      await source.close();
      await until(() => started.length === 2 && started.every(({ hasEnded }) => hasEnded));
    });
    assert.deepEqual([threads.length, looks], [2, 0]);
  }));
