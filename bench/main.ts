// `npm run bench -- [SCENARIO...] [--runs N]`: measures the scenarios named, or all, each in a process and a network namespace of its own, and
// writes results/ and docs/performance.md anew. `--profile` prints where the time went besides, and writes nothing, as a profiler slows things down.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import { pace, processorTimes, stolenBetween, unsteadiness } from "./pace.ts";
import { figureLine, page } from "./page.ts";
import { loadResult, saveResult, scenarioNames } from "./results.ts";
import type { Measured } from "./scenario.ts";

const fewestRuns = 5;
const pageFile = join(import.meta.dirname, "..", "docs", "performance.md");

function usage(reason: string): never {
  process.stderr.write(`${reason}\nusage: npm run bench -- [SCENARIO...] [--runs N] [--profile]\nscenarios: ${scenarioNames().join(", ")}\n`);
  process.exit(2);
}

function readArguments(): { readonly names: readonly string[]; readonly runs: number; readonly isProfile: boolean } {
  const options = { runs: { type: "string", default: String(fewestRuns) }, profile: { type: "boolean", default: false } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) usage(`--runs ${values.runs} is no number of runs`);
  const unknown = positionals.find((name) => !scenarioNames().includes(name));
  if (unknown !== undefined) usage(`there is no scenario ${unknown}`);
  return { names: positionals.length === 0 ? scenarioNames() : positionals, runs, isProfile: values.profile };
}

/** Undefined when it failed, and has said why. */
function measure(name: string, runs: number, isProfile: boolean): (Measured & { readonly seconds: number }) | undefined {
  const folder = mkdtempSync(join(tmpdir(), "hostward-bench-"));
  const file = join(folder, "figures.json");
  const began = performance.now();
  try {
    const flags = daemonFlags();
    const environment = { ...process.env, MALLOC_MMAP_THRESHOLD_: "1048576", ...(isProfile ? { HOSTWARD_BENCH_PROFILE: "1" } : {}) };
    const child = [...flags, join(import.meta.dirname, "child.ts"), name, String(runs), file];
    const { status } = spawnSync(process.execPath, child, { stdio: "inherit", env: environment });
    if (status !== 0 || !existsSync(file)) return undefined;
    return { ...(JSON.parse(readFileSync(file, "utf8")) as Measured), seconds: (performance.now() - began) / 1000 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** With which bin/hostward starts the daemon. */
function daemonFlags(): readonly string[] {
  const launcher = readFileSync(join(import.meta.dirname, "..", "bin", "hostward"), "utf8");
  const flags = /^exec "\$node" (.*) "\$main"/m.exec(launcher)?.[1];
  if (flags === undefined) throw new Error("bin/hostward starts no daemon");
  return flags.split(" ");
}

function writePage(): void {
  writeFileSync(pageFile, page(scenarioNames().flatMap((name) => loadResult(name) ?? [])));
}

const { names, runs, isProfile } = readArguments();
const failed: string[] = [];
for (const name of names) {
  process.stdout.write(`\n──── ${name}\n`);
  const [load = 0] = loadavg();
  const before = await pace();
  const times = processorTimes();
  const measured = measure(name, runs, isProfile);
  const stolen = stolenBetween(times, processorTimes());
  const processor = { ...unsteadiness([...before, ...(await pace())]), stolen };
  if (measured === undefined) failed.push(name);
  else {
    process.stdout.write(`${measured.figures.map(figureLine).join("\n")}\n${measured.seconds.toFixed(0)} s\n`);
    if (!isProfile) saveResult({ scenario: name, date: new Date().toISOString().slice(0, 10), runs, machine: describeMachine(), load, processor, ...measured });
  }
}
if (!isProfile) writePage();
if (failed.length > 0) {
  process.stderr.write(`failed: ${failed.join(", ")}\n`);
  process.exitCode = 1;
}
