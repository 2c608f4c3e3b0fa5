// Somebody else flushes the ruleset, or deletes a chain of hostward's: how long until the daemon has put everything back.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Kernel } from "../../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../../agent/kernel/netlink.ts";
import { compilePass } from "../../agent/reconcile/pass.ts";
import { diff } from "../../rules/diff/diff.ts";
import type { Actual, Batch } from "../../rules/diff/types.ts";
import { defaultPolicySettings } from "../../rules/resolve/settings.ts";
import { clearTable, sendAlone } from "../agentUnderTest.ts";
import { DaemonUnderTest, makeInterfaces, measureOf, Observer, table } from "../daemonUnderTest.ts";
import type { Context, Figure, Scenario } from "../scenario.ts";
import { median, quantile } from "../statistics.ts";
import { hostManifests, interfaces, manifestsText, node, resourcesOf } from "../workload.ts";

const policies = 1000;
const members = 1000;
const repeats = 200;
/** Between two of them, as a multiple of what the repair took: hostward gives a fight no more than a quarter of its time. */
const restTimes = 4;
/**
 * Milliseconds without a commit after which the daemon is thought to have done all that it wanted, and the table is read. More than any of its commits takes:
 * whoever reads meanwhile takes a processor and the kernel's locks from the very repair that is measured.
 */
const quiet = 150;

export const scenario: Scenario = {
  title: "Damage by others",
  about: `The daemon as it is started, ${policies} policies of one rule on ten interfaces. This process deletes its table, which is what \`nft flush ruleset\` does, or the base
chain of the input hook. From just before that to the commit after which the table is as before: every chain with its number of rules, every set and map with
its number of elements. When that landed is asked of the kernel every millisecond: one more who listens would make the very commit dearer that is measured. ${repeats} repeats.
"The kernel's part" of a flush is what no repair can do without: the deletion while somebody listens, for whom the kernel writes a message for each rule, and the same bytes
sent again while nobody does; before the daemon starts and after it has ended. Then \`nft flush ruleset\` for a table that hostward owns.`,
  async run({ note }) {
    makeInterfaces(Array.from({ length: policies / 100 }, (_, i) => `eth${i}`));
    const manifests = manifestsText(hostManifests(policies, members));
    const figures: Figure[] = [];
    const kernel = openNetlinkKernel();
    const alone = await kernelsPart(kernel);
    const daemon = new DaemonUnderTest({ manifests });
    const whole = await settled(daemon);
    for (const { what, operations } of damages(whole)) {
      note(what);
      const values: number[] = [];
      for (let i = -5; i < repeats; i++) {
        const taken = await repaired(kernel, measureOf(whole), operations);
        if (i >= 0) values.push(taken);
        await sleep(restTimes * taken);
      }
      figures.push(
        { what: `${what}: to enforced again`, unit: "ms", values },
        { what: `${what}: to enforced again`, unit: "ms", values, of: "p99", goal: { most: 50 } },
      );
    }
    await daemon.stop();
    figures.push(...againstKernel(figures[0]?.values ?? [], [...alone, ...(await kernelsPart(kernel))]));
    figures.push(...(await owned(manifests, kernel, note)));
    kernel.close();
    return figures;
  },
};

function damages({ chains }: Actual): readonly { readonly what: string; readonly operations: Batch["operations"] }[] {
  const name = chains.find(({ base }) => base?.hook === "input")?.name ?? "";
  return [
    { what: "the ruleset flushed", operations: [{ verb: "delete", object: "table" }] },
    {
      what: "a base chain deleted",
      operations: [
        { verb: "flush", object: "chain", name },
        { verb: "delete", object: "chain", name },
      ],
    },
  ];
}

/** Milliseconds. @throws when it takes ten seconds */
async function repaired(kernel: Kernel, whole: string, operations: Batch["operations"]): Promise<number> {
  let generation = await kernel.generation();
  const began = performance.now();
  await kernel.commit({ table, operations }, { apartFrom: "nobody" });
  for (let landed = Number.NaN; performance.now() - began < 10_000; await sleep(1)) {
    const last = generation;
    generation = await kernel.generation();
    const now = performance.now();
    if (generation !== last) landed = now;
    if (now - landed < quiet || Number.isNaN(landed)) continue;
    const reading = await kernel.read(table);
    if (reading.generation !== generation) continue;
    if (measureOf(reading.actual) === whole) return landed - began;
    landed = Number.NaN;
  }
  throw new Error("the table is not as it was after ten seconds");
}

/** Milliseconds of each repeat: of a flush of the daemon's table, and of making it again, what the kernel takes for itself. */
async function kernelsPart(kernel: Kernel): Promise<number[]> {
  const resources = resourcesOf(hostManifests(policies, members));
  const snapshot = { revision: 1, resources, problems: [], interfaces: interfaces(policies / 100) };
  const { ruleset } = compilePass({ node, snapshot, settings: defaultPolicySettings });
  const { batches } = diff(undefined, ruleset);
  const values: number[] = [];
  await clearTable();
  for (let i = -5; i < repeats / 2; i++) {
    const made = await sendAlone(batches);
    const stopListening = kernel.watch(table, () => undefined);
    const { sendMicroseconds } = await kernel.commit({ table, operations: [{ verb: "delete", object: "table" }] }, { apartFrom: "nobody" });
    stopListening();
    if (i >= 0) values.push(made + sendMicroseconds / 1000);
    await sleep(quiet);
  }
  return values;
}

function againstKernel(repairs: readonly number[], alone: readonly number[]): Figure[] {
  const what = "the ruleset flushed: the kernel's part";
  return [
    { what, unit: "ms", values: alone },
    { what, unit: "ms", values: alone, of: "p99" },
    { what: "the ruleset flushed: to enforced again / the kernel's part", unit: "x", values: [median(repairs) / median(alone)] },
    { what: "the ruleset flushed: the same, p99 / p99", unit: "x", values: [quantile(repairs, 0.99) / quantile(alone, 0.99)] },
  ];
}

/** What the table holds once the daemon has made it. */
async function settled(daemon: DaemonUnderTest): Promise<Actual> {
  const observer = new Observer();
  try {
    return await observer.settled(daemon);
  } finally {
    observer.close();
  }
}

/** Rules that are gone after a flush of a table that hostward owns. */
async function owned(manifests: string, kernel: Kernel, note: Context["note"]): Promise<Figure[]> {
  note("a table that hostward owns");
  await clearTable();
  const daemon = new DaemonUnderTest({ manifests, environment: { HOSTWARD_TABLEOWNERSHIP: "true" } });
  const whole = await settled(daemon);
  const values: number[] = [];
  for (let i = 0; i < 20; i++) {
    const nft = spawn("nft", ["flush ruleset"], { stdio: "ignore" });
    await once(nft, "exit");
    values.push(ruleCount(whole) - ruleCount((await kernel.read(table)).actual));
  }
  await daemon.stop();
  return [{ what: "`nft flush ruleset`, the table owned: rules lost", unit: "", values, goal: { most: 0 } }];
}

function ruleCount(actual: Actual | undefined): number {
  return (actual?.chains ?? []).reduce((sum, { rules }) => sum + rules.length, 0);
}
