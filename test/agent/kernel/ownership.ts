// Of the suite for kernels: tables that belong to one socket, and what becomes of them when it is closed.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import type { Operation } from "../../../rules/diff/types.ts";
import { runsBefore } from "../../lab/kernelVersion.ts";
import { until } from "../../patience.ts";
import { addChain, addTable, batch, deleteTable, flush, TABLE } from "./operations.ts";
import { append, apply, failure, tableOf, type Use } from "./suite.ts";
import { touchedBy } from "./touched.ts";

/** By the version, not by what hostward finds: on a kernel that has owned tables nothing is skipped. */
export const skipOwned = runsBefore("6.9") ? "tables cannot be owned and persistent before Linux 6.9" : false;

export const addOwned: Operation = { verb: "add", object: "table", owned: true };

/** What is owned does not outlive the work. */
async function withOther(kernel: Kernel, another: () => Kernel, work: (other: Kernel) => Promise<void>): Promise<void> {
  const other = another();
  try {
    await work(other);
  } finally {
    for (const one of [kernel, other]) await one.commit(batch(deleteTable)).catch(() => undefined);
    other.close();
  }
}

/** The kernel hears of a closed socket a moment later. */
async function orphaned(kernel: Kernel): Promise<void> {
  await until(async () => (await ownership(kernel)) === "orphan");
}

async function ownership(kernel: Kernel) {
  return (await kernel.read(TABLE)).ownership;
}

export function testOwnership(use: Use, another: () => Kernel): void {
  test("a table that is not there, and one without flags, are nobody's", async () => {
    assert.equal(await ownership(use()), "nobody");
    await apply(use(), addTable);
    assert.equal(await ownership(use()), "nobody");
  });

  test("what one owns only it can change; others read it", { skip: skipOwned }, async () => {
    assert.equal(await use().canOwn(), true);
    await withOther(use(), another, async (other) => {
      await apply(use(), addOwned, addChain("c"), append("a"));
      assert.deepEqual([await ownership(use()), await ownership(other)], ["us", "other"]);
      for (const asked of [addChain("b"), flush("c"), deleteTable, addTable, addOwned]) {
        const error = await failure(other.commit(batch(asked)));
        assert.deepEqual([error.code, error.errno], ["owned", "EPERM"]);
      }
      assert.equal((await other.read(TABLE)).actual?.chains[0]?.rules.length, 1);
      await apply(use(), append("b"), addOwned);
    });
  });

  testOrphans(use, another);
}

function testOrphans(use: Use, another: () => Kernel): void {
  test("what is owned outlives its owner, and anybody may change it then", { skip: skipOwned }, async () => {
    await withOther(use(), another, async (other) => {
      await apply(other, addOwned, addChain("a"));
      other.close();
      await orphaned(use());
      await apply(use(), addChain("b"));
      assert.equal((await failure(use().commit(batch(addTable)))).errno, "ENOTSUP", "its flags are others");
      await apply(use(), deleteTable);
      assert.equal(await ownership(use()), "nobody");
    });
  });

  test("what has lost its owner can be adopted, which is a change of the table", { skip: skipOwned }, async () => {
    await withOther(use(), another, async (other) => {
      await apply(other, addOwned, addChain("a"));
      other.close();
      await orphaned(use());
      assert.deepEqual(await touchedBy(use(), batch(addOwned)), { kind: "table" });
      assert.equal(await ownership(use()), "us");
      assert.deepEqual(
        (await tableOf(use()))?.chains.map(({ name }) => name),
        ["a"],
      );
    });
  });

  test("a table that is there as nobody's does not become owned", { skip: skipOwned }, async () => {
    await apply(use(), addTable);
    assert.equal((await failure(use().commit(batch(addOwned)))).errno, "ENOTSUP");
  });
}
