// Two commits of one kernel are an RCU grace period apart, so that no packet meets rules of three generations.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { afterEach, beforeEach, describe, test } from "node:test";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import { type KernelSocket, openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { NFNL_MSG_BATCH_END } from "../../../native/codec/constants.ts";
import { readMessages } from "../../../native/codec/message.ts";
import { NetlinkSocket, passGracePeriod } from "../../../native/index.ts";
import { systemError } from "../../../native/netlinkError.ts";
import { FaultySocket } from "./faultySocket.ts";
import { addChain, addTable, batch, deleteTable } from "./operations.ts";
import { failure } from "./suite.ts";

/** A socket that tells when each batch goes and is answered; one that is thrown away is a grace period. */
class TellingSocket implements KernelSocket {
  readonly #socket = new NetlinkSocket("netfilter");
  readonly told: string[] = [];
  /** Milliseconds that a grace period takes besides the kernel's own. */
  longer = 0;
  failing = 0;

  get portId(): number {
    return this.#socket.portId;
  }
  dump = (request: Uint8Array) => this.#socket.dump(request);
  request = (message: Uint8Array) => this.#socket.request(message);
  close = () => this.#socket.close();

  transact: KernelSocket["transact"] = async (bytes, ...rest) => {
    const what = [...readMessages(bytes)].some(({ type }) => type === NFNL_MSG_BATCH_END) ? "commit" : "grace period";
    this.told.push(what);
    if (what === "grace period" && this.failing-- > 0) throw systemError("sendmsg", 12);
    const sent = await this.#socket.transact(bytes, ...rest);
    if (what === "grace period") await sleep(this.longer);
    this.told.push(`${what} over`);
    return sent;
  };
}

/** Of a socket of its own. */
async function commitOfAnother(chain: string): Promise<void> {
  const other = openNetlinkKernel();
  await other.commit(batch(addTable, addChain(chain)), { apartFrom: "nobody" });
  other.close();
}

const commit = ["commit", "commit over"];
const gracePeriod = ["grace period", "grace period over"];

describe("commits where the system does not wait for a grace period", () => {
  let socket: TellingSocket;
  let kernel: Kernel;
  beforeEach(async () => {
    socket = new TellingSocket();
    kernel = openNetlinkKernel(socket, async () => false);
    await kernel.commit(batch(addTable));
    await kernel.commit(batch(addChain("a")));
    await sleep(100);
    socket.told.length = 0;
  });
  afterEach(async () => {
    await kernel.commit(batch(addTable, deleteTable));
    kernel.close();
  });

  test("a commit at once after another waits until packets that met the one before are through", async () => {
    socket.longer = 60;
    await kernel.commit(batch(addChain("b")));
    assert.deepEqual(socket.told, commit, "the first has nothing to wait for");
    await kernel.commit(batch(addChain("c")));
    assert.deepEqual(socket.told, [...commit, ...gracePeriod, ...commit]);
  });

  test("a commit that comes later does not wait", async () => {
    await kernel.commit(batch(addChain("b")));
    await sleep(200);
    assert.deepEqual(socket.told, [...commit, ...gracePeriod]);
    await kernel.commit(batch(addChain("c")));
    assert.deepEqual(socket.told, [...commit, ...gracePeriod, ...commit]);
  });

  test("what no packet of then can meet waits for nothing, and is waited for", async () => {
    socket.longer = 60;
    await kernel.commit(batch(addChain("b")));
    await kernel.commit(batch(addChain("c")), { apartFrom: "nobody" });
    assert.deepEqual(socket.told, [...commit, ...commit]);
    await kernel.commit(batch(addChain("d")));
    assert.deepEqual(socket.told, [...commit, ...commit, ...gracePeriod, ...commit]);
  });

  test("another program's commit holds nobody up until there is one of ours", async () => {
    await commitOfAnother("b");
    await sleep(50);
    assert.deepEqual(socket.told, [], "not even where this kernel listens");
    await kernel.commit(batch(addChain("c")));
    assert.deepEqual(socket.told, [...gracePeriod, ...commit]);
  });

  test("a grace period that could not be asked for is asked for again before the next commit, which fails if that fails", async () => {
    socket.failing = 2;
    await kernel.commit(batch(addChain("b")));
    const error = await failure(kernel.commit(batch(addChain("c"))));
    assert.match(error.message, /ENOMEM/);
    assert.deepEqual(socket.told, [...commit, "grace period", "grace period"], "nothing of the second was sent");
    await kernel.commit(batch(addChain("c")));
    assert.deepEqual(socket.told, [...commit, "grace period", "grace period", ...gracePeriod, ...commit]);
  });

  test("a grace period changes nothing, and other work goes on beside it", async () => {
    const { generation: before } = await kernel.commit(batch(addChain("b")));
    let [waits, turns] = [true, 0];
    const next = kernel.commit(batch(addChain("c")), { generation: before }).finally(() => {
      waits = false;
    });
    for (; waits; turns++) await nextTurn();
    assert.equal((await next).generation, before + 1);
    assert.ok(turns > 10, `${turns} turns of the event loop`);
  });
});

describe("commits of other programs", () => {
  let kernel: Kernel;
  /** Grace periods that began, and those of them that are not over yet. */
  let [begun, open]: [number, (() => void)[]] = [0, []];
  const end = async () => {
    open.shift()?.();
    await sleep(10);
  };
  let stop: () => void;
  beforeEach(async () => {
    kernel = openNetlinkKernel(undefined, () => {
      begun++;
      return new Promise((resolve) => open.push(() => resolve(true)));
    });
    stop = kernel.watch("hostward", () => undefined);
    await kernel.commit(batch(addTable), { apartFrom: "nobody" });
    await sleep(10);
    while (open.length > 0) await end();
    begun = 0;
  });
  afterEach(async () => {
    stop();
    kernel.close();
    await commitOfAnother("z");
    const other = openNetlinkKernel();
    await other.commit(batch(deleteTable));
    other.close();
  });
  const isDone = (work: Promise<unknown>) => Promise.race([work.then(() => true), sleep(50).then(() => false)]);

  test("one of ours waits for the packets that were on their way when another's landed", async () => {
    await commitOfAnother("a");
    const ours = kernel.commit(batch(addChain("b")));
    assert.equal(await isDone(ours), false);
    await end();
    assert.equal(await isDone(ours), true);
  });

  test("one of ours does not wait for one that was heard of a grace period ago", async () => {
    await commitOfAnother("a");
    await sleep(10);
    await end();
    assert.deepEqual([await isDone(kernel.commit(batch(addChain("b")))), begun], [true, 1]);
  });

  test("one that lands in the course of a grace period is waited for in the next, and so are all of them together", async () => {
    await commitOfAnother("a");
    await sleep(10);
    for (const name of ["b", "c", "d"]) await commitOfAnother(name);
    const ours = kernel.commit(batch(addChain("e")));
    await end();
    assert.deepEqual([await isDone(ours), begun], [false, 2]);
    await end();
    assert.equal(await isDone(ours), true);
  });

  test("a repair does not wait for the commit that did the damage, but for ours before it", async () => {
    await kernel.commit(batch(addChain("a")), { apartFrom: "nobody" });
    const repair = kernel.commit(batch(addChain("b")), { apartFrom: "ours" });
    assert.equal(await isDone(repair), false);
    await end();
    assert.equal(await isDone(repair), true);
    while (open.length > 0) await end();
    await commitOfAnother("c");
    assert.equal(await isDone(kernel.commit(batch(addChain("d")), { apartFrom: "ours" })), true);
  });
});

test("where the system waits no batch is thrown away, and nobody else's commit waits", async () => {
  const socket = new TellingSocket();
  let waits = 0;
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const kernel = openNetlinkKernel(socket, async () => {
    waits++;
    await over;
    return true;
  });
  const other = openNetlinkKernel();
  await kernel.commit(batch(addTable), { apartFrom: "nobody" });
  let isDone = false;
  const next = kernel.commit(batch(addChain("a"))).finally(() => {
    isDone = true;
  });
  await other.commit(batch(addChain("b")));
  await sleep(50);
  assert.deepEqual([socket.told, waits, isDone], [commit, 1, false]);
  end();
  await next;
  assert.deepEqual(socket.told, [...commit, ...commit]);
  await kernel.commit(batch(addTable, deleteTable));
  kernel.close();
  other.close();
});

test("this system waits for a grace period, unless it has one processor or nohz_full", async () => {
  const nohz = "/sys/devices/system/cpu/nohz_full";
  const canWait = cpus().length > 1 && !(existsSync(nohz) && /\d/.test(readFileSync(nohz, "utf8")));
  const began = performance.now();
  assert.equal(await passGracePeriod(), canWait);
  if (canWait) assert.ok(performance.now() - began > 0.05, "it took no time at all");
});

test("after a commit that may have landed the next one waits as well", async () => {
  const socket = new FaultySocket();
  const kernel = openNetlinkKernel(socket, async () => false);
  await kernel.commit(batch(addTable));
  await sleep(100);
  socket.fail({ kind: "lost acknowledgement" });
  assert.equal((await failure(kernel.commit(batch(addChain("a"))))).code, "unknown");
  socket.fail({ kind: "send fails", errno: "ENOMEM" });
  assert.equal((await failure(kernel.commit(batch(addChain("b"))))).code, "socket", "its grace period fails, and not the commit itself");
  await kernel.commit(batch(addChain("b")));
  assert.deepEqual(
    (await kernel.read("hostward")).actual?.chains.map(({ name }) => name),
    ["a", "b"],
  );
  await kernel.commit(batch(addTable, deleteTable));
  kernel.close();
});
