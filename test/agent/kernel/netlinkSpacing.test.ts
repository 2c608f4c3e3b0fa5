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

  test("after a commit that no packet meets the next one does not wait", async () => {
    socket.longer = 60;
    await kernel.commit(batch(addChain("b")), { isMet: false });
    await kernel.commit(batch(addChain("c")));
    assert.deepEqual(socket.told, [...commit, ...commit]);
    await kernel.commit(batch(addChain("d")), { isMet: false });
    await kernel.commit(batch(addChain("e")));
    assert.deepEqual(socket.told, [...commit, ...commit, ...gracePeriod, ...commit, ...commit], "it waits itself");
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
  await kernel.commit(batch(addTable));
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
