// A process that changes its network namespace's ruleset as fast as it can, until it is killed; and its twin elsewhere, which is asked for all that a
// ruleset may be between two states. Orders come as lines, and what is done is told in lines, synchronously: what was told has begun.
//
// usage: churner.ts SEED BALLAST
//   start N      makes the kernel hold state N, whatever it holds: "at N"
//   churn        goes on from there: "change N" before each, "commit" before each batch and "done" after it
//   passage N    from nothing to state N - 1, then to N: one line, the listings after each batch as JSON
//   fresh N      from nothing to state N: one line, its listing as JSON

import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { createInterface } from "node:readline";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { table } from "../../../rules/compile/hooks.ts";
import { createDriver } from "./driver.ts";
import { canonical } from "./listing.ts";
import { createWalk } from "./walk.ts";
import { createHosts } from "./world.ts";

const [seed = 0, ballast = 0] = process.argv.slice(2).map(Number);
const walk = createWalk(seed);
const hosts = createHosts(ballast);
let onCommit = (_when: "before" | "after"): void => undefined;
const kernel = tellingKernel(openNetlinkKernel());
let state = 0;
let driver = createDriver(kernel);

function tell(line: string): void {
  writeSync(1, `${line}\n`);
}

function tellingKernel(kernel: Kernel): Kernel {
  const commit = kernel.commit.bind(kernel);
  kernel.commit = async (batch, options) => {
    onCommit("before");
    const committed = await commit(batch, options);
    onCommit("after");
    return committed;
  };
  return kernel;
}

async function start(step: number): Promise<void> {
  await driver.apply(hosts(walk(step)));
  state = step;
}

async function churn(): Promise<never> {
  onCommit = (when) => tell(when === "before" ? "commit" : "done");
  for (;;) {
    tell(`change ${state + 1}`);
    await start(state + 1);
  }
}

async function startFromNothing(step: number): Promise<void> {
  await driver.close();
  await kernel.commit({
    table,
    operations: [
      { verb: "add", object: "table" },
      { verb: "delete", object: "table" },
    ],
  });
  driver = createDriver(kernel);
  await start(step);
}

function list(): string {
  const { status, stdout, stderr } = spawnSync("nft", ["-j", "list", "table", "inet", table], { encoding: "utf8", maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`nft: ${stderr}`);
  return canonical(stdout);
}

async function passage(step: number): Promise<readonly string[]> {
  await startFromNothing(step - 1);
  const listings = [list()];
  onCommit = (when) => when === "after" && listings.push(list());
  await start(step);
  onCommit = () => undefined;
  return listings;
}

async function obey(line: string): Promise<void> {
  const [order, step = 0] = line.split(" ").map((word, index) => (index === 0 ? word : Number(word))) as [string, number?];
  if (order === "churn") return await churn();
  if (order === "start") {
    await start(step);
    tell(`at ${step}`);
    // At its end as usual it would come too late.
    return flushCompileCache();
  }
  if (order === "passage") return tell(JSON.stringify(await passage(step)));
  await startFromNothing(step);
  tell(JSON.stringify([list()]));
}

for await (const line of createInterface({ input: process.stdin })) await obey(line);
await driver.close();
kernel.close();
