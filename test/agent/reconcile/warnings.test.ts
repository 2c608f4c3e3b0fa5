// What is suspicious reaches the report of a pass, stays there while passes fail, and is logged once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createJournal } from "../../../agent/journal.ts";
import { createMemoryKernel } from "../../../agent/kernel/memory.ts";
import { createLogger } from "../../../agent/log.ts";
import { compilePass } from "../../../agent/reconcile/pass.ts";
import { createReconciler } from "../../../agent/reconcile/reconciler.ts";
import type { Report } from "../../../agent/reconcile/report.ts";
import { createWarnings } from "../../../agent/reconcile/warnings.ts";
import { usualSsh } from "../../../agent/sshAccess.ts";
import { endpoint, eth0, inputOf, policy, storeOf } from "./hosts.ts";

const ghostly = { ...endpoint("a"), profiles: ["ghost"] };

test("warnings are in every report, of failed passes too, and are logged when they come and when they go", async () => {
  const kernel = createMemoryKernel({ processId: process.pid, processName: "hostward" });
  const store = storeOf(ghostly);
  const lines: string[] = [];
  const journal = createJournal(createLogger("Info", "json", { write: (line) => lines.push(line) }));
  let arrived = Promise.withResolvers<Report>();
  const reconciler = createReconciler({
    kernel,
    input: () => inputOf(store),
    timing: { minInterval: 1, retry: [60_000, 60_000], maxInterval: 60_000 },
    onReport(report) {
      journal.report(report);
      arrived.resolve(report);
    },
  });
  const pass = () => {
    arrived = Promise.withResolvers();
    reconciler.request("test");
    return arrived.promise;
  };
  try {
    const codes = async () => (await pass()).problems.map(({ code, severity }) => `${severity} ${code}`);
    assert.deepEqual(await codes(), ["warning unknown-profile"]);
    assert.deepEqual(await codes(), ["warning unknown-profile"]);
    kernel.refuse(() => "EINVAL");
    store.update({ source: { resources: [ghostly, policy("p", 80)], problems: [] } });
    assert.deepEqual(await codes(), ["error kernel-refused", "warning unknown-profile"]);
    assert.equal(lines.filter((line) => line.includes("unknown-profile")).length, 1);
    kernel.refuse(() => undefined);
    store.update({ source: { resources: [endpoint("a")], problems: [] } });
    assert.deepEqual(await codes(), []);
    assert.equal(lines.filter((line) => line.includes("solved: ") && line.includes("unknown-profile")).length, 1);
  } finally {
    await reconciler.close();
  }
});

test("what nothing has changed about is not looked at again", () => {
  const store = storeOf(ghostly);
  const warningsOf = createWarnings(usualSsh);
  const of = () => warningsOf(compilePass(inputOf(store)));
  const first = of();
  assert.equal(first.length, 1);
  assert.equal(of(), first);
  store.update({ source: { resources: [endpoint("a")], problems: [] } });
  assert.deepEqual(of(), []);
});

test("kube-proxy in IPVS mode is told by its interface, in every state of that interface", () => {
  const store = storeOf(endpoint("a"));
  const codes = () => createWarnings(usualSsh)(compilePass(inputOf(store))).map(({ code }) => code);
  assert.deepEqual(codes(), []);
  store.update({ interfaces: [eth0, { name: "kube-ipvs0", addresses: [], up: false }] });
  assert.deepEqual(codes(), ["kube-proxy-ipvs"]);
});
