// What the parts of the suite for kernels have in common: the kernel of the running test, and rules that are known by their names.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type Kernel, KernelError } from "../../../agent/kernel/interface.ts";
import type { Actual, Operation } from "../../../rules/diff/types.ts";
import type { Rule } from "../../../rules/ruleset/types.ts";
import { batch, counter, TABLE } from "./operations.ts";

/** The kernel of the running test. */
export type Use = () => Kernel;

export async function tableOf(kernel: Kernel): Promise<Actual | undefined> {
  return (await kernel.read(TABLE)).actual;
}

export async function apply(kernel: Kernel, ...operations: readonly Operation[]): Promise<void> {
  await kernel.commit(batch(...operations));
}

/** Rules by their comments: a, b, c and so on. */
export const named = (name: string): Rule => ({ statements: [counter], origin: { kind: "test", name } });
export const append = (name: string): Operation => ({ verb: "add", object: "rule", chain: "c", rule: named(name) });
export const insert = (name: string, before: number): Operation => ({ verb: "add", object: "rule", chain: "c", rule: named(name), before });
export const replace = (at: number, name: string): Operation => ({ verb: "replace", object: "rule", chain: "c", at, rule: named(name) });
export const remove = (at: number): Operation => ({ verb: "delete", object: "rule", chain: "c", at });

export async function failure(work: Promise<unknown>): Promise<KernelError> {
  const error = await work.then(
    () => assert.fail("it was to be refused"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof KernelError, String(error));
  return error;
}

/** What a file of these commands does. */
export function nft(text: string): void {
  const { status, stderr } = spawnSync("nft", ["-f", "-"], { encoding: "utf8", input: text });
  assert.equal(status, 0, stderr);
}
