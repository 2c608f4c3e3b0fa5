// Loads a namespace with paced UDP packets while something happens, and counts in the kernel what arrived and what got past hostward:
// two chains of a foreign table, before and after its hooks, with a counter a flow. Sockets lose packets, counters do not.

import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { slowness } from "../patience.ts";
import type { Namespace } from "./namespace.ts";

export interface Flow {
  readonly source: string;
  readonly destination: string;
  readonly port: number;
}

export interface Counted {
  readonly flow: Flow;
  /** Packets that reached the hook where hostward judges them. */
  readonly arrived: number;
  /** Packets that hostward let through. */
  readonly passed: number;
}

export interface FloodResult {
  readonly counted: readonly Counted[];
  readonly seconds: number;
}

export interface FloodOptions {
  readonly from: Namespace;
  readonly at: Namespace;
  readonly flows: readonly Flow[];
  /** Divided by the machine's slowness. */
  readonly packetsPerSecond: number;
  readonly direction?: Direction;
}

/** How `at` meets them: it receives them (the default), its own processes send them, and then `from` is `at`, or it forwards them. Each can be observed once. */
export type Direction = "received" | "sent" | "forwarded in" | "forwarded out";

const hooks = {
  received: { before: "input priority -10", after: "input priority 1000" },
  sent: { before: "output priority -400", after: "postrouting priority 1000" },
  "forwarded in": { before: "forward priority -400", after: "forward priority 1000" },
  "forwarded out": { before: "forward priority -400", after: "forward priority 1000" },
} as const;

/** Sends all flows in turn at the total rate while `during` runs. */
export async function flood(options: FloodOptions, during: () => Promise<void>): Promise<FloodResult> {
  const { from, at, flows, packetsPerSecond, direction = "received" } = options;
  const folder = mkdtempSync(join(tmpdir(), "hostward-flood-"));
  let sender: ChildProcess | undefined;
  try {
    await at.nft(observer(flows, direction));
    const program = compileSender(folder);
    const started = performance.now();
    sender = from.spawn(program, [String(packetsPerSecond / slowness), ...flows.flatMap(words)], { stdio: ["pipe", "ignore", "inherit"] });
    const ended = once(sender, "close");
    await Promise.race([during(), ended.then(() => Promise.reject(new Error("the packet sender ended early")))]);
    sender.stdin?.end();
    await ended;
    const seconds = (performance.now() - started) / 1000;
    await sleep(100);
    return { counted: await readCounters(at, flows, direction), seconds };
  } finally {
    sender?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
    await at.run("nft", ["delete", "table", "inet", observerOf(direction)]);
  }
}

function words({ source, destination, port }: Flow): string[] {
  return [source, destination, String(port)];
}

function compileSender(folder: string): string {
  const program = join(folder, "flood");
  const { status, stderr } = spawnSync("g++", ["-O2", "-o", program, join(import.meta.dirname, "flood.cc")], { encoding: "utf8" });
  if (status !== 0) throw new Error(`g++ could not compile the packet sender: ${stderr}`);
  return program;
}

function observerOf(direction: Direction): string {
  return `observer-${direction.replace(" ", "-")}`;
}

/** What passed is kept away from the stack, which would answer each packet with an ICMP error, or off the wire; so no flow is ever established. */
function observer(flows: readonly Flow[], direction: Direction): string {
  const counters = flows.flatMap((_, index) => [`counter arrived${index} {}`, `counter passed${index} {}`]);
  const rules = (name: string, verdict: string): string =>
    flows
      .map(({ source, destination, port }, i) => {
        const ip = source.includes(":") ? "ip6" : "ip";
        return `${ip} saddr ${source} ${ip} daddr ${destination} udp dport ${port} counter name ${name}${i} ${verdict}`;
      })
      .join("\n");
  const { before, after } = hooks[direction];
  return `table inet ${observerOf(direction)} {
${counters.join("\n")}
chain before { type filter hook ${before};
${rules("arrived", "accept")}
}
chain after { type filter hook ${after};
${rules("passed", "drop")}
}
}
`;
}

async function readCounters(at: Namespace, flows: readonly Flow[], direction: Direction): Promise<readonly Counted[]> {
  const text = await at.must("nft", ["-j", "list", "counters", "table", "inet", observerOf(direction)]);
  const { nftables } = JSON.parse(text) as { nftables: { counter?: { name: string; packets: number } }[] };
  const packets = new Map(nftables.flatMap(({ counter }) => (counter === undefined ? [] : [[counter.name, counter.packets] as const])));
  const count = (name: string): number => packets.get(name) ?? Number.NaN;
  return flows.map((flow, index) => ({ flow, arrived: count(`arrived${index}`), passed: count(`passed${index}`) }));
}
