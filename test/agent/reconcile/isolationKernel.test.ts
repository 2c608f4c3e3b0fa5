// Isolation against a real refusal: a rule that jumps to a chain that is not there, as a defect of hostward could make one. What the kernel
// then has of the culprit and of the others, by nft's own listing.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { createReconciler } from "../../../agent/reconcile/reconciler.ts";
import type { Report } from "../../../agent/reconcile/report.ts";
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

test("a rule that the kernel itself refuses is isolated with its policy", async () => {
  const kernel = openNetlinkKernel();
  const store = storeOf();
  let arrived = Promise.withResolvers<Report>();
  const reconciler = createReconciler({ kernel: withSpoiledRules(kernel), input: () => inputOf(store), onReport: (report) => arrived.resolve(report) });
  const pass = async (...resources: readonly Resource[]): Promise<Report> => {
    arrived = Promise.withResolvers();
    store.update({ source: { resources, problems: [] } });
    reconciler.request("manifests");
    return await arrived.promise;
  };
  try {
    assert.deepEqual((await pass(endpoint("a"), policy("web", 80), policy("db", 5432))).problems, []);
    const report = await pass(endpoint("a"), policy("web", 80, 666), policy("db", 5433));
    const listing = await lab.host.must("nft", ["list", "table", "inet", "hostward"]);
    assert.match(listing, /tcp dport 80 .*GlobalNetworkPolicy web ingress rule 0/);
    assert.match(listing, /tcp dport 5433 .*GlobalNetworkPolicy db ingress rule 0/);
    assert.doesNotMatch(listing, /dport 666|dport 5432|nowhere/);
    assert.equal(report.isolated, 1);
    assert.match(report.problems.map(formatProblem).join("\n"), /^policy\.yaml:11: error kernel-refused GlobalNetworkPolicy\/web spec\.ingress\[1\]: .*ENOENT/);
  } finally {
    await reconciler.close();
    kernel.close();
  }
});
