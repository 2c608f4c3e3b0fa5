// Isolation against a real refusal: a rule that jumps to a chain that is not there, as a defect of hostward could make one. What the kernel
// then has of the culprit and of the others, by nft's own listing, also after a restart.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import type { PreviousRun } from "../../../agent/reconcile/isolation.ts";
import { createReconciler } from "../../../agent/reconcile/reconciler.ts";
import type { Report } from "../../../agent/reconcile/report.ts";
import { PreviousVersions } from "../../../agent/sources/previousVersions.ts";
import type { Operation } from "../../../rules/diff/types.ts";
import { formatProblem } from "../../../rules/model/problem.ts";
import type { Resource } from "../../../rules/model/types.ts";
import { type Lab, openLab } from "../../lab/lab.ts";
import { endpoint, inputOf, policy, storeOf } from "./hosts.ts";

let lab: Lab;
before(async () => {
  lab = await openLab();
});
after(() => lab?.close());

/** Rules of the policy "web" with the port 666 get what nf_tables refuses (nft_verdict_init: ENOENT). */
function spoiled(operation: Operation): Operation {
  if (operation.object !== "rule" || operation.verb === "delete" || operation.rule.origin.name !== "web") return operation;
  const has666 = operation.rule.statements.some((one) => one.kind === "match" && one.value.kind === "scalar" && one.value.value === 666);
  if (!has666) return operation;
  return { ...operation, rule: { ...operation.rule, statements: [{ kind: "verdict", verdict: { kind: "jump", chain: "nowhere" } }] } };
}

function withSpoiledRules(kernel: Kernel): Kernel {
  return {
    read: (...of) => kernel.read(...of),
    generation: () => kernel.generation(),
    canOwn: () => kernel.canOwn(),
    commit: (batch, options) => kernel.commit({ ...batch, operations: batch.operations.map(spoiled) }, options),
    watch: (...of) => kernel.watch(...of),
    close: () => kernel.close(),
  };
}

interface Run {
  pass(...resources: readonly Resource[]): Promise<Report>;
}

/** A run of the agent, over the table that the one before has left. */
async function running(previousRun: PreviousRun, use: (run: Run) => Promise<void>): Promise<void> {
  const kernel = openNetlinkKernel();
  const store = storeOf();
  let arrived = Promise.withResolvers<Report>();
  const onReport = (report: Report) => arrived.resolve(report);
  const reconciler = createReconciler({ kernel: withSpoiledRules(kernel), input: () => inputOf(store), onReport, previousRun });
  try {
    await use({
      async pass(...resources) {
        arrived = Promise.withResolvers();
        store.update({ source: { resources, problems: [] } });
        reconciler.request("manifests");
        return await arrived.promise;
      },
    });
  } finally {
    await reconciler.close();
    kernel.close();
  }
}

test("a rule that the kernel itself refuses is isolated with its policy, in this run and in the next", async () => {
  const state = mkdtempSync(join(tmpdir(), "hostward-isolation-"));
  const list = () => lab.host.must("nft", ["-a", "list", "table", "inet", "hostward"]);
  const refused = [endpoint("a"), policy("web", 80, 666), policy("db", 5433)];
  let before = "";
  try {
    const first = new PreviousVersions({ state, onProblem: () => undefined });
    await running(first, async ({ pass }) => {
      assert.deepEqual((await pass(endpoint("a"), policy("web", 80), policy("db", 5432))).problems, []);
      const report = await pass(...refused);
      before = await list();
      assert.match(before, /tcp dport 80 .*GlobalNetworkPolicy web ingress rule 0/);
      assert.match(before, /tcp dport 5433 .*GlobalNetworkPolicy db ingress rule 0/);
      assert.doesNotMatch(before, /dport 666|dport 5432|nowhere/);
      assert.equal(report.isolated, 1);
      assert.match(
        report.problems.map(formatProblem).join("\n"),
        /^policy\.yaml:11: error kernel-refused GlobalNetworkPolicy\/web spec\.ingress\[1\]: .*ENOENT/,
      );
    });
    await first.close();
    await running(new PreviousVersions({ state, onProblem: () => undefined }), async ({ pass }) => {
      const report = await pass(...refused);
      assert.deepEqual([report.outcome, report.isolated, report.problems.length], ["unchanged", 1, 1]);
      assert.equal(await list(), before, "every rule by its handle");
    });
  } finally {
    rmSync(state, { recursive: true });
  }
});
