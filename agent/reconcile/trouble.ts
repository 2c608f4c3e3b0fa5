// Turns what stopped a pass into a Problem that an operator can act on: a refused operation names the policy and rule it came from,
// and the place in the manifest.

import type { Operation } from "../../rules/diff/types.ts";
import { findWritten } from "../../rules/explain/originPlace.ts";
import type { Place, Problem } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import type { Origin } from "../../rules/ruleset/types.ts";
import { KernelError } from "../kernel/interface.ts";

const stays = "the previous ruleset stays in force";
const kernelPlace: Place = { source: "kernel" };

/** @param resources of the pass, to find where the rule at fault was written */
export function passProblem(error: unknown, resources: readonly Resource[]): Problem {
  if (!(error instanceof KernelError)) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { code: "internal", severity: "error", place: { source: "hostward" }, message, hint: "this is a defect of hostward: please report it" };
  }
  const { operation } = error;
  const at = operation === undefined ? { place: kernelPlace } : operationSubject(operation, resources);
  return {
    code: `kernel-${error.code}`,
    severity: "error",
    ...at,
    message: error.message,
    hint: hintOf(error),
  };
}

function hintOf({ code }: KernelError): string {
  if (code === "stale") return "`nft monitor` shows what keeps changing the ruleset";
  return code === "unknown" ? "the kernel holds either the previous ruleset or this one, whole; the next pass reads which" : stays;
}

export function faultProblem(fault: string): Problem {
  const hint = `${stays}; this is a defect of hostward: please report it`;
  return { code: "ruleset-fault", severity: "error", place: { source: "hostward" }, message: fault, hint };
}

export const ownershipProblem: Problem = {
  code: "ownership-unsupported",
  severity: "warning",
  place: kernelPlace,
  message:
    "tableOwnership is set, and this kernel cannot let a table belong to a process and outlive it (Linux 6.9): other processes can change hostward's table",
  hint: "what they change is still repaired",
};

/** The same words for as long as the same take part, so that it is told once. */
export function fightProblem(by: readonly string[] | undefined): readonly Problem[] {
  if (by === undefined) return [];
  const message = `hostward's table is changed by ${by.join(", ")} and repaired again and again: in between the host is not policed as it should be`;
  return [{ code: "table-fight", severity: "error", place: kernelPlace, message, hint: "stop what changes it, or set tableOwnership: true" }];
}

function operationSubject(operation: Operation, resources: readonly Resource[]): Pick<Problem, "place" | "resource" | "field"> {
  if (operation.object !== "rule" || operation.verb === "delete") return { place: kernelPlace };
  const { origin } = operation.rule;
  const key = `${origin.kind}/${origin.name}`;
  const field = originField(origin);
  return { place: findWritten(origin, resources)?.place ?? kernelPlace, resource: key, ...(field === undefined ? {} : { field }) };
}

function originField({ direction, index }: Origin): string | undefined {
  if (direction === undefined) return undefined;
  return index === undefined ? `spec.${direction}` : `spec.${direction}[${index}]`;
}
