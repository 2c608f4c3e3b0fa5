// An interface changes from one endpoint to another while packets arrive that both deny. None passes; and when everything is done in one batch
// some do, which shows that the batches before and after the switch are needed and that this test would see them missing.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { compile } from "../../../rules/compile/compile.ts";
import { actualOf, diff } from "../../../rules/diff/diff.ts";
import type { Batch, Transaction } from "../../../rules/diff/types.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { flood } from "../../lab/flood.ts";
import { openPair } from "../../lab/pair.ts";
import { slowness } from "../../patience.ts";
import { endpoint, link, resolved } from "../resolve/resources.ts";

const on = (name: string, interfaceName: string): Ruleset => compile(resolved([endpoint(name, { on: interfaceName })], [link("eth0")]));
const addresses = { host: "10.0.0.1", peer: "10.0.0.9" };
const flows = [{ source: addresses.peer, destination: addresses.host, port: 1001 }];

const changes: readonly (readonly [title: string, one: Ruleset, other: Ruleset])[] = [
  ["from one endpoint to another and back", on("one", "eth0"), on("other", "eth0")],
  ["from its own endpoint to the wildcard and back", on("one", "eth0"), on("any", "*")],
];

/** All operations in one batch. */
function atOnce({ batches }: Transaction): Transaction {
  return { batches: [{ table: "hostward", operations: batches.flatMap((batch) => batch.operations) }] };
}

const { lab, peer } = await openPair(addresses);
const kernel = openNetlinkKernel();
after(() => kernel.close());

describe("an interface that changes hands under load", () => {
  async function commit(batches: readonly Batch[]): Promise<void> {
    for (const batch of batches) await kernel.commit(batch);
  }

  /** Switches to and fro, and gives how many packets arrived and how many of them passed. */
  async function switchAround(
    [one, other]: readonly [Ruleset, Ruleset],
    change: (transaction: Transaction) => Transaction,
  ): Promise<{ arrived: number; passed: number }> {
    const { actual } = await kernel.read("hostward");
    await commit(diff(actual, one).batches);
    const ways = [diff(actualOf(one), other), diff(actualOf(other), one)].map(change);
    const { counted } = await flood({ from: peer, at: lab.host, flows, packetsPerSecond: 100_000 }, async () => {
      await sleep(100);
      const end = performance.now() + 3000;
      while (performance.now() < end) for (const { batches } of ways) await commit(batches);
    });
    const [{ arrived, passed } = { arrived: 0, passed: 0 }] = counted;
    return { arrived, passed };
  }

  for (const [title, one, other] of changes) {
    test(`${title}: no packet that both deny passes`, async () => {
      const { arrived, passed } = await switchAround([one, other], (transaction) => transaction);
      assert(arrived > 10_000 / slowness, `only ${arrived} packets arrived`);
      assert.equal(passed, 0);
    });

    test(`${title}: in one batch some would`, async (context) => {
      let total = 0;
      for (let round = 0; round < 6 && total === 0; round++) total += (await switchAround([one, other], atOnce)).passed;
      context.diagnostic(`${total} packets passed`);
      assert(total > 0);
    });
  }
});
