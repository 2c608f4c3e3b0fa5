// A worker thread that deletes and creates one table after another, each in one batch, with short rests, until it is terminated: the table moves to the end of
// the kernel's list, so a dump that is not one state has it twice.

import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { NetlinkSocket } from "../../native/index.ts";
import { batchOf } from "./messages.ts";

const tables = workerData as readonly string[];
const socket = new NetlinkSocket("netfilter");
parentPort?.postMessage("started");
for (let next = 0; ; next = (next + 1) % tables.length) {
  const table = tables[next] ?? "";
  const { bytes, last } = batchOf([
    { verb: "delete", table },
    { verb: "add", table },
  ]);
  await socket.transact(bytes, last);
  if (next % 20 === 0) await sleep(5);
}
