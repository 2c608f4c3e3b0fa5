// The bundle has in it what it needs of other packages: both parsers of manifests, to begin with.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "hostward-bundle-"));
after(() => rmSync(folder, { recursive: true }));

test("the bundle, with nothing beside it, reads plain manifests and others, and tells of faults", () => {
  const bundle = join(folder, "dist");
  const built = spawnSync(process.execPath, [join(import.meta.dirname, "..", "..", "tools", "bundle.mjs"), bundle], { encoding: "utf8" });
  assert.equal(built.status, 0, built.stderr);
  const manifests = join(folder, "manifests");
  mkdirSync(manifests);
  const tier = (name: string): string => `apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: { name: ${name} }\n`;
  writeFileSync(join(manifests, "tiers.yaml"), [tier("plain"), tier("&anchored anchored"), tier("'open")].join("---\n"));
  // Large enough for the thread that reads such ones.
  writeFileSync(join(manifests, "large.yaml"), `${tier("&large large")}# ${"-".repeat(2 ** 17)}\n`);
  const { status, stderr } = spawnSync(process.execPath, [join(bundle, "hostward.mjs"), "check", "--manifests", manifests], {
    encoding: "utf8",
    cwd: folder,
    env: {},
  });
  assert.equal(status, 1, stderr);
  assert.match(stderr, /tiers\.yaml:12:1: error yaml-syntax: /);
  assert.match(stderr, /^3 valid resources, /m);
});
