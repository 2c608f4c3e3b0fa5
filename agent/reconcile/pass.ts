// One pass: snapshot -> resolved -> ruleset -> transaction -> kernel. `render` stops after compilePass, `plan` after planPass; applyPass goes
// all the way and is the only thing in hostward that changes the kernel's rules. Each stage is timed. When a pass runs is runner.ts.

import { compile } from "../../rules/compile/compile.ts";
import { actualOf, diff } from "../../rules/diff/diff.ts";
import type { Actual, Transaction } from "../../rules/diff/types.ts";
import { resolve } from "../../rules/resolve/resolve.ts";
import type { PolicySettings, Resolved } from "../../rules/resolve/types.ts";
import { checkRuleset } from "../../rules/ruleset/check.ts";
import type { Ruleset } from "../../rules/ruleset/types.ts";
import type { Committed, Kernel } from "../kernel/interface.ts";
import { KernelError } from "../kernel/interface.ts";
import { sameContent } from "../store/sameContent.ts";
import type { Snapshot } from "../store/store.ts";
import { describeDrift } from "./drift.ts";

export interface PassInput {
  readonly node: string;
  readonly snapshot: Snapshot;
  readonly settings: PolicySettings;
}

export type Stage = "resolve" | "compile" | "check" | "read" | "diff" | "commit";
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
  /** What somebody else changed since the last pass. */
  readonly drift: string | undefined;
  /** No batches when the kernel already holds the ruleset. */
  readonly transaction: Transaction;
}

export interface AppliedPass extends PlannedPass {
  readonly commits: readonly Committed[];
  readonly applied: Applied;
}

/** What the kernel holds after a pass; the next one need not read it again while the generation stays. */
export interface Applied {
  readonly ruleset: Ruleset;
  readonly actual: Actual;
  readonly generation: number;
}

/** How often a pass begins again because somebody else changed the kernel's rules meanwhile. */
const attempts = 5;

export function compilePass(input: PassInput): CompiledPass {
  const clock = startClock();
  const { node, settings, snapshot } = input;
  const resolved = resolve({ node, settings, resources: snapshot.resources, interfaces: snapshot.interfaces });
  clock.stage("resolve");
  const ruleset = compile(resolved);
  clock.stage("compile");
  const faults = checkRuleset(ruleset);
  clock.stage("check");
  return { input, resolved, ruleset, faults, milliseconds: clock.milliseconds };
}

export async function planPass(compiled: CompiledPass, kernel: Kernel, last: Applied | undefined): Promise<PlannedPass> {
  const clock = startClock();
  const { ruleset } = compiled;
  const now = await kernel.generation();
  const isUntouched = last !== undefined && last.generation === now;
  const { generation, actual: before } = isUntouched ? { generation: now, actual: last.actual } : await kernel.read(ruleset.table);
  const drift = isUntouched || last === undefined ? undefined : describeDrift(before, last.actual);
  clock.stage("read");
  const isThere = last !== undefined && drift === undefined && sameContent(ruleset, last.ruleset);
  const transaction = isThere ? { batches: [] } : diff(before, ruleset);
  clock.stage("diff");
  return { ...compiled, generation, before, drift, transaction, milliseconds: { ...compiled.milliseconds, ...clock.milliseconds } };
}

/**
 * Plans, and commits what was planned; plans again when the ruleset's generation moved in between.
 * @throws KernelError; nothing of the batch at fault has landed then
 */
export async function applyPass(compiled: CompiledPass, kernel: Kernel, last: Applied | undefined): Promise<AppliedPass> {
  for (let attempt = 1; ; attempt++) {
    const planned = await planPass(compiled, kernel, last);
    try {
      return await commitPass(planned, kernel);
    } catch (error) {
      if (!(error instanceof KernelError) || error.code !== "stale" || attempt === attempts) throw error;
    }
  }
}

async function commitPass(planned: PlannedPass, kernel: Kernel): Promise<AppliedPass> {
  const clock = startClock();
  const { ruleset } = planned;
  const commits: Committed[] = [];
  let { generation } = planned;
  for (const batch of planned.transaction.batches) {
    const committed = await kernel.commit(batch, { generation });
    generation = committed.generation;
    commits.push(committed);
  }
  clock.stage("commit");
  const applied = { ruleset, actual: actualOf(ruleset), generation };
  return { ...planned, commits, applied, milliseconds: { ...planned.milliseconds, ...clock.milliseconds } };
}

function startClock(): { readonly milliseconds: Durations; stage(name: Stage): void } {
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
