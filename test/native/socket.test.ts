// The netlink socket against the running kernel: acknowledgements, refusals, lost replies, dumps that are interrupted, threads.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { linkDump, localRouteDump, readRouteMessages } from "../../native/codec/route.ts";
import { NetlinkError, type NetlinkReply, NetlinkSocket } from "../../native/index.ts";
import { batchOf, dumpTables, getGeneration, getTable, type TableChange, tableNames } from "./messages.ts";

const headerLength = 20;

function refusal(sequence: number, errno: string, attributeOffset: number | undefined): NetlinkReply {
  return { sequence, errno, attributeOffset, message: undefined };
}

async function failure(work: Promise<unknown>): Promise<NetlinkError> {
  const error = await work.then(
    () => assert.fail("it was to fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof NetlinkError, String(error));
  return error;
}

function openDescriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

const netfilter = new NetlinkSocket("netfilter");
const route = new NetlinkSocket("route");

test("a batch is acknowledged and says how long the kernel took", async () => {
  const { bytes, last } = batchOf([{ verb: "add", table: "first" }]);
  const began = performance.now();
  const { sendMicroseconds } = await netfilter.transact(bytes, last);
  assert.ok(sendMicroseconds > 0 && sendMicroseconds <= (performance.now() - began) * 1000, `${sendMicroseconds} us`);
  assert.deepEqual(tableNames(await netfilter.dump(dumpTables())), ["first"]);
  const removal = batchOf([{ verb: "delete", table: "first" }]);
  netfilter.transactSync(removal.bytes, removal.last);
  assert.deepEqual(tableNames(await netfilter.dump(dumpTables())), []);
});

test("every refused message of a batch is reported with its attribute, and nothing of the batch lands", async () => {
  const batch = batchOf([
    { verb: "delete", table: "absent" },
    { verb: "add", table: "good" },
    { verb: "delete", table: "missing" },
  ]);
  const error = await failure(netfilter.transact(batch.bytes, batch.last));
  assert.equal(error.code, "NETLINK_REFUSED");
  assert.equal(error.errno, "ENOENT");
  assert.deepEqual(error.replies, [refusal(2, "ENOENT", headerLength), refusal(4, "ENOENT", headerLength)]);
  assert.deepEqual(tableNames(await netfilter.dump(dumpTables())), []);
});

test("a batch whose last message is acknowledged is refused all the same when another was", async () => {
  const batch = batchOf([
    { verb: "delete", table: "absent" },
    { verb: "add", table: "good" },
  ]);
  const error = await failure(netfilter.transact(batch.bytes, batch.last));
  assert.deepEqual([error.code, error.errno, error.replies], ["NETLINK_REFUSED", "ENOENT", [refusal(2, "ENOENT", headerLength)]]);
  assert.deepEqual(tableNames(await netfilter.dump(dumpTables())), []);
});

test("a request is answered by one message, or refused by name", async () => {
  const reply = await netfilter.request(getGeneration(7));
  assert.equal(new DataView(reply.buffer, reply.byteOffset).getUint32(8, true), 7);
  assert.equal((await failure(netfilter.request(getTable("absent")))).errno, "ENOENT");
});

test("the kernel's own words reach the error", async () => {
  const request = localRouteDump(4, 1);
  request[20] = 99; // rtm_table
  const error = await failure(route.dump(request));
  assert.equal(error.replies[0]?.message, "ipv4: FIB table does not exist");
  assert.match(error.message, /FIB table does not exist/);
});

test("a batch made for an older generation is stale", async () => {
  const batch = batchOf([{ verb: "add", table: "late" }], { generation: 0xfffffff });
  assert.equal((await failure(netfilter.transact(batch.bytes, batch.last))).code, "NETLINK_STALE");
});

test("without CAP_NET_ADMIN a batch is not permitted", () => {
  const script = `
    import { NetlinkSocket } from ${JSON.stringify(new URL("../../native/index.ts", import.meta.url).href)};
    import { batchOf } from ${JSON.stringify(new URL("./messages.ts", import.meta.url).href)};
    const batch = batchOf([{ verb: "add", table: "forbidden" }]);
    await new NetlinkSocket("netfilter").transact(batch.bytes, batch.last).catch((error) => console.log(error.code, error.errno));`;
  const node = [process.execPath, "--input-type=module-typescript", "--eval", script];
  const child = spawnSync("setpriv", ["--bounding-set=-net_admin", "--inh-caps=-net_admin", ...node], { encoding: "utf8" });
  assert.equal(child.stdout, "NETLINK_PERMISSION EPERM\n", child.stderr);
});

test("a batch that asks for no acknowledgement is unanswered", async () => {
  const batch = batchOf([{ verb: "add", table: "quiet" }], { acknowledge: false });
  assert.equal((await failure(netfilter.transact(batch.bytes, batch.last))).code, "NETLINK_UNANSWERED");
  const removal = batchOf([{ verb: "delete", table: "quiet" }]);
  await netfilter.transact(removal.bytes, removal.last);
});

test("replies that do not fit the receive buffer are an overflow, not a success", async () => {
  const small = new NetlinkSocket("netfilter", { receiveBuffer: 1 });
  const changes: TableChange[] = Array.from({ length: 100 }, () => ({ verb: "add", table: "many", acknowledge: true }));
  const batch = batchOf(changes);
  assert.equal((await failure(small.transact(batch.bytes, batch.last))).code, "NETLINK_OVERFLOW");
  // The socket goes on: the queue was read to its end.
  assert.deepEqual(tableNames(await small.dump(dumpTables())), ["many"]);
  const removal = batchOf([{ verb: "delete", table: "many" }]);
  await small.transact(removal.bytes, removal.last);
  small.close();
});

test("a refusal is known as such although other refusals were lost", async () => {
  const small = new NetlinkSocket("netfilter", { receiveBuffer: 1 });
  const batch = batchOf(Array.from({ length: 100 }, () => ({ verb: "delete", table: "absent" })));
  const error = await failure(small.transact(batch.bytes, batch.last));
  assert.equal(error.code, "NETLINK_REFUSED");
  assert.ok(error.replies.length > 0 && error.replies.length < 100, `${error.replies.length} replies`);
  small.close();
});

test("a batch of many megabytes goes out in one piece while the event loop runs", async () => {
  const batch = batchOf(Array.from({ length: 100_000 }, () => ({ verb: "add", table: "large" })));
  assert.ok(batch.bytes.length > 3_000_000);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const { sendMicroseconds } = await netfilter.transact(batch.bytes, batch.last);
  clearInterval(timer);
  assert.ok(ticks > 0, `no tick in ${sendMicroseconds} us`);
  const removal = batchOf([{ verb: "delete", table: "large" }]);
  await netfilter.transact(removal.bytes, removal.last);
});

test("callers may use one socket at the same time", async () => {
  const work = Array.from({ length: 20 }, (_, index) => [route.dump(linkDump(index)), route.dump(linkDump(index))]).flat();
  for (const bytes of await Promise.all(work))
    assert.deepEqual(readRouteMessages(bytes)[0], { kind: "link", change: "new", index: 1, name: "lo", running: true });
  const batch = batchOf([{ verb: "add", table: "between" }]);
  const [before, , after] = await Promise.all([netfilter.dump(dumpTables()), netfilter.transact(batch.bytes, batch.last), netfilter.dump(dumpTables())]);
  assert.deepEqual([tableNames(before), tableNames(after)], [[], ["between"]]);
  const removal = batchOf([{ verb: "delete", table: "between" }]);
  await netfilter.transact(removal.bytes, removal.last);
});

// A dump of 1500 tables takes several datagrams; meanwhile another thread moves tables from the front of the kernel's list to its end.
test("a dump shows one consistent state although the ruleset changes meanwhile", async (t) => {
  const tables = Array.from({ length: 1500 }, (_, index) => `table${index}`);
  const all = batchOf(tables.map((table) => ({ verb: "add", table })));
  await netfilter.transact(all.bytes, all.last);
  const worker = new Worker(new URL("./mover.ts", import.meta.url), { workerData: tables });
  t.after(() => worker.terminate());
  await new Promise((started) => worker.once("message", started));
  const firsts = new Set<string | undefined>();
  for (let round = 0; round < 200; round++) {
    const names = tableNames(await netfilter.dump(dumpTables()));
    firsts.add(names[0]);
    assert.deepEqual(new Set(names).size, names.length, "a table was there twice");
    assert.equal(names.length, tables.length);
  }
  assert.ok(firsts.size > 20, `only ${firsts.size} changes were seen: nothing was tested`);
});

test("a closed socket says so, also to those who wait their turn", async () => {
  const socket = new NetlinkSocket("route");
  const running = socket.dump(linkDump(1));
  await Promise.resolve();
  const waiting = socket.dump(linkDump(2));
  socket.close();
  socket.close();
  assert.equal(readRouteMessages(await running).length, 1);
  assert.equal((await failure(waiting)).code, "NETLINK_CLOSED");
  assert.throws(() => socket.transactSync(linkDump(3), 3), { code: "NETLINK_CLOSED" });
});

test("a thousand sockets leave no descriptor open", () => {
  const before = openDescriptors();
  for (let count = 0; count < 1000; count++) new NetlinkSocket(count % 2 === 0 ? "route" : "netfilter").close();
  assert.equal(openDescriptors(), before);
});

const wrong: readonly (readonly [string, () => unknown, RegExp])[] = [
  ["an unknown protocol", () => new NetlinkSocket("generic" as "route"), /no netlink protocol "generic"/],
  ["a negative buffer", () => new NetlinkSocket("route", { receiveBuffer: -1 }), /receiveBuffer is a number of bytes/],
  ["half a header", () => netfilter.transactSync(new Uint8Array(15), 1), /at least 16 bytes, not 15/],
  ["a string for bytes", () => netfilter.transactSync("bytes" as unknown as Uint8Array, 1), /are a Uint8Array/],
];
for (const [title, work, message] of wrong) {
  test(`${title} is refused before the kernel sees it`, () => {
    assert.throws(work, { message });
  });
}

test("a request without NLM_F_DUMP is no dump", async () => {
  await assert.rejects(netfilter.dump(getGeneration()), /NLM_F_DUMP/);
});
