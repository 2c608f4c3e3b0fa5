// Keeps the kernel's table equal to what the snapshot asks for: runs passes, remembers what the last one left, and hears of foreign changes.
// A refused commit changes nothing; what of it is no fault of the refused resource's lands without that one (isolation.ts; semantics 0, row 10).

import type { SshAccess } from "../../rules/lint/world.ts";
import type { Problem } from "../../rules/model/problem.ts";
import type { Kernel, KernelEvent } from "../kernel/interface.ts";
import { usualSsh } from "../sshAccess.ts";
import { createIsolation } from "./isolation.ts";
import { type Applied, type AppliedPass, applyPass, type CompiledPass, compilePass, type PassInput } from "./pass.ts";
import { failureReport, type Report, successReport } from "./report.ts";
import { createRunner, type RunnerTiming } from "./runner.ts";
import { faultProblem, passProblem } from "./trouble.ts";
import { createWarnings } from "./warnings.ts";

export interface ReconcilerOptions {
  readonly kernel: Kernel;
  /** Asked at the start of each pass. */
  input(): PassInput;
  onReport(report: Report): void;
  readonly timing?: RunnerTiming;
  /** For the warning about a host that could lock its operator out; the usual port when absent. */
  readonly ssh?: SshAccess;
}

export interface Reconciler {
  /** Asks for a pass. The first request starts it all: before it the kernel is not touched. */
  request(reason: string): void;
  /** What the kernel holds; undefined before the first pass, and when a pass failed half-way. */
  applied(): Applied | undefined;
  close(): Promise<void>;
}

export function createReconciler({ kernel, input, onReport, timing, ssh = usualSsh }: ReconcilerOptions): Reconciler {
  const foreign = watchForeignChanges(kernel, () => runner.request("foreign change"));
  let applied: Applied | undefined;
  let hadEndpoints = false;
  const warningsOf = createWarnings(ssh);
  const isolation = createIsolation();
  const runner = createRunner({ pass, ...(timing === undefined ? {} : { timing }) });

  async function pass(reasons: readonly string[]): Promise<boolean> {
    const given = input();
    const { revision, resources } = given.snapshot;
    let compiled: CompiledPass | undefined;
    if (reasons.includes("retry")) isolation.release();
    try {
      do {
        compiled = compilePass({ ...given, snapshot: isolation.spare(given.snapshot) });
        const faults = compiled.faults.map(faultProblem);
        if (faults.length > 0) return failed(faults);
      } while (!(await lands(compiled, reasons, given)));
      return isolation.problems().length === 0;
    } catch (error) {
      applied = undefined;
      return failed([passProblem(error, resources)]);
    }

    function failed(problems: readonly Problem[]): false {
      const warnings = compiled === undefined ? [] : warningsOf(compiled);
      onReport(failureReport(compiled, { reasons, revision, problems: [...problems, ...warnings] }));
      return false;
    }
  }

  /** False: a resource was refused, and without it another attempt may land. @throws whatever else stopped it */
  async function lands(compiled: CompiledPass, reasons: readonly string[], { snapshot }: PassInput): Promise<boolean> {
    try {
      const done = await applyPass(compiled, kernel, applied);
      hadEndpoints ||= done.resolved.statuses.length > 0 || (applied === undefined && holdsMore(done));
      applied = done.applied;
      isolation.landed(done.input.snapshot.resources);
      const others = [...(hadEndpoints ? endpointsGone(done) : []), ...warningsOf(done)];
      const report = successReport(done, reasons, { isolated: isolation.problems(), others });
      onReport(report.drift === undefined ? report : { ...report, drift: `${report.drift} (last change by ${foreign.lastBy()})` });
      foreign.sawPass(applied.generation, done.milliseconds.read ?? 0);
      return true;
    } catch (error) {
      applied = undefined;
      if (isolation.blame(error, snapshot)) return false;
      throw error;
    }
  }

  return {
    request: (reason) => runner.request(reason),
    applied: () => applied,
    async close() {
      foreign.close();
      await runner.close();
    },
  };
}

/** A renamed host makes all its endpoints remote, and so opens it: never in silence (semantics 0, row 23; G55). */
function endpointsGone({ input: { node, snapshot }, resolved }: AppliedPass): readonly Problem[] {
  if (resolved.statuses.length > 0) return [];
  const elsewhere = snapshot.resources.filter(({ kind }) => kind === "HostEndpoint").length;
  const message = `no HostEndpoint is for node ${JSON.stringify(node)} any more (${elsewhere} for others): nothing on this host is policed`;
  return [{ code: "no-local-endpoints", severity: "warning", place: { source: "resolve" }, message, hint: "compare spec.node with the node setting" }];
}

/** True when the kernel held chains that are not wanted any more: an earlier run made them for its endpoints. */
function holdsMore({ before, ruleset }: AppliedPass): boolean {
  const names = new Set(ruleset.chains.map(({ name }) => name));
  return (before?.chains ?? []).some(({ name }) => !names.has(name));
}

interface ForeignChanges {
  /** After a pass: the generation it left, and how long reading the table took (milliseconds). */
  sawPass(generation: number, readMilliseconds: number): void;
  /** "nft[1234]": whose change was the last that was not ours. */
  lastBy(): string;
  close(): void;
}

/** Verifying costs a dump of the table, and others may change their own tables all the time: it gets at most this share of the time. */
const verifyDelay = { least: 200, timesRead: 20 };

/** Calls back some time after a generation that no pass of ours left. */
function watchForeignChanges(kernel: Kernel, verify: () => void): ForeignChanges {
  let ours: number | undefined;
  let latest: number | undefined;
  let delay = verifyDelay.least;
  let timer: NodeJS.Timeout | undefined;
  let lastBy = "an unknown process";
  const stop = kernel.watch((event: KernelEvent) => {
    latest = event.kind === "overflow" ? undefined : event.generation;
    if (event.kind === "generation" && event.processId !== process.pid) lastBy = `${event.processName}[${event.processId}]`;
    if (ours !== undefined) plan(event.kind === "overflow" || isAfter(event.generation, ours));
  });

  function plan(isForeign: boolean): void {
    if (!isForeign || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (latest === undefined || ours === undefined || isAfter(latest, ours)) verify();
    }, delay);
  }

  return {
    sawPass(generation, readMilliseconds) {
      ours = generation;
      delay = Math.max(verifyDelay.least, readMilliseconds * verifyDelay.timesRead);
      plan(latest !== undefined && isAfter(latest, generation));
    },
    lastBy: () => lastBy,
    close() {
      clearTimeout(timer);
      stop();
    },
  };
}

/** Generations are 32-bit counters that wrap (net/netfilter/nf_tables_api.c nft_net base_seq). */
function isAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}
