import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { explainMissing, findCommand, missingCommands, searchPath } from "../../tools/system.mjs";

test("the folders of system administration are searched although a user's PATH lacks them", () => {
  const path = process.env["PATH"];
  try {
    process.env["PATH"] = "/usr/local/bin:/usr/bin";
    assert.deepEqual(searchPath(), ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/sbin", "/bin"]);
  } finally {
    process.env["PATH"] = path;
  }
});

test("a command is found where it can be executed, and only there", () => {
  const folder = mkdtempSync(join(tmpdir(), "hostward-path-"));
  const path = process.env["PATH"];
  try {
    process.env["PATH"] = `${folder}:${path}`;
    const command = join(folder, "planted-command");
    writeFileSync(command, "#!/bin/sh\n");
    assert.deepEqual(missingCommands(["sh", "planted-command"]), ["planted-command"]);
    chmodSync(command, 0o755);
    assert.equal(findCommand("planted-command"), command);
  } finally {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  }
});

test("what is missing is named once a package, with the command that installs it", () => {
  const text = explainMissing(["nft", "unshare", "nsenter"]);
  assert.equal(text, "missing on this system: nft, unshare, nsenter. On Debian or Ubuntu: sudo apt-get install nftables util-linux");
});

test("a stage that does not exist is refused with those that do", () => {
  const { status, stderr } = spawnSync(process.execPath, ["tools/test.ts", "nosuch"], { encoding: "utf8", cwd: join(import.meta.dirname, "../..") });
  assert.equal(status, 2);
  assert.match(stderr, /stages: build, lint, types, unit, fuzz, corpus, kernel/);
});
