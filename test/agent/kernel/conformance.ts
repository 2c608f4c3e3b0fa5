// The one suite that every kernel behind agent/kernel/interface.ts passes: what is read is what was committed, what is refused is
// refused alike and leaves nothing behind, generations and notifications tell of every change.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import { originComment } from "../../../rules/ruleset/comment.ts";
import { ruleIdentity } from "../../../rules/ruleset/identity.ts";
import { capacity, packKeys } from "../../../rules/ruleset/keys.ts";
import type { DataType, NftMap, NftSet } from "../../../rules/ruleset/types.ts";
import { withIdentities } from "./identities.ts";
import {
  addBase,
  addChain,
  addElements,
  addEntries,
  addMap,
  addRule,
  address,
  addresses,
  addSet,
  addTable,
  batch,
  counter,
  deleteTable,
  hashSet,
  jump,
  prefixSet,
  rule,
  TABLE,
} from "./operations.ts";
import { testOwnership } from "./ownership.ts";
import { acceptances, refusals } from "./refusals.ts";
import { testRuleEdits } from "./ruleEdits.ts";
import { apply, failure, tableOf, type Use } from "./suite.ts";
import { testTargetedReading, testWatching } from "./touched.ts";

/** Another process's kernel on the same ruleset as this one. */
type Another<K extends Kernel> = (kernel: K) => Kernel;

export function describeKernel<K extends Kernel>(name: string, open: () => K, another: Another<K>): void {
  describe(name, () => {
    let kernel: K;
    beforeEach(() => {
      kernel = open();
    });
    afterEach(async () => {
      await kernel.commit(batch(addTable, deleteTable));
      kernel.close();
    });
    const use = (): Kernel => kernel;
    describe("reads what was committed", () => testReading(use));
    describe("changes single rules", () => testRuleEdits(use));
    describe("reads again only what was touched", () => testTargetedReading(use));
    describe("refuses what it must", () => testRefusals(use));
    describe("counts generations", () => testGenerations(use));
    describe("tells its watchers", () => testWatching(use));
    describe("keeps tables to their owners", () => testOwnership(use, () => another(kernel)));
  });
}

function testReading(use: Use): void {
  test("no table is nothing to read", async () => assert.equal(await tableOf(use()), undefined));

  test("an empty table has no chains, sets and maps", async () => {
    await apply(use(), addTable);
    assert.deepEqual(await tableOf(use()), { chains: [], sets: [], maps: [] });
  });

  test("chains are read in order of their names, with their rules", async () => {
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
    assert.deepEqual(withIdentities(await tableOf(use()))?.chains, [
      { name: "db", rules: [] },
      { name: "input", base: { hook: "input", priority: -5, policy: "accept" }, rules: [ruleIdentity(rule(jump("web")))] },
      { name: "web", rules: [ruleIdentity(rule(counter)), ruleIdentity(rule(counter))] },
    ]);
  });

  for (const [title, set, size] of sets) {
    test(`set: ${title}`, async () => {
      await apply(use(), addTable, addSet(set), addElements(set));
      assert.deepEqual((await tableOf(use()))?.sets, [{ ...set, size }]);
    });
  }

  testReadingMaps(use);
}

function testReadingMaps(use: Use): void {
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

  test("a map that counts, with the comments of the rules that its entries stand for", async () => {
    const origin = { kind: "GlobalNetworkPolicy", name: "web", direction: "ingress", index: 3 } as const;
    const entries = [
      { key: ["eth0"], verdict: { kind: "drop" }, origin },
      { key: ["eth1"], verdict: { kind: "accept" } },
    ] as const;
    const map: NftMap = { name: "m", types: ["ifname"], counters: true, entries, comment: "" };
    await apply(use(), addTable, addMap(map), addEntries(map, ...entries));
    const [held = assert.fail("no map")] = (await tableOf(use()))?.maps ?? [];
    assert.equal(held.counters, true);
    assert.deepEqual(
      held.entries.map(({ key, verdict, origin: of }) => [key, verdict, of && originComment(of)]),
      [
        [["eth0"], { kind: "drop" }, "GlobalNetworkPolicy web ingress rule 3"],
        [["eth1"], { kind: "accept" }, undefined],
      ],
    );
  });

  test("a map of concatenated addresses and ports", async () => {
    const types: DataType[] = ["ipv4_addr", "inet_proto", "inet_service"];
    const entries = [
      { key: [address(0x0a000001), 6, 80], verdict: { kind: "accept" } },
      { key: [address(0x0a000001), 17, 53], verdict: { kind: "drop" } },
    ] as const;
    const map: NftMap = { name: "m", types, entries, comment: "" };
    await apply(use(), addTable, addMap(map), addEntries(map, ...entries));
    assert.deepEqual((await tableOf(use()))?.maps, [{ ...map, size: capacity(2) }]);
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
