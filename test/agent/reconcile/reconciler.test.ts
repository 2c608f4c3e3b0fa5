// Passes against a kernel in memory: what is committed and what is not, what a failure leaves, and what follows a foreign change.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createMemoryKernel, type MemoryKernel } from "../../../agent/kernel/memory.ts";
import { compilePass } from "../../../agent/reconcile/pass.ts";
import { createReconciler, type Reconciler } from "../../../agent/reconcile/reconciler.ts";
import type { RepairLimits } from "../../../agent/reconcile/repairs.ts";
import type { Report } from "../../../agent/reconcile/report.ts";
import type { Store } from "../../../agent/store/store.ts";
import { table } from "../../../rules/compile/hooks.ts";
import { actualOf } from "../../../rules/diff/diff.ts";
import { describeDifference } from "../../../rules/diff/difference.ts";
import type { Batch, Operation } from "../../../rules/diff/types.ts";
import { anyone } from "../../../rules/model/entity.ts";
import { formatProblem } from "../../../rules/model/problem.ts";
import type { Resource } from "../../../rules/model/types.ts";
import { endpoint, inputOf, policy, storeOf } from "./hosts.ts";

const timing = { minInterval: 5, retry: [20, 40], maxInterval: 60_000 } as const;
const stranger = { processId: 4711, processName: "nft" };

interface Bench {
  readonly kernel: MemoryKernel;
  readonly store: Store;
  readonly reports: readonly Report[];
  readonly reconciler: Reconciler;
  /** Asks for a pass and waits for its report. */
  pass(reason?: string): Promise<Report>;
  next(): Promise<Report>;
  change(...resources: readonly Resource[]): void;
}

async function withReconciler(
  resources: readonly Resource[],
  use: (bench: Bench) => Promise<void>,
  kernel = createMemoryKernel({ processId: process.pid, processName: "hostward" }),
  repairs?: RepairLimits,
): Promise<void> {
  const store = storeOf(...resources);
  const reports: Report[] = [];
  let arrived = Promise.withResolvers<Report>();
  const reconciler = createReconciler({
    kernel,
    timing,
    ...(repairs && { repairs }),
    input: () => inputOf(store),
    onReport(report) {
      reports.push(report);
      arrived.resolve(report);
      arrived = Promise.withResolvers();
    },
  });
  const next = () => arrived.promise;
  const bench: Bench = {
    kernel,
    store,
    reports,
    reconciler,
    next,
    pass(reason = "test") {
      const report = next();
      reconciler.request(reason);
      return report;
    },
    change: (...changed) => void store.update({ source: { resources: changed, problems: [] } }),
  };
  try {
    await use(bench);
  } finally {
    await reconciler.close();
  }
}

async function assertHolds(kernel: MemoryKernel, store: Store): Promise<void> {
  const { actual } = await kernel.read(table);
  assert.equal(describeDifference(actual, actualOf(compilePass(inputOf(store)).ruleset)), undefined);
}

test("the first pass brings the whole ruleset, and a second finds nothing to do", () =>
  withReconciler([endpoint("a"), policy("web", 80)], async ({ kernel, store, pass }) => {
    assert.equal((await kernel.read(table)).actual, undefined, "nothing before the first request");
    const first = await pass("start");
    assert.equal(first.outcome, "applied");
    assert.deepEqual([first.revision, first.reasons, first.problems], [1, ["start"], []]);
    assert.equal(first.generation, await kernel.generation());
    assert.deepEqual(
      first.endpoints.map(({ name, state }) => [name, state]),
      [["a", "up"]],
    );
    assert.ok(first.operations > 0 && first.counts.rules > 0);
    await assertHolds(kernel, store);
    const commits = kernel.commits.length;
    assert.equal((await pass()).outcome, "unchanged");
    assert.equal(kernel.commits.length, commits);
  }));

test("a change is applied, and takes nothing that was there away", () =>
  withReconciler([endpoint("a"), policy("web", 80)], async ({ kernel, store, pass, change }) => {
    await pass();
    change(endpoint("a"), policy("web", 80, 443), policy("more", 8080));
    const report = await pass();
    assert.deepEqual([report.outcome, report.revision], ["applied", 2]);
    await assertHolds(kernel, store);
  }));

test("a new table is apart from nobody's commit, a repair from hostward's own, a change from everybody's", async () => {
  const kernel = createMemoryKernel({ processId: process.pid, processName: "hostward" });
  const commit = kernel.commit.bind(kernel);
  let told: unknown[] = [];
  kernel.commit = (batch, options) => {
    told.push(options?.apartFrom);
    return commit(batch, options);
  };
  const taken = () => {
    const now = new Set(told);
    told = [];
    return [...now];
  };
  /** In an interval set, which is filled a batch before anything looks it up. */
  const ranges = [80, 443].map((from) => ({ from, to: from + 7 }));
  const web = {
    ...policy("web", 80),
    ingress: policy("web", 80).ingress.map((rule) => ({ ...rule, destination: { ...anyone, ports: { ranges, names: [] } } })),
  };
  const use = async ({ change, pass, next }: Bench) => {
    await pass();
    assert.deepEqual([told.length, taken()], [2, ["nobody"]]);
    change(endpoint("a"), web, policy("more", 8080));
    await pass();
    assert.deepEqual(taken(), ["everybody"]);
    const chain = kernel.commits.flatMap(({ operations }) => operations).find(({ object }) => object === "chain");
    assert.ok(chain?.object === "chain" && chain.verb === "add");
    const emptied: Batch = { table, operations: [{ verb: "flush", object: "chain", name: chain.chain.name }] };
    kernel.commitAs(stranger, emptied);
    await next();
    assert.deepEqual(taken(), ["ours"]);
    change(endpoint("a"), web);
    kernel.commitAs(stranger, emptied);
    await next();
    assert.deepEqual(taken(), ["everybody"], "it puts back, and changes");
    kernel.commitAs(stranger, { table, operations: [{ verb: "delete", object: "table" }] });
    await next();
    assert.deepEqual([told.length, taken()], [2, ["nobody"]]);
  };
  await withReconciler([endpoint("a"), web], use, kernel);
});

/** Refuses what no policy is to be blamed for. */
const refuseChains = (operation: Operation) => (operation.object === "chain" && operation.verb === "add" ? "ENOMEM" : undefined);

test("a refused commit leaves the ruleset before in force; it is tried again until it lands", () =>
  withReconciler([endpoint("a")], async ({ kernel, store, pass, next, change, reports, reconciler }) => {
    await pass();
    const before = (await kernel.read(table)).actual;
    kernel.refuse(refuseChains);
    change(endpoint("a"), policy("web", 80));
    const failed = await pass();
    assert.equal(failed.outcome, "failed");
    assert.equal(failed.generation, undefined);
    assert.match(failed.problems.map(formatProblem).join("\n"), /^kernel: error kernel-refused: .*ENOMEM.*; the previous ruleset stays in force$/);
    assert.deepEqual((await kernel.read(table)).actual, before);
    assert.deepEqual((await next()).reasons, ["retry"]);
    kernel.refuse(undefined);
    const healed = await next();
    assert.deepEqual([healed.outcome, healed.reasons, healed.problems], ["applied", ["retry"], []]);
    await assertHolds(kernel, store);
    assert.equal(reconciler.applied()?.generation, healed.generation);
    const count = reports.length;
    await sleep(100);
    assert.equal(reports.length, count, "no retry after it landed");
  }));

test("without the privilege the pass fails and says so", () =>
  withReconciler([endpoint("a")], async ({ kernel, pass }) => {
    kernel.permit(false);
    const report = await pass();
    assert.deepEqual([report.outcome, report.problems.map(({ code }) => code)], ["failed", ["kernel-permission"]]);
  }));

/** A kernel whose ruleset somebody else changes between reading and committing. */
function contested(times: number): MemoryKernel {
  const kernel = createMemoryKernel({ processId: process.pid, processName: "hostward" });
  let left = times;
  const commit: MemoryKernel["commit"] = (batch, options) => {
    if (left-- > 0) kernel.commitAs(stranger, { table: `other${left}`, operations: [{ verb: "add", object: "table" }] });
    return kernel.commit(batch, options);
  };
  return { ...kernel, commit };
}

test("a foreign change between reading and committing makes the pass begin again", () =>
  withReconciler(
    [endpoint("a"), policy("web", 80)],
    async ({ kernel, store, pass }) => {
      assert.equal((await pass()).outcome, "applied");
      await assertHolds(kernel, store);
    },
    contested(3),
  ));

test("a ruleset that never holds still makes the pass fail", () =>
  withReconciler(
    [endpoint("a")],
    async ({ pass }) => {
      const report = await pass();
      assert.deepEqual([report.outcome, report.problems.map(({ code }) => code)], ["failed", ["kernel-stale"]]);
    },
    contested(100),
  ));

test("a foreign change of the table is repaired at once, once, and told with its author", () =>
  withReconciler([endpoint("a"), policy("web", 80)], async ({ kernel, store, pass, next, reports }) => {
    await pass("start");
    kernel.commitAs(stranger, { table, operations: [{ verb: "flush", object: "chain" }] });
    const report = await next();
    assert.deepEqual([report.outcome, report.reasons], ["applied", ["foreign change"]]);
    assert.match(report.repair?.what ?? "", /^chain \S+: rule 0 \(.*\) is gone$/);
    assert.equal(report.repair?.by, "nft[4711]");
    assert.ok(report.repair.milliseconds >= 0);
    await assertHolds(kernel, store);
    await sleep(200);
    assert.equal(reports.length, 2, "the repair is no foreign change");
  }));

test("a rule of the table that somebody changed is found by what it does, and the others are left alone", () =>
  withReconciler([endpoint("a"), policy("web", 80, 443)], async ({ kernel, store, pass, next }) => {
    await pass("start");
    const [name = ""] = [...(kernel.commits.at(-1)?.operations ?? [])].flatMap((one) =>
      one.object === "rule" && one.verb === "add" && one.rule.origin.name === "web" ? [one.chain] : [],
    );
    const [first, second] = kernel.rules(table, name) ?? [];
    assert.ok(first && second);
    const changed = { ...first, statements: [{ kind: "verdict", verdict: { kind: "drop" } } as const] };
    kernel.commitAs(stranger, { table, operations: [{ verb: "replace", object: "rule", chain: name, at: 0, rule: changed }] });
    const report = await next();
    assert.match(report.repair?.what ?? "", new RegExp(`^chain ${name}`));
    assert.equal(kernel.rules(table, name)?.[1], second);
    await assertHolds(kernel, store);
  }));

test("a deleted table is made again", () =>
  withReconciler([endpoint("a")], async ({ kernel, store, pass, next }) => {
    await pass();
    kernel.commitAs(stranger, { table, operations: [{ verb: "delete", object: "table" }] });
    const report = await next();
    assert.match(report.repair?.what ?? "", /^the table is gone/);
    await assertHolds(kernel, store);
  }));

/** A kernel that counts how often its table is read, and its generation asked for. */
function counted(): MemoryKernel & { readonly reads: number; readonly asked: number } {
  const kernel = createMemoryKernel({ processId: process.pid, processName: "hostward" });
  let [reads, asked] = [0, 0];
  return {
    ...kernel,
    read: (...of) => {
      reads++;
      return kernel.read(...of);
    },
    generation: () => {
      asked++;
      return kernel.generation();
    },
    get reads() {
      return reads;
    },
    get asked() {
      return asked;
    },
  };
}

test("a change asks the kernel nothing before its commit, a pass without a change asks whether all is as it was", async () => {
  const kernel = counted();
  await withReconciler(
    [endpoint("a")],
    async ({ pass, change, store }) => {
      await pass();
      const { reads, asked } = kernel;
      change(endpoint("a"), policy("web", 80));
      assert.equal((await pass()).outcome, "applied");
      assert.deepEqual([kernel.reads, kernel.asked], [reads, asked]);
      assert.equal((await pass()).outcome, "unchanged");
      assert.deepEqual([kernel.reads, kernel.asked], [reads, asked + 1]);
      await assertHolds(kernel, store);
    },
    kernel,
  );
});

test("a change of the table that nobody told of is found by the commit that is pinned to what was, and repaired with it", async () => {
  const kernel = createMemoryKernel({ processId: process.pid, processName: "hostward" });
  const deaf: MemoryKernel = { ...kernel, watch: () => () => undefined };
  await withReconciler(
    [endpoint("a")],
    async ({ pass, change, store }) => {
      await pass();
      kernel.commitAs(stranger, { table, operations: [{ verb: "flush", object: "chain" }] });
      change(endpoint("a"), policy("web", 80));
      const report = await pass();
      assert.equal(report.outcome, "applied");
      assert.match(report.repair?.what ?? "", /rule 0 .* is gone/);
      await assertHolds(kernel, store);
    },
    deaf,
  );
});

test("foreign changes elsewhere cost no pass and no look at the table, then and at the next change", async () => {
  const kernel = counted();
  await withReconciler(
    [endpoint("a")],
    async ({ pass, change, reports, store }) => {
      await pass();
      const { reads } = kernel;
      for (let i = 0; i < 50; i++) kernel.commitAs(stranger, { table: `other${i}`, operations: [{ verb: "add", object: "table" }] });
      await sleep(100);
      assert.deepEqual([reports.length, kernel.reads], [1, reads]);
      change(endpoint("a"), policy("web", 80));
      assert.equal((await pass()).outcome, "applied");
      assert.equal(kernel.reads, reads);
      await assertHolds(kernel, store);
    },
    kernel,
  );
});

test("lost notifications make the table be verified", () =>
  withReconciler([endpoint("a")], async ({ kernel, pass, next }) => {
    await pass();
    kernel.overflow();
    assert.deepEqual((await next()).reasons, ["foreign change"]);
  }));

test("a fight is fought with part of the time, is told for as long as it lasts, and is won in the end", () =>
  withReconciler(
    [endpoint("a")],
    async ({ kernel, store, pass, next, reports }) => {
      await pass();
      const end = performance.now() + 1000;
      while (performance.now() < end) {
        kernel.commitAs(stranger, { table, operations: [{ verb: "flush", object: "chain" }] });
        await sleep(1);
      }
      const codes = (report: Report | undefined) => report?.problems.map(({ code }) => code);
      while (!codes(reports.at(-1))?.includes("table-fight")) await next();
      assert.match(reports.at(-1)?.problems[0]?.message ?? "", /changed by nft and/);
      await sleep(1000);
      await assertHolds(kernel, store);
      const spent = reports.filter(({ repair }) => repair !== undefined).flatMap(({ milliseconds }) => Object.values(milliseconds));
      const total = spent.reduce((sum, one) => sum + one, 0);
      assert.ok(total < 200, `${reports.length} passes of ${total} ms in all in a second, where the burst and the share are 70 ms`);
      await sleep(400);
      assert.deepEqual(codes(await pass()), [], "the fight is over");
    },
    undefined,
    { share: 0.05, burst: 20, fight: { repairs: 5, within: 500 } },
  ));

const goneHint = /no HostEndpoint is for node "host1" any more \((\d) for others\): nothing on this host is policed/;

test("no local endpoint after there were some is told for as long as it lasts", () =>
  withReconciler([endpoint("a")], async ({ pass, change }) => {
    assert.deepEqual((await pass()).problems, []);
    change(endpoint("a", "eth0", "Host1"));
    for (const _ of ["at once", "still"]) {
      const { outcome, problems } = await pass();
      assert.notEqual(outcome, "failed");
      assert.deepEqual(
        problems.map(({ code, severity }) => [code, severity]),
        [["no-local-endpoints", "warning"]],
      );
      assert.equal(goneHint.exec(problems[0]?.message ?? "")?.[1], "1");
    }
    change(endpoint("a"));
    assert.deepEqual((await pass()).problems, []);
  }));

test("a host that never had an endpoint is no problem", () =>
  withReconciler([endpoint("a", "eth0", "elsewhere")], async ({ pass }) => {
    assert.deepEqual((await pass()).problems, []);
  }));

test("endpoints of an earlier run that are gone at the start are told too", async () => {
  const kernel = createMemoryKernel({ processId: process.pid, processName: "hostward" });
  await withReconciler([endpoint("a")], async ({ pass }) => void (await pass()), kernel);
  await withReconciler(
    [endpoint("a", "eth0", "elsewhere")],
    async ({ pass }) => {
      assert.deepEqual(
        (await pass()).problems.map(({ code }) => code),
        ["no-local-endpoints"],
      );
    },
    kernel,
  );
});

test("closing changes nothing in the kernel, and no pass runs after it", async () => {
  const kernel = createMemoryKernel({ processId: process.pid, processName: "hostward" });
  await withReconciler([endpoint("a")], async ({ pass }) => void (await pass()), kernel);
  assert.notEqual((await kernel.read(table)).actual, undefined);
  const commits = kernel.commits.length;
  kernel.commitAs(stranger, { table, operations: [{ verb: "flush", object: "chain" }] });
  await sleep(400);
  assert.equal(kernel.commits.length, commits);
});
