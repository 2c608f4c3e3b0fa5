// What commands write: results on standard output, everything else on standard error. Colours only on a terminal and without NO_COLOR
// (https://no-color.org), which node:util styleText looks after.

import { styleText } from "node:util";
import { stringify } from "yaml";
import { formatProblem, type Problem } from "../../rules/model/problem.ts";

export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

export function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function complainOf(problems: readonly Problem[]): void {
  for (const problem of problems) complain(coloured(problem.severity === "error" ? "red" : "yellow", formatProblem(problem), process.stderr));
}

export function coloured(colour: "red" | "yellow" | "green", text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(colour, text, { stream });
}

/** "2 errors, 1 warning" */
export function countProblems(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  const parts = [plural(errors, "error"), plural(warnings, "warning")].filter((part) => !part.startsWith("0 "));
  return parts.length === 0 ? "no problems" : parts.join(", ");
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Left-aligned columns, as kubectl prints them. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map((cell) => (cell === "" ? "-" : cell)))];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}

/** YAML that every reader understands alike: words that YAML 1.1 takes for truth values or numbers are quoted. */
export function yaml(value: unknown): string {
  return stringify(value, { version: "1.1" });
}
