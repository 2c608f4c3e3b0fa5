// docs/pipeline.md shows what the commands print: each ```yaml block with a path is a file, each ```console block a command and its output, run where
// those files are. UPDATE_GOLDEN=1 writes the outputs into the document.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { launcher } from "../agent/cli/command.ts";

const path = new URL("../../docs/pipeline.md", import.meta.url);
const text = readFileSync(path, "utf8");
const files = [...text.matchAll(/^```yaml (\S+)\n(.*?)^```$/gms)].map(([, name = "", content = ""]) => ({ name, content }));
const consoles = /^```console\n\$ ([^\n]*)\n(.*?)^```$/gms;

/** As somebody with bin/ in the path would see it. */
function outputOf(command: string, directory: string): string {
  const environment = { PATH: `${dirname(launcher)}:${process.env["PATH"] ?? ""}`, HOSTWARD_MANIFESTS: "manifests", HOSTWARD_NODE: "web-1" };
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { cwd: directory, encoding: "utf8", env: environment });
  assert.deepEqual([status, stderr], [0, ""], command);
  return stdout.endsWith("\n") ? stdout : `${stdout}\n`;
}

test("docs/pipeline.md shows what its commands print", () => {
  const directory = mkdtempSync(join(tmpdir(), "hostward-pipeline-"));
  try {
    for (const { name, content } of files) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), content);
    }
    let commands = 0;
    const now = text.replace(consoles, (_, command: string) => {
      commands += 1;
      return `\`\`\`console\n$ ${command}\n${outputOf(command, directory)}\`\`\``;
    });
    assert.ok(files.length >= 3 && commands >= 8, `${files.length} files, ${commands} commands`);
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, now);
    assert.equal(readFileSync(path, "utf8"), now);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
