// What was measured last, one file a scenario in results/: the page is made of all of them, also when only one was measured anew.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import type { Unsteadiness } from "./pace.ts";
import type { Measured } from "./scenario.ts";

export interface Result extends Measured {
  readonly scenario: string;
  /** Of the day, ISO 8601. */
  readonly date: string;
  readonly seconds: number;
  readonly runs: number;
  readonly machine: Machine;
  /** What else the machine did, as its load average of the last minute before; absent in older results. */
  readonly load?: number;
  /** Before and after; absent in older results. */
  readonly processor?: Unsteadiness & { readonly stolen?: number };
}

const scenarios = join(import.meta.dirname, "scenarios");
const results = join(import.meta.dirname, "results");

/** Of the scenarios that there are, in the order of the page. */
export function scenarioNames(): readonly string[] {
  return readdirSync(scenarios)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
    .sort();
}

export function saveResult(result: Result): void {
  mkdirSync(results, { recursive: true });
  const figures = result.figures.map((figure) => ({ ...figure, values: figure.values.map((value) => Number(value.toPrecision(4))) }));
  writeFileSync(resultFile(result.scenario), `${onOneLine(JSON.stringify({ ...result, figures }, undefined, 1))}\n`);
}

/** Undefined when it was never measured. */
export function loadResult(scenario: string): Result | undefined {
  const file = resultFile(scenario);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Result) : undefined;
}

function resultFile(scenario: string): string {
  return join(results, `${scenario}.json`);
}

/** A list of numbers is one line. */
function onOneLine(json: string): string {
  return json.replaceAll(/\[[\s\d.,e+-]*\]/g, (list) => list.replaceAll(/\s+/g, " "));
}
