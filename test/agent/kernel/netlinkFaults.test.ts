// The kernel layer over a socket with faults: what it throws, and that nothing of the batch has landed, or that it says not to know. After each
// fault the same kernel reads and commits as if nothing had been.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { Kernel, KernelErrorCode } from "../../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { NetlinkSocket } from "../../../native/index.ts";
import type { Operation } from "../../../rules/diff/types.ts";
import { commentOf } from "../../../rules/ruleset/identity.ts";
import { until } from "../../patience.ts";
import { type Fault, FaultySocket } from "./faultySocket.ts";
import { addChain, addElements, addRule, addresses, addSet, addTable, batch, counter, hashSet, jump, lookup, rule, TABLE } from "./operations.ts";
import { failure } from "./suite.ts";

let socket: FaultySocket;
let kernel: Kernel;
/** Without faults. */
let witness: Kernel;

beforeEach(async () => {
  socket = new FaultySocket();
  kernel = openNetlinkKernel(socket);
  witness = openNetlinkKernel();
  await witness.commit(batch(addTable, addChain("a"), addRule("a", counter)));
});
afterEach(async () => {
  spawnSync("nft", ["flush", "ruleset"]);
  kernel.close();
  witness.close();
});

async function chains(): Promise<readonly string[]> {
  return (await witness.read(TABLE)).actual?.chains.map(({ name }) => name) ?? [];
}

const set = hashSet("s", addresses(0, 30_000));
const small: readonly Operation[] = [addChain("b"), addRule("b", counter, jump("a")), addRule("b", { kind: "reject", with: "icmpx admin-prohibited" })];
const large: readonly Operation[] = [...small, addSet(set), addElements(set), addRule("b", lookup("s"))];

interface Row {
  readonly name: string;
  readonly fault: Fault;
  readonly code: KernelErrorCode;
  readonly message: RegExp;
  /** Whether the batch is in the kernel, although the caller is told of an error. */
  readonly lands?: true;
}

const rows: readonly Row[] = [
  {
    name: "replies that overflow the buffer",
    fault: { kind: "replies overflow" },
    code: "unknown",
    message: /whether the commit has landed is not known/,
    lands: true,
  },
  {
    name: "a lost acknowledgement",
    fault: { kind: "lost acknowledgement" },
    code: "unknown",
    message: /whether the commit has landed is not known/,
    lands: true,
  },
  { name: "no memory to send", fault: { kind: "send fails", errno: "ENOMEM" }, code: "socket", message: /sendmsg failed: ENOMEM/ },
  { name: "no buffer to send", fault: { kind: "send fails", errno: "ENOBUFS" }, code: "socket", message: /sendmsg failed: ENOBUFS/ },
  { name: "no permission to send", fault: { kind: "send fails", errno: "EPERM" }, code: "permission", message: /CAP_NET_ADMIN/ },
  {
    name: "no memory for one message",
    fault: { kind: "message fails", errno: "ENOMEM", message: 2 },
    code: "refused",
    message: /^add rule b counter.*: the kernel has no memory for it \(ENOMEM\)/,
  },
  { name: "somebody else's commit in between", fault: { kind: "overtaken" }, code: "stale", message: /somebody else changed the ruleset/ },
  {
    name: "a kernel without an expression",
    fault: { kind: "missing expression", name: "reject" },
    code: "unsupported",
    message: /^add rule b reject .*no expression "reject", which Linux 3\.14 brought/,
  },
  { name: "a closed socket", fault: { kind: "closed" }, code: "socket", message: /closed/ },
];

describe("a commit that meets", () => {
  for (const { name, fault, code, message, lands } of rows) {
    for (const [size, operations] of [
      ["small", small],
      ["large", large],
    ] as const) {
      test(`${name}: ${code}, ${lands ? "and it may have landed" : "and nothing has landed"} (${size})`, async () => {
        const { generation } = await kernel.read(TABLE);
        socket.fail(fault);
        const error = await failure(kernel.commit(batch(...operations), { generation }));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        assert.deepEqual(await chains(), lands ? ["a", "b"] : ["a"]);
        if (fault.kind === "closed") return;
        const { generation: now, actual } = await kernel.read(TABLE);
        assert.equal(actual?.chains.length, lands ? 2 : 1);
        await kernel.commit(batch(addChain("c")), { generation: now });
      });
    }
  }

  test("a lost acknowledgement forgets where rules stand: the next edit asks again and is right", async () => {
    const { generation } = await kernel.read(TABLE);
    const first = { ...rule(counter), origin: { kind: "test", name: "first" } };
    const other = { ...rule(counter), origin: { kind: "test", name: "other" } };
    socket.fail({ kind: "lost acknowledgement" });
    const asked = batch({ verb: "add", object: "rule", chain: "a", rule: first, before: 0 });
    assert.equal((await failure(kernel.commit(asked, { generation }))).code, "unknown");
    await kernel.commit(batch({ verb: "replace", object: "rule", chain: "a", at: 1, rule: other }));
    const rules = (await witness.read(TABLE)).actual?.chains[0]?.rules ?? [];
    assert.deepEqual(rules.map(commentOf), ["test first", "test other"]);
  });

  test("its own listener is told of a large commit whose acknowledgement was lost", async () => {
    const kinds: string[] = [];
    const stop = kernel.watch(TABLE, ({ kind }) => kinds.push(kind));
    socket.fail({ kind: "lost acknowledgement" });
    await failure(kernel.commit(batch(...large)));
    await until(() => kinds.length > 0);
    assert.deepEqual(kinds, ["overflow"]);
    stop();
  });
});

describe("a reading that meets", () => {
  const reads: readonly (readonly [string, Fault, RegExp])[] = [
    ["a dump that is interrupted for ever", { kind: "interrupted dump" }, /interrupted by changes again and again/],
    ["answers that overflow the buffer", { kind: "answers overflow" }, /did not fit the receive buffer/],
    ["a closed socket", { kind: "closed" }, /closed/],
  ];
  for (const [name, fault, message] of reads) {
    test(`${name} fails as a whole, and shows nothing of what it saw`, async () => {
      socket.fail(fault, Number.POSITIVE_INFINITY);
      const error = await failure(kernel.read(TABLE));
      assert.equal(error.code, "socket");
      assert.match(error.message, message);
      socket.heal();
      if (fault.kind !== "closed") assert.equal((await kernel.read(TABLE)).actual?.chains.length, 1);
    });
  }

  test("a table that changes faster than it can be read, for ever: stale", async () => {
    const other = new ChangingSocket();
    const restless = openNetlinkKernel(other);
    const error = await failure(restless.read(TABLE));
    assert.equal(error.code, "stale");
    assert.match(error.message, /changed during each of \d+ attempts/);
    restless.close();
  });

  test("a table that changes during the first attempts is read at last", async () => {
    const other = new ChangingSocket(3);
    const restless = openNetlinkKernel(other);
    const { actual, generation } = await restless.read(TABLE);
    assert.deepEqual(
      actual?.chains.map(({ name }) => name),
      ["a", "x0", "x1", "x2"],
    );
    assert.equal(generation, await witness.generation());
    restless.close();
  });
});

/** Somebody else commits while its dumps are read. */
class ChangingSocket extends NetlinkSocket {
  readonly #times: number;
  #done = 0;

  constructor(times = Number.POSITIVE_INFINITY) {
    super("netfilter");
    this.#times = times;
  }

  override async dump(request: Uint8Array): Promise<Uint8Array> {
    const messages = await super.dump(request);
    if (this.#done < this.#times) await witness.commit(batch(addChain(`x${this.#done++}`)));
    return messages;
  }
}
