// `npm test`: all stages one after the other, each timed, all of them even after one failed, and at the end the sum that decides the exit status.
// `npm test -- STAGE...` runs some stages; further words choose among their files (`npm test -- unit selector`) or corpus cases.

import { availableParallelism } from "node:os";
import { leftovers, runToken } from "./leftovers.ts";
import { type Stage, stages } from "./stages.ts";
import { runStep, type StepResult, sumOfCounts } from "./step.ts";
import { explainMissing, missingCommands } from "./system.mjs";

interface StageResult {
  readonly name: string;
  readonly seconds: number;
  readonly steps: readonly StepResult[];
  readonly failure: string | undefined;
}

async function runStage(stage: Stage, words: readonly string[]): Promise<StageResult> {
  const began = performance.now();
  const done = (steps: readonly StepResult[], failure: string | undefined): StageResult => {
    return { name: stage.name, seconds: (performance.now() - began) / 1000, steps, failure };
  };
  process.stdout.write(`\n──── ${stage.name}: ${stage.what}\n`);
  const missing = missingCommands(stage.needs);
  if (missing.length > 0) return done([], explainMissing(missing));
  const results: StepResult[] = [];
  for (const step of stage.steps(words)) results.push(await runStep(step));
  const failed = results.filter((result) => !result.ok).map((result) => result.title);
  return done(results, failed.length === 0 ? undefined : `failed: ${failed.join(", ")}`);
}

/** Stages, then what is wrong, then the sum in the words of the test runner: whoever reads only the end knows. */
function printSummary(results: readonly StageResult[], wrong: readonly string[], seconds: number): void {
  const lines = results.map((result) => {
    const counts = sumOfCounts(result.steps);
    const tests = counts.tests === 0 ? "" : `  ${counts.pass} of ${counts.tests} tests`;
    return `${result.failure === undefined ? "✔" : "✖"} ${result.name.padEnd(8)} ${result.seconds.toFixed(1).padStart(6)} s${tests}`;
  });
  const sum = { ...sumOfCounts(results.flatMap((result) => result.steps)), duration_ms: Math.round(seconds * 1000) };
  const counts = Object.entries(sum).map(([name, value]) => `ℹ ${name} ${value}`);
  const heading = `\n──── all stages, ${availableParallelism()} cores`;
  process.stdout.write(`${[heading, ...lines, ...wrong.map((line) => `✖ ${line}`), ...counts].join("\n")}\n`);
}

/** Splits `unit selector` into stages and words; no stage named means all of them. */
function parseArguments(arguments_: readonly string[]): { chosen: readonly Stage[]; words: readonly string[] } {
  const chosen = stages.filter((stage) => arguments_.includes(stage.name));
  const words = arguments_.filter((argument) => !stages.some((stage) => stage.name === argument));
  if (words.length > 0 && chosen.length === 0) {
    process.stderr.write(`usage: npm test -- [STAGE...] [WORD...]\nstages: ${stages.map((stage) => stage.name).join(", ")}\n`);
    process.exit(2);
  }
  if (chosen.length === 0) return { chosen: stages, words };
  // Tests against an addon of yesterday's sources mean nothing; one that is current is not built again.
  const needsBuild = chosen.some(({ usesAddon }) => usesAddon) && !chosen.some(({ name }) => name === "build");
  return { chosen: needsBuild ? [...stages.filter(({ name }) => name === "build"), ...chosen] : chosen, words };
}

async function main(): Promise<void> {
  const { chosen, words } = parseArguments(process.argv.slice(2));
  process.env["HOSTWARD_TEST_RUN"] = runToken;
  const began = performance.now();
  const results: StageResult[] = [];
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      interrupted = true;
    });
  }
  for (const stage of chosen) if (!interrupted) results.push(await runStage(stage, words));
  const wrong = [
    ...results.flatMap(({ name, failure }) => (failure === undefined ? [] : [`stage ${name} ${failure}`])),
    ...(await leftovers()).map((line) => `left behind by the tests: ${line}`),
    ...(interrupted ? ["interrupted"] : []),
  ];
  printSummary(results, wrong, (performance.now() - began) / 1000);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

await main();
