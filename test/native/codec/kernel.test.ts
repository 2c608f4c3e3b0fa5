// Expressions, tables, chains, sets and counters through the running kernel: what it dumps decodes to what was sent.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { probeFeatures } from "../../../agent/kernel/features.ts";
import { isTorn } from "../../../agent/kernel/listedKeys.ts";
import { type BatchOptions, BatchWriter } from "../../../native/codec/batch.ts";
import { addChain, chainsRequest, decodeChain } from "../../../native/codec/chain.ts";
import { NFT_MSG_GETOBJ, NFTA_OBJ_TABLE, NLM_F_DUMP } from "../../../native/codec/constants.ts";
import { writeElements, writeVerdictElements } from "../../../native/codec/element.ts";
import { decodeGeneration, generationRequest } from "../../../native/codec/generation.ts";
import { decodeElements, elementsRequest } from "../../../native/codec/listedElements.ts";
import { encodeRequest, readMessages } from "../../../native/codec/message.ts";
import { addCounter, decodeCounter } from "../../../native/codec/object.ts";
import { appendRule, decodeRule, deleteRules, rulesRequest } from "../../../native/codec/rule.ts";
import { addSet, decodeSet, type SetHead, setsRequest } from "../../../native/codec/set.ts";
import { addTable, decodeTable, tableRequest } from "../../../native/codec/table.ts";
import { NetlinkSocket } from "../../../native/index.ts";
import { NetlinkError } from "../../../native/netlinkError.ts";
import { keysOfBytes } from "../../../rules/ruleset/chunks.ts";
import type { Expression } from "../../../rules/ruleset/expression.ts";
import { dataTypes } from "../../../rules/ruleset/fields.ts";
import { encodeKey, packKeys } from "../../../rules/ruleset/keys.ts";
import type { DataType } from "../../../rules/ruleset/types.ts";
import { expressionOf } from "./arbitrary.ts";
import { counterByName, lookupsByNft, sentByNft } from "./sentByNft.ts";
import { toHex } from "./tree.ts";
import { hash, ip, plainTable } from "./written.ts";

const socket = new NetlinkSocket("netfilter");
let sequence = 1;

async function commit(write: (batch: BatchWriter) => void, options: BatchOptions = {}): Promise<void> {
  const batch = new BatchWriter({ firstSequence: sequence, ...options });
  write(batch);
  const { bytes, lastSequence, offsets } = batch.finish();
  sequence += offsets.length;
  await socket.transact(bytes, lastSequence);
}

async function dump<T>(request: Uint8Array, decode: (reader: Parameters<typeof decodeChain>[0]) => T): Promise<T[]> {
  return [...readMessages(await socket.dump(request))].map(({ attributes }) => decode(attributes));
}

const features = await probeFeatures();

/** Why a test cannot run on this kernel; false where it can. */
function lacking(name: string): string | false {
  const feature = features.find((known) => known.name === name);
  assert.ok(feature, `no feature ${name}`);
  return feature.present ? false : `this kernel has no ${name}, which Linux ${feature.since} brought`;
}

before(async () => {
  await commit((batch) => {
    addTable(batch, plainTable);
    addChain(batch, { table: "t", name: "b" });
    addChain(batch, { table: "t", name: "rules" });
    addCounter(batch, { table: "t", name: "cn", packets: 5n, bytes: 2n ** 40n });
    addSet(batch, { ...hash, name: "h4", types: ["ipv4_addr"] });
    addSet(batch, { ...hash, name: "vm", types: ["ifname"], map: true });
  });
});
after(() => socket.close());

/** The kernel refuses to read a register that nothing was loaded into. */
const loaded: readonly Expression[] = [1, 2, 3, 4].map((dreg) => ({ kind: "immediate", dreg, data: new Uint8Array(16) }));

async function throughKernel(rules: readonly (readonly Expression[])[], comment = ""): Promise<(readonly unknown[])[]> {
  await commit((batch) => {
    deleteRules(batch, "t", "rules");
    for (const rule of rules) appendRule(batch, { table: "t", chain: "rules", expressions: [...loaded, ...rule], comment });
  });
  const listed = await dump(rulesRequest("t", sequence++), decodeRule);
  assert.ok(listed.every((rule) => rule.comment === comment && rule.table === "t" && rule.chain === "rules"));
  return listed.map(({ expressions }) => expressions.slice(loaded.length));
}

describe("an expression comes back as it was sent", () => {
  const fromNft: [string, Expression][] = [...sentByNft, ...lookupsByNft].map(([name, expression]) => [name, expression]);
  const others: [string, Expression][] = [
    ["a counter by name", counterByName],
    ["a comparison in the second register of four bytes", { kind: "cmp", op: "eq", sreg: 9, data: Uint8Array.of(1, 2, 3, 4) }],
    ["a log without prefix", { kind: "log", prefix: "", level: 6 }],
    ["a log with the longest prefix", { kind: "log", prefix: "p".repeat(127), level: 6 }],
  ];
  for (const [name, expression] of [...fromNft, ...others]) {
    test(name, async () => assert.deepEqual(await throughKernel([[expression]]), [[expression]]));
  }

  for (const kind of ["cmp", "bitwise", "counter", "ct", "meta"] as const) {
    test(`any ${kind} that the kernel takes`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(expressionOf(kind).filter(usesWholeRegisters), { minLength: 1, maxLength: 8 }), async (expressions) => {
          const rules = expressions.map((expression) => [expression]);
          assert.deepEqual(await throughKernel(rules), rules);
        }),
        { numRuns: 20 },
      );
    });
  }

  test("a rule of many expressions with the longest comment", async () => {
    const rule = sentByNft.map(([, expression]) => expression).filter(({ kind }) => kind !== "verdict");
    assert.deepEqual(await throughKernel([rule, rule], "c".repeat(253)), [rule, rule]);
  });
});

/** Registers 8 to 23 overlap 1 to 4 and the kernel lists some of them under the other's number. */
function usesWholeRegisters(expression: Expression): boolean {
  const registers = [...("sreg" in expression ? [expression.sreg] : []), ...("dreg" in expression ? [expression.dreg] : [])];
  return registers.every((register) => register <= 4);
}

describe("sets come back as they were declared, and their elements as they were packed", () => {
  const all = Object.keys(dataTypes) as DataType[];
  const heads: readonly SetHead[] = [
    ...all.map((type): SetHead => ({ ...hash, name: `one-${type}`, types: [type], comment: `of ${type}` })),
    { ...hash, name: "declared", types: ["ipv6_addr"], size: 128, comment: "x".repeat(200) },
    { ...hash, name: "five", types: ["ifname", "mark", "inet_proto", "inet_service", "icmpv6_type"] },
    { ...hash, name: "map", types: ["ifname", "mark"], map: true, size: 64, comment: "a map" },
    { ...hash, name: "tree", types: ["ipv6_addr"], flavour: "interval" },
    { ...hash, name: "ranges", types: ["ipv4_addr", "inet_service"], flavour: "interval" },
  ];
  for (const head of heads) {
    test(head.name, async () => {
      await commit((batch) => addSet(batch, head));
      const listed = await dump(setsRequest("t", sequence++), decodeSet);
      assert.deepEqual(
        listed.find(({ name }) => name === head.name),
        { ...head, known: true },
      );
    });
  }

  test("rows of a hash set, more than one message holds", async () => {
    const keys = packKeys(
      ["ipv4_addr"],
      Array.from({ length: 10_000 }, (_, i) => [ip(i * 7919)]),
    );
    await commit((batch) => writeElements(batch, "add", { ...hash, name: "one-ipv4_addr", types: ["ipv4_addr"] }, keys));
    const list = async () => decodeElements(await socket.dump(elementsRequest("t", "one-ipv4_addr", sequence++)), { types: ["ipv4_addr"], flavour: "hash" });
    let listed = await list();
    while (isTorn(listed)) listed = await list();
    assert.equal(listed.count, 10_000);
    assert.deepEqual(packKeys(["ipv4_addr"], rowsOf(listed.bytes)), keys);
  });

  test("concatenated ranges, of which one is a single value", async () => {
    const types: DataType[] = ["ipv4_addr", "inet_service"];
    const row = (a: number, b: number) => encodeKey(types, [ip(a), b]);
    const bytes = Uint8Array.from([row(0x0a000000, 80), row(0x0affffff, 90), row(0x0b000001, 7), row(0x0b000001, 7)].flatMap((key) => [...key]));
    const set = { ...hash, name: "ranges", types, flavour: "interval" } as const;
    await commit((batch) => writeElements(batch, "add", set, keysOfBytes(16, bytes)));
    const listed = decodeElements(await socket.dump(elementsRequest("t", "ranges", sequence++)), set);
    assert.deepEqual([listed.kind, listed.width, listed.count], ["ranges", 16, 2]);
    assert.deepEqual([...listed.bytes].toSorted(), [...bytes].toSorted());
  });

  test("bounds of a tree: a start, an end, and a start without an end at the top", async () => {
    const types: DataType[] = ["ipv6_addr"];
    const key = (last: number, fill = 0) => new Uint8Array(16).fill(fill).with(15, last);
    const bytes = Uint8Array.from([...key(1), ...key(2), ...key(0xf0, 0xff), ...key(0xff, 0xff)]);
    const set = { ...hash, name: "tree", types, flavour: "interval" } as const;
    await commit((batch) => writeElements(batch, "add", set, keysOfBytes(32, bytes)));
    const { kind, count, width, bytes: listed } = decodeElements(await socket.dump(elementsRequest("t", "tree", sequence++)), set);
    assert.deepEqual([kind, width, count], ["bounds", 17, 3]);
    const rows = Array.from({ length: count }, (_, i) => toHex(listed.subarray(i * width, (i + 1) * width)));
    const expected = [`${toHex(key(1))}01`, `${toHex(key(3))}00`, `${toHex(key(0xf0, 0xff))}01`];
    assert.deepEqual(rows.toSorted(), expected.toSorted());
  });

  test("a map's elements with every verdict", async () => {
    const map = { ...hash, name: "map", types: ["ifname", "mark"] as DataType[] };
    const verdicts = [{ kind: "accept" }, { kind: "drop" }, { kind: "return" }, { kind: "jump", chain: "b" }, { kind: "goto", chain: "b" }] as const;
    const elements = verdicts.map((verdict, i) => ({ key: encodeKey(map.types, ["eth0", i]), verdict }));
    await commit((batch) => writeVerdictElements(batch, "add", map, elements));
    const listed = decodeElements(await socket.dump(elementsRequest("t", "map", sequence++)), map);
    const byMark = listed.verdicts.map((verdict, i) => ({ key: listed.bytes.subarray(i * 20, (i + 1) * 20), verdict }));
    assert.deepEqual(
      byMark.toSorted((a, b) => (a.key[16] ?? 0) - (b.key[16] ?? 0)),
      elements,
    );
    await commit((batch) => writeVerdictElements(batch, "delete", map, elements));
    assert.equal(decodeElements(await socket.dump(elementsRequest("t", "map", sequence++)), map).count, 0);
  });
});

function rowsOf(bytes: Uint8Array): readonly ReturnType<typeof ip>[][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, i) => [ip(view.getUint32(4 * i))]);
}

test("base chains at every hook come back, with priority and policy", async () => {
  const hooks = ["prerouting", "input", "forward", "output", "postrouting"] as const;
  await commit((batch) => {
    for (const hook of hooks) addChain(batch, { table: "t", name: hook, base: { hook, priority: -7 } });
  });
  const listed = (await dump(chainsRequest(sequence++), decodeChain)).filter(({ base }) => base);
  assert.deepEqual(
    listed,
    hooks.map((hook) => ({ table: "t", name: hook, base: { hook, priority: -7, policy: "accept" } })),
  );
});

test("a counter comes back with its values", async () => {
  const request = encodeRequest({ message: NFT_MSG_GETOBJ, flags: NLM_F_DUMP, sequence: sequence++ }, (writer) => writer.text(NFTA_OBJ_TABLE, "t"));
  assert.deepEqual(await dump(request, decodeCounter), [{ table: "t", name: "cn", packets: 5n, bytes: 2n ** 40n }]);
});

test("a table comes back with its flags, its comment and the socket that owns it", { skip: lacking("persistent table") }, async () => {
  const table = { name: "owned", dormant: true, owner: true, persist: true, comment: "ours alone" };
  await commit((batch) => addTable(batch, table));
  const [listed] = [...readMessages(await socket.request(tableRequest("owned", sequence++)))].map(({ attributes }) => decodeTable(attributes));
  assert.deepEqual(listed, { ...table, ownerPortId: socket.portId });
});

test("a commit at the generation just read lands, and the next at the same one is stale", async () => {
  const [now] = [...readMessages(await socket.request(generationRequest(sequence++)))].map(decodeGeneration);
  assert.ok(now);
  await commit((batch) => addChain(batch, { table: "t", name: "first" }), { generation: now.generation });
  const late = commit((batch) => addChain(batch, { table: "t", name: "second" }), { generation: now.generation });
  await assert.rejects(late, (error) => error instanceof NetlinkError && error.code === "NETLINK_STALE");
});
