// bin/hostward on hosts with and without a Node that is new enough.

import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hostward, launcher, withFiles } from "./command.ts";

/** An installation with this launcher, a main file and a `node` on PATH that tells its version and otherwise its arguments. */
function install(directory: string, node: string | undefined): { readonly command: string; readonly environment: Record<string, string> } {
  for (const folder of ["bin", "dist", "path"]) mkdirSync(join(directory, folder));
  const command = join(directory, "bin", "hostward");
  copyFileSync(launcher, command);
  writeFileSync(join(directory, "dist", "hostward.mjs"), "");
  for (const tool of ["sh", "readlink", "dirname", "echo"]) symlinkSync(join("/bin", tool), join(directory, "path", tool));
  if (node !== undefined) writeScript(join(directory, "path", "node"), `[ "$1" = --version ] && echo v${node} || echo "$@"`);
  return { command, environment: { PATH: join(directory, "path") } };
}

function writeScript(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

for (const version of ["22.19.0", "22.20.1", "24.0.0", "26.1.0"]) {
  test(`Node ${version} on PATH runs the bundle with the arguments as they are`, () =>
    withFiles({}, async (directory) => {
      const { code, stdout } = await hostward(["run", "--node", "a b"], install(directory, version));
      assert.equal(stdout, `--disable-warning=ExperimentalWarning --max-semi-space-size=2 --v8-pool-size=1 ${directory}/dist/hostward.mjs run --node a b\n`);
      assert.equal(code, 0);
    }));
}

for (const version of ["18.20.4", "20.20.2", "22.9.0", "22.18.0"]) {
  test(`Node ${version} on PATH is said to be too old`, () =>
    withFiles({}, async (directory) => {
      const { code, stderr } = await hostward(["run"], install(directory, version));
      assert.equal(code, 127);
      assert.match(stderr, new RegExp(`^hostward: .*/path/node is Node ${version}, but 22.19 or later is needed: install one, or run \`npm ci\``));
    }));
}

test("without any Node the launcher says what is missing", () =>
  withFiles({}, async (directory) => {
    const { code, stderr } = await hostward(["run"], install(directory, undefined));
    assert.equal(code, 127);
    assert.match(stderr, /^hostward: no node: install Node 22.19 or later/);
  }));

test("the Node of node_modules goes before the one on PATH, and sources before the bundle", () =>
  withFiles({}, async (directory) => {
    const installed = install(directory, "20.0.0");
    mkdirSync(join(directory, "node_modules", ".bin"), { recursive: true });
    writeScript(join(directory, "node_modules", ".bin", "node"), 'echo own "$@"');
    mkdirSync(join(directory, "agent"));
    writeFileSync(join(directory, "agent", "main.ts"), "");
    const { stdout } = await hostward(["status"], installed);
    assert.equal(stdout, `own --disable-warning=ExperimentalWarning --max-semi-space-size=2 --v8-pool-size=1 ${directory}/agent/main.ts status\n`);
  }));

test("called through a link it finds its own installation", () =>
  withFiles({}, async (directory) => {
    const { environment } = install(directory, "24.0.0");
    symlinkSync(join("bin", "hostward"), join(directory, "link"));
    const { stdout } = await hostward([], { command: join(directory, "link"), environment });
    assert.match(stdout, /dist\/hostward\.mjs\n$/);
  }));
