// What a batch does to chains whose rules stand where they stood: the places it names by index, and the handles that the chain's rules have after it.
// Knows operations and handles, neither messages nor sockets.

import type { Batch, Operation } from "../../rules/diff/types.ts";
import type { Handles } from "./handles.ts";
import type { Touched } from "./interface.ts";

type RuleOperation = Extract<Operation, { readonly object: "rule" }>;

/** Of every rule that the kernel sent back, by the index of its operation. */
export type Echoes = ReadonlyMap<number, number>;

/** More new rules than these are not asked for: replies have to fit the socket's buffer, and a dump of the chain is cheaper. */
const mostEchoes = 128;

/** The index that the operation names of its chain; undefined for one that adds behind the last rule. */
export function placeOf(operation: RuleOperation): number | undefined {
  return operation.verb === "add" ? operation.before : operation.at;
}

/** Chains of which the batch names a place. */
export function editedChains({ operations }: Batch): ReadonlySet<string> {
  const chains = new Set<string>();
  for (const operation of operations) if (operation.object === "rule" && placeOf(operation) !== undefined) chains.add(operation.chain);
  return chains;
}

/** Whether the batch is sure to change something, so that it starts a new generation. */
export function surelyChanges({ operations }: Batch): boolean {
  return operations.some(isSureChange);
}

/** A table may be there already, and a flushed chain be empty. */
export function isSureChange(operation: Operation): boolean {
  switch (operation.object) {
    case "table":
      return operation.verb === "delete";
    case "chain":
      return operation.verb !== "flush";
    case "elements":
      return operation.keys.count > 0;
    case "entries":
      return operation.entries.length > 0;
    case "rule":
    case "set":
    case "map":
      return true;
  }
}

/** As the notifications of the batch would tell it. */
export function touchedBy({ operations }: Batch): Touched {
  const chains = new Set<string>();
  const sets = new Set<string>();
  for (const operation of operations) {
    if (operation.object === "table" || (operation.object === "chain" && operation.verb === "flush" && operation.name === undefined)) return { kind: "table" };
    const [part, name] = partOf(operation);
    (part === "chain" ? chains : sets).add(name);
  }
  return { kind: "parts", chains, sets };
}

export function partOf(operation: Exclude<Operation, { readonly object: "table" }>): readonly ["chain" | "set", string] {
  switch (operation.object) {
    case "chain":
      return ["chain", operation.verb === "add" ? operation.chain.name : (operation.name ?? "")];
    case "rule":
      return ["chain", operation.chain];
    case "set":
      return ["set", operation.verb === "add" ? operation.set.name : operation.name];
    case "elements":
      return ["set", operation.set.name];
    case "map":
      return ["set", operation.verb === "add" ? operation.map.name : operation.name];
    case "entries":
      return ["set", operation.map.name];
  }
}

/** What becomes of the chains whose handles are known. */
export interface Edits {
  /** Whether the kernel is to send back the rule that the operation with this index makes. */
  asksEcho(index: number): boolean;
  /** The handles of each edited chain after the batch; of one that is left out nothing is known any more. */
  after(echoes: Echoes): ReadonlyMap<string, Handles>;
}

/** `known` are the handles of the chains that the batch finds. */
export function planEdits(batch: Batch, known: (chain: string) => Handles | undefined): Edits {
  const { operations } = batch;
  const lost = refilled(batch);
  const edited = new Map<string, { readonly before: Handles; readonly indexes: number[] }>();
  const echoed = new Set<number>();
  for (let index = 0; index < operations.length; index++) {
    const operation = operations[index] as Operation;
    if (operation.object !== "rule" || lost === "all" || lost.has(operation.chain)) continue;
    const before = known(operation.chain);
    if (before === undefined) continue;
    const isNew = operation.verb !== "delete";
    if (isNew && echoed.size === mostEchoes) lost.add(operation.chain);
    else if (isNew) echoed.add(index);
    const edits = edited.get(operation.chain);
    if (edits) edits.indexes.push(index);
    else edited.set(operation.chain, { before, indexes: [index] });
  }
  return {
    asksEcho: (index) => echoed.has(index),
    after: (echoes) => {
      const kept = new Map<string, Handles>();
      for (const [chain, { before, indexes }] of edited) {
        const edits = indexes.map((index) => ({ operation: operations[index] as RuleOperation, handle: echoes.get(index) }));
        const handles = lost === "all" || lost.has(chain) ? undefined : handlesAfter(before, edits);
        if (handles) kept.set(chain, handles);
      }
      return kept;
    },
  };
}

/** Chains that do not keep the rules they have. */
function refilled({ operations }: Batch): Set<string> | "all" {
  const chains = new Set<string>();
  for (const operation of operations) {
    if (operation.object === "table") return "all";
    if (operation.object !== "chain") continue;
    const name = operation.verb === "add" ? operation.chain.name : operation.name;
    if (name === undefined) return "all";
    chains.add(name);
  }
  return chains;
}

/** Undefined where the handle of a new rule is not known. */
function handlesAfter(before: Handles, edits: readonly { readonly operation: RuleOperation; readonly handle: number | undefined }[]): Handles | undefined {
  const added = new Map<number, number[]>();
  const changed = new Map<number, number | undefined>();
  for (const { operation, handle } of edits) {
    if (operation.verb !== "delete" && handle === undefined) return undefined;
    const at = placeOf(operation) ?? before.length;
    if (operation.verb === "add") added.set(at, [...(added.get(at) ?? []), handle ?? 0]);
    else changed.set(at, handle);
  }
  const after: number[] = [];
  for (let at = 0; at <= before.length; at++) {
    after.push(...(added.get(at) ?? []));
    const stays = changed.has(at) ? changed.get(at) : before[at];
    if (stays !== undefined) after.push(stays);
  }
  return after;
}
