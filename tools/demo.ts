// `npm run demo`: hostward's main job before your eyes. Two network namespaces with a cable and real servers, the daemon on a folder of manifests in
// one of them; each step writes manifests, waits until they are in force and tries every way in and out. Exit status 1 when a probe surprised it.

import "../test/lab/enter.ts";
import { styleText } from "node:util";
import type { Status } from "../agent/control/status.ts";
import { formatProblem } from "../rules/model/problem.ts";
import { openLab } from "../test/lab/lab.ts";
import { Daemon } from "./demo/daemon.ts";
import { buildNetwork, type Network, probeAll, type Row } from "./demo/probes.ts";
import { type Step, steps } from "./demo/steps.ts";

function print(text = ""): void {
  process.stdout.write(`${text}\n`);
}

const paint = (style: Parameters<typeof styleText>[0], text: string) => styleText(style, text, { stream: process.stdout });

function printWrites({ writes }: Step): void {
  for (const [file, text] of Object.entries(writes)) {
    print(`  ${file}`);
    print(paint("dim", text.trimEnd().replaceAll(/^/gm, "  │ ")));
  }
}

function printRow({ label, expected, seen, ok }: Row): void {
  const mark = ok ? paint("green", "✔") : paint("red", "✖");
  print(`  ${mark} ${label.padEnd(64)} ${expected.padEnd(9)} ${seen}`);
}

function describeCommit({ revision, generation, lastPass, counts }: Status, when: string): string {
  if (lastPass === null || counts === null) return "nothing committed";
  const { operations, batches, bytes, encodeMicroseconds, sendMicroseconds } = lastPass;
  const commit = `${operations} operations in ${batches} ${batches === 1 ? "batch" : "batches"}, ${bytes} bytes`;
  const time = `encode ${encodeMicroseconds.toFixed(0)} µs, kernel ${sendMicroseconds.toFixed(0)} µs`;
  return `revision ${revision}, generation ${generation}: ${commit}; ${time}; ${when}\n  ${counts.rules} rules in ${counts.chains} chains`;
}

/** Writes the step's files and waits until the daemon has acted on them. */
async function carryOut(daemon: Daemon, step: Step): Promise<void> {
  const before = await daemon.until(({ state }) => state === "in-sync");
  const began = performance.now();
  for (const [file, text] of Object.entries(step.writes)) daemon.write(file, text);
  if (step.isRefused) {
    const { problems } = await daemon.until((status) => status.problems.some(({ severity }) => severity === "error"));
    for (const problem of problems) print(`  reported: ${paint("yellow", formatProblem(problem))}`);
    return;
  }
  const isChange = Object.keys(step.writes).length > 0;
  const status = await daemon.until(({ revision, latestRevision }) => revision === latestRevision && (!isChange || revision > before.revision));
  const when = isChange ? `in force ${(performance.now() - began).toFixed(0)} ms after the write` : "at the start";
  print(`  committed: ${describeCommit(status, when)}`);
}

/** @returns the number of probes that found something else than expected */
async function show(step: Step, index: number, stage: { readonly daemon: Daemon; readonly network: Network }): Promise<number> {
  print(`\n${paint("bold", `${index + 1}. ${step.title}`)}\n  ${step.why}`);
  printWrites(step);
  await carryOut(stage.daemon, step);
  print(paint("dim", `    ${"probe".padEnd(64)} expected  seen`));
  const rows = await probeAll(stage.network, step.expected);
  rows.forEach(printRow);
  return rows.filter(({ ok }) => !ok).length;
}

async function main(): Promise<void> {
  const began = performance.now();
  print("hostward: two hosts in network namespaces of their own, nothing of this machine is touched");
  const lab = await openLab();
  try {
    const daemon = new Daemon(lab);
    const stage = { daemon, network: await buildNetwork(lab) };
    let surprises = 0;
    for (const [index, step] of steps.entries()) surprises += await show(step, index, stage);
    print(`\n${paint("bold", "the ruleset in force")} (hostward render)\n`);
    print(daemon.render().trimEnd());
    await daemon.stop();
    const verdict = surprises === 0 ? paint("green", "every probe found what it should") : paint("red", `${surprises} probes were surprised`);
    print(`\n${verdict}, in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    process.exitCode = surprises === 0 ? 0 : 1;
  } finally {
    await lab.close();
  }
}

// Whoever reads us has seen enough (`npm run demo | head`).
process.stdout.on("error", () => process.exit(1));
await main();
