// A judgement as a tree to read: one line a step, each with its weight, so that what decided stands out from what was only passed by. Colours,
// and what the verdict is called, are the reader's.

import type { Origin } from "../ruleset/types.ts";
import { sameOrigin } from "./agreement.ts";
import type { Judgement, Step } from "./types.ts";

export interface TraceLine {
  /** With the lines of the tree before it. */
  readonly text: string;
  /** Decisive: gave the verdict. Way: leads there, or is a rule that matched. Aside: what did not matter. */
  readonly weight: "decisive" | "way" | "aside";
}

export interface TraceOptions {
  /** Said behind a step with this origin, as the place it was written at. */
  noteOf(origin: Origin): string | undefined;
  /** Also the long runs of rules that did not match. */
  readonly full: boolean;
}

export function traceLines(judgement: Judgement, options: TraceOptions): TraceLine[] {
  const decisive = decisiveStep(judgement);
  const trace: Trace = { ...options, decisive };
  return judgement.path.flatMap((step) => [lineOf(step, "", trace), ...linesBelow(step.steps, "", trace)]);
}

/** The step that gave the verdict: of those with its origin the last, and the innermost. Undefined when no rule did. */
export function decisiveStep({ path, decidedBy }: Judgement): Step | undefined {
  return decidedBy === undefined ? undefined : lastWith(path, decidedBy);
}

function lastWith(steps: readonly Step[], origin: Origin): Step | undefined {
  for (const step of steps.toReversed()) {
    const found = lastWith(step.steps, origin) ?? (sameOrigin(step.origin, origin) && step.missed !== true ? step : undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface Trace extends TraceOptions {
  readonly decisive: Step | undefined;
}

function linesBelow(steps: readonly Step[], indent: string, trace: Trace): TraceLine[] {
  const shown = trace.full ? steps : shorten(steps);
  return shown.flatMap((step, at) => {
    const isLast = at === shown.length - 1;
    return [lineOf(step, `${indent}${isLast ? "└─ " : "├─ "}`, trace), ...linesBelow(step.steps, `${indent}${isLast ? "   " : "│  "}`, trace)];
  });
}

function lineOf(step: Step, indent: string, { decisive, noteOf }: Trace): TraceLine {
  const note = step.origin === undefined ? undefined : noteOf(step.origin);
  return { text: `${indent}${step.text}${note === undefined ? "" : `  [${note}]`}`, weight: weightOf(step, decisive) };
}

function weightOf(step: Step, decisive: Step | undefined): TraceLine["weight"] {
  if (step === decisive) return "decisive";
  return step.steps.some((inner) => weightOf(inner, decisive) !== "aside") || isMatchedRule(step) ? "way" : "aside";
}

/** A rule that somebody wrote: a Log, a Pass, or an Allow that an earlier hook met. */
function isMatchedRule({ origin, missed }: Step): boolean {
  return origin?.index !== undefined && missed !== true;
}

/** Of a long run of rules that did not match, the first and the last few are shown. */
const longRun = 8;
const shownOfRun = 3;

function shorten(steps: readonly Step[]): readonly Step[] {
  const short: Step[] = [];
  for (let from = 0; from < steps.length; ) {
    const end = steps.findIndex((step, at) => at >= from && step.missed !== true);
    const run = steps.slice(from, end === -1 ? steps.length : end);
    if (run.length <= longRun) short.push(...run);
    else
      short.push(
        ...run.slice(0, shownOfRun),
        { text: `... ${run.length - 2 * shownOfRun} more rules that do not match`, steps: [] },
        ...run.slice(-shownOfRun),
      );
    from += run.length;
    const next = steps[from];
    if (next !== undefined) short.push(next);
    from++;
  }
  return short;
}
