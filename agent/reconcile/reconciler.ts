// Keeps the kernel's table equal to what the snapshot asks for: runs passes, remembers what the last one left, and repairs what others change.
// A refused commit changes nothing; what of it is no fault of the refused resource's lands without that one (isolation.ts; semantics 0, row 10).

import { table } from "../../rules/compile/hooks.ts";
import type { SshAccess } from "../../rules/lint/world.ts";
import type { Problem } from "../../rules/model/problem.ts";
import type { Kernel } from "../kernel/interface.ts";
import { usualSsh } from "../sshAccess.ts";
import { Isolation, type PreviousRun } from "./isolation.ts";
import { type Applied, type AppliedPass, applyPass, type CompiledPass, createFront, type PassInput } from "./pass.ts";
import { createRepairs, type RepairLimits } from "./repairs.ts";
import { failureReport, type Repair, type Report, successReport } from "./report.ts";
import { Runner, type RunnerTiming } from "./runner.ts";
import { faultProblem, fightProblem, ownershipProblem, passProblem } from "./trouble.ts";
import { createWarnings, type Warnings } from "./warnings.ts";
import { Witness } from "./witness.ts";

export interface ReconcilerOptions {
  readonly kernel: Kernel;
  /** Asked at the start of each pass. */
  input(): PassInput;
  onReport(report: Report): void;
  /** What is suspicious about what is enforced, some time after the pass. */
  onWarnings?(problems: readonly Problem[]): void;
  /** Nothing is known of an earlier run when absent. */
  readonly previousRun?: PreviousRun;
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

export function createReconciler(options: ReconcilerOptions): Reconciler {
  return new TableReconciler(options);
}

const unknown = "an unknown process";
const foreignChange = "foreign change";

class TableReconciler implements Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #compile = createFront();
  readonly #isolation: Isolation;
  readonly #repairs;
  readonly #warnings: Warnings;
  readonly #runner: Runner;
  readonly #witness: Witness;
  #applied: Applied | undefined;
  #hadEndpoints = false;
  #suspicion: NodeJS.Timeout | undefined;
  #canOwn: Promise<boolean> | undefined;

  constructor(options: ReconcilerOptions) {
    const { kernel, timing, ssh = usualSsh, onWarnings = () => undefined } = options;
    this.#options = options;
    this.#isolation = new Isolation(options.previousRun);
    this.#repairs = createRepairs(options.repairs);
    this.#warnings = createWarnings({ ssh, onWarnings });
    this.#runner = new Runner({ pass: (reasons) => this.#pass(reasons), ...(timing === undefined ? {} : { timing }) });
    this.#witness = new Witness({
      kernel,
      table,
      onHarmless: (generation) => {
        this.#applied = this.#applied && { ...this.#applied, generation };
      },
      onSuspicion: () => this.#lookSoon(),
    });
  }

  request(reason: string): void {
    this.#runner.request(reason);
  }

  applied(): Applied | undefined {
    return this.#applied;
  }

  async close(): Promise<void> {
    clearTimeout(this.#suspicion);
    this.#witness.close();
    this.#warnings.close();
    await this.#runner.close();
  }

  /** At once, as long as looking and repairing take little of the time. */
  #lookSoon(): void {
    const wait = this.#repairs.wait();
    if (wait === 0) this.#look();
    else this.#suspicion ??= setTimeout(() => this.#look(), wait);
  }

  #look(): void {
    this.#suspicion = undefined;
    this.#runner.request(foreignChange, { urgent: true });
  }

  async #pass(reasons: readonly string[]): Promise<boolean> {
    const began = performance.now();
    this.#witness.passBegins();
    const report = await this.#attempt(reasons);
    if (reasons.includes(foreignChange)) this.#repairs.spent(performance.now() - began, report.repair?.names);
    this.#options.onReport(report);
    this.#witness.passEnded(this.#applied?.generation);
    return report.outcome !== "failed" && report.isolated === 0;
  }

  async #attempt(reasons: readonly string[]): Promise<Report> {
    const asked = this.#options.input();
    const isRefused = asked.owned === true && !(await this.#kernelCanOwn());
    const given = isRefused ? { ...asked, owned: false } : asked;
    const { revision, resources } = given.snapshot;
    let compiled: CompiledPass | undefined;
    if (reasons.includes("retry")) this.#isolation.release();
    for (;;) {
      try {
        compiled = this.#compile({ ...given, snapshot: this.#isolation.spare(given.snapshot) });
        if (compiled.faults.length > 0) return failureReport(compiled, { reasons, revision, problems: compiled.faults.map(faultProblem) });
        return await this.#land(compiled, reasons, isRefused ? [ownershipProblem] : []);
      } catch (error) {
        this.#applied = undefined;
        if (!(await this.#isolation.blame(error, given.snapshot)))
          return failureReport(compiled, { reasons, revision, problems: [passProblem(error, resources)] });
      }
    }
  }

  #kernelCanOwn(): Promise<boolean> {
    this.#canOwn ??= this.#options.kernel.canOwn().catch(() => false);
    return this.#canOwn;
  }

  /** @throws whatever stopped it */
  async #land(compiled: CompiledPass, reasons: readonly string[], problems: readonly Problem[]): Promise<Report> {
    const before = this.#applied;
    const done = await applyPass(compiled, this.#options.kernel, before, this.#witness);
    this.#hadEndpoints ||= done.resolved.statuses.length > 0 || (before === undefined && holdsMore(done));
    this.#applied = done.applied;
    this.#isolation.landed(done.input.snapshot.resources);
    this.#warnings.consider(done);
    const others = [...problems, ...(this.#hadEndpoints ? endpointsGone(done) : []), ...fightProblem(this.#repairs.fight())];
    return successReport(done, reasons, { isolated: this.#isolation.problems(), others, repair: this.#repairOf(done, before) });
  }

  #repairOf({ drift, generation }: AppliedPass, before: Applied | undefined): Repair | undefined {
    if (drift === undefined || before === undefined) return undefined;
    const changes = this.#witness.changes(before.generation, generation);
    if (changes === undefined || changes.by.length === 0) return { what: drift, by: unknown, names: [unknown], milliseconds: 0 };
    return { what: drift, by: changes.by.join(", "), names: changes.names, milliseconds: performance.now() - changes.heard };
  }
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
