// Of the suite for kernels: what its watchers hear a commit touched, and how a table is read again of which only that is not known.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kernel, KernelEvent, Touched } from "../../../agent/kernel/interface.ts";
import type { Batch, Operation } from "../../../rules/diff/types.ts";
import type { NftMap } from "../../../rules/ruleset/types.ts";
import { until } from "../../patience.ts";
import { withIdentities } from "./identities.ts";
import {
  addBase,
  addChain,
  addElements,
  addEntries,
  addMap,
  addresses,
  addSet,
  addTable,
  batch,
  deleteChain,
  deleteElements,
  deleteMap,
  deleteSet,
  deleteTable,
  flush,
  flushAll,
  hashSet,
  TABLE,
} from "./operations.ts";
import { append, apply, failure, insert, remove, replace, type Use } from "./suite.ts";

export function testTargetedReading(use: Use): void {
  const set = hashSet("s", addresses(0, 3));
  const map: NftMap = { name: "m", types: ["ifname"], entries: [{ key: ["eth0"], verdict: { kind: "drop" } }], comment: "" };
  const ground = [addTable, addBase("base"), addChain("a"), addChain("c"), append("a"), append("b"), addSet(set), addElements(set), addMap(map)];
  const parts = (chains: readonly string[], sets: readonly string[]): Touched => ({ kind: "parts", chains: new Set(chains), sets: new Set(sets) });
  const rows: readonly (readonly [title: string, change: readonly Operation[], touched: Touched])[] = [
    ["a rule more", [append("x")], parts(["c"], [])],
    ["a rule less and a chain that comes", [remove(0), addChain("b")], parts(["c", "b"], [])],
    ["a chain that goes", [deleteChain("a")], parts(["a"], [])],
    ["elements of a set", [deleteElements(set, addresses(1)), addElements(set, addresses(7, 9))], parts([], ["s"])],
    ["entries of a map", [addEntries(map, ...map.entries)], parts([], ["m"])],
    ["a set that goes, a map that takes its name", [deleteSet("s"), addMap({ ...map, name: "s" })], parts([], ["s"])],
    ["a map that goes and a set that comes", [deleteMap("m"), addSet({ ...set, name: "n" })], parts([], ["m", "n"])],
    ["everything of another table", [deleteTable, addTable, addChain("other")], { kind: "table" }],
    ["nothing", [], { kind: "nothing" }],
  ];
  for (const [title, change, touched] of rows) {
    test(title, async () => {
      await apply(use(), ...ground);
      const { actual = assert.fail("no table") } = await use().read(TABLE);
      await apply(use(), ...change);
      const full = await use().read(TABLE);
      const targeted = await use().read(TABLE, { actual, touched });
      assert.equal(targeted.generation, full.generation);
      assert.deepEqual(withIdentities(targeted.actual), withIdentities(full.actual));
    });
  }

  test("what was not touched is the same object as before", async () => {
    await apply(use(), ...ground);
    const { actual = assert.fail("no table") } = await use().read(TABLE);
    await apply(use(), append("x"), addElements(set, addresses(7)));
    const { actual: after } = await use().read(TABLE, { actual, touched: parts(["c"], ["s"]) });
    assert.deepEqual(
      after?.chains.map((chain, at) => chain === actual.chains[at]),
      [true, true, false],
    );
    assert.equal(after?.maps[0], actual.maps[0]);
    assert.notEqual(after?.sets[0], actual.sets[0]);
  });

  test("a table that is gone", async () => {
    await apply(use(), ...ground);
    const { actual = assert.fail("no table") } = await use().read(TABLE);
    await apply(use(), deleteTable);
    assert.equal((await use().read(TABLE, { actual, touched: { kind: "table" } })).actual, undefined);
  });
}

export function testWatching(use: Use): void {
  test("a watcher hears of every change and of nothing after it stopped", async () => {
    const events: KernelEvent[] = [];
    const stop = use().watch(TABLE, (event) => events.push(event));
    const first = await use().commit(batch(addTable));
    await failure(use().commit(batch(addChain("a"), addChain("a"))));
    const second = await use().commit(batch(addChain("a")));
    await until(() => events.length >= 2);
    stop();
    await apply(use(), addChain("b"));
    await sleep(30);
    assert.deepEqual(
      events.map((event) => event.kind === "generation" && event.generation),
      [first.generation, second.generation],
    );
  });

  test("two watchers hear the same, and one stops alone", async () => {
    const heard = [0, 0];
    const stops = heard.map((_, i) => use().watch(TABLE, () => heard.splice(i, 1, (heard[i] ?? 0) + 1)));
    await apply(use(), addTable);
    await until(() => heard[0] === 1 && heard[1] === 1);
    stops[0]?.();
    await apply(use(), addChain("a"));
    await until(() => heard[1] === 2);
    assert.equal(heard[0], 1);
    stops[1]?.();
  });

  testTouched(use);
}

function testTouched(use: Use): void {
  const set = hashSet("s", addresses(0, 3));
  const map: NftMap = { name: "m", types: ["ifname"], entries: [{ key: ["eth0"], verdict: { kind: "drop" } }], comment: "" };
  const ground = [addTable, addChain("a"), addChain("b"), addChain("c"), append("a"), append("b"), addSet(set), addElements(set), addMap(map)];
  const rows: readonly (readonly [title: string, change: readonly Operation[], chains: readonly string[], sets: readonly string[]])[] = [
    ["a rule behind the others", [append("x")], ["c"], []],
    ["a rule inserted, one replaced, one deleted", [insert("x", 1), replace(0, "y"), remove(1)], ["c"], []],
    ["a chain flushed", [flush("c")], ["c"], []],
    ["all chains flushed: those that had rules", [flushAll], ["c"], []],
    ["a chain that comes and one that goes", [addChain("d"), deleteChain("a")], ["a", "d"], []],
    ["a chain that goes with its rules", [deleteChain("c")], ["c"], []],
    ["elements added and deleted", [deleteElements(set, addresses(0)), addElements(set, addresses(5))], [], ["s"]],
    ["entries of a map", [addEntries(map, ...map.entries)], [], ["m"]],
    ["a set that comes and one that goes", [addSet({ ...set, name: "t" }), deleteSet("s")], [], ["s", "t"]],
    ["rules and elements", [append("x"), addElements(set, addresses(5))], ["c"], ["s"]],
  ];
  for (const [title, change, chains, sets] of rows) {
    test(`touched: ${title}`, async () => {
      await apply(use(), ...ground);
      assert.deepEqual(await touchedBy(use(), batch(...change)), { kind: "parts", chains: new Set(chains), sets: new Set(sets) });
    });
  }

  test("touched: the table, when it comes and when it goes", async () => {
    assert.deepEqual(await touchedBy(use(), batch(addTable)), { kind: "table" });
    await apply(use(), addChain("c"), append("x"));
    assert.deepEqual(await touchedBy(use(), batch(deleteTable)), { kind: "table" });
  });

  test("touched: nothing by what happens to another table", async () => {
    await apply(use(), addTable);
    assert.deepEqual(await touchedBy(use(), { table: "other", operations: [addTable, addChain("a")] }), { kind: "nothing" });
    assert.deepEqual(await touchedBy(use(), { table: "other", operations: [deleteTable] }), { kind: "nothing" });
  });
}

/** As the watcher of a change hears it. */
export async function touchedBy(kernel: Kernel, change: Batch): Promise<Touched> {
  const events: KernelEvent[] = [];
  await kernel.generation();
  const stop = kernel.watch(TABLE, (event) => events.push(event));
  const { generation } = await kernel.commit(change);
  const heard = () => events.find((event) => event.kind === "generation" && event.generation === generation);
  await until(() => heard() !== undefined);
  stop();
  const event = heard();
  return event?.kind === "generation" ? event.touched : assert.fail("notifications were lost");
}
