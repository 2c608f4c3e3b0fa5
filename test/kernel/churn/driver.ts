// Brings a kernel from one host to the next by the way the daemon takes: store, reconciler, netlink.

import assert from "node:assert/strict";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import type { PassInput } from "../../../agent/reconcile/pass.ts";
import { createReconciler } from "../../../agent/reconcile/reconciler.ts";
import type { Report } from "../../../agent/reconcile/report.ts";
import { createStore } from "../../../agent/store/store.ts";
import type { Host } from "./world.ts";

export interface Driver {
  /** Until the kernel holds it. @throws when a pass fails */
  apply(host: Host): Promise<Report>;
  close(): Promise<void>;
}

export function createDriver(kernel: Kernel): Driver {
  const store = createStore();
  let asked: Omit<PassInput, "snapshot"> | undefined;
  /** Of the host that is wanted: set when a pass has taken it up. */
  let isTaken = false;
  let waiting: ((report: Report) => void) | undefined;
  const reconciler = createReconciler({
    kernel,
    input: () => {
      assert.ok(asked);
      isTaken = true;
      return { ...asked, snapshot: store.snapshot() };
    },
    onReport: (report) => {
      if (isTaken) waiting?.(report);
    },
    timing: { minInterval: 0, retry: [60_000, 60_000], maxInterval: 3_600_000 },
  });
  return {
    async apply({ input, resources, interfaces }) {
      const { promise, resolve } = Promise.withResolvers<Report>();
      store.update({ source: { resources, problems: [] }, interfaces });
      asked = input;
      isTaken = false;
      waiting = resolve;
      reconciler.request("test");
      const report = await promise;
      assert.notEqual(report.outcome, "failed", JSON.stringify(report.problems));
      assert.equal(report.isolated, 0, JSON.stringify(report.problems));
      return report;
    },
    close: () => reconciler.close(),
  };
}
