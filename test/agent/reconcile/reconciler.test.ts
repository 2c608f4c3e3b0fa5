// Passes against a kernel in memory: what is committed and what is not, what a failure leaves, and what follows a foreign change.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createMemoryKernel, type MemoryKernel } from "../../../agent/kernel/memory.ts";
import { describeDrift } from "../../../agent/reconcile/drift.ts";
import { compilePass } from "../../../agent/reconcile/pass.ts";
import { createReconciler, type Reconciler } from "../../../agent/reconcile/reconciler.ts";
import type { Report } from "../../../agent/reconcile/report.ts";
import type { Store } from "../../../agent/store/store.ts";
import { table } from "../../../rules/compile/hooks.ts";
import { actualOf } from "../../../rules/diff/diff.ts";
import type { Operation } from "../../../rules/diff/types.ts";
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
): Promise<void> {
  const store = storeOf(...resources);
  const reports: Report[] = [];
  let arrived = Promise.withResolvers<Report>();
  const reconciler = createReconciler({
    kernel,
    timing,
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
  assert.equal(describeDrift(actual, actualOf(compilePass(inputOf(store)).ruleset)), undefined);
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

test("a foreign change of the table is repaired, once, and told with its author", () =>
  withReconciler([endpoint("a"), policy("web", 80)], async ({ kernel, store, pass, next, reports }) => {
    await pass("start");
    kernel.commitAs(stranger, { table, operations: [{ verb: "flush", object: "chain" }] });
    const report = await next();
    assert.deepEqual([report.outcome, report.reasons], ["applied", ["foreign change"]]);
    assert.match(report.drift ?? "", /^chain \S+ has 0 rules instead of \d+ \(last change by nft\[4711\]\)$/);
    await assertHolds(kernel, store);
    await sleep(500);
    assert.equal(reports.length, 2, "the repair is no foreign change");
  }));

test("a deleted table is made again", () =>
  withReconciler([endpoint("a")], async ({ kernel, store, pass, next }) => {
    await pass();
    kernel.commitAs(stranger, { table, operations: [{ verb: "delete", object: "table" }] });
    const report = await next();
    assert.match(report.drift ?? "", /^the table is gone/);
    await assertHolds(kernel, store);
  }));

test("a foreign change elsewhere is looked at and nothing is committed", () =>
  withReconciler([endpoint("a")], async ({ kernel, pass, next }) => {
    await pass();
    const commits = kernel.commits.length;
    kernel.commitAs(stranger, { table: "other", operations: [{ verb: "add", object: "table" }] });
    const report = await next();
    assert.deepEqual([report.outcome, report.reasons, report.drift], ["unchanged", ["foreign change"], undefined]);
    assert.equal(kernel.commits.length, commits);
  }));

test("lost notifications make the table be verified", () =>
  withReconciler([endpoint("a")], async ({ kernel, pass, next }) => {
    await pass();
    kernel.overflow();
    assert.deepEqual((await next()).reasons, ["foreign change"]);
  }));

test("many foreign changes in a row are verified together", () =>
  withReconciler([endpoint("a")], async ({ kernel, pass, reports }) => {
    await pass();
    for (let i = 0; i < 50; i++) kernel.commitAs(stranger, { table: `other${i}`, operations: [{ verb: "add", object: "table" }] });
    await sleep(600);
    assert.equal(reports.length, 2);
  }));

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
