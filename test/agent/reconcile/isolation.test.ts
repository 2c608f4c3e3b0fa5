// One rule that the kernel refuses must not hold up the rest (semantics 0, row 10; Felix's defect G19): what lands without it, what stays of it,
// what is reported, and when it is tried again. In memory with injected refusals, and with one that the real kernel makes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { describeStatus, noPasses, withReport } from "../../../agent/control/status.ts";
import { createMemoryKernel, type MemoryKernel } from "../../../agent/kernel/memory.ts";
import { Isolation, type PreviousRun } from "../../../agent/reconcile/isolation.ts";
import { createReconciler } from "../../../agent/reconcile/reconciler.ts";
import type { Report } from "../../../agent/reconcile/report.ts";
import { table } from "../../../rules/compile/hooks.ts";
import type { Operation } from "../../../rules/diff/types.ts";
import { formatProblem } from "../../../rules/model/problem.ts";
import type { Resource } from "../../../rules/model/types.ts";
import type { Rule } from "../../../rules/ruleset/types.ts";
import { endpoint, inputOf, policy, storeOf } from "./hosts.ts";

interface Bench {
  readonly kernel: MemoryKernel;
  /** A pass for these resources. */
  pass(reason: string, ...resources: readonly Resource[]): Promise<Report>;
  /** Ports that rules of the policy let through now. */
  open(policyName: string): Promise<readonly number[]>;
}

interface Before {
  readonly kernel?: MemoryKernel;
  readonly previousRun?: PreviousRun;
}

async function withHost(use: (bench: Bench) => Promise<void>, before: Before = {}): Promise<void> {
  const { kernel = createMemoryKernel({ processId: process.pid, processName: "hostward" }), ...known } = before;
  const store = storeOf();
  let arrived = Promise.withResolvers<Report>();
  // Only what a test asks for: no retry comes by itself.
  const timing = { minInterval: 0, retry: [60_000, 60_000], maxInterval: 60_000 } as const;
  const onReport = (report: Report) => arrived.resolve(report);
  const reconciler = createReconciler({ kernel, timing, input: () => inputOf(store), onReport, ...known });
  try {
    await use({
      kernel,
      async pass(reason, ...resources) {
        arrived = Promise.withResolvers();
        store.update({ source: { resources, problems: [] } });
        reconciler.request(reason);
        return await arrived.promise;
      },
      async open(policyName) {
        const names = (await kernel.read(table)).actual?.chains.map(({ name }) => name) ?? [];
        const rules = names.flatMap((name) => kernel.rules(table, name) ?? []);
        return rules.filter(({ origin }) => origin.name === policyName && origin.index !== undefined).flatMap(portsOf);
      },
    });
  } finally {
    await reconciler.close();
  }
}

function portsOf({ statements }: Rule): readonly number[] {
  return statements.flatMap((one) =>
    one.kind === "match" && one.field === "th dport" && one.value.kind === "scalar" && typeof one.value.value === "number" ? [one.value.value] : [],
  );
}

/** The kernel takes no rule of the policy that lets this port through. */
const refuse = (name: string, port: number) => (operation: Operation) =>
  operation.object === "rule" && operation.verb !== "delete" && operation.rule.origin.name === name && portsOf(operation.rule).includes(port)
    ? "EINVAL"
    : undefined;

test("an update that the kernel refuses leaves the policy as it was, and the update of another lands", () =>
  withHost(async ({ kernel, pass, open }) => {
    await pass("start", endpoint("a"), policy("web", 80), policy("db", 5432));
    kernel.refuse(refuse("web", 666));
    const report = await pass("manifests", endpoint("a"), policy("web", 80, 666), policy("db", 5432, 5433));
    assert.deepEqual([await open("web"), await open("db")], [[80], [5432, 5433]]);
    assert.deepEqual([report.outcome, report.isolated], ["applied", 1]);
    assert.match(
      report.problems.map(formatProblem).join("\n"),
      /^policy\.yaml:11: error kernel-refused GlobalNetworkPolicy\/web spec\.ingress\[1\]: .*EINVAL.*; its previous version stays in force until the kernel takes this one$/,
    );
  }));

test("a policy that the kernel never took is left out, and everything else lands", () =>
  withHost(async ({ kernel, pass, open }) => {
    kernel.refuse(refuse("web", 666));
    const report = await pass("start", endpoint("a"), policy("web", 80, 666), policy("db", 5432));
    assert.deepEqual([await open("web"), await open("db")], [[], [5432]]);
    assert.match(report.problems.map(formatProblem).join("\n"), /GlobalNetworkPolicy\/web spec\.ingress\[1\]: .*; it is left out until the kernel takes it$/);
  }));

test("several culprits are isolated in one pass", () =>
  withHost(async ({ kernel, pass, open }) => {
    kernel.refuse((operation) => refuse("a1", 1)(operation) ?? refuse("a2", 1)(operation));
    const report = await pass("start", endpoint("a"), policy("a1", 1), policy("a2", 1), policy("a3", 1));
    assert.deepEqual([await open("a1"), await open("a2"), await open("a3"), report.isolated], [[], [], [1], 2]);
  }));

test("while a policy is held back, later updates of others land at once and without another refusal", () =>
  withHost(async ({ kernel, pass, open }) => {
    kernel.refuse(refuse("web", 666));
    await pass("start", endpoint("a"), policy("web", 666), policy("db", 1));
    let refusals = 0;
    kernel.refuse((operation, index) => {
      const errno = refuse("web", 666)(operation);
      if (errno !== undefined && index >= 0) refusals += 1;
      return errno;
    });
    const report = await pass("manifests", endpoint("a"), policy("web", 666), policy("db", 1, 2));
    assert.deepEqual([await open("db"), refusals, report.isolated], [[1, 2], 0, 1]);
  }));

test("a held policy is tried again when it changes, and in each retry", () =>
  withHost(async ({ kernel, pass, open }) => {
    kernel.refuse(refuse("web", 666));
    await pass("start", endpoint("a"), policy("web", 666));
    const mended = await pass("manifests", endpoint("a"), policy("web", 667));
    assert.deepEqual([await open("web"), mended.isolated, mended.problems], [[667], 0, []]);
    await pass("manifests", endpoint("a"), policy("web", 666));
    assert.deepEqual(await open("web"), [667]);
    kernel.refuse(undefined);
    const healed = await pass("retry", endpoint("a"), policy("web", 666));
    assert.deepEqual([await open("web"), healed.isolated, healed.problems], [[666], 0, []]);
  }));

test("a policy that the kernel holds is not sent again, so that it cannot be refused when another changes", () =>
  withHost(async ({ kernel, pass, open }) => {
    await pass("start", endpoint("a"), policy("web", 80));
    kernel.refuse(refuse("web", 80));
    const report = await pass("manifests", endpoint("a"), policy("web", 80), policy("db", 1));
    assert.deepEqual([report.outcome, report.isolated, await open("web"), await open("db")], ["applied", 0, [80], [1]]);
  }));

test("a policy that is refused though it was in force is not dropped: the pass fails", () =>
  withHost(async ({ kernel, pass, open }) => {
    await pass("start", endpoint("a"), policy("web", 80));
    kernel.refuse((operation) => refuse("web", 80)(operation) ?? refuse("web", 443)(operation));
    const report = await pass("manifests", endpoint("a"), policy("web", 443));
    assert.deepEqual([report.outcome, report.isolated, await open("web")], ["unchanged", 1, [80]]);
    kernel.commitAs({ processId: 7, processName: "nft" }, { table: "hostward", operations: [{ verb: "delete", object: "table" }] });
    const failed = await pass("manifests", endpoint("a"), policy("web", 80), policy("db", 1));
    assert.equal(failed.outcome, "failed");
  }));

test("the state is degraded while a resource is isolated", () =>
  withHost(async ({ kernel, pass }) => {
    const facts = { node: "host1", version: "0", started: new Date(), latestRevision: 1, waitingFor: [], sourceProblems: [] };
    kernel.refuse(refuse("web", 666));
    const held = withReport(noPasses, await pass("start", endpoint("a"), policy("web", 666)));
    assert.equal(describeStatus(facts, held).state, "degraded");
    const mended = withReport(held, await pass("manifests", endpoint("a"), policy("web", 80)));
    assert.equal(describeStatus(facts, mended).state, "in-sync");
  }));

/** What a run keeps for the next one: nothing but a list. */
function keeping(...versions: readonly Resource[]): PreviousRun & { kept(): readonly (Resource | undefined)[] } {
  let kept: readonly (Resource | undefined)[] = versions;
  return {
    kept: () => kept,
    read: async () => kept.filter((version) => version !== undefined),
    save: (instead) => {
      kept = instead;
    },
  };
}

test("a policy that is refused at a start stays as the run before had it in force, and the kernel is not touched", async () => {
  const kernel = createMemoryKernel({ processId: process.pid, processName: "hostward" });
  const previousRun = keeping();
  kernel.refuse(refuse("web", 666));
  await withHost(
    async ({ pass }) => {
      await pass("start", endpoint("a"), policy("web", 80));
      await pass("manifests", endpoint("a"), policy("web", 666));
    },
    { kernel, previousRun },
  );
  for (let start = 1; start <= 2; start++) {
    await withHost(
      async ({ pass, open }) => {
        const commits = kernel.commits.length;
        const report = await pass("start", endpoint("a"), policy("web", 666));
        assert.deepEqual([report.outcome, report.isolated, await open("web"), kernel.commits.length], ["unchanged", 1, [80], commits]);
        assert.match(report.problems.map(formatProblem).join(), /its previous version stays in force until the kernel takes this one$/);
        const later = await pass("manifests", endpoint("a"), policy("web", 666), policy("db", 1));
        assert.deepEqual([later.isolated, await open("web"), await open("db")], [1, [80], [1]]);
        await pass("manifests", endpoint("a"), policy("web", 666));
      },
      { kernel, previousRun },
    );
  }
});

test("what the run before had in force is not kept when the kernel takes the new version, nor when the policy goes", async () => {
  for (const [what, refused, next] of [
    ["taken", undefined, [policy("web", 666)]],
    ["gone", refuse("web", 666), []],
  ] as const) {
    const previousRun = keeping(policy("web", 80));
    await withHost(
      async ({ kernel, pass }) => {
        kernel.refuse(refuse("web", 666));
        await pass("start", endpoint("a"), policy("web", 666));
        assert.deepEqual(previousRun.kept(), [policy("web", 80)], what);
        kernel.refuse(refused);
        await pass("retry", endpoint("a"), ...next);
        assert.deepEqual(previousRun.kept(), [], what);
      },
      { previousRun },
    );
  }
});

test("a policy of which the kernel refuses what the run before had in force as well is left out, and everything else lands", () =>
  withHost(
    async ({ kernel, pass, open }) => {
      kernel.refuse((operation) => refuse("web", 666)(operation) ?? refuse("web", 80)(operation));
      const report = await pass("start", endpoint("a"), policy("web", 666), policy("db", 1));
      assert.deepEqual([report.outcome, report.isolated, await open("web"), await open("db")], ["applied", 1, [], [1]]);
      assert.match(report.problems.map(formatProblem).join(), /it is left out until the kernel takes it$/);
    },
    { previousRun: keeping(policy("web", 80)) },
  ));

test("a policy that is refused as the run before had it in force is left out: the kernel does not hold it", () =>
  withHost(
    async ({ kernel, pass, open }) => {
      kernel.refuse(refuse("web", 80));
      const report = await pass("start", endpoint("a"), policy("web", 80), policy("db", 1));
      assert.deepEqual([report.isolated, await open("web"), await open("db")], [1, [], [1]]);
    },
    { previousRun: keeping(policy("web", 80)) },
  ));

test("what names no resource isolates nothing", async () => {
  const isolation = new Isolation();
  const { snapshot } = inputOf(storeOf(endpoint("a")));
  assert.equal(await isolation.blame(new Error("socket"), snapshot), false);
  assert.equal(isolation.spare(snapshot), snapshot);
});
