// What the real kernel's notifications tell: which parts of a table somebody touched, soon, and without losing anything in silence, also while
// a large commit of ours is not listened to.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Kernel, KernelEvent, Touched } from "../../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { NFNLGRP_NFTABLES } from "../../../native/codec/constants.ts";
import { NetlinkMonitor } from "../../../native/index.ts";
import type { Operation } from "../../../rules/diff/types.ts";
import { until } from "../../patience.ts";
import { withIdentities } from "./identities.ts";
import {
  addBase,
  addChain,
  addElements,
  addEntries,
  addMap,
  addRule,
  addresses,
  addSet,
  addTable,
  batch,
  counter,
  deleteTable,
  entry,
  hashSet,
  interfaceMap,
  lookup,
  TABLE,
  vmap,
} from "./operations.ts";
import { nft } from "./suite.ts";

type Change = Extract<KernelEvent, { readonly kind: "generation" }>;

let kernel: Kernel;
let events: KernelEvent[];
let stop: () => void;

const set = hashSet("s", addresses(0, 5));
const map = interfaceMap("m");
const ground: readonly Operation[] = [
  addTable,
  addBase("base"),
  addChain("a"),
  addChain("b"),
  addSet(set),
  addElements(set),
  addMap(map),
  addEntries(map, entry("eth0", { kind: "goto", chain: "a" })),
  addRule("a", counter),
  addRule("a", lookup("s")),
  addRule("base", vmap("m")),
];

beforeEach(async () => {
  kernel = openNetlinkKernel();
  await kernel.commit(batch(...ground));
  events = [];
  stop = kernel.watch(TABLE, (event) => events.push(event));
});
afterEach(async () => {
  stop();
  await kernel.commit(batch(addTable, deleteTable));
  kernel.close();
});

function parts(chains: readonly string[], sets: readonly string[] = []): Touched {
  return { kind: "parts", chains: new Set(chains), sets: new Set(sets) };
}

function changes(): readonly Change[] {
  return events.filter((event) => event.kind === "generation");
}

const nothing: Touched = { kind: "nothing" };

describe("a foreign change", () => {
  const rows: readonly (readonly [string, string, Touched])[] = [
    ["a chain added", `add chain inet ${TABLE} x`, parts(["x"])],
    ["a chain deleted", `delete chain inet ${TABLE} b`, parts(["b"])],
    ["a base chain that gets another policy", `chain inet ${TABLE} base { policy drop; }`, parts(["base"])],
    ["a rule added", `add rule inet ${TABLE} b accept`, parts(["b"])],
    ["a rule inserted", `insert rule inet ${TABLE} a drop`, parts(["a"])],
    ["a chain flushed", `flush chain inet ${TABLE} a`, parts(["a"])],
    ["the table flushed of rules", `flush table inet ${TABLE}`, parts(["a", "base"])],
    ["an element added", `add element inet ${TABLE} s { 10.0.0.1 }`, parts([], ["s"])],
    ["an element deleted", `delete element inet ${TABLE} s { 0.0.0.1 }`, parts([], ["s"])],
    ["a set flushed", `flush set inet ${TABLE} s`, parts([], ["s"])],
    ["a set added", `add set inet ${TABLE} x { type ipv4_addr; }`, parts([], ["x"])],
    ["an entry of a map", `add element inet ${TABLE} m { "eth1" : drop }`, parts([], ["m"])],
    ["several things at once", `add chain inet ${TABLE} x\nadd rule inet ${TABLE} x accept\nadd element inet ${TABLE} s { 10.0.0.1 }`, parts(["x"], ["s"])],
    ["the table deleted", `delete table inet ${TABLE}`, { kind: "table" }],
    ["the ruleset flushed", "flush ruleset", { kind: "table" }],
    ["the table asleep", `table inet ${TABLE} { flags dormant; }`, { kind: "table" }],
    ["another table", "add table inet other\nadd chain inet other a\nadd rule inet other a accept\ndelete table inet other", nothing],
    [
      "a table of the same name in another family",
      `add table ip ${TABLE}\nadd chain ip ${TABLE} a\nadd rule ip ${TABLE} a accept\ndelete table ip ${TABLE}`,
      nothing,
    ],
    ["a named counter in the table", `add counter inet ${TABLE} n`, nothing],
  ];
  for (const [name, text, touched] of rows) {
    test(`${name} is told for what it touched`, async () => {
      nft(text);
      await until(() => events.length > 0);
      assert.deepEqual(
        events.map((event) => event.kind === "generation" && event.touched),
        [touched],
      );
    });

    test(`${name}, read again in the parts that were touched, is what a whole reading shows`, async () => {
      const { actual } = await kernel.read(TABLE);
      nft(text);
      await until(() => events.length > 0);
      const [change] = changes();
      assert.ok(actual && change);
      const [partial, whole] = [await kernel.read(TABLE, { actual, touched: change.touched }), await kernel.read(TABLE)];
      assert.deepEqual({ ...partial, actual: withIdentities(partial.actual) }, { ...whole, actual: withIdentities(whole.actual) });
    });
  }

  test("reaches the listener within milliseconds of its end", async () => {
    const late: number[] = [];
    for (let i = 0; i < 15; i++) {
      const child = spawn("nft", ["add", "element", "inet", TABLE, "s", `{ 10.1.0.${i} }`], { stdio: "ignore" });
      const heard = new Promise<number>((resolve) => {
        const stopListening = kernel.watch(TABLE, () => {
          stopListening();
          resolve(performance.now());
        });
      });
      const ended = once(child, "close").then(() => performance.now());
      late.push((await heard) - (await ended));
    }
    const median = late.toSorted((a, b) => a - b)[7] ?? 0;
    assert.ok(median < 10, `${median} ms after the process ended`);
  });
});

describe("parts that were touched", () => {
  test("are read at a fresh generation, and all else is the object that was given", async () => {
    const { actual } = await kernel.read(TABLE);
    nft(`add rule inet ${TABLE} a accept`);
    const reading = await kernel.read(TABLE, actual && { actual, touched: parts(["a"]) });
    assert.equal(reading.actual?.sets, actual?.sets);
    assert.equal(
      reading.actual?.chains.find(({ name }) => name === "b"),
      actual?.chains.find(({ name }) => name === "b"),
    );
    assert.equal(reading.actual?.chains.find(({ name }) => name === "a")?.rules.length, 3);
    assert.equal(reading.generation, await kernel.generation());
  });

  test("nothing touched is what was given, and a table that is gone is gone all the same", async () => {
    const { actual } = await kernel.read(TABLE);
    assert.ok(actual);
    assert.equal((await kernel.read(TABLE, { actual, touched: nothing })).actual, actual);
    await kernel.commit(batch(deleteTable));
    assert.equal((await kernel.read(TABLE, { actual, touched: nothing })).actual, undefined);
  });
});

/** Large enough not to be listened to. */
const large = hashSet("large", addresses(0x0a000000, 0x0a000000 + 20_000));
const fill: readonly Operation[] = [addSet(large), addElements(large)];
const drain: Operation = { verb: "delete", object: "set", name: "large" };

describe("a large commit of ours", () => {
  test("is told like any other, in its place among them", async () => {
    nft(`add chain inet ${TABLE} before`);
    const { generation } = await kernel.commit(batch(...fill));
    nft(`add chain inet ${TABLE} after`);
    await until(() => events.length >= 3);
    assert.deepEqual(
      changes().map((change) => [change.generation, change.touched]),
      [
        [generation - 1, parts(["before"])],
        [generation, parts([], ["large"])],
        [generation + 1, parts(["after"])],
      ],
    );
    const small = await kernel.commit(batch(addChain("small")));
    await until(() => changes().at(-1)?.generation === small.generation);
    const who = ({ processId, processName }: Change) => ({ processId, processName });
    assert.deepEqual(...([changes()[1], changes()[3]].map((change) => change && who(change)) as [object, object]));
  });

  test("that fails is told by nothing", async () => {
    await assert.rejects(kernel.commit(batch(...fill, addChain("a"))));
    await kernel.commit(batch(addChain("after")));
    await until(() => events.length > 0);
    assert.deepEqual(
      events.map((event) => event.kind === "generation" && event.touched),
      [parts(["after"])],
    );
  });

  test("with somebody else's change while it was not listened to is told as lost", async () => {
    const other = hammer(50);
    try {
      await until(() => events.length > 0);
      for (let round = 0; round < 500 && !(round > 20 && isLossTold()); round++) {
        await kernel.commit(batch(...fill));
        await kernel.commit(batch(drain));
      }
    } finally {
      other.kill();
      await once(other, "close");
    }
    const { generation } = await kernel.commit(batch(addChain("last")));
    await until(() => changes().at(-1)?.generation === generation);
    assertNothingLostInSilence(generation);
    assert.ok(isLossTold());
  });

  test("leaves no other listener out: one that stays hears all of it", async () => {
    let bytes = 0;
    const monitor = new NetlinkMonitor("netfilter", [NFNLGRP_NFTABLES], {
      messages: (messages) => {
        bytes += messages.length;
      },
      overflow: () => assert.fail("overflow"),
      failed: (error) => assert.fail(error),
    });
    await kernel.commit(batch(...fill));
    await until(() => bytes > 20_000 * 20);
    monitor.close();
  });
});

function isLossTold(): boolean {
  return events.some(({ kind }) => kind === "overflow");
}

/** Between two events in a row stands either every generation, or the word that some were lost. */
function assertNothingLostInSilence(until: number): void {
  let last = changes()[0]?.generation ?? 0;
  let isLost = false;
  for (const event of events.slice(1)) {
    if (event.kind === "overflow") isLost = true;
    else {
      assert.ok(event.generation <= last + 1 || isLost, `nothing told of generations ${last + 1} to ${event.generation - 1}`);
      last = Math.max(last, event.generation);
      isLost = false;
    }
  }
  assert.equal(last, until);
}

/** A process that changes the ruleset again and again, with a pause of so many microseconds. */
function hammer(microseconds: number) {
  const script = `
    const { openNetlinkKernel } = await import(${JSON.stringify(new URL("../../../agent/kernel/netlink.ts", import.meta.url).href)});
    const kernel = openNetlinkKernel();
    const chain = (verb) => ({ verb, object: "chain", ...(verb === "add" ? { chain: { kind: "regular", name: "foreign", rules: [] } } : { name: "foreign" }) });
    for (;;) {
      for (const verb of ["add", "delete"]) await kernel.commit({ table: "${TABLE}", operations: [chain(verb)] });
      const start = performance.now();
      while (performance.now() - start < ${microseconds} / 1000);
    }`;
  return spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "inherit" });
}
