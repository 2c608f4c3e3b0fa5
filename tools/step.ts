// Runs one command of a stage, shows its output as it comes and reads the closing lines of Node's test runner out of it.
// Knows nothing of which commands there are.

import { spawn } from "node:child_process";

export interface Step {
  readonly title: string;
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** Node's test runner: no closing lines, or no test at all, is a failure. */
  readonly isTest?: boolean;
}

export interface Counts {
  readonly tests: number;
  readonly suites: number;
  readonly pass: number;
  readonly fail: number;
  readonly cancelled: number;
  readonly skipped: number;
  readonly todo: number;
}

export interface StepResult {
  readonly title: string;
  readonly ok: boolean;
  readonly counts: Counts | undefined;
}

const noCounts: Counts = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };

/** The closing lines of the spec reporter (`ℹ tests 12`), last ones first; undefined where the output has none. */
export function readCounts(output: string): Counts | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
  const plain = output.replace(/\u001b\[[0-9;]*m/g, "");
  const counts = Object.keys(noCounts).map((name) => {
    const matches = [...plain.matchAll(new RegExp(`^ℹ ${name} (\\d+)$`, "gm"))];
    return [name, matches.at(-1)?.[1]] as const;
  });
  if (counts.some(([, value]) => value === undefined)) return undefined;
  return { ...noCounts, ...Object.fromEntries(counts.map(([name, value]) => [name, Number(value)])) };
}

export function sumOfCounts(results: readonly StepResult[]): Counts {
  const names = Object.keys(noCounts) as (keyof Counts)[];
  const sum = (name: keyof Counts) => results.reduce((total, result) => total + (result.counts?.[name] ?? 0), 0);
  return { ...noCounts, ...Object.fromEntries(names.map((name) => [name, sum(name)])) };
}

function judge(step: Step, status: number | null, output: string): StepResult {
  const counts = step.isTest ? readCounts(output) : undefined;
  const hasRun = !step.isTest || (counts !== undefined && counts.tests > 0);
  if (!hasRun) process.stdout.write(`✖ ${step.title} ran no test\n`);
  return { title: step.title, ok: status === 0 && hasRun, counts };
}

export function runStep(step: Step): Promise<StepResult> {
  const [command, ...arguments_] = step.command;
  const colours = process.stdout.isTTY && process.env["NO_COLOR"] === undefined ? { FORCE_COLOR: "1" } : {};
  const child = spawn(command, arguments_, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...colours, ...step.environment } });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    process.stdout.write(text);
  });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, forward);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      process.stdout.write(`✖ ${command} could not be started: ${error.message}\n`);
    });
    child.on("close", (status) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, forward);
      resolve(judge(step, status, output));
    });
  });
}
