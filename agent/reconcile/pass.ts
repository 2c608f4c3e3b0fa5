// One pass: snapshot -> resolved -> ruleset -> transaction -> kernel. `render` stops after compilePass, `plan` after planPass; applyPass goes
// all the way and is the only thing in hostward that changes the kernel's rules. Each stage is timed. When a pass runs is runner.ts.

import { createCompiler } from "../../rules/compile/compile.ts";
import { actualOf } from "../../rules/diff/diff.ts";
import { describeDifference } from "../../rules/diff/difference.ts";
import { diffOwned, removal, shieldOf } from "../../rules/diff/takeover.ts";
import type { Actual, Transaction } from "../../rules/diff/types.ts";
import { createOptimiser } from "../../rules/optimise/optimise.ts";
import { createResolver } from "../../rules/resolve/resolve.ts";
import type { PolicySettings, Resolved } from "../../rules/resolve/types.ts";
import { createCheck } from "../../rules/ruleset/check.ts";
import type { Ruleset } from "../../rules/ruleset/types.ts";
import type { CommitOptions, Committed, Kernel, Ownership } from "../kernel/interface.ts";
import { KernelError } from "../kernel/interface.ts";
import type { Snapshot } from "../store/store.ts";
import { type Look, type Looker, lookAtKernel } from "./look.ts";

export interface PassInput {
  readonly node: string;
  readonly snapshot: Snapshot;
  readonly settings: PolicySettings;
  /** Whether rules are gathered into maps; true when absent. */
  readonly optimise?: boolean;
  /** Whether nobody else may change the table; false when absent. */
  readonly owned?: boolean;
}

export type Stage = "resolve" | "compile" | "optimise" | "check" | "read" | "diff" | "commit";
export type Durations = Readonly<Partial<Record<Stage, number>>>;

export interface CompiledPass {
  readonly input: PassInput;
  readonly resolved: Resolved;
  readonly ruleset: Ruleset;
  /** What is wrong with the ruleset: not empty only if hostward has a defect. Such a ruleset must not reach the kernel. */
  readonly faults: readonly string[];
  readonly milliseconds: Durations;
}

export interface PlannedPass extends CompiledPass {
  /** At which the kernel's table is as the transaction expects it. */
  readonly generation: number;
  readonly before: Actual | undefined;
  readonly apartFrom: NonNullable<CommitOptions["apartFrom"]>;
  /** What somebody else changed since the last pass. */
  readonly drift: string | undefined;
  /** No batches when the kernel already holds the ruleset. */
  readonly transaction: Transaction;
}

export interface AppliedPass extends PlannedPass {
  readonly commits: readonly Committed[];
  readonly applied: Applied;
}

/** What the kernel holds after a pass; the next one need not read what nobody has touched since. */
export interface Applied {
  readonly ruleset: Ruleset;
  readonly actual: Actual;
  readonly generation: number;
  readonly ownership: Ownership;
}

/** How often a pass begins again because somebody else changed the kernel's rules meanwhile. */
const attempts = 5;

/**
 * How often of these it waits for a grace period after the commits of others. Where they leave none between them it would wait for ever: then it keeps apart
 * from our own, and a packet that was on its way for all of theirs and ours, some microseconds, may meet rules of both.
 */
const patientAttempts = 2;

export type Compile = (input: PassInput) => CompiledPass;

/** A front that remembers: the parts of a ruleset that a change does not touch are not made again, and are the same objects. */
export function createFront(): Compile {
  const [resolve, compile, optimise, check] = [createResolver(), createCompiler(), createOptimiser(), createCheck()];
  return (input) => {
    const clock = startClock();
    const { node, settings, snapshot } = input;
    const resolved = resolve({ node, settings, resources: snapshot.resources, interfaces: snapshot.interfaces });
    clock.stage("resolve");
    const plain = compile(resolved);
    clock.stage("compile");
    const ruleset = input.optimise === false ? plain : optimise(plain);
    clock.stage("optimise");
    const faults = check(ruleset);
    clock.stage("check");
    return { input, resolved, ruleset, faults, milliseconds: clock.milliseconds };
  };
}

/** From nothing. */
export function compilePass(input: PassInput): CompiledPass {
  return createFront()(input);
}

export async function planPass(compiled: CompiledPass, kernel: Kernel, last: Applied | undefined, looker?: Looker): Promise<PlannedPass> {
  const clock = startClock();
  const { table } = compiled.ruleset;
  const look = await lookAtKernel(kernel, table, last, looker);
  if (look.ownership === "other") throw new KernelError("owned", `table inet ${table} is owned by another process: does another hostward run?`);
  clock.stage("read");
  return planFrom(compiled, look, { last, clock });
}

/** What is found in the kernel to what is wanted there. */
function planFrom(compiled: CompiledPass, look: Look, { last, clock }: { readonly last: Applied | undefined; readonly clock: Clock }): PlannedPass {
  const { ruleset, input } = compiled;
  const { generation, actual: before, ownership, hasShield } = look;
  const owned = input.owned === true;
  const isOtherwise = before !== undefined && (ownership === "nobody") === owned;
  const drift = last === undefined || before === last.actual ? undefined : describeDifference(before, last.actual);
  const { batches } = diffOwned(before, ruleset, { owned, isOtherwise, isOrphan: ownership === "orphan" });
  const transaction = { batches: hasShield ? [...batches, removal(shieldOf(ruleset.table))] : batches };
  clock.stage("diff");
  const milliseconds = { ...compiled.milliseconds, ...clock.milliseconds };
  return { ...compiled, generation, before, apartFrom: distance(ruleset, look, last), drift, transaction, milliseconds };
}

/** Base chains come with the last batch of a new table: packets that are on their way by then have passed its hooks or never meet it. */
function distance(ruleset: Ruleset, { actual, hasShield }: Look, last: Applied | undefined): PlannedPass["apartFrom"] {
  if (actual === undefined && !hasShield) return "nobody";
  return last?.ruleset === ruleset ? "ours" : "everybody";
}

/**
 * Plans as if the kernel were still as the last pass left it. Undefined where that asks for no commit: a commit is pinned to the generation of then, and
 * so it is the kernel that looks whether it is; nothing else would.
 */
function planUnseen(compiled: CompiledPass, last: Applied): PlannedPass | undefined {
  const planned = planFrom(compiled, { ...last, hasShield: false }, { last, clock: startClock() });
  return planned.transaction.batches.length > 0 ? planned : undefined;
}

/**
 * Plans, and commits what was planned; plans again when the ruleset's generation moved in between.
 * @throws KernelError; nothing of the batch at fault has landed then
 */
export async function applyPass(compiled: CompiledPass, kernel: Kernel, last: Applied | undefined, looker?: Looker): Promise<AppliedPass> {
  let known = last;
  for (let attempt = 1; ; attempt++) {
    const unseen = attempt === 1 && known !== undefined ? planUnseen(compiled, known) : undefined;
    const planned = unseen ?? (await planPass(compiled, kernel, known, looker));
    const commits: Committed[] = [];
    try {
      return await commitPass(attempt > patientAttempts ? hurried(planned) : planned, kernel, commits);
    } catch (error) {
      if (!(error instanceof KernelError) || error.code !== "stale" || attempt === attempts) throw error;
      if (commits.length > 0) known = undefined;
    }
  }
}

function hurried(planned: PlannedPass): PlannedPass {
  return planned.apartFrom === "everybody" ? { ...planned, apartFrom: "ours" } : planned;
}

/** @param commits takes up what has landed, also of a pass that fails */
async function commitPass(planned: PlannedPass, kernel: Kernel, commits: Committed[]): Promise<AppliedPass> {
  const clock = startClock();
  const { ruleset, apartFrom } = planned;
  let { generation } = planned;
  for (const batch of planned.transaction.batches) {
    const committed = await kernel.commit(batch, { generation, apartFrom });
    generation = committed.generation;
    commits.push(committed);
  }
  clock.stage("commit");
  const ownership: Ownership = planned.input.owned === true ? "us" : "nobody";
  const applied = { ruleset, actual: actualOf(ruleset), generation, ownership };
  return { ...planned, commits, applied, milliseconds: { ...planned.milliseconds, ...clock.milliseconds } };
}

interface Clock {
  readonly milliseconds: Durations;
  stage(name: Stage): void;
}

function startClock(): Clock {
  const milliseconds: Partial<Record<Stage, number>> = {};
  let since = performance.now();
  return {
    milliseconds,
    stage(name) {
      const now = performance.now();
      milliseconds[name] = now - since;
      since = now;
    },
  };
}
