// The one suite that every kernel behind agent/kernel/interface.ts passes: what is read is what was committed, what is refused is
// refused alike and leaves nothing behind, generations and notifications tell of every change.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Kernel, KernelError, type KernelEvent } from "../../../agent/kernel/interface.ts";
import type { Actual, Operation } from "../../../rules/diff/types.ts";
import { capacity, packKeys } from "../../../rules/ruleset/keys.ts";
import type { DataType, NftMap, NftSet } from "../../../rules/ruleset/types.ts";
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
  hashSet,
  jump,
  prefixSet,
  TABLE,
} from "./operations.ts";
import { acceptances, refusals } from "./refusals.ts";

/** The kernel of the running test. */
type Use = () => Kernel;

export function describeKernel(name: string, open: () => Kernel): void {
  describe(name, () => {
    let kernel: Kernel;
    beforeEach(() => {
      kernel = open();
    });
    afterEach(async () => {
      await kernel.commit(batch(addTable, deleteTable));
      kernel.close();
    });
    const use = (): Kernel => kernel;
    describe("reads what was committed", () => testReading(use));
    describe("refuses what it must", () => testRefusals(use));
    describe("counts generations", () => testGenerations(use));
    describe("tells its watchers", () => testWatching(use));
  });
}

async function tableOf(kernel: Kernel): Promise<Actual | undefined> {
  return (await kernel.read(TABLE)).actual;
}

async function apply(kernel: Kernel, ...operations: readonly Operation[]): Promise<void> {
  await kernel.commit(batch(...operations));
}

function testReading(use: Use): void {
  test("no table is nothing to read", async () => assert.equal(await tableOf(use()), undefined));

  test("an empty table has no chains, sets and maps", async () => {
    await apply(use(), addTable);
    assert.deepEqual(await tableOf(use()), { chains: [], sets: [], maps: [] });
  });

  test("chains are read in order of their names, with their rules counted", async () => {
    await apply(
      use(),
      addTable,
      addChain("web"),
      addBase("input", -5),
      addChain("db"),
      addRule("web", counter),
      addRule("web", counter),
      addRule("input", jump("web")),
    );
    assert.deepEqual((await tableOf(use()))?.chains, [
      { name: "db", rules: 0 },
      { name: "input", base: { hook: "input", priority: -5, policy: "accept" }, rules: 1 },
      { name: "web", rules: 2 },
    ]);
  });

  for (const [title, set, size] of sets) {
    test(`set: ${title}`, async () => {
      await apply(use(), addTable, addSet(set), addElements(set));
      assert.deepEqual((await tableOf(use()))?.sets, [{ ...set, size }]);
    });
  }

  test("a map with its entries, in bytewise order of their keys", async () => {
    const types: DataType[] = ["ifname", "mark"];
    const entries = [
      { key: ["eth0", 256], verdict: { kind: "goto", chain: "a" } },
      { key: ["eth0", 1], verdict: { kind: "jump", chain: "a" } },
      { key: ["eth0", 2], verdict: { kind: "drop" } },
      { key: ["wg0", 0], verdict: { kind: "return" } },
    ] as const;
    const map: NftMap = { name: "m", types, entries, comment: "interface to endpoint" };
    await apply(use(), addTable, addChain("a"), addMap(map), addEntries(map, ...entries.toReversed()));
    assert.deepEqual((await tableOf(use()))?.maps, [{ ...map, size: capacity(4) }]);
  });

  test("a comment that nft could not read back is stored as one that it can", async () => {
    await apply(use(), addTable, addSet(hashSet("s", addresses(0, 0), 'selector a == "b"\n')));
    assert.equal((await tableOf(use()))?.sets[0]?.comment, "selector a == 'b' ");
  });
}

function testRefusals(use: Use): void {
  for (const row of refusals) {
    test(`refused: ${row.name}`, async () => {
      if (row.before.length > 0) await apply(use(), ...row.before);
      const before = await use().read(TABLE);
      const error = await failure(use().commit(batch(...row.asked)));
      assert.equal(error.errno, row.errno);
      assert.equal(error.code, row.errno === "ENOTSUP" ? "unsupported" : "refused");
      assert.equal(error.operation, row.asked[row.culprit ?? row.asked.length - 1]);
      assert.match(error.message, new RegExp(row.errno));
      assert.deepEqual(await use().read(TABLE), before);
    });
  }

  for (const row of acceptances) {
    test(`accepted: ${row.name}`, async () => {
      await apply(use(), ...row.before);
      await apply(use(), ...row.asked);
    });
  }

  test("a refusal names the operation in nft words and the policy rule it came from", async () => {
    await apply(use(), addTable, addChain("a"));
    const error = await failure(use().commit(batch(addRule("a", counter, jump("missing")))));
    assert.match(error.message, /^add rule a counter .*jump missing comment "GlobalNetworkPolicy web ingress rule 3"/);
  });
}

function testGenerations(use: Use): void {
  test("every commit that changes something starts a new generation", async () => {
    const first = await use().generation();
    const { generation } = await use().commit(batch(addTable));
    assert.equal(generation, first + 1);
    assert.equal(await use().generation(), generation);
    assert.equal((await use().read(TABLE)).generation, generation);
    assert.equal((await use().commit(batch(addTable), { generation })).generation, generation, "the table is there already");
    assert.equal((await use().commit(batch(), { generation })).generation, generation, "nothing to do");
    assert.equal((await use().commit(batch(addChain("a")), { generation })).generation, generation + 1);
  });

  test("a commit at another generation than expected is stale and leaves nothing behind", async () => {
    const { generation } = await use().commit(batch(addTable));
    await apply(use(), addChain("a"));
    const error = await failure(use().commit(batch(addChain("b")), { generation }));
    assert.equal(error.code, "stale");
    assert.deepEqual(
      (await tableOf(use()))?.chains.map((chain) => chain.name),
      ["a"],
    );
  });
}

function testWatching(use: Use): void {
  test("a watcher hears of every change and of nothing after it stopped", async () => {
    const events: KernelEvent[] = [];
    const stop = use().watch((event) => events.push(event));
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
    const stops = heard.map((_, i) => use().watch(() => heard.splice(i, 1, (heard[i] ?? 0) + 1)));
    await apply(use(), addTable);
    await until(() => heard[0] === 1 && heard[1] === 1);
    stops[0]?.();
    await apply(use(), addChain("a"));
    await until(() => heard[1] === 2);
    assert.equal(heard[0], 1);
    stops[1]?.();
  });
}

const six = (value: bigint) => ({ family: 6, value }) as const;
const concatenated: NftSet = {
  name: "s",
  types: ["ipv6_addr", "inet_proto", "inet_service"],
  flavour: "hash",
  keys: packKeys(
    ["ipv6_addr", "inet_proto", "inet_service"],
    [
      [six(1n), 6, 80],
      [six(2n ** 127n), 17, 53],
      [six(1n), 6, 8080],
    ],
  ),
  comment: "named ports",
};
const names: NftSet = { name: "s", types: ["ifname"], flavour: "hash", keys: packKeys(["ifname"], [["eth0"], ["a"], ["exactlyfifteen_"]]), comment: "" };
const marks: NftSet = { name: "s", types: ["mark"], flavour: "hash", keys: packKeys(["mark"], [[1], [256], [0x80000000]]), comment: "" };

/** With the size that is declared for it. */
const sets: readonly (readonly [string, NftSet, number])[] = [
  ["addresses", hashSet("s", addresses(0x0a000000, 0x0a000064), "selector role == 'db' (IPv4)"), capacity(100)],
  ["no elements", hashSet("s", addresses(0, 0)), 64],
  ["a key of one byte", { name: "s", types: ["icmpv6_type"], flavour: "hash", keys: packKeys(["icmpv6_type"], [[1], [135], [136]]), comment: "" }, 64],
  ["numbers in host order, sorted bytewise", marks, 64],
  ["names of interfaces", names, 64],
  ["concatenations", concatenated, 64],
  [
    "prefixes",
    prefixSet("s", [
      [0x0a000000, 8],
      [0xc0a80100, 24],
      [0x01020304, 32],
    ]),
    0,
  ],
  [
    "prefixes at both ends of the range",
    prefixSet("s", [
      [0, 8],
      [0xff000000, 8],
    ]),
    0,
  ],
  ["the whole range", prefixSet("s", [[0, 0]]), 0],
  ["no prefixes", prefixSet("s", []), 0],
  [
    "a single address at each end, as ranges",
    prefixSet("s", [
      [0, 32],
      [0xffffffff, 32],
    ]),
    0,
  ],
  [
    "prefixes by the thousands",
    prefixSet(
      "s",
      Array.from({ length: 3000 }, (_, i) => [i * 512, 24] as const),
    ),
    0,
  ],
];

async function failure(work: Promise<unknown>): Promise<KernelError> {
  const error = await work.then(
    () => assert.fail("it was to be refused"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof KernelError, String(error));
  return error;
}

/** Waits for what an event loop will bring, at most a second. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await sleep(5);
  assert.ok(condition(), "it did not happen within a second");
}
