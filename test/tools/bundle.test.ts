// The bundle finds what it starts threads with, and the threads run: without them it reads everything as well, only more slowly.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "hostward-bundle-"));
after(() => rmSync(folder, { recursive: true }));

/** Tells of each answer of a thread, and of two processors wherever it runs: one can run two threads as well. */
const ear = `import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
os.availableParallelism = () => 2;
syncBuiltinESMExports();
process.on("worker", (worker) => worker.once("message", () => process.stderr.write("a thread has answered\\n")));`;

test("the bundle reads large manifests on other threads too", () => {
  const bundle = join(folder, "dist");
  const built = spawnSync(process.execPath, [join(import.meta.dirname, "..", "..", "tools", "bundle.mjs"), bundle], { encoding: "utf8" });
  assert.equal(built.status, 0, built.stderr);
  const manifests = join(folder, "manifests");
  mkdirSync(manifests);
  const tier = (_: unknown, i: number): string => `apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: { name: t${i} }\n# ${"x".repeat(40_000)}\n`;
  writeFileSync(join(manifests, "tiers.yaml"), Array.from({ length: 50 }, tier).join("---\n"));
  writeFileSync(join(folder, "ear.mjs"), ear);
  const command = ["--import", join(folder, "ear.mjs"), join(bundle, "hostward.mjs"), "check", "--manifests", manifests];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", env: {} });
  assert.deepEqual([status, stdout], [0, "50 valid resources, no problems\n"], stderr);
  assert.match(stderr, /^a thread has answered$/m);
});
