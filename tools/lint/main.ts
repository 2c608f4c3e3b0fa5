// Runs our own checks over the sources that tsconfig.json names and prints what they found, errors last. Exit status 1 when there is an error.
// `node tools/lint/main.ts [ROOT]`; --aims prints also where an aim was missed.

import { resolve } from "node:path";
import { checkCaps } from "./caps.ts";
import { type Check, type Finding, formatFinding } from "./finding.ts";
import { checkFloors } from "./floors.ts";
import { checkHonesty } from "./honesty.ts";
import { checkOpenings } from "./opening.ts";
import { openProject } from "./project.ts";
import { checkPromises } from "./promises.ts";
import { checkSwitches } from "./switches.ts";

const checks: readonly Check[] = [checkFloors, checkCaps, checkOpenings, checkHonesty, checkPromises, checkSwitches];

export function lint(root: string): { readonly files: number; readonly findings: readonly Finding[] } {
  const project = openProject(root);
  try {
    return { files: project.units.length, findings: checks.flatMap((check) => check(project.units)) };
  } finally {
    project.close();
  }
}

function main(arguments_: readonly string[]): void {
  const root = resolve(arguments_.find((argument) => !argument.startsWith("-")) ?? ".");
  const { files, findings } = lint(root);
  const reports = findings.filter((finding) => finding.severity === "report");
  const errors = findings.filter((finding) => finding.severity === "error");
  const shown = arguments_.includes("--aims") ? [...reports, ...errors] : errors;
  for (const finding of shown) process.stdout.write(`${formatFinding(finding)}\n`);
  process.stdout.write(`lint: ${files} files, ${errors.length} errors, ${reports.length} aims missed\n`);
  process.exitCode = errors.length > 0 ? 1 : 0;
}

if (import.meta.main) main(process.argv.slice(2));
