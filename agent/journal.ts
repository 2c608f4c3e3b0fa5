// Turns reports, problems and endpoint states into log lines: one for each event that an operator cares about, and nothing twice.

import type { Logger } from "pino";
import { formatProblem, type Problem } from "../rules/model/problem.ts";
import type { EndpointStatus } from "../rules/resolve/types.ts";
import type { Repair, Report } from "./reconcile/report.ts";

export interface Journal {
  /** All problems of the sources as they are now: new ones are told, and those that went away. */
  sources(problems: readonly Problem[]): void;
  report(report: Report): void;
}

export function createJournal(log: Logger): Journal {
  const sourceProblems = createProblemLog(log);
  const passProblems = createProblemLog(log);
  let endpoints = new Map<string, string>();

  function endpointChanges(statuses: readonly EndpointStatus[]): void {
    const now = new Map(statuses.map((status) => [status.name, endpointLine(status)]));
    for (const status of statuses) {
      const line = now.get(status.name);
      if (line === undefined || line === endpoints.get(status.name)) continue;
      log[status.state === "error" || status.shadowed.length > 0 ? "warn" : "info"](line);
    }
    for (const name of endpoints.keys()) if (!now.has(name)) log.info(`HostEndpoint ${name} is gone`);
    endpoints = now;
  }

  function repaired({ what, by, milliseconds }: Repair): void {
    log.warn({ by, repairMs: rounded(milliseconds) }, `somebody else changed hostward's table, repaired: ${what}`);
  }

  return {
    sources: (problems) => sourceProblems.update(problems),
    report(report) {
      if (report.repair !== undefined) repaired(report.repair);
      passProblems.update(report.problems);
      if (report.outcome === "failed") return;
      log[report.outcome === "applied" ? "info" : "debug"](passDetails(report), report.outcome === "applied" ? "ruleset applied" : "ruleset is up to date");
      endpointChanges(report.endpoints);
    },
  };
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

function passDetails({ revision, generation, counts, operations, milliseconds, reasons }: Report): object {
  const total = Object.values(milliseconds).reduce((sum, value) => sum + value, 0);
  return { revision, generation, ...counts, operations, commitMs: rounded(milliseconds.commit ?? 0), totalMs: rounded(total), reasons: reasons.join(", ") };
}

function endpointLine({ name, state, interfaces, wildcard, shadowed, reason }: EndpointStatus): string {
  const where = wildcard ? "every other interface" : interfaces.join(", ");
  const governs = wildcard || interfaces.length > 0 ? ` on ${where}` : "";
  const lost = shadowed.map((shadow) => `; shadowed on ${shadow.interface} by ${shadow.by}`).join("");
  return `HostEndpoint ${name} is ${state}${governs}${reason === undefined ? "" : `: ${reason}`}${lost}`;
}

/** By what a problem says, wherever it stands: those of which the place alone differs. */
type Alike = ReadonlyMap<string, ReadonlyMap<string, Problem>>;

/** A problem whose line moves, because of a comment above it for instance, is the same problem. */
function createProblemLog(log: Logger): { update(problems: readonly Problem[]): void } {
  let known: Alike = new Map();
  return {
    update(problems) {
      const now = alike(problems);
      for (const [text, lines] of now)
        for (const [line, { code, severity }] of additional(lines, known.get(text))) log[severity === "error" ? "error" : "warn"]({ code }, line);
      for (const [text, lines] of known) for (const [line] of additional(lines, now.get(text))) log.info(`solved: ${line}`);
      known = now;
    },
  };
}

function alike(problems: readonly Problem[]): Alike {
  const found = new Map<string, Map<string, Problem>>();
  for (const problem of problems) {
    const text = formatProblem({ ...problem, place: { source: problem.place.source } });
    const lines = found.get(text) ?? new Map<string, Problem>();
    found.set(text, lines.set(formatProblem(problem), problem));
  }
  return found;
}

/** Lines that the others do not have, beyond as many as the others have of their own: those have only moved. */
function additional(lines: ReadonlyMap<string, Problem>, others: ReadonlyMap<string, Problem> = new Map()): readonly (readonly [string, Problem])[] {
  const moved = [...others.keys()].filter((line) => !lines.has(line)).length;
  return [...lines].filter(([line]) => !others.has(line)).slice(moved);
}
