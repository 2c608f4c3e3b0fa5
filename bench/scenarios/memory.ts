// What the daemon needs of memory, with 10,000 policies and 100,000 members, and whether changes make it more.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { clearTable } from "../agentUnderTest.ts";
import { DaemonUnderTest, makeInterfaces, Observer } from "../daemonUnderTest.ts";
import type { Figure, Scenario } from "../scenario.ts";
import { type Document, hostManifests, manifestsText, policy } from "../workload.ts";

const policies = 10_000;
const members = 100_000;
const changes = 10;

/** Milliseconds before memory is read. */
const rest = 1000;

export const scenario: Scenario = {
  title: "Memory",
  about: `The daemon as it is started, ${policies} policies of one rule on 100 interfaces and ${members} members, in one file. Resident is what the kernel counts (VmRSS), after the
start, after ${changes} changes of the file, in each of which one policy has another port, and after the start of another daemon, which takes over the table that
the first one left; the heap is V8's, after a collection.`,
  async run({ runs, note }) {
    makeInterfaces(Array.from({ length: policies / 100 }, (_, i) => `eth${i}`));
    const observer = new Observer();
    const samples: Sample[] = [];
    for (let run = 0; run < runs; run++) {
      samples.push(await measure(observer));
      note(`run ${run + 1}: ${samples.at(-1)?.started.toFixed(0)} MB`);
    }
    observer.close();
    return figuresOf(samples);
  },
};

/** Megabytes. */
interface Sample {
  readonly started: number;
  readonly peak: number;
  readonly changed: number;
  readonly restarted: number;
  readonly heap: number;
}

async function measure(observer: Observer): Promise<Sample> {
  const documents = hostManifests(policies, members);
  await clearTable();
  const first = await withDaemon({ documents, observer }, async (daemon, started) => {
    for (let i = 0; i < changes; i++) {
      observer.forget();
      documents[documents.length - 1] = policy(`p${policies - 1}`, policies / 100 - 1, [
        { action: "Allow", protocol: "TCP", destination: { ports: [60_001 + i] } },
      ]);
      daemon.write(manifestsText(documents));
      await observer.commit();
    }
    await sleep(rest);
    const { resident: changed, peak } = daemon.memory();
    return { started, peak, changed, heap: await heapOf(daemon) };
  });
  const restarted = await withDaemon({ documents, observer }, async (_, resident) => resident);
  return { ...first, restarted };
}

/** From its start to its end; `use` is told what was resident when the manifests were in force. */
async function withDaemon<T>(
  { documents, observer }: { readonly documents: readonly Document[]; readonly observer: Observer },
  use: (daemon: DaemonUnderTest, resident: number) => Promise<T>,
): Promise<T> {
  const report = join(import.meta.dirname, "..", "heapReport.ts");
  const daemon = new DaemonUnderTest({ manifests: manifestsText(documents), environment: { NODE_OPTIONS: `--expose-gc --import file://${report}` } });
  try {
    await observer.settled(daemon);
    await sleep(rest);
    return await use(daemon, daemon.memory().resident);
  } finally {
    await daemon.stop();
  }
}

async function heapOf(daemon: DaemonUnderTest): Promise<number> {
  const file = join("/run", `hostward-heap-${daemon.pid}`);
  daemon.signal("SIGUSR2");
  while (!existsSync(file)) await sleep(20);
  await sleep(100);
  const { heapUsed } = JSON.parse(readFileSync(file, "utf8")) as { readonly heapUsed: number };
  rmSync(file);
  return heapUsed / 2 ** 20;
}

function figuresOf(samples: readonly Sample[]): Figure[] {
  const of = (read: (sample: Sample) => number): number[] => samples.map(read);
  return [
    { what: "resident after the start", unit: "MB", values: of(({ started }) => started), goal: { most: 250 } },
    { what: `resident after ${changes} changes of a policy`, unit: "MB", values: of(({ changed }) => changed), goal: { most: 250 } },
    { what: "resident after a restart", unit: "MB", values: of(({ restarted }) => restarted), goal: { most: 250 } },
    { what: "resident at its peak", unit: "MB", values: of(({ peak }) => peak) },
    { what: "heap in use, after a collection", unit: "MB", values: of(({ heap }) => heap) },
  ];
}
