// What a check of the lint says about a place in the sources. An error fails the run; a report is printed and counted: the aim was missed, the limit was not.

import type { Node } from "typescript/unstable/ast";
import type { Unit } from "./project.ts";

export interface Finding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  readonly severity: "error" | "report";
  readonly message: string;
}

/** A check sees all files at once, because floors and cycles are about several. */
export type Check = (units: readonly Unit[]) => readonly Finding[];

export function lineOf(unit: Unit, node: Node): number {
  return unit.tree.getLineAndCharacterOfPosition(node.getStart(unit.tree)).line + 1;
}

export function formatFinding(finding: Finding): string {
  return `${finding.path}:${finding.line}: ${finding.severity === "error" ? "" : "(aim) "}${finding.rule}: ${finding.message}`;
}
