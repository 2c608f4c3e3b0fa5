// Keeps the kernel's table equal to what the snapshot asks for: runs passes, remembers what the last one left, and repairs what others change.
// A refused commit changes nothing; what of it is no fault of the refused resource's lands without that one (isolation.ts; semantics 0, row 10).

import { table } from "../../rules/compile/hooks.ts";
import type { SshAccess } from "../../rules/lint/world.ts";
import type { Problem } from "../../rules/model/problem.ts";
import type { Kernel } from "../kernel/interface.ts";
import { usualSsh } from "../sshAccess.ts";
import { createIsolation } from "./isolation.ts";
import { type Applied, type AppliedPass, applyPass, type CompiledPass, createFront, type PassInput } from "./pass.ts";
import { createRepairs, type RepairLimits } from "./repairs.ts";
import { failureReport, type Repair, type Report, successReport } from "./report.ts";
import { createRunner, type RunnerTiming } from "./runner.ts";
import { faultProblem, fightProblem, ownershipProblem, passProblem } from "./trouble.ts";
import { createWarnings } from "./warnings.ts";
import { createWitness } from "./witness.ts";

export interface ReconcilerOptions {
  readonly kernel: Kernel;
  /** Asked at the start of each pass. */
  input(): PassInput;
  onReport(report: Report): void;
  /** What is suspicious about what is enforced, some time after the pass. */
  onWarnings?(problems: readonly Problem[]): void;
  readonly timing?: RunnerTiming;
  readonly repairs?: RepairLimits;
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

const unknown = "an unknown process";
const foreignChange = "foreign change";

export function createReconciler({ kernel, input, onReport, onWarnings = () => {}, timing, repairs: limits, ssh = usualSsh }: ReconcilerOptions): Reconciler {
  let applied: Applied | undefined;
  let hadEndpoints = false;
  let suspicion: NodeJS.Timeout | undefined;
  let owning: Promise<boolean> | undefined;
  const compilePass = createFront();
  const isolation = createIsolation();
  const repairs = createRepairs(limits);
  const warnings = createWarnings({ ssh, onWarnings });
  const runner = createRunner({ pass, ...(timing === undefined ? {} : { timing }) });
  const witness = createWitness({
    kernel,
    table,
    onHarmless: (generation) => {
      applied = applied && { ...applied, generation };
    },
    onSuspicion: lookSoon,
  });

  /** At once, as long as looking and repairing take little of the time. */
  function lookSoon(): void {
    const wait = repairs.wait();
    if (wait === 0) look();
    else suspicion ??= setTimeout(look, wait);
  }

  function look(): void {
    suspicion = undefined;
    runner.request(foreignChange, { urgent: true });
  }

  async function pass(reasons: readonly string[]): Promise<boolean> {
    const began = performance.now();
    witness.passBegins();
    const report = await attempt(reasons);
    if (reasons.includes(foreignChange)) repairs.spent(performance.now() - began, report.repair?.names);
    onReport(report);
    witness.passEnded(applied?.generation);
    return report.outcome !== "failed" && report.isolated === 0;
  }

  function canOwn(): Promise<boolean> {
    owning ??= kernel.canOwn().catch(() => false);
    return owning;
  }

  async function attempt(reasons: readonly string[]): Promise<Report> {
    const asked = input();
    const isRefused = asked.owned === true && !(await canOwn());
    const given = isRefused ? { ...asked, owned: false } : asked;
    const { revision, resources } = given.snapshot;
    let compiled: CompiledPass | undefined;
    if (reasons.includes("retry")) isolation.release();
    for (;;) {
      try {
        compiled = compilePass({ ...given, snapshot: isolation.spare(given.snapshot) });
        if (compiled.faults.length > 0) return failureReport(compiled, { reasons, revision, problems: compiled.faults.map(faultProblem) });
        return await land(compiled, { reasons, others: isRefused ? [ownershipProblem] : [] });
      } catch (error) {
        applied = undefined;
        if (!isolation.blame(error, given.snapshot)) return failureReport(compiled, { reasons, revision, problems: [passProblem(error, resources)] });
      }
    }
  }

  /** @throws whatever stopped it */
  async function land(compiled: CompiledPass, { reasons, others }: { reasons: readonly string[]; others: readonly Problem[] }): Promise<Report> {
    const before = applied;
    const done = await applyPass(compiled, kernel, before, witness);
    hadEndpoints ||= done.resolved.statuses.length > 0 || (before === undefined && holdsMore(done));
    applied = done.applied;
    isolation.landed(done.input.snapshot.resources);
    warnings.consider(done);
    const repair = repairOf(done, before);
    const problems = [...others, ...(hadEndpoints ? endpointsGone(done) : []), ...fightProblem(repairs.fight())];
    return successReport(done, reasons, { isolated: isolation.problems(), others: problems, repair });
  }

  function repairOf({ drift, generation }: AppliedPass, before: Applied | undefined): Repair | undefined {
    if (drift === undefined || before === undefined) return undefined;
    const changes = witness.changes(before.generation, generation);
    if (changes === undefined || changes.by.length === 0) return { what: drift, by: unknown, names: [unknown], milliseconds: 0 };
    return { what: drift, by: changes.by.join(", "), names: changes.names, milliseconds: performance.now() - changes.heard };
  }

  return {
    request: (reason) => runner.request(reason),
    applied: () => applied,
    async close() {
      clearTimeout(suspicion);
      witness.close();
      warnings.close();
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
