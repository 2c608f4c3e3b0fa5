// A batch of the plan into one netlink batch: each operation becomes the messages that carry it out, and every message remembers
// its operation, so that a refusal can be told in the plan's words; indexes of rules become handles. Knows the plan and the codec; sends nothing.

import { type BatchOptions, BatchWriter, type EncodedBatch, messageIndex } from "../../native/codec/batch.ts";
import { addChain, deleteChain } from "../../native/codec/chain.ts";
import { writeElements, writeVerdictElements } from "../../native/codec/element.ts";
import type { CodecError } from "../../native/codec/error.ts";
import { appendRule, deleteRule, deleteRules, insertRule, type RuleToSend, replaceRule } from "../../native/codec/rule.ts";
import { addSet, deleteSet } from "../../native/codec/set.ts";
import { addTable, deleteTable } from "../../native/codec/table.ts";
import type { Batch, Operation } from "../../rules/diff/types.ts";
import { commentText, originComment } from "../../rules/ruleset/comment.ts";
import { capacity, declaredSize, encodeKey } from "../../rules/ruleset/keys.ts";
import { lowerRule } from "../../rules/ruleset/lower.ts";
import type { NftMap, NftSet, Rule } from "../../rules/ruleset/types.ts";
import { placeOf } from "./edits.ts";
import type { Handles } from "./handles.ts";

/** Bytes of a usual rule; large operations reserve their own. */
const OPERATION_ROOM = 640;

/**
 * What all messages of a rule say, so that a table that somebody has deleted is sent again without work for its rules. Each takes nearly a kilobyte:
 * those of larger batches are not kept.
 */
const bodies = new WeakMap<Rule, Uint8Array>();
const mostKept = 4096;

export interface EncodedOperations extends EncodedBatch {
  /** The operation that the message with this sequence number belongs to. None for the batch's own begin and end. */
  operationOf(sequence: number): Operation | undefined;
  indexOf(sequence: number): number | undefined;
}

export interface Placing {
  /** Handles of the rules that the chain has when the batch begins, in order; asked for where an operation says an index. */
  handlesOf(chain: string): Handles | undefined;
  /** Whether the kernel is to send back the rule of the operation with this index. */
  asksEcho(index: number): boolean;
}

const nowhere: Placing = { handlesOf: () => undefined, asksEcho: () => false };

export type Encoding =
  | { readonly ok: true; readonly encoded: EncodedOperations }
  /** The operation has a value that no message can carry. */
  | { readonly ok: false; readonly operation: Operation; readonly error: CodecError }
  /** The chain has no rule where the operation says. */
  | { readonly ok: false; readonly operation: Operation; readonly error: undefined };

export function encodeOperations({ table, operations }: Batch, options: BatchOptions, placing = nowhere): Encoding {
  const batch = new BatchWriter({ capacity: OPERATION_ROOM * operations.length, ...options });
  /** Index of the operation of each message. */
  const owners: number[] = [];
  const isKept = operations.length <= mostKept;
  for (let index = 0; index < operations.length; index++) {
    const operation = operations[index] as Operation;
    if (operation.object === "rule") {
      if (!encodeRule(batch, { table, operation, index, isKept }, placing)) return { ok: false, operation, error: undefined };
    } else encodeOperation(batch, table, operation);
    if (batch.failure) return { ok: false, operation, error: batch.failure };
    while (owners.length < batch.count) owners.push(index);
  }
  const encoded = batch.finish();
  const indexOf = (sequence: number): number | undefined => owners[(messageIndex(encoded, sequence) ?? 0) - 1];
  const operationOf = (sequence: number): Operation | undefined => operations[indexOf(sequence) ?? -1];
  return { ok: true, encoded: { ...encoded, operationOf, indexOf } };
}

interface RuleOperation {
  readonly table: string;
  readonly operation: Extract<Operation, { readonly object: "rule" }>;
  readonly index: number;
  /** Whether what was written is remembered. */
  readonly isKept: boolean;
}

/** False where the chain has no rule at the place. */
function encodeRule(batch: BatchWriter, { table, operation, index, isKept }: RuleOperation, { handlesOf, asksEcho }: Placing): boolean {
  const { chain } = operation;
  const at = placeOf(operation);
  const handle = at === undefined ? undefined : handlesOf(chain)?.[at];
  if (at !== undefined && handle === undefined) return false;
  if (operation.verb === "delete") {
    deleteRule(batch, { table, chain }, handle ?? 0);
    return true;
  }
  const { rule } = operation;
  const body = sendRule(batch, toSend(rule, table, chain), { verb: operation.verb, handle, echo: asksEcho(index) });
  if (isKept && batch.failure === undefined && !bodies.has(rule)) bodies.set(rule, body.slice());
  return true;
}

function toSend(rule: Rule, table: string, chain: string): RuleToSend {
  const body = bodies.get(rule);
  return body === undefined ? { table, chain, expressions: lowerRule(rule), comment: originComment(rule.origin) } : { table, chain, body };
}

interface Sending {
  readonly verb: "add" | "replace";
  readonly handle: number | undefined;
  readonly echo: boolean;
}

function sendRule(batch: BatchWriter, rule: RuleToSend, { verb, handle, echo }: Sending): Uint8Array {
  if (handle === undefined) return appendRule(batch, rule, echo);
  return verb === "add" ? insertRule(batch, rule, { before: handle, echo }) : replaceRule(batch, rule, { handle, echo });
}

function encodeOperation(batch: BatchWriter, table: string, operation: Exclude<Operation, { readonly object: "rule" }>): void {
  switch (operation.object) {
    case "table": {
      const owned = operation.verb === "add" && operation.owned === true;
      if (operation.verb === "delete") deleteTable(batch, table);
      else addTable(batch, { name: table, dormant: false, owner: owned, persist: owned, comment: "" });
      break;
    }
    case "chain":
      encodeChain(batch, table, operation);
      break;
    case "set":
      if (operation.verb === "delete") deleteSet(batch, table, operation.name);
      else addSet(batch, { ...setHead(table, operation.set), size: declaredSize(operation.set) ?? 0 });
      break;
    case "elements":
      writeElements(batch, operation.verb, { ...operation.set, table }, operation.keys);
      break;
    case "map":
      if (operation.verb === "delete") deleteSet(batch, table, operation.name);
      else addSet(batch, { ...setHead(table, operation.map), ...countersOf(operation.map), map: true, size: capacity(operation.map.entries.length) });
      break;
    case "entries":
      writeVerdictElements(batch, operation.verb, { ...operation.map, table, flavour: "hash" }, verdictElements(operation));
      break;
  }
}

function encodeChain(batch: BatchWriter, table: string, operation: Extract<Operation, { readonly object: "chain" }>): void {
  switch (operation.verb) {
    case "add": {
      const { chain } = operation;
      addChain(batch, { table, name: chain.name, ...(chain.kind === "base" ? { base: { hook: chain.hook, priority: chain.priority } } : {}) });
      break;
    }
    case "delete":
      deleteChain(batch, table, operation.name);
      break;
    case "flush":
      deleteRules(batch, table, operation.name);
      break;
  }
}

function setHead(table: string, set: NftSet | NftMap) {
  const flavour: NftSet["flavour"] = "flavour" in set ? set.flavour : "hash";
  return { table, name: set.name, types: set.types, flavour, map: false, comment: commentText(set.comment) };
}

function countersOf({ counters }: NftMap): Pick<NftMap, "counters"> {
  return counters === undefined ? {} : { counters };
}

function verdictElements({ map, entries }: Extract<Operation, { readonly object: "entries" }>) {
  return entries.map(({ key, verdict, origin }) => {
    return { key: encodeKey(map.types, key), verdict, ...(origin === undefined ? {} : { comment: originComment(origin) }) };
  });
}
