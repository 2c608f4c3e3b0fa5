// The README's five minutes as they stand there: its manifests are written to a folder, checked, applied by the command line in a namespace
// and tried with real connections. The HostEndpoint is the sample of the Calico documents.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openPair } from "../lab/pair.ts";

const root = join(import.meta.dirname, "../..");
const command = join(root, "bin/hostward");

/** The YAML blocks, without the indentation of the list they stand in. */
function manifests(): readonly string[] {
  const text = readFileSync(join(root, "README.md"), "utf8");
  return [...text.matchAll(/^( *)```yaml\n([^`]*)```/gm)].map(([, indent = "", block = ""]) => block.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
}

const { lab, peer } = await openPair({ host: "192.168.0.1", peer: "192.168.0.9" });

describe("the README's five minutes", () => {
  const folder = mkdtempSync(join(tmpdir(), "hostward-readme-"));
  const [endpoint = "", policy = ""] = manifests();

  before(async () => {
    for (const port of [22, 80, 1234]) await lab.host.agent.listen("tcp", "192.168.0.1", port);
  });
  after(() => rmSync(folder, { recursive: true }));

  async function hostward(...words: readonly string[]): Promise<string> {
    return await lab.host.must(command, [...words, "--manifests", folder]);
  }

  const probe = (port: number) => peer.agent.probe({ protocol: "tcp", address: "192.168.0.1", port, timeout: 0.3 });

  test("its manifests have no problems", async () => {
    writeFileSync(join(folder, "eth0.yaml"), endpoint);
    writeFileSync(join(folder, "web.yaml"), policy);
    assert.match(await hostward("check"), /2 valid resources/);
  });

  test("the endpoint alone is default deny: both of its profiles are missing", async () => {
    rmSync(join(folder, "web.yaml"));
    await hostward("apply", "--node", "myhost");
    assert.deepEqual(await Promise.all([22, 80, 1234].map(probe)), ["open", "timeout", "timeout"]);
  });

  test("the policy opens port 80 and no other", async () => {
    writeFileSync(join(folder, "web.yaml"), policy);
    await hostward("apply", "--node", "myhost");
    assert.deepEqual(await Promise.all([22, 80, 1234].map(probe)), ["open", "open", "timeout"]);
  });

  test("another node's endpoints govern nothing here", async () => {
    await hostward("apply", "--node", "otherhost");
    assert.deepEqual(await Promise.all([22, 80, 1234].map(probe)), ["open", "open", "open"]);
  });

  test("reset leaves no table behind", async () => {
    await lab.host.must(command, ["reset", "--yes"]);
    assert.equal(await lab.host.must("nft", ["list", "ruleset"]), "");
  });
});
