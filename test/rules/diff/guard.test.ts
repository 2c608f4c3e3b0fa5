// An interface changes from one endpoint to another while packets arrive that both deny. None passes; and without the guard of the first batch
// some do, which shows that the guard is needed and that this test would see it missing.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { compile } from "../../../rules/compile/compile.ts";
import { actualOf, diff } from "../../../rules/diff/diff.ts";
import type { Batch, Operation, Transaction } from "../../../rules/diff/types.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { flood } from "../../lab/flood.ts";
import { type Lab, openLab } from "../../lab/lab.ts";
import type { Namespace } from "../../lab/namespace.ts";
import { endpoint, link, resolved } from "../resolve/resources.ts";

const [one, other] = ["one", "other"].map((name) => compile(resolved([endpoint(name, { on: "eth0" })], [link("eth0")]))) as [Ruleset, Ruleset];
const flows = [{ source: "10.0.0.9", destination: "10.0.0.1", port: 1001 }];

/** All operations in one batch, without the rules that guard; the chains they stand in are made as they would have been. */
function unguarded({ batches }: Transaction): Transaction {
  const operations = batches.flatMap((batch) => batch.operations);
  const isGuard = (operation: Operation) => operation.object === "rule" && operation.rule.origin.name === "guard";
  const guards = operations.filter(({ verb, object }) => verb === "add" && object === "chain").slice(0, batches[0]?.operations.filter(isGuard).length);
  const rest = operations.filter((operation) => !isGuard(operation) && !guards.includes(operation));
  const flush = rest.findIndex(({ verb }) => verb === "flush");
  return { batches: [{ table: "hostward", operations: [...rest.slice(0, flush + 1), ...guards, ...rest.slice(flush + 1)] }] };
}

describe("an interface that changes hands under load", () => {
  let lab: Lab;
  let peer: Namespace;
  let kernel: Kernel;

  before(async () => {
    lab = await openLab();
    peer = await lab.namespace("peer");
    await lab.cable({ namespace: lab.host, name: "eth0", addresses: ["10.0.0.1/24"] }, { namespace: peer, name: "eth0", addresses: ["10.0.0.9/24"] });
    kernel = openNetlinkKernel();
    await commit(diff(undefined, one).batches);
  });
  after(async () => {
    kernel.close();
    await lab.close();
  });

  async function commit(batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) await kernel.commit(batch);
  }

  /** Switches to and fro for the time, and gives how many packets arrived and how many of them passed. */
  async function switchAround(milliseconds: number, change: (transaction: Transaction) => Transaction): Promise<{ arrived: number; passed: number }> {
    const ways = [diff(actualOf(one), other), diff(actualOf(other), one)].map(change);
    const { counted } = await flood({ from: peer, at: lab.host, flows, packetsPerSecond: 100_000 }, async () => {
      await sleep(100);
      const end = performance.now() + milliseconds;
      while (performance.now() < end) for (const { batches } of ways) await commit(batches);
    });
    const [{ arrived, passed } = { arrived: 0, passed: 0 }] = counted;
    return { arrived, passed };
  }

  test("no packet that both endpoints deny passes", async () => {
    const { arrived, passed } = await switchAround(4000, (transaction) => transaction);
    assert(arrived > 10_000, `only ${arrived} packets arrived`);
    assert.equal(passed, 0);
  });

  test("without the guard some would", async (context) => {
    let total = 0;
    for (let round = 0; round < 5 && total === 0; round++) total += (await switchAround(4000, unguarded)).passed;
    context.diagnostic(`${total} packets passed`);
    assert(total > 0);
  });
});
