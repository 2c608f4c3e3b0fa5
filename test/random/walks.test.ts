// Every named snapshot to every other by the pass, on the kernel itself: afterwards kernel.read and nft's own listing say the same as where the
// target was applied to an empty namespace. Once as a running daemon, which knows what it left, and once as one that has just started.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Kernel } from "../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../agent/kernel/netlink.ts";
import { type Applied, applyPass, type CompiledPass } from "../../agent/reconcile/pass.ts";
import { table } from "../../rules/compile/hooks.ts";
import type { Actual } from "../../rules/diff/types.ts";
import { comparableListing } from "../corpus/listing.ts";
import { type Lab, openLab } from "../lab/lab.ts";
import { snapshots } from "./snapshots.ts";
import { compileWorld } from "./worlds.ts";

interface State {
  readonly actual: Actual | undefined;
  readonly listing: readonly string[];
}

interface Stop {
  readonly name: string;
  readonly compiled: CompiledPass;
  /** The kernel after the snapshot was applied to an empty namespace. */
  readonly fresh: State;
}

describe("state walks", () => {
  let lab: Lab;
  let kernel: Kernel;
  const stops: Stop[] = [];

  const apply = async (compiled: CompiledPass, last: Applied | undefined): Promise<Applied> => (await applyPass(compiled, kernel, last)).applied;
  const clear = () => lab.host.nft(`table inet ${table}; delete table inet ${table}`);
  const state = async (): Promise<State> => {
    const { actual } = await kernel.read(table);
    return { actual, listing: comparableListing(await lab.host.must("nft", ["list", "table", "inet", table])) };
  };

  before(async () => {
    lab = await openLab();
    kernel = openNetlinkKernel();
    for (const [name, world] of Object.entries(snapshots)) {
      const compiled = compileWorld(world);
      await clear();
      await apply(compiled, undefined);
      stops.push({ name, compiled, fresh: await state() });
    }
  });
  after(async () => {
    kernel?.close();
    await lab?.close();
  });

  test("the snapshots are twelve or more, and all their rulesets differ", () => {
    assert.ok(stops.length >= 12);
    assert.equal(new Set(stops.map(({ fresh }) => fresh.listing.join("\n"))).size, stops.length);
  });

  for (const from of Object.keys(snapshots)) {
    test(`from ${from} to each of the others`, async (context) => {
      let pairs = 0;
      for (const isRestarted of [false, true]) {
        for (const { name, compiled, fresh } of stops) {
          await clear();
          const last = await apply(stops.find((stop) => stop.name === from)?.compiled ?? assert.fail(from), undefined);
          await apply(compiled, isRestarted ? undefined : last);
          assert.deepEqual(await state(), fresh, `to ${name}${isRestarted ? ", after a restart" : ""}`);
          pairs += 1;
        }
      }
      context.diagnostic(`${pairs} walks`);
    });
  }
});
