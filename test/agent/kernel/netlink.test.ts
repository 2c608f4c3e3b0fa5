// The real kernel: the common suite, faults as the kernel names them, foreign changes, and what `nft` sees of it and the other way round.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { probeFeatures } from "../../../agent/kernel/features.ts";
import { type Kernel, KernelError, type KernelEvent } from "../../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { readMessages } from "../../../native/codec/message.ts";
import { decodeRule, rulesRequest } from "../../../native/codec/rule.ts";
import { NetlinkSocket } from "../../../native/index.ts";
import { actualOf, diff } from "../../../rules/diff/diff.ts";
import { describeDifference } from "../../../rules/diff/difference.ts";
import type { Operation } from "../../../rules/diff/types.ts";
import { bytesOfKeys, noKeys } from "../../../rules/ruleset/chunks.ts";
import { printRuleset } from "../../../rules/ruleset/print.ts";
import { runsBefore } from "../../lab/kernelVersion.ts";
import { slowness } from "../../patience.ts";
import { describeKernel } from "./conformance.ts";
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
  jump,
  lookup,
  TABLE,
} from "./operations.ts";
import { everyStatement } from "./rulesets.ts";
import { nft as load } from "./suite.ts";

describeKernel("the kernel over netlink", openNetlinkKernel, () => openNetlinkKernel());

/** With a kernel whose table is gone afterwards, whatever happens. */
async function withKernel(work: (kernel: Kernel) => Promise<void>): Promise<void> {
  const kernel = openNetlinkKernel();
  try {
    await work(kernel);
  } finally {
    await kernel.commit(batch(addTable, deleteTable));
    kernel.close();
  }
}

function nft(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("nft", words, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** What `nft list` shows of a table, object by object: they come in the order in which they were made. */
function listedObjects(listing: string): readonly string[] {
  const body = listing.slice(listing.indexOf("{") + 1, listing.lastIndexOf("}"));
  return body
    .split("\n\n")
    .map((text) => text.trim())
    .toSorted();
}

/** Every rule of the table as the codec decodes it, but for its handle. Of each chain in order; chains stand in the order in which they were made. */
async function listedRules(): Promise<readonly object[]> {
  const socket = new NetlinkSocket("netfilter");
  const dump = await socket.dump(rulesRequest(TABLE, 1));
  socket.close();
  const rules = [...readMessages(dump)].map(({ attributes }) => ({ ...decodeRule(attributes), handle: 0 }));
  assert.ok(rules.every(({ expressions }) => expressions.every(({ kind }) => kind !== "unknown")));
  return rules.toSorted((a, b) => (a.chain < b.chain ? -1 : Number(a.chain > b.chain)));
}

describe("a refusal points at the attribute at fault", () => {
  const rows: readonly (readonly [string, readonly Operation[], RegExp])[] = [
    ["a chain", [addChain("a"), addChain("a")], /^add chain a: it is there already \(EEXIST at NFTA_CHAIN_NAME\)$/],
    ["a set that a rule looks up", [addChain("a"), addRule("a", counter, lookup("s"))], /\(ENOENT at NFTA_RULE_EXPRESSIONS\[4\] lookup\)$/],
    ["a chain that a rule jumps to", [addChain("a"), addRule("a", jump("x"))], /\(ENOENT at NFTA_RULE_EXPRESSIONS\[0\] immediate\)$/],
    [
      "one element among many",
      [addSet(hashSet("s", addresses(0, 5))), addElements(hashSet("s", addresses(3))), addElements(hashSet("s", addresses(0, 5)))],
      /^add element s \{ 0\.0\.0\.0, .*and 1 more \}: it is there already \(EEXIST at NFTA_SET_ELEM_LIST_ELEMENTS\[3\]\)/,
    ],
    // Linux 6.1 tells the error number alone, 6.18 all of it.
    [
      "a name that is too long",
      [addChain("c".repeat(300))],
      runsBefore("6.13") ? /\(ERANGE\b/ : /\(ERANGE at NFTA_CHAIN_NAME\); Attribute failed policy validation$/,
    ],
    ["several messages at once", [addChain("a"), addChain("a"), addChain("a")], /; 1 more refused$/],
  ];
  for (const [name, operations, message] of rows) {
    test(name, async () => {
      await withKernel((kernel) => assert.rejects(kernel.commit(batch(addTable, ...operations)), { name: "KernelError", message }));
    });
  }

  test("a value that no message can carry is refused before anything is sent", () =>
    withKernel(async (kernel) => {
      const asked = addChain("a\0b");
      await assert.rejects(
        kernel.commit(batch(addTable, asked)),
        (error) => error instanceof KernelError && error.code === "refused" && error.operation === asked,
      );
    }));
});

describe("without privilege", () => {
  test("a commit is refused with the remedy, and reading still works where the kernel lets it", () => {
    const script = `
      const { openNetlinkKernel } = await import(${JSON.stringify(new URL("../../../agent/kernel/netlink.ts", import.meta.url).href)});
      await openNetlinkKernel().commit({ table: "t", operations: [{ verb: "add", object: "table" }] }).catch((error) => console.log(error.code, error.errno, error.message));
    `;
    const capabilities = ["--bounding-set=-net_admin", "--inh-caps=-net_admin"];
    const { stdout, stderr } = spawnSync("setpriv", [...capabilities, process.execPath, "--input-type=module", "-e", script], { encoding: "utf8" });
    assert.match(stdout, /^permission EPERM .*CAP_NET_ADMIN/, stderr);
  });
});

describe("beside nft", () => {
  test("a foreign change is told with its process, and makes a commit at the old generation stale", () =>
    withKernel(async (kernel) => {
      const events: KernelEvent[] = [];
      kernel.watch(TABLE, (event) => events.push(event));
      const { generation } = await kernel.commit(batch(addTable));
      load(`add chain inet ${TABLE} foreign`);
      await sleep(50);
      const foreign = events.at(-1);
      assert.deepEqual(
        { ...foreign, processId: 0 },
        {
          kind: "generation",
          generation: generation + 1,
          processId: 0,
          processName: "nft",
          touched: { kind: "parts", chains: new Set(["foreign"]), sets: new Set() },
        },
      );
      await assert.rejects(kernel.commit(batch(addChain("a")), { generation }), (error) => error instanceof KernelError && error.code === "stale");
      assert.deepEqual((await kernel.read(TABLE)).actual?.chains, [{ name: "foreign", rules: [] }]);
    }));

  test("what somebody else put into the table is read for what it is, or as something to be replaced", () =>
    withKernel(async (kernel) => {
      load(`table inet ${TABLE} {
      set ours { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.168.0.1-192.168.0.7, 255.255.255.255 }; }
      set touching { type ipv4_addr; flags interval; elements = { 10.0.0.0/9, 10.128.0.0/9 }; }
      set strange { type ether_addr; elements = { 00:01:02:03:04:05 }; }
      set timed { type ipv4_addr; flags timeout; elements = { 10.0.0.1 timeout 1h }; }
      map data { type ipv4_addr : mark; elements = { 10.0.0.1 : 5 }; }
      map verdicts { type ifname : verdict; elements = { "eth0" : continue, "eth1" : accept }; }
      chain nat { type nat hook output priority 3; policy drop; tcp dport 80 redirect to :8080; }
    }`);
      const { actual } = await kernel.read(TABLE);
      const ranges = (name: string) => actual?.sets.find((set) => set.name === name)?.keys;
      assert.deepEqual(
        [...bytesOfKeys(ranges("ours") ?? noKeys(8))],
        [10, 0, 0, 0, 10, 255, 255, 255, 192, 168, 0, 1, 192, 168, 0, 7, 255, 255, 255, 255, 255, 255, 255, 255],
      );
      assert.equal(ranges("touching")?.count, 2);
      assert.deepEqual(
        actual?.sets.filter(({ types }) => types.length === 0).map(({ name }) => name),
        ["strange", "timed"],
      );
      assert.deepEqual(
        actual?.maps.map(({ name, types, entries }) => ({ name, types, entries })),
        [
          { name: "data", types: [], entries: [] },
          { name: "verdicts", types: ["ifname"], entries: [entry("eth1", { kind: "accept" })] },
        ],
      );
      assert.deepEqual(
        actual?.chains.map((chain) => ({ ...chain, rules: chain.rules.length })),
        [{ name: "nat", base: { hook: "output", priority: 3, policy: "drop" }, rules: 1 }],
      );
    }));

  test("a ruleset with every statement lists alike whether it came over netlink or from nft -f, and reads back as what was wanted", async () => {
    const ruleset = everyStatement(TABLE);
    const seen = async (kernel: Kernel) => {
      assert.equal(describeDifference((await kernel.read(TABLE)).actual, actualOf(ruleset)), undefined);
      assert.deepEqual(diff((await kernel.read(TABLE)).actual, ruleset), { batches: [] });
      return { text: listedObjects(nft("list", "ruleset")), rules: await listedRules() };
    };
    await withKernel(async (kernel) => {
      for (const next of diff(undefined, ruleset).batches) await kernel.commit(next);
      const ours = await seen(kernel);
      await kernel.commit(batch(deleteTable));
      load(printRuleset(ruleset));
      assert.deepEqual(ours, await seen(kernel));
      assert.equal(ours.rules.length, ruleset.chains.flatMap(({ rules }) => rules).length);
    });
  });
});

test("a table that changes all the while is read at one generation", () =>
  withKernel(async (kernel) => {
    const other = openNetlinkKernel();
    await kernel.commit(batch(addTable, addBase("base")));
    let running = true;
    // Chain, map and entry come and go together: a reading that shows one without the others would be torn.
    const map = interfaceMap("m", [entry("eth0", { kind: "goto", chain: "a" })]);
    const churn = (async () => {
      for (let i = 0; running; i++) {
        await other.commit(batch(addChain("a"), addMap(map), addEntries(map, ...map.entries)));
        await other.commit(batch({ verb: "delete", object: "map", name: "m" }, { verb: "delete", object: "chain", name: "a" }));
        await sleep((5 + (i % 10)) * slowness);
      }
    })();
    try {
      for (let i = 0; i < 50; i++) {
        const { actual } = await kernel.read(TABLE);
        const whole = actual?.chains.length === 2;
        assert.deepEqual([actual?.maps.length, actual?.maps[0]?.entries.length], whole ? [1, 1] : [0, undefined]);
      }
    } finally {
      running = false;
    }
    await churn;
    other.close();
  }));

test("the features of the kernel are told with the version that brought them, and asking changes nothing", () =>
  withKernel(async (kernel) => {
    const before = await kernel.generation();
    const features = await probeFeatures();
    assert.equal(await kernel.generation(), before);
    assert.equal(nft("list", "tables"), "");
    const missing = features.filter(({ present }) => !present);
    for (const { name, since } of missing)
      assert.ok(runsBefore(since) || name.startsWith("expression "), `${name} is said to be missing, but Linux ${since} brought it`);
    assert.ok(features.find(({ name }) => name === "batch generation")?.present, "hostward needs it");
  }));
