// The kernel in memory: the common suite, and the faults that only it can be told to have.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KernelError, type KernelEvent } from "../../../agent/kernel/interface.ts";
import { createMemoryKernel } from "../../../agent/kernel/memory.ts";
import { describeKernel } from "./conformance.ts";
import { addChain, addRule, addTable, batch, counter, rule, TABLE } from "./operations.ts";

const other = { processId: 4711, processName: "nft" };

describeKernel("the kernel in memory", createMemoryKernel, (kernel) => kernel.another(other));

describe("faults of the kernel in memory", () => {
  test("an operation is refused with the error number that the test chose, until it chooses otherwise", async () => {
    const kernel = createMemoryKernel();
    kernel.refuse((operation, index) => (index === 1 && operation.object === "chain" ? "ENOMEM" : undefined));
    const asked = batch(addTable, addChain("a"));
    await assert.rejects(kernel.commit(asked), (error) => error instanceof KernelError && error.errno === "ENOMEM" && error.operation === asked.operations[1]);
    assert.equal((await kernel.read(TABLE)).actual, undefined);
    kernel.refuse(undefined);
    await kernel.commit(asked);
    assert.deepEqual(kernel.commits, [asked]);
  });

  test("without permission nothing is changed", async () => {
    const kernel = createMemoryKernel();
    kernel.permit(false);
    await assert.rejects(
      kernel.commit(batch(addTable)),
      (error) => error instanceof KernelError && error.code === "permission" && /CAP_NET_ADMIN/.test(error.message),
    );
    kernel.permit(true);
    await kernel.commit(batch(addTable));
  });

  test("somebody else's commit moves the generation and names its process", async () => {
    const kernel = createMemoryKernel();
    const { generation } = await kernel.commit(batch(addTable));
    const heard = new Promise<KernelEvent>((resolve) => kernel.watch(TABLE, resolve));
    kernel.commitAs(other, batch(addChain("foreign")));
    const touched = { kind: "parts", chains: new Set(["foreign"]), sets: new Set() };
    assert.deepEqual(await heard, { kind: "generation", generation: generation + 1, ...other, touched });
    await assert.rejects(kernel.commit(batch(addChain("a")), { generation }), (error) => error instanceof KernelError && error.code === "stale");
  });

  test("lost notifications are told as such", async () => {
    const kernel = createMemoryKernel();
    const heard = new Promise<KernelEvent>((resolve) => kernel.watch(TABLE, resolve));
    kernel.overflow();
    assert.deepEqual(await heard, { kind: "overflow" });
  });

  test("rules can be looked at", async () => {
    const kernel = createMemoryKernel();
    await kernel.commit(batch(addTable, addChain("a"), addRule("a", counter)));
    assert.deepEqual(kernel.rules(TABLE, "a"), [rule(counter)]);
    assert.equal(kernel.rules(TABLE, "b"), undefined);
  });
});
