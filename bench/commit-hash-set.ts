// A ruleset with a hash set of 100,000 addresses committed into an empty namespace: what hostward itself costs beside the kernel's own
// time, and beside `nft -f` of the same ruleset. Run as `node bench/commit-hash-set.ts [members] [runs]`. Goals: the whole commit takes at
// most 1.1 times the kernel's time, and a quarter of nft's. Works in a network namespace of its own.

import "../test/lab/enter.ts";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openNetlinkKernel } from "../agent/kernel/netlink.ts";
import { diff } from "../rules/diff/diff.ts";
import { packKeys } from "../rules/ruleset/keys.ts";
import { printRuleset } from "../rules/ruleset/print.ts";
import type { NftSet, Ruleset } from "../rules/ruleset/types.ts";
import { median, printJson, printRows, ratio } from "./measure.ts";

const members = Number(process.argv[2] ?? 100_000);
const runs = Number(process.argv[3] ?? 9);
const warmUp = 2;
const table = "hostward";

interface Sample {
  /** Milliseconds. */
  readonly wall: number;
  readonly user: number;
  readonly encode: number;
  readonly send: number;
  readonly bytes: number;
}

/** One set, and a rule that looks it up. */
function rulesetOf(count: number): Ruleset {
  const keys = packKeys(
    ["ipv4_addr"],
    Array.from({ length: count }, (_, i) => [{ family: 4, value: BigInt(0x0a000000 + i * 37) }]),
  );
  const set: NftSet = { name: "members", types: ["ipv4_addr"], flavour: "hash", keys, comment: "selector all() (IPv4)" };
  const drop = { kind: "verdict", verdict: { kind: "drop" } } as const;
  const rules = [
    { statements: [{ kind: "lookup", fields: ["ip saddr"], op: "in", set: "members" } as const, drop], origin: { kind: "bench", name: "members" } },
  ];
  return { table, chains: [{ kind: "base", name: "input", hook: "input", priority: 0, rules }], sets: [set], maps: [] };
}

const kernel = openNetlinkKernel();
const ruleset = rulesetOf(members);
const { batches } = diff(undefined, ruleset);
const folder = mkdtempSync(join(tmpdir(), "hostward-bench-"));
const file = join(folder, "ruleset.nft");
writeFileSync(file, printRuleset(ruleset));

async function commitByHostward(): Promise<Sample> {
  await clear();
  const cpu = process.cpuUsage();
  const start = performance.now();
  let [encode, send, bytes] = [0, 0, 0];
  for (const batch of batches) {
    const committed = await kernel.commit(batch);
    encode += committed.encodeMicroseconds / 1000;
    send += committed.sendMicroseconds / 1000;
    bytes += committed.bytes;
  }
  return { wall: performance.now() - start, user: process.cpuUsage(cpu).user / 1000, encode, send, bytes };
}

/** Milliseconds; or why nft cannot load this here: without root its batch is limited to the default send buffer. */
async function commitByNft(): Promise<number | string> {
  await clear();
  const start = performance.now();
  const { status, stderr, error } = spawnSync("nft", ["-f", file], { encoding: "utf8" });
  return status === 0 ? performance.now() - start : (error?.message ?? stderr).trim();
}

/** The kernel frees the old set in the background: that is no part of what is measured next. */
async function clear(): Promise<void> {
  await kernel.commit({
    table,
    operations: [
      { verb: "add", object: "table" },
      { verb: "delete", object: "table" },
    ],
  });
  await sleep(100);
}

async function checkCount(): Promise<void> {
  const { actual } = await kernel.read(table);
  if (actual?.sets[0]?.keys.count !== members) throw new Error(`the kernel holds ${actual?.sets[0]?.keys.count} elements instead of ${members}`);
}

try {
  const ours: Sample[] = [];
  const theirs: number[] = [];
  let trouble: string | undefined;
  for (let run = -warmUp; run < runs; run++) {
    const sample = await commitByHostward();
    await checkCount();
    if (run >= 0) ours.push(sample);
    const nft = trouble ?? (await commitByNft());
    if (typeof nft === "string") trouble = nft;
    else await checkCount();
    if (run >= 0 && typeof nft === "number") theirs.push(nft);
  }
  const of = (key: keyof Sample): number[] => ours.map((sample) => sample[key]);
  const [wall, send] = [of("wall"), of("send")];
  printRows(`commit of a hash set of ${members} addresses, ${batches.length} batch, ${(median(of("bytes")) / 1e6).toFixed(1)} MB`, [
    { what: "hostward, wall", unit: "ms", values: wall },
    { what: "hostward, user time", unit: "ms", values: of("user") },
    { what: "hostward, encoding", unit: "ms", values: of("encode") },
    { what: "kernel, inside sendmsg", unit: "ms", values: send },
    { what: "hostward user time / kernel", unit: "x", values: of("user").map((value, i) => value / (send[i] ?? Number.NaN)) },
    { what: "hostward wall / kernel", unit: "x", values: wall.map((value, i) => value / (send[i] ?? Number.NaN)) },
  ]);
  if (trouble !== undefined) process.stdout.write(`  no comparison with nft -f: ${trouble}\n`);
  else {
    printRows("the same ruleset by nft", [
      { what: "nft -f, wall", unit: "ms", values: theirs },
      { what: "nft -f wall / hostward wall", unit: "x", values: theirs.map((value, i) => value / (wall[i] ?? Number.NaN)) },
    ]);
  }
  printJson("commit-hash-set", {
    members,
    runs,
    wallMs: median(wall),
    userMs: median(of("user")),
    encodeMs: median(of("encode")),
    encodeNsPerElement: (median(of("encode")) * 1e6) / members,
    sendMs: median(send),
    userPerSend: ratio(of("user"), send),
    wallPerSend: ratio(wall, send),
    ...(trouble === undefined ? { nftMs: median(theirs), nftPerWall: ratio(theirs, wall) } : {}),
  });
} finally {
  rmSync(folder, { recursive: true });
  kernel.close();
}
