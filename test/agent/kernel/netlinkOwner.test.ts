// Owned tables on the running kernel: others are kept out as long as the owner lives, and when it dies the table stays, enforcing and with what
// it has counted, until somebody adopts it.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import type { Operation } from "../../../rules/diff/types.ts";
import { addChain, addTable, batch, counter, deleteTable, rule, TABLE } from "./operations.ts";
import { addOwned, skipOwned } from "./ownership.ts";
import { failure } from "./suite.ts";

const output: Operation = { verb: "add", object: "chain", chain: { kind: "base", name: "out", hook: "output", priority: 0, rules: [] } };
const refuseLoopback: Operation = {
  verb: "add",
  object: "rule",
  chain: "out",
  rule: rule({ kind: "match", field: "ip daddr", op: "==", value: { kind: "scalar", value: { family: 4, value: 0x7f000009n } } }, counter, {
    kind: "verdict",
    verdict: { kind: "drop" },
  }),
};

let kernel: Kernel;

beforeEach(() => {
  kernel = openNetlinkKernel();
});
afterEach(async () => {
  const { ownership, actual } = await kernel.read(TABLE);
  if (ownership === "orphan") await kernel.commit(batch(addOwned));
  if (actual) await kernel.commit(batch(deleteTable));
  kernel.close();
});

function nft(...words: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("nft", words, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}

/** Of the rule that drops. */
function dropped(): number {
  return Number(/counter packets (\d+)/.exec(nft("list", "table", "inet", TABLE).output)?.[1]);
}

/** Whether a datagram to 127.0.0.9 is let out. */
function isLetOut(): boolean {
  const script = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.9', 9))";
  return spawnSync("python3", ["-c", script]).status === 0;
}

/** A process that makes the table its own and then waits. */
async function ownerProcess() {
  const script = `
    const { openNetlinkKernel } = await import(${JSON.stringify(new URL("../../../agent/kernel/netlink.ts", import.meta.url).href)});
    const kernel = openNetlinkKernel();
    await kernel.commit(${JSON.stringify(batch(addOwned, output, refuseLoopback), (_, value: unknown) =>
      typeof value === "bigint" ? `bigint:${value}` : value,
    ).replaceAll(/"bigint:(\d+)"/g, "$1n")});
    console.log("made");
    setInterval(() => kernel.generation(), 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

describe("an owned table", { skip: skipOwned }, () => {
  test("is ours, another kernel sees that it is another's, and what anybody may change is nobody's", async () => {
    const other = openNetlinkKernel();
    await kernel.commit(batch(addOwned));
    assert.equal((await kernel.read(TABLE)).ownership, "us");
    assert.equal((await other.read(TABLE)).ownership, "other");
    await kernel.commit(batch(deleteTable, addTable));
    assert.equal((await kernel.read(TABLE)).ownership, "nobody");
    assert.equal((await other.read(TABLE)).ownership, "nobody");
    other.close();
  });

  test("refuses others' commits, which are told whose it is", async () => {
    const other = openNetlinkKernel();
    await kernel.commit(batch(addOwned));
    const asked = addChain("a");
    const error = await failure(other.commit(batch(asked)));
    assert.deepEqual([error.code, error.errno, error.operation], ["owned", "EPERM", asked]);
    assert.match(error.message, /^add chain a: the table belongs to another process/);
    assert.equal((await failure(other.commit(batch(deleteTable)))).code, "owned");
    assert.equal((await failure(other.commit(batch(addOwned)))).code, "owned");
    other.close();
  });

  test("stays through other processes' flushes and deletions", async () => {
    await kernel.commit(batch(addOwned, addChain("a")));
    const { generation } = await kernel.read(TABLE);
    assert.equal(nft("flush", "ruleset").status, 0);
    assert.match(nft("delete", "table", "inet", TABLE).output, /Operation not permitted/);
    assert.match(nft("add", "rule", "inet", TABLE, "a", "accept").output, /Operation not permitted/);
    assert.equal(await kernel.generation(), generation);
  });

  test("is changed by its owner like any other", async () => {
    await kernel.commit(batch(addOwned, addChain("a")));
    await kernel.commit(batch(addOwned, { verb: "add", object: "rule", chain: "a", rule: rule(counter) }));
    const { generation } = await kernel.commit(batch({ verb: "replace", object: "rule", chain: "a", at: 0, rule: rule(counter, counter) }));
    assert.equal((await kernel.read(TABLE)).generation, generation);
  });

  test("is not made of one that anybody may change, nor the other way round: nothing of the commit lands", async () => {
    await kernel.commit(batch(addTable));
    const owning = await failure(kernel.commit(batch(addChain("a"), addOwned)));
    assert.deepEqual([owning.code, owning.errno], ["unsupported", "ENOTSUP"]);
    await kernel.commit(batch(deleteTable, addOwned));
    const releasing = await failure(kernel.commit(batch(addChain("a"), addTable)));
    assert.deepEqual([releasing.code, releasing.errno], ["unsupported", "ENOTSUP"]);
    assert.deepEqual((await kernel.read(TABLE)).actual?.chains, []);
  });
});

test("a table that somebody has put to sleep is read as such, judges nothing, and wakes when it is added", async () => {
  await kernel.commit(batch(addTable, output, refuseLoopback));
  const { actual } = await kernel.read(TABLE);
  nft("add", "table", "inet", TABLE, "{ flags dormant; }");
  assert.equal(isLetOut(), true);
  const asleep = await kernel.read(TABLE);
  assert.deepEqual(asleep.actual, { ...actual, dormant: true });
  await kernel.commit(batch(addTable), { generation: asleep.generation });
  assert.equal(isLetOut(), false);
  assert.deepEqual((await kernel.read(TABLE)).actual, actual);
});

describe("an owner that is killed", { skip: skipOwned }, () => {
  test("leaves its table, which goes on, is adopted with what it has counted, and is protected again", async () => {
    const owner = await ownerProcess();
    assert.equal((await kernel.read(TABLE)).ownership, "other");
    assert.equal(isLetOut(), false);
    owner.kill("SIGKILL");
    await once(owner, "close");
    const orphan = await kernel.read(TABLE);
    assert.equal(orphan.ownership, "orphan");
    assert.equal(isLetOut(), false);
    assert.equal(dropped(), 2);
    await kernel.commit(batch(addOwned, addChain("new")), { generation: orphan.generation });
    const adopted = await kernel.read(TABLE);
    assert.equal(adopted.ownership, "us");
    assert.deepEqual(
      adopted.actual?.chains.map(({ name, rules }) => [name, rules.length]),
      [
        ["new", 0],
        ["out", 1],
      ],
    );
    assert.equal(isLetOut(), false);
    assert.equal(dropped(), 3);
    assert.equal(nft("flush", "ruleset").status, 0);
    assert.equal(dropped(), 3);
  });

  test("leaves its table to anybody's changes until it is adopted", async () => {
    const owner = await ownerProcess();
    owner.kill("SIGKILL");
    await once(owner, "close");
    assert.equal(nft("flush", "table", "inet", TABLE).status, 0);
    assert.equal(isLetOut(), true);
  });

  test("takes along a table that was not to outlive it", async () => {
    assert.equal(nft("add", "table", "inet", "shortlived", "{ flags owner; }").status, 0);
    assert.doesNotMatch(nft("list", "tables").output, /shortlived/);
  });
});
