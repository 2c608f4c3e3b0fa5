// The addon and the ends of things: processes, worker threads and garbage, with sockets and monitors still open and work under way.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

const native = new URL("../../native/index.ts", import.meta.url).href;
const route = new URL("../../native/codec/route.ts", import.meta.url).href;
const messages = new URL("./messages.ts", import.meta.url).href;

const prelude = `
  import { readdirSync } from "node:fs";
  import { setTimeout as sleep } from "node:timers/promises";
  import { isMainThread, parentPort } from "node:worker_threads";
  import { NetlinkMonitor, NetlinkSocket } from ${JSON.stringify(native)};
  import { linkDump, readRouteMessages } from ${JSON.stringify(route)};
  import { batchOf } from ${JSON.stringify(messages)};
  let heard = 0;
  const listener = { messages() { heard++; }, overflow() {}, failed(error) { throw error; } };
  const flood = "for i in $(seq 300); do echo link set lo alias f$i; done | ip -batch -";
`;

interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

async function run(script: string, flags: readonly string[] = []): Promise<Ending> {
  const child = spawn(process.execPath, [...flags, "--input-type=module-typescript", "--eval", prelude + script], { timeout: 20_000 });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { status, signal, output };
}

const well = (output: string): Ending => ({ status: 0, signal: null, output });

const processes: readonly (readonly [string, string, string])[] = [
  ["a process with an open monitor ends by itself", `new NetlinkMonitor("route", [1], listener);`, ""],
  [
    "a monitor with ref() keeps the process until it is closed",
    `const monitor = new NetlinkMonitor("route", [1], listener).ref();
     setTimeout(() => { console.log("closing"); monitor.close(); }, 50).unref();`,
    "closing\n",
  ],
  [
    "unref() takes ref() back",
    `new NetlinkMonitor("route", [1], listener).ref().unref();
     setTimeout(() => console.log("too late"), 1000).unref();`,
    "",
  ],
  [
    "process.exit while messages pour in",
    `import { execSync, spawn } from "node:child_process";
     for (let count = 0; count < 4; count++) new NetlinkMonitor("route", [1], listener);
     const flooding = spawn("sh", ["-c", flood], { stdio: "ignore" });
     while (heard < 8) await sleep(1);
     flooding.kill();
     process.exit(0);`,
    "",
  ],
  [
    "process.exit while a batch and a dump are under way",
    `const batch = batchOf(Array.from({ length: 50000 }, () => ({ verb: "add", table: "t" })));
     void new NetlinkSocket("netfilter").transact(batch.bytes, batch.last);
     void new NetlinkSocket("route").dump(linkDump(1));
     await sleep(0);
     process.exit(0);`,
    "",
  ],
  [
    "a process waits for the batch it has sent",
    `const batch = batchOf(Array.from({ length: 50000 }, () => ({ verb: "add", table: "t" })));
     new NetlinkSocket("netfilter").transact(batch.bytes, batch.last).then(() => console.log("committed"));`,
    "committed\n",
  ],
  [
    "an error that a listener throws is an uncaught exception like any other",
    `import { execSync } from "node:child_process";
     process.on("uncaughtException", (error) => { console.log(error.message); process.exit(0); });
     new NetlinkMonitor("route", [1], { ...listener, messages() { throw new Error("from the listener"); } }).ref();
     execSync("ip link set lo alias x");`,
    "from the listener\n",
  ],
];
for (const [title, script, output] of processes) {
  test(title, async () => {
    assert.deepEqual(await run(script), well(output));
  });
}

test("sockets that were dropped without close are closed with the garbage", async () => {
  const script = `
    const count = () => readdirSync("/proc/self/fd").length;
    const before = count();
    for (let round = 0; round < 1000; round++) new NetlinkSocket("route");
    for (let attempt = 0; count() > before && attempt < 50; attempt++) { globalThis.gc(); await sleep(10); }
    console.log(count() - before);`;
  assert.deepEqual(await run(script, ["--expose-gc"]), well("0\n"));
});

test("a monitor that nobody holds goes on", async () => {
  const script = `
    import { execSync } from "node:child_process";
    (() => { new NetlinkMonitor("route", [1], listener); })();
    for (let attempt = 0; attempt < 20; attempt++) { globalThis.gc(); await sleep(1); }
    execSync("ip link set lo alias y");
    await sleep(50);
    console.log(heard > 0);`;
  assert.deepEqual(await run(script, ["--expose-gc"]), well("true\n"));
});

const inWorker = `${prelude}
  const monitors = [1, 7, 11].map((group) => new NetlinkMonitor("route", [group], listener));
  const socket = new NetlinkSocket("route");
  const names = readRouteMessages(await socket.dump(linkDump(1))).map((message) => message.name);
  parentPort.postMessage(names.includes("lo"));
`;

function startWorker(script: string): Worker {
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  return new Worker(url);
}

test("worker threads load the addon at the same time and end with everything open", async () => {
  const ends = Array.from({ length: 12 }, async () => {
    const worker = startWorker(inWorker);
    const [[answer], [status]] = (await Promise.all([once(worker, "message"), once(worker, "exit")])) as [[boolean], [number]];
    return { answer, status };
  });
  assert.deepEqual(
    await Promise.all(ends),
    ends.map(() => ({ answer: true, status: 0 })),
  );
});

test("worker threads that are terminated amid a batch, dumps and messages take nothing down", async () => {
  const script = `${inWorker}
    const batch = batchOf(Array.from({ length: 50000 }, () => ({ verb: "add", table: "t" })));
    const netfilter = new NetlinkSocket("netfilter");
    parentPort.postMessage("working");
    for (;;) await Promise.all([netfilter.transact(batch.bytes, batch.last), socket.dump(linkDump(1))]);`;
  for (let round = 0; round < 5; round++) {
    const workers = [startWorker(script), startWorker(script)];
    await Promise.all(workers.map((worker) => new Promise<void>((resolve) => worker.on("message", (message) => message === "working" && resolve()))));
    await new Promise((resolve) => setTimeout(resolve, 3 * round));
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  assert.deepEqual(await run(`console.log(readRouteMessages(await new NetlinkSocket("route").dump(linkDump(1))).length)`), well("1\n"));
});
