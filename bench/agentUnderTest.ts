// The agent as the daemon wires it, without files: store -> reconciler -> this namespace's kernel. A change goes into the store, and what
// comes back is how long it took until the kernel acknowledged it, and how much of that was the kernel's own.

import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kernel } from "../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../agent/kernel/netlink.ts";
import { createReconciler, type Reconciler } from "../agent/reconcile/reconciler.ts";
import type { Report } from "../agent/reconcile/report.ts";
import { createStore, type Store } from "../agent/store/store.ts";
import type { Batch } from "../rules/diff/types.ts";
import { defaultPolicySettings } from "../rules/resolve/settings.ts";
import type { Ruleset } from "../rules/ruleset/types.ts";
import { Profile } from "./profile.ts";
import { median } from "./statistics.ts";
import { node } from "./workload.ts";

export type Change = Parameters<Store["update"]>[0];

/** Of one change. Milliseconds. */
export interface Pass {
  /** From just before the store learns of it until the kernel has acknowledged the last batch. */
  readonly ack: number;
  /** Of that the time on a processor, of the thread that all but the commit is done in: what remains of it on a busy machine. */
  readonly cpu: number;
  /** The store's part of that. */
  readonly store: number;
  readonly encode: number;
  /** Wall time inside the kernel's sendmsg. */
  readonly send: number;
  /** The longest time for which nothing else could run in this process; about 1.1 when nothing blocks. */
  readonly blocked: number;
  readonly batches: readonly Batch[];
  readonly report: Report;
}

/** Longer than the reconciler's minimum interval, so that the next change need not wait. */
const restMilliseconds = 70;

/** On while `--profile` is asked for; of all agents of this process. */
export const profile = process.env["HOSTWARD_BENCH_PROFILE"] === undefined ? undefined : new Profile();

export class AgentUnderTest {
  readonly #store = createStore();
  readonly #kernel: Kernel = openNetlinkKernel();
  readonly #reconciler: Reconciler;
  #batches: Batch[] = [];
  #acknowledged = { at: Number.NaN, cpu: Number.NaN };
  #passes = 0;
  #waiting: ((report: Report) => void) | undefined;

  constructor({ optimise = true }: { readonly optimise?: boolean } = {}) {
    this.#reconciler = createReconciler({
      kernel: recording(this.#kernel, (batch) => {
        this.#acknowledged = { at: performance.now(), cpu: threadCpu() };
        this.#batches.push(batch);
      }),
      input: () => ({ node, snapshot: this.#store.snapshot(), settings: defaultPolicySettings, optimise }),
      onReport: (report) => {
        if (report.reasons.includes("bench")) this.#waiting?.(report);
      },
    });
  }

  /** @throws when the change did not land */
  async pass(change: Change): Promise<Pass> {
    await sleep(restMilliseconds);
    const loop = monitorEventLoopDelay({ resolution: 1 });
    await profile?.start();
    loop.enable();
    await sleep(5);
    this.#batches = [];
    this.#passes += 1;
    const { promise, resolve } = Promise.withResolvers<Report>();
    this.#waiting = resolve;
    const [start, cpuBefore] = [performance.now(), threadCpu()];
    this.#store.update(change);
    const stored = performance.now();
    this.#reconciler.request("bench");
    const report = await promise;
    await sleep(3);
    loop.disable();
    await profile?.stop(this.#passes === 1 ? "first passes" : "later passes");
    if (report.outcome === "failed") throw new Error(`the change did not land: ${JSON.stringify(report.problems[0])}`);
    const { encodeMicroseconds, sendMicroseconds } = report;
    const { at, cpu } = this.#acknowledged;
    const times = { ack: at - start, cpu: cpu - cpuBefore, store: stored - start, encode: encodeMicroseconds / 1000, send: sendMicroseconds / 1000 };
    return { ...times, blocked: loop.max / 1e6, batches: this.#batches, report };
  }

  /** What the kernel holds. */
  ruleset(): Ruleset {
    const applied = this.#reconciler.applied();
    if (applied === undefined) throw new Error("nothing is applied");
    return applied.ruleset;
  }

  async close(): Promise<void> {
    await this.#reconciler.close();
    this.#kernel.close();
  }
}

/** Milliseconds of this thread on a processor. */
function threadCpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** For whoever waits: the medians of the stages, in milliseconds. */
export function stagesOf(passes: readonly Pass[]): string {
  const told = (name: string, of: (pass: Pass) => number): string => `${name} ${median(passes.map(of)).toFixed(2)}`;
  const stages = (["resolve", "compile", "optimise", "check", "read", "diff", "commit"] as const).map((stage) =>
    told(stage, ({ report }) => report.milliseconds[stage] ?? 0),
  );
  return [
    told("store", ({ store }) => store),
    ...stages,
    told("encode", ({ encode }) => encode),
    told("send", ({ send }) => send),
    told("ACK", ({ ack }) => ack),
    told("of that on a processor", ({ cpu }) => cpu),
    told("operations", ({ report }) => report.operations),
    told("kB", ({ report }) => report.bytes / 1000),
  ].join(", ");
}

/** A kernel that tells of each batch that landed. */
function recording(kernel: Kernel, landed: (batch: Batch) => void): Kernel {
  const commit: Kernel["commit"] = async (batch, options) => {
    const committed = await kernel.commit(batch, options);
    landed(batch);
    return committed;
  };
  return new Proxy(kernel, {
    get(target, name) {
      if (name === "commit") return commit;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** Milliseconds inside sendmsg for these batches, with nobody subscribed to notifications: the kernel's floor. */
export async function sendAlone(batches: readonly Batch[]): Promise<number> {
  const kernel = openNetlinkKernel();
  try {
    let sum = 0;
    for (const batch of batches) sum += (await kernel.commit(batch)).sendMicroseconds;
    return sum / 1000;
  } finally {
    kernel.close();
  }
}

/** The kernel frees what was deleted in the background: that is no part of what is measured next. */
export async function clearTable(): Promise<void> {
  const kernel = openNetlinkKernel();
  try {
    await kernel.commit({
      table: "hostward",
      operations: [
        { verb: "add", object: "table" },
        { verb: "delete", object: "table" },
      ],
    });
  } finally {
    kernel.close();
  }
  await sleep(100);
}
