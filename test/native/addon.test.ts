// What one sees when the addon or the tools to build it are not there, and that a bundle finds the addon.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = `import { NetlinkSocket } from "./native/index.ts"; console.log(new NetlinkSocket("route").portId > 0);`;

function node(arguments_: readonly string[], environment: NodeJS.ProcessEnv = {}): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, arguments_, { cwd: root, encoding: "utf8", env: { ...process.env, ...environment } });
  return { status, output: stdout + stderr };
}

test("an addon that is not built is told with the command that builds it", () => {
  const { output } = node(["--input-type=module-typescript", "--eval", script], { HOSTWARD_NATIVE: "/nowhere/hostward_native.node" });
  assert.match(output, /Error: the native addon is not built: run npm run build:native \(looked for \/nowhere\/hostward_native.node\)/);
});

const missing: readonly (readonly [string, NodeJS.ProcessEnv, RegExp])[] = [
  ["no compiler", { CXX: "no-such-compiler" }, /^build:native: g\+\+ is not installed; on Debian and Ubuntu: apt-get install g\+\+$/m],
  [
    "no tools at all",
    { PATH: "/nowhere" },
    /^build:native: g\+\+, make, python3 are not installed; on Debian and Ubuntu: apt-get install g\+\+ make python3$/m,
  ],
];
for (const [title, environment, message] of missing) {
  test(`a machine with ${title} is told what to install`, () => {
    const { status, output } = node(["tools/build-native.mjs"], environment);
    assert.match(output, message);
    assert.equal(status, 1);
  });
}

test("a bundle in dist finds the addon one folder up, or beside it", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "hostward-bundle-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const bundle = (file: string) => buildSync({ stdin: { contents: script, resolveDir: root }, bundle: true, platform: "node", format: "esm", outfile: file });
  const addon = process.env["HOSTWARD_NATIVE"] ?? join(root, "build/Release/hostward_native.node");
  mkdirSync(join(folder, "build/Release"), { recursive: true });
  for (const place of ["build/Release/hostward_native.node", "beside/hostward_native.node"]) {
    const file = join(folder, place.startsWith("beside") ? "beside" : "dist", "main.mjs");
    bundle(file);
    symlinkSync(addon, join(folder, place));
    assert.deepEqual(node([file], { HOSTWARD_NATIVE: undefined }), { status: 0, output: "true\n" });
    rmSync(join(folder, place));
  }
});
