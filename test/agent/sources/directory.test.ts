// The directory source on a real directory: how editors, package managers and Kubernetes write files, and what goes wrong with directories.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readDirectory, watchDirectory } from "../../../agent/sources/directory.ts";
import { until, waitFor } from "../../patience.ts";

const timing = { quiet: 20, patience: 200, rescan: 300, rescanBlind: 50 };
const set = (name: string, net = "10.0.0.0/8") =>
  `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata: { name: ${name} }\nspec: { nets: [${net}] }\n`;

interface Bench {
  /** The watched directory. */
  readonly path: string;
  /** In the watched directory. */
  file(name: string): string;
  write(name: string, text: string): void;
  /** Waits until the names of the resources are these. */
  has(...names: readonly string[]): Promise<void>;
  /** The names of the resources at each change so far, without repetitions. */
  readonly history: readonly string[];
  codes(): readonly string[];
  readonly isSynced: boolean;
}

async function withDirectory(prepare: (path: string) => void, use: (bench: Bench) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), "hostward-directory-"));
  const path = join(parent, "manifests");
  prepare(path);
  const history: string[] = [];
  const names = () =>
    source
      .current()
      .resources.map(({ metadata }) => metadata.name)
      .sort();
  const source = watchDirectory({
    path,
    timing,
    onChange() {
      if (history.at(-1) !== names().join()) history.push(names().join());
    },
  });
  let isSynced = false;
  void source.synced.then(() => {
    isSynced = true;
  });
  const bench: Bench = {
    path,
    history,
    get isSynced() {
      return isSynced;
    },
    file: (name) => join(path, name),
    write: (name, text) => writeFileSync(join(path, name), text),
    codes: () => source.current().problems.map(({ code }) => code),
    async has(...expected) {
      const wanted = expected.toSorted().join();
      await waitFor(
        () => names().join(),
        (now) => now === wanted,
        (now) => `has ${now} instead of ${wanted}`,
      );
    },
  };
  try {
    await use(bench);
  } finally {
    await source.close();
    rmSync(parent, { recursive: true, force: true });
  }
}

function prepared(path: string): void {
  mkdirSync(path);
  writeFileSync(join(path, "a.yaml"), set("a"));
}

test("files of the three endings are read, hidden ones, editors' files and subdirectories are not", () =>
  withDirectory(
    (path) => {
      prepared(path);
      for (const name of ["b.yml", "c.json"])
        writeFileSync(join(path, name), JSON.stringify({ apiVersion: "projectcalico.org/v3", kind: "GlobalNetworkSet", metadata: { name: name[0] } }));
      for (const name of [".hidden.yaml", "a.yaml~", "#a.yaml#", "a.yaml.swp", ".a.yaml.swp", "README.md", "a.yaml.bak"])
        writeFileSync(join(path, name), set("x"));
      mkdirSync(join(path, "more"));
      writeFileSync(join(path, "more", "d.yaml"), set("d"));
      mkdirSync(join(path, ".git"));
    },
    async ({ has, codes }) => {
      await has("a", "b", "c");
      assert.deepEqual(codes(), ["subdirectory-ignored"]);
    },
  ));

type Change = (bench: Bench) => void | Promise<void>;

const saves: readonly (readonly [sentence: string, change: Change])[] = [
  ["written in place", ({ write }) => write("a.yaml", set("b"))],
  [
    "written in place in two halves",
    async ({ file }) => {
      const text = set("b");
      writeFileSync(file("a.yaml"), text.slice(0, 30));
      await sleep(10);
      appendFileSync(file("a.yaml"), text.slice(30));
    },
  ],
  [
    "written beside and renamed",
    ({ write, file }) => {
      write(".a.yaml.tmp", set("b"));
      renameSync(file(".a.yaml.tmp"), file("a.yaml"));
    },
  ],
  [
    "saved by vim: a probe file, the old file moved away, a new one, the old one deleted",
    ({ write, file }) => {
      write("4913", "");
      unlinkSync(file("4913"));
      renameSync(file("a.yaml"), file("a.yaml~"));
      write("a.yaml", set("b"));
      unlinkSync(file("a.yaml~"));
    },
  ],
  [
    "saved by emacs: a lock link, an auto-save file, a copy as backup",
    ({ write, file }) => {
      symlinkSync("user@host.1:2", file(".#a.yaml"));
      write("#a.yaml#", set("x"));
      write("a.yaml~", set("a"));
      write("a.yaml", set("b"));
      unlinkSync(file("#a.yaml#"));
      unlinkSync(file(".#a.yaml"));
    },
  ],
  [
    "removed and made again",
    ({ write, file }) => {
      unlinkSync(file("a.yaml"));
      write("a.yaml", set("b"));
    },
  ],
];

for (const [sentence, change] of saves) {
  test(`a change is seen, and nothing in between: ${sentence}`, () =>
    withDirectory(prepared, async (bench) => {
      await bench.has("a");
      await change(bench);
      await bench.has("b");
      assert.deepEqual(bench.history, ["a", "b"]);
    }));
}

test("changes of the same length within one tick of the clock are all seen", () =>
  withDirectory(prepared, async ({ write, has }) => {
    await has("a");
    for (const name of ["b", "c", "d", "e"]) {
      write("a.yaml", set(name));
      await has(name);
    }
  }));

test("a directory that a Kubernetes ConfigMap is mounted to changes by one rename", () =>
  withDirectory(
    (path) => {
      mkdirSync(join(path, "..v1"), { recursive: true });
      writeFileSync(join(path, "..v1", "a.yaml"), set("a"));
      symlinkSync("..v1", join(path, "..data"));
      symlinkSync(join("..data", "a.yaml"), join(path, "a.yaml"));
    },
    async ({ file, has, history }) => {
      await has("a");
      mkdirSync(file("..v2"));
      writeFileSync(file("..v2/a.yaml"), set("b"));
      symlinkSync("..v2", file("..data_tmp"));
      renameSync(file("..data_tmp"), file("..data"));
      rmSync(file("..v1"), { recursive: true });
      await has("b");
      assert.deepEqual(history, ["a", "b"]);
    },
  ));

test("a change of a file that a link leads to outside the directory is found without an event", () =>
  withDirectory(
    (path) => {
      mkdirSync(path);
      writeFileSync(join(path, "..", "outside.yaml"), set("a"));
      symlinkSync(join("..", "outside.yaml"), join(path, "a.yaml"));
    },
    async ({ path, has }) => {
      await has("a");
      writeFileSync(join(path, "..", "outside.yaml"), set("b"));
      await has("b");
    },
  ));

test("a new file adds, a removed file takes away", () =>
  withDirectory(prepared, async ({ write, file, has }) => {
    await has("a");
    write("b.yaml", set("b"));
    await has("a", "b");
    unlinkSync(file("a.yaml"));
    await has("b");
  }));

test("a burst of writes is read a few times, not each time", () =>
  withDirectory(prepared, async ({ write, has, history }) => {
    await has("a");
    for (let i = 0; i < 200; i++) write(`n${i % 5}.yaml`, set(`n${i % 5}`));
    await has("a", "n0", "n1", "n2", "n3", "n4");
    assert.ok(history.length <= 4, history.join(" / "));
  }));

test("an unreadable file keeps what it last had, and is told", () =>
  withDirectory(prepared, async ({ file, has, codes, write }) => {
    await has("a");
    unlinkSync(file("a.yaml"));
    symlinkSync("nowhere", file("a.yaml"));
    write("b.yaml", set("b"));
    await has("a", "b");
    assert.deepEqual(codes(), ["file-unreadable"]);
    unlinkSync(file("a.yaml"));
    await has("b");
    assert.deepEqual(codes(), []);
  }));

const odd: readonly (readonly [sentence: string, make: (path: string) => void, reason: RegExp])[] = [
  ["a directory", (path) => mkdirSync(path), /^is a directory$/],
  ["a pipe", (path) => execFileSync("mkfifo", [path]), /^is not a regular file$/],
  ["bytes that are no UTF-8", (path) => writeFileSync(path, Buffer.of(0x61, 0xff, 0xfe)), /^is not UTF-8 text$/],
  ["a link to itself", (path) => symlinkSync("b.yaml", path), /^cannot be read: ELOOP/],
];

for (const [sentence, make, reason] of odd) {
  test(`under the name of a manifest: ${sentence}`, () =>
    withDirectory(
      (path) => {
        prepared(path);
        make(join(path, "b.yaml"));
      },
      async ({ path, has, codes }) => {
        await has("a");
        assert.deepEqual(codes(), ["file-unreadable"]);
        assert.match((await readDirectory(path)).problems[0]?.message ?? "", reason);
      },
    ));
}

test("a directory that is removed keeps everything in force, and is read again when it is back", () =>
  withDirectory(prepared, async ({ path, write, has, codes }) => {
    await has("a");
    renameSync(path, `${path}.away`);
    await until(() => codes().length > 0);
    assert.deepEqual(codes(), ["directory-unreadable"]);
    await has("a");
    mkdirSync(path);
    write("b.yaml", set("b"));
    await has("b");
    assert.deepEqual(codes(), []);
    write("c.yaml", set("c"));
    await has("b", "c");
  }));

test("a directory that is not there yet is waited for", () =>
  withDirectory(
    () => undefined,
    async (bench) => {
      await until(() => bench.codes().length > 0);
      assert.deepEqual(bench.codes(), ["directory-unreadable"]);
      assert.equal(bench.isSynced, false);
      prepared(bench.path);
      await bench.has("a");
      assert.equal(bench.isSynced, true);
    },
  ));

test("an invalid version of a resource keeps its last valid one, and the others of the directory change", () =>
  withDirectory(prepared, async ({ write, has, codes }) => {
    await has("a");
    write("a.yaml", set("a", "10.0.0.0/99"));
    write("b.yaml", set("b"));
    await has("a", "b");
    assert.equal(codes().length, 1);
  }));
