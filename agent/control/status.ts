// What `hostward status` shows, as the daemon answers it on its control socket: made of the store's facts and the reports of passes.

import type { Problem } from "../../rules/model/problem.ts";
import type { EndpointStatus } from "../../rules/resolve/types.ts";
import type { Counts, Repair, Report } from "../reconcile/report.ts";

export interface Status {
  /** starting: nothing was applied yet. degraded: the kernel refused the last change, or resources of it; what was in force of them before still is. */
  readonly state: "starting" | "in-sync" | "degraded";
  /** What a starting daemon still waits for. */
  readonly waitingFor: readonly string[];
  readonly node: string;
  readonly version: string;
  readonly processId: number;
  /** ISO 8601 */
  readonly started: string;
  /** The last that is, or was, in force as a whole; 0 while there is none. */
  readonly revision: number;
  /** Of what the sources say now; differs from `revision` while a change is being applied, or cannot be. */
  readonly latestRevision: number;
  /** Of the kernel's ruleset when hostward last left it. */
  readonly generation: number | null;
  readonly endpoints: readonly EndpointStatus[];
  readonly problems: readonly Problem[];
  readonly counts: Counts | null;
  /** How many resources the kernel refused, and are in force as they were before or not at all. */
  readonly isolated: number;
  /** What others changed in hostward's table since the daemon began, and it put right. */
  readonly repairs: { readonly count: number; readonly last: LastRepair | null };
  readonly lastPass: LastPass | null;
}

/** `milliseconds` go from the first that was heard of the change to the kernel's answer. */
export type LastRepair = Repair & {
  /** ISO 8601 */
  readonly ended: string;
};

export type LastPass = Pick<Report, "outcome" | "reasons" | "milliseconds" | "batches" | "operations" | "bytes" | "encodeMicroseconds" | "sendMicroseconds"> & {
  /** ISO 8601 */
  readonly ended: string;
};

/** What status is made of besides the reports. */
export interface StatusFacts {
  readonly node: string;
  readonly version: string;
  readonly started: Date;
  readonly latestRevision: number;
  readonly waitingFor: readonly string[];
  readonly sourceProblems: readonly Problem[];
}

/** Remembers of the reports what status needs. */
export interface Passes {
  readonly last: Report | undefined;
  readonly lastEnded: Date | undefined;
  /** The last one that did not fail. */
  readonly lastGood: Report | undefined;
  /** Revision of the last one that landed with every resource as it is written. */
  readonly whole: number;
  readonly repairs: Status["repairs"];
}

export const noPasses: Passes = { last: undefined, lastEnded: undefined, lastGood: undefined, whole: 0, repairs: { count: 0, last: null } };

export function withReport(passes: Passes, report: Report): Passes {
  const landed = report.outcome !== "failed";
  const ended = new Date();
  const { repairs } = passes;
  return {
    last: report,
    lastEnded: ended,
    lastGood: landed ? report : passes.lastGood,
    whole: landed && report.isolated === 0 ? report.revision : passes.whole,
    repairs: report.repair === undefined ? repairs : { count: repairs.count + 1, last: { ...report.repair, ended: ended.toISOString() } },
  };
}

export function describeStatus(facts: StatusFacts, { last, lastEnded, lastGood, whole, repairs }: Passes): Status {
  return {
    state: stateOf(last),
    waitingFor: facts.waitingFor,
    node: facts.node,
    version: facts.version,
    processId: process.pid,
    started: facts.started.toISOString(),
    revision: whole,
    latestRevision: facts.latestRevision,
    generation: lastGood?.generation ?? null,
    endpoints: (lastGood ?? last)?.endpoints ?? [],
    problems: [...facts.sourceProblems, ...(last?.problems ?? [])],
    counts: lastGood?.counts ?? null,
    isolated: lastGood?.isolated ?? 0,
    repairs,
    lastPass: last === undefined || lastEnded === undefined ? null : lastPass(last, lastEnded),
  };
}

function stateOf(last: Report | undefined): Status["state"] {
  if (last === undefined) return "starting";
  return last.outcome === "failed" || last.isolated > 0 ? "degraded" : "in-sync";
}

function lastPass(report: Report, ended: Date): LastPass {
  const { outcome, reasons, milliseconds, batches, operations, bytes, encodeMicroseconds, sendMicroseconds } = report;
  return { outcome, reasons, milliseconds, batches, operations, bytes, encodeMicroseconds, sendMicroseconds, ended: ended.toISOString() };
}
