// Whether the two judges say the same of a packet: evaluate, which is what the policy means, and simulate, which is what was compiled.

import type { Origin } from "../ruleset/types.ts";
import type { Judgement } from "./types.ts";

/** How they differ, in words; undefined when they agree. Any difference is a defect of hostward. */
export function disagreement(meant: Judgement, compiled: Judgement): string | undefined {
  const same = meant.verdict === compiled.verdict && (sameOrigin(meant.decidedBy, compiled.decidedBy) || isRejection(compiled));
  if (same) return undefined;
  return `by policy the verdict is ${describe(meant)}, in the ruleset it is ${describe(compiled)}`;
}

export function sameOrigin(a: Origin | undefined, b: Origin | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.kind === b.kind && a.name === b.name && a.direction === b.direction && a.index === b.index && a.note === b.note;
}

/** `GlobalNetworkPolicy default.web ingress rule 0`, uncut, unlike the comment in the kernel. */
export function originText({ kind, name, direction, index, note }: Origin): string {
  const words = [kind, name, direction, index === undefined ? undefined : `rule ${index}`].filter((word) => word !== undefined).join(" ");
  return note === undefined ? words : `${words}: ${note}`;
}

/** Rejections of all rules share one chain, which no longer knows whose packet it is. */
function isRejection({ verdict, decidedBy }: Judgement): boolean {
  return verdict === "deny" && decidedBy?.kind === "hostward" && decidedBy.name === "reject";
}

function describe({ verdict, decidedBy }: Judgement): string {
  return `${verdict} by ${decidedBy === undefined ? "no rule" : originText(decidedBy)}`;
}
