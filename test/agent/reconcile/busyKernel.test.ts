// A pass beside another program that commits all the time, in a table of its own: each of its commits moves the generation that a commit of ours is
// pinned to, and leaves packets on their way that ours would have to wait for.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { createReconciler } from "../../../agent/reconcile/reconciler.ts";
import type { Report } from "../../../agent/reconcile/report.ts";
import type { Resource } from "../../../rules/model/types.ts";
import { endpoint, inputOf, policy, storeOf } from "./hosts.ts";

/** Milliseconds. A grace period is some 8, and several times that on a machine that has much to do. */
const gracePeriod = 30;
const betweenCommits = 5;

/** Commits until it is told to stop. */
function busy(): () => Promise<void> {
  const other = openNetlinkKernel();
  let goesOn = true;
  const commits = async (): Promise<void> => {
    for (let i = 0; goesOn; i++) {
      const operation = { verb: i % 2 === 0 ? "add" : "delete", object: "table" } as const;
      await other.commit({ table: "other", operations: [operation] }, { apartFrom: "nobody" });
      await sleep(betweenCommits);
    }
    other.close();
  };
  const ended = commits();
  return () => {
    goesOn = false;
    return ended;
  };
}

test("a change lands although another program's commits leave no grace period between them", async () => {
  const kernel = openNetlinkKernel(undefined, async () => {
    await sleep(gracePeriod);
    return true;
  });
  const store = storeOf();
  let arrived = Promise.withResolvers<Report>();
  const reconciler = createReconciler({ kernel, input: () => inputOf(store), onReport: (report) => arrived.resolve(report) });
  const pass = async (...resources: readonly Resource[]): Promise<Report> => {
    arrived = Promise.withResolvers();
    store.update({ source: { resources, problems: [] } });
    reconciler.request("manifests");
    return await arrived.promise;
  };
  assert.equal((await pass(endpoint("a"), policy("web", 80))).outcome, "applied");
  const stop = busy();
  try {
    for (const port of [81, 82, 83]) {
      const { outcome, problems, reasons } = await pass(endpoint("a"), policy("web", port));
      assert.equal(outcome, "applied", `port ${port}: ${JSON.stringify(problems)} ${reasons.join()}`);
    }
  } finally {
    await stop();
    await reconciler.close();
    kernel.close();
  }
});
