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

function createProblemLog(log: Logger): { update(problems: readonly Problem[]): void } {
  let known = new Set<string>();
  return {
    update(problems) {
      const now = new Set<string>();
      for (const problem of problems) {
        const line = formatProblem(problem);
        if (!known.has(line) && !now.has(line)) log[problem.severity === "error" ? "error" : "warn"]({ code: problem.code }, line);
        now.add(line);
      }
      for (const line of known) if (!now.has(line)) log.info(`solved: ${line}`);
      known = now;
    },
  };
}
