// Whether a judge's verdict on a row of flows.txt is the one that the row states, and by the rule that it names.

import assert from "node:assert/strict";
import type { Judgement } from "../../rules/explain/types.ts";
import type { Origin } from "../../rules/ruleset/types.ts";
import type { FlowRow } from "./case.ts";

/** `GlobalNetworkPolicy default.web ingress rule 0 end of tier`: words, uncut, unlike the comment in the kernel. */
function wordsOf({ kind, name, direction, index, note }: Origin): string {
  return [kind, name, direction, index === undefined ? undefined : `rule ${index}`, note].filter((part) => part !== undefined).join(" ");
}

/** `by` holds when its words stand in the label side by side. */
export function isDecidedBy(origin: Origin | undefined, by: string): boolean {
  return origin !== undefined && ` ${wordsOf(origin)} `.includes(` ${by} `);
}

export function assertJudgement(row: FlowRow, { verdict, decidedBy }: Judgement): void {
  const { flow, line, text } = row;
  const label = decidedBy === undefined ? "nothing" : wordsOf(decidedBy);
  assert.equal(verdict, flow.verdict, `flows.txt:${line}: ${text}\nis ${verdict}, decided by ${label}`);
  if (flow.by !== undefined) assert.ok(isDecidedBy(decidedBy, flow.by), `flows.txt:${line}: ${text}\nwas decided by ${label}`);
}
