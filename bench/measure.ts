// What the benchmarks share: medians of repeated runs, a table for people and a line of JSON for scripts. Absolute times of a shared machine
// drift by a third, so that what counts are ratios taken within one run.

import { cpus, release } from "node:os";

export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly values: readonly number[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Median of the ratios run by run, which drift of the machine hardly touches. */
export function ratio(numerators: readonly number[], denominators: readonly number[]): number {
  return median(numerators.map((value, i) => value / (denominators[i] ?? Number.NaN)));
}

export function printRows(title: string, rows: readonly Row[]): void {
  const width = Math.max(...rows.map(({ what }) => what.length));
  process.stdout.write(`${title}\n`);
  for (const { what, unit, values } of rows) {
    const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(2));
    process.stdout.write(`  ${what.padEnd(width)}  ${median(values).toFixed(2).padStart(9)} ${unit.padEnd(2)}  (${low} to ${high}, ${values.length} runs)\n`);
  }
}

export function printJson(scenario: string, results: Readonly<Record<string, number>>): void {
  const machine = { kernel: release(), node: process.version, processor: cpus()[0]?.model, cores: cpus().length };
  const rounded = Object.fromEntries(Object.entries(results).map(([name, value]) => [name, Math.round(value * 1000) / 1000]));
  process.stdout.write(`${JSON.stringify({ scenario, ...rounded, machine })}\n`);
}
