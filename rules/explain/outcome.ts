// How one step of evaluation ends, and steps taken in turn until one decides. Control flow as values: no accept or pass bit that
// could stick (semantics G26).

import type { Origin } from "../ruleset/types.ts";
import type { Step } from "./types.ts";

/**
 * Allow: a rule of a policy or profile did. Accept: hostward itself did, which in the early lists spares nothing later (P3). Pass: leave the tier
 * or profile. Continue: nothing here decided.
 */
export type Outcome = ({ readonly effect: "allow" | "accept" | "deny"; readonly by: Origin } | { readonly effect: "pass" | "continue" }) & {
  readonly step: Step;
};

export type Stage = () => Outcome;

export function accept(by: Origin, text: string): Outcome {
  return { effect: "accept", by, step: { text, origin: by, steps: [] } };
}

export function deny(by: Origin, text: string): Outcome {
  return { effect: "deny", by, step: { text, origin: by, steps: [] } };
}

export function goOn(text: string): Outcome {
  return { effect: "continue", step: { text, steps: [] } };
}

/** Runs the stages until one does not continue; its effect is the whole's, and the steps taken are its parts. */
export function inTurn(text: string, stages: readonly Stage[]): Outcome {
  const steps: Step[] = [];
  for (const stage of stages) {
    const outcome = stage();
    steps.push(outcome.step);
    if (outcome.effect !== "continue") return { ...outcome, step: { text, steps } };
  }
  return { effect: "continue", step: { text, steps } };
}
