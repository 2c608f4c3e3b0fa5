// What is in force in place of what the kernel refuses, from one process to the next: files, and who may write to them.

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { readManifest } from "../../../agent/sources/manifest.ts";
import { PreviousVersions } from "../../../agent/sources/previousVersions.ts";
import type { Resource } from "../../../rules/model/types.ts";
import { policy } from "../reconcile/hosts.ts";

describe("previous versions of what the kernel refuses", () => {
  let [parent, state, path]: [string, string, string] = ["", "", ""];
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), "hostward-previous-"));
    state = join(parent, "state");
    path = join(state, "previous-versions.yaml");
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  /** A process's life: it saves each of these. What it then has to say. */
  async function run(...saves: readonly (readonly (Resource | undefined)[])[]): Promise<readonly string[]> {
    const versions = new PreviousVersions({ state, onProblem: () => undefined });
    const known = await versions.read();
    for (const save of saves) versions.save(save);
    await versions.close();
    return [...known.map(({ metadata }) => metadata.name), ...versions.problems.map(({ code, message }) => `${code}: ${message}`)];
  }

  test("are what the next process reads, and a manifest that can be read by people", async () => {
    assert.deepEqual(await run([policy("web", 80), undefined, policy("db", 5432)]), []);
    assert.deepEqual(await run(), ["web", "db"]);
    const { resources, problems } = readManifest(readFileSync(path, "utf8"), path);
    assert.deepEqual(problems, []);
    const [web] = resources;
    assert.ok(web?.kind === "GlobalNetworkPolicy");
    assert.deepEqual(web.ingress[0]?.destination.ports?.ranges, [{ from: 80, to: 80 }]);
    assert.deepEqual([statSync(path).mode & 0o777, statSync(state).mode & 0o777], [0o600, 0o700]);
  });

  test("of several saves the last counts, and none leaves no file", async () => {
    await run([policy("web", 80)], [policy("web", 81)], [policy("db", 1)]);
    assert.deepEqual(await run([]), ["db"]);
    assert.equal(existsSync(path), false);
    assert.deepEqual(await run([undefined]), []);
    assert.equal(existsSync(path), false);
  });

  for (const [what, damage, message] of [
    ["a file that others may write to", () => chmodSync(path, 0o666), /cannot be read: others may write to it$/],
    ["a folder that others may write to", () => chmodSync(state, 0o777), /cannot be read: others may write to it$/],
    ["a file that is no manifest", () => writeFileSync(path, "a: [b"), /must .*end with a \]$/],
    [
      "a folder in place of the file",
      () => {
        rmSync(path);
        mkdirSync(path);
      },
      /cannot be read: EISDIR|is a directory|not a regular file/,
    ],
  ] as const) {
    test(`${what} is told and not believed, and stays as long as it could be needed`, async () => {
      await run([policy("web", 80)]);
      damage();
      const [told, ...others] = await run([undefined]);
      assert.deepEqual(others, []);
      assert.match(told ?? "", /^state-directory: /);
      assert.match(told ?? "", message);
      assert.ok(existsSync(path));
    });
  }

  test("a file that was not believed gives way to what is in force now", async () => {
    await run([policy("web", 80)]);
    chmodSync(path, 0o666);
    assert.deepEqual(await run([policy("web", 81)]), []);
    assert.deepEqual(await run(), ["web"]);
  });

  test("what could not be written is no problem any more when what was written before is in force again", async () => {
    const versions = new PreviousVersions({ state, onProblem: () => undefined });
    const told: number[] = [];
    for (const [port, mode] of [
      [80, 0o700],
      [81, 0o777],
      [80, 0o777],
    ] as const) {
      if (port === 81) chmodSync(state, mode);
      versions.save([policy("web", port)]);
      await versions.close();
      told.push(versions.problems.length);
    }
    assert.deepEqual(told, [0, 1, 0]);
  });

  test("what cannot be written is told, tried again with the next save, and then solved", async () => {
    writeFileSync(state, "no folder");
    let changes = 0;
    const versions = new PreviousVersions({ state, onProblem: () => changes++ });
    for (let attempt = 1; attempt <= 2; attempt++) {
      versions.save([policy("web", 80)]);
      await versions.close();
      assert.match(versions.problems.map(({ message }) => message).join(), /^cannot be written: EEXIST|^cannot be written: ENOTDIR/);
      assert.equal(changes, 1);
    }
    rmSync(state);
    versions.save([policy("web", 80)]);
    await versions.close();
    assert.deepEqual([versions.problems, changes], [[], 2]);
    assert.deepEqual(await run(), ["web"]);
  });
});
