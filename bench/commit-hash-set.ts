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

/** Milliseconds. */
async function commitByNft(): Promise<number> {
  await clear();
  const start = performance.now();
  const { status, stderr } = spawnSync("nft", ["-f", file], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - start;
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
  for (let run = -warmUp; run < runs; run++) {
    const sample = await commitByHostward();
    await checkCount();
    const nft = await commitByNft();
    await checkCount();
    if (run >= 0) ours.push(sample);
    if (run >= 0) theirs.push(nft);
  }
  const of = (key: keyof Sample): number[] => ours.map((sample) => sample[key]);
  const [wall, send] = [of("wall"), of("send")];
  printRows(`commit of a hash set of ${members} addresses, ${batches.length} batch, ${(median(of("bytes")) / 1e6).toFixed(1)} MB`, [
    { what: "hostward, wall", unit: "ms", values: wall },
    { what: "hostward, user time", unit: "ms", values: of("user") },
    { what: "hostward, encoding", unit: "ms", values: of("encode") },
    { what: "kernel, inside sendmsg", unit: "ms", values: send },
    { what: "nft -f, wall", unit: "ms", values: theirs },
    { what: "hostward user time / kernel", unit: "x", values: of("user").map((value, i) => value / (send[i] ?? Number.NaN)) },
    { what: "hostward wall / kernel", unit: "x", values: wall.map((value, i) => value / (send[i] ?? Number.NaN)) },
    { what: "nft -f wall / hostward wall", unit: "x", values: theirs.map((value, i) => value / (wall[i] ?? Number.NaN)) },
  ]);
  printJson("commit-hash-set", {
    members,
    runs,
    wallMs: median(wall),
    userMs: median(of("user")),
    encodeMs: median(of("encode")),
    encodeNsPerElement: (median(of("encode")) * 1e6) / members,
    sendMs: median(send),
    nftMs: median(theirs),
    userPerSend: ratio(of("user"), send),
    wallPerSend: ratio(wall, send),
    nftPerWall: ratio(theirs, wall),
  });
} finally {
  rmSync(folder, { recursive: true });
  kernel.close();
}
