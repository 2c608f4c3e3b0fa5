// Rules that are inserted, replaced and deleted by index, in the running kernel: the chain afterwards is what an array would be, whoever else had
// his hands in it, and where it cannot be nothing lands.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, test } from "node:test";
import fc from "fast-check";
import { type Kernel, KernelError } from "../../../agent/kernel/interface.ts";
import { type KernelSocket, openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { NetlinkSocket } from "../../../native/index.ts";
import type { Operation } from "../../../rules/diff/types.ts";
import { commentOf } from "../../../rules/ruleset/identity.ts";
import { addChain, addRule, addTable, batch, counter, deleteTable, flush, TABLE } from "./operations.ts";
import { append, insert, nft, remove, replace } from "./suite.ts";

/** A socket that counts the dumps that are asked of it. */
class CountingSocket implements KernelSocket {
  readonly #socket = new NetlinkSocket("netfilter");
  dumps = 0;

  get portId(): number {
    return this.#socket.portId;
  }
  dump(request: Uint8Array) {
    this.dumps++;
    return this.#socket.dump(request);
  }
  request = (message: Uint8Array) => this.#socket.request(message);
  transact: KernelSocket["transact"] = (...batch) => this.#socket.transact(...batch);
  close = () => this.#socket.close();
}

let socket: CountingSocket;
let kernel: Kernel;
beforeEach(async () => {
  socket = new CountingSocket();
  kernel = openNetlinkKernel(socket);
  await kernel.commit(batch(addTable, addChain("c"), addChain("d")));
});
afterEach(async () => {
  await kernel.commit(batch(addTable, deleteTable));
  kernel.close();
});

async function names(chain = "c"): Promise<string> {
  const { actual } = await kernel.read(TABLE);
  const rules = actual?.chains.find(({ name }) => name === chain)?.rules ?? [];
  return rules.map((held) => commentOf(held).replace("test ", "")).join(" ");
}

async function dumpsOf(work: () => Promise<unknown>): Promise<number> {
  const before = socket.dumps;
  await work();
  return socket.dumps - before;
}

/** Of the chain "a b c". */
const rows: readonly (readonly [string, readonly Operation[], string])[] = [
  ["a rule before the first", [insert("x", 0)], "x a b c"],
  ["rules before the last, in their order", [insert("x", 2), insert("y", 2), insert("z", 2)], "a b x y z c"],
  ["a rule in the place of another", [replace(1, "x")], "a x c"],
  ["the first deleted", [remove(0)], "b c"],
  ["all deleted", [remove(0), remove(1), remove(2)], ""],
  ["a rule before one that is deleted", [insert("x", 1), remove(1)], "a x c"],
  ["a rule before one that is replaced", [insert("x", 1), replace(1, "y")], "a x y c"],
  ["indexes are those of before the batch", [insert("x", 0), replace(0, "y"), remove(2), insert("z", 1), append("end")], "x y z b end"],
  ["rules behind the last", [append("x"), append("y")], "a b c x y"],
  ["a chain that is refilled, and rules of another", [flush("c"), append("x"), addRule("d", counter)], "x"],
];

describe("a batch that names rules by index", () => {
  for (const [name, operations, expected] of rows) {
    test(name, async () => {
      await kernel.commit(batch(...["a", "b", "c"].map((rule) => append(rule))));
      await kernel.commit(batch(...operations));
      assert.equal(await names(), expected);
    });
  }

  const outside: readonly (readonly [string, Operation])[] = [
    ["a replacement behind the last rule", replace(3, "x")],
    ["an insertion behind the last rule", insert("x", 3)],
    ["a deletion behind the last rule", remove(3)],
    ["a deletion in a chain that is not there", { verb: "delete", object: "rule", chain: "none", at: 0 }],
  ];
  for (const [name, operation] of outside) {
    test(`${name} is stale, and nothing of the batch lands`, async () => {
      await kernel.commit(batch(...["a", "b", "c"].map((rule) => append(rule))));
      await assert.rejects(kernel.commit(batch(append("y"), operation)), (error) => error instanceof KernelError && error.code === "stale");
      assert.equal(await names(), "a b c");
    });
  }

  test("keeps what the other rules have counted", async () => {
    nft(`add rule inet ${TABLE} c counter packets 5 bytes 77 comment "test a"\nadd rule inet ${TABLE} c counter packets 6 bytes 88 comment "test b"`);
    await kernel.commit(batch(insert("x", 1), replace(0, "y")));
    const { stdout } = spawnSync("nft", ["list", "chain", "inet", TABLE, "c"], { encoding: "utf8" });
    assert.deepEqual(stdout.match(/packets \d+ bytes \d+ comment ".*"/g), [
      'packets 0 bytes 0 comment "test y"',
      'packets 0 bytes 0 comment "test x"',
      'packets 6 bytes 88 comment "test b"',
    ]);
  });
});

describe("the handles of a chain", () => {
  test("are asked for once, then known through the rules that the kernel sends back", async () => {
    await kernel.commit(batch(append("a"), append("b")));
    let { generation } = await kernel.read(TABLE);
    const commit = async (...operations: readonly Operation[]) => {
      generation = (await kernel.commit(batch(...operations), { generation })).generation;
    };
    const dumps = await dumpsOf(async () => {
      await commit(insert("x", 1));
      await commit(replace(1, "y"), append("z"));
      await commit(addRule("d", counter));
      await commit(remove(1), remove(3));
      await commit(insert("first", 0));
    });
    assert.equal(dumps, 0);
    assert.equal(await names(), "first a b");
  });

  test("are asked for again after others have touched the chain, and not after they have touched another", async () => {
    await kernel.commit(batch(append("a"), append("b")));
    const stop = kernel.watch(TABLE, () => undefined);
    await kernel.read(TABLE);
    nft(`add rule inet ${TABLE} d counter comment "test other"`);
    await settled();
    assert.equal(await dumpsOf(() => kernel.commit(batch(insert("x", 1)))), 0);
    nft(`insert rule inet ${TABLE} c counter comment "test foreign"`);
    await settled();
    assert.equal(await dumpsOf(() => kernel.commit(batch(replace(0, "mine")))), 1);
    assert.equal(await names(), "mine a x b");
    stop();
  });

  test("are asked for again after a change that nobody told of", async () => {
    await kernel.commit(batch(append("a"), append("b")));
    await kernel.read(TABLE);
    nft(`insert rule inet ${TABLE} c counter comment "test foreign"`);
    await kernel.commit(batch(remove(0)));
    assert.equal(await names(), "a b");
  });

  test("are asked for again after a chain was refilled or made anew", async () => {
    await kernel.commit(batch(append("a"), append("b")));
    await kernel.commit(batch(remove(0)));
    await kernel.commit(batch(flush("c"), append("x"), append("y")));
    await kernel.commit(batch(remove(0)));
    assert.equal(await names(), "y");
    await kernel.commit(batch({ verb: "delete", object: "chain", name: "c" }, addChain("c"), append("k"), append("l")));
    await kernel.commit(batch(insert("x", 1)));
    assert.equal(await names(), "k x l");
  });

  test("more new rules than are asked back", async () => {
    const many = Array.from({ length: 300 }, (_, i) => `r${i}`);
    await kernel.commit(batch(...many.map((name) => append(name))));
    await kernel.commit(batch(...many.map((name, i) => insert(`${name}+`, i))));
    await kernel.commit(batch(remove(1), replace(599, "end")));
    const expected = many.flatMap((name) => [`${name}+`, name]).with(599, "end");
    assert.equal(await names(), expected.toSpliced(1, 1).join(" "));
  });

  test("a change between plan and commit makes the commit stale, whatever is known of the chain", async () => {
    await kernel.commit(batch(append("a"), append("b")));
    const { generation } = await kernel.read(TABLE);
    nft(`insert rule inet ${TABLE} c counter comment "test foreign"`);
    await assert.rejects(kernel.commit(batch(remove(0)), { generation }), (error) => error instanceof KernelError && error.code === "stale");
    assert.equal(await names(), "foreign a b");
  });
});

/** Until what nft did has been heard of. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30));
}

const step = fc.record({
  verbs: fc.array(fc.tuple(fc.constantFrom("insert", "replace", "delete", "append", "refill"), fc.nat()), { minLength: 1, maxLength: 6 }),
  foreign: fc.constantFrom("none", "none", "insert", "append", "flush"),
});

test("any walk of edits, with strangers at work in between, is that of an array", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), fc.boolean(), async (steps, isWatched) => {
      await kernel.commit(batch(flush("c")));
      const stop = isWatched ? kernel.watch(TABLE, () => undefined) : () => undefined;
      let model: string[] = [];
      let count = 0;
      for (const { verbs, foreign } of steps) {
        if (foreign !== "none") {
          const name = `f${count++}`;
          nft(
            foreign === "flush"
              ? `flush chain inet ${TABLE} c`
              : `${foreign === "insert" ? "insert" : "add"} rule inet ${TABLE} c counter comment "test ${name}"`,
          );
          model = { insert: [name, ...model], append: [...model, name], flush: [] }[foreign];
        }
        const { operations, after } = editsOf(verbs, model, () => `n${count++}`);
        await kernel.commit(batch(...operations));
        model = after;
      }
      assert.equal(await names(), model.join(" "));
      stop();
    }),
    { numRuns: 40 },
  );
});

interface Edited {
  readonly operations: readonly Operation[];
  readonly after: string[];
}

/** At most one change of a rule that is there; a refill excludes all else. */
function editsOf(verbs: readonly (readonly [string, number])[], model: readonly string[], fresh: () => string): Edited {
  if (verbs[0]?.[0] === "refill") {
    const [a, b] = [fresh(), fresh()];
    return { operations: [flush("c"), append(a), append(b)], after: [a, b] };
  }
  const operations: Operation[] = [];
  const before = model.map((): string[] => []);
  const instead: (string | undefined)[] = [...model];
  const behind: string[] = [];
  const changed = new Set<number>();
  for (const [verb, nat] of verbs) {
    const at = model.length === 0 ? -1 : nat % model.length;
    const name = fresh();
    if (verb === "append" || at < 0) {
      operations.push(append(name));
      behind.push(name);
    } else if (verb === "insert" && !changed.has(at)) {
      operations.push(insert(name, at));
      before[at]?.push(name);
    } else if (!changed.has(at)) {
      changed.add(at);
      operations.push(verb === "replace" ? replace(at, name) : remove(at));
      instead[at] = verb === "replace" ? name : undefined;
    }
  }
  if (operations.length === 0) return { operations: [append("only")], after: [...model, "only"] };
  return { operations, after: [...model.flatMap((_, at) => [...(before[at] ?? []), ...[instead[at] ?? []].flat()]), ...behind] };
}
