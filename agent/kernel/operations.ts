// A batch of the plan into one netlink batch: each operation becomes the messages that carry it out, and every message remembers
// its operation, so that a refusal can be told in the plan's words. Knows the plan and the codec; sends nothing.

import { type BatchOptions, BatchWriter, type EncodedBatch, messageIndex } from "../../native/codec/batch.ts";
import { addChain, deleteChain } from "../../native/codec/chain.ts";
import { writeElements, writeVerdictElements } from "../../native/codec/element.ts";
import type { CodecError } from "../../native/codec/error.ts";
import { appendRule, deleteRules } from "../../native/codec/rule.ts";
import { addSet, deleteSet } from "../../native/codec/set.ts";
import { addTable, deleteTable } from "../../native/codec/table.ts";
import type { Batch, Operation } from "../../rules/diff/types.ts";
import { commentText, originComment } from "../../rules/ruleset/comment.ts";
import { capacity, declaredSize, encodeKey } from "../../rules/ruleset/keys.ts";
import { lowerRule } from "../../rules/ruleset/lower.ts";
import type { NftMap, NftSet } from "../../rules/ruleset/types.ts";

/** Bytes of a usual rule; large operations reserve their own. */
const OPERATION_ROOM = 640;

export interface EncodedOperations extends EncodedBatch {
  /** The operation that the message with this sequence number belongs to. None for the batch's own begin and end. */
  operationOf(sequence: number): Operation | undefined;
}

export type Encoding =
  | { readonly ok: true; readonly encoded: EncodedOperations }
  /** The operation has a value that no message can carry. */
  | { readonly ok: false; readonly operation: Operation; readonly error: CodecError };

export function encodeOperations({ table, operations }: Batch, options: BatchOptions): Encoding {
  const batch = new BatchWriter({ capacity: OPERATION_ROOM * operations.length, ...options });
  /** Index of the last message of each operation. */
  const lasts: number[] = [];
  for (const operation of operations) {
    encodeOperation(batch, table, operation);
    if (batch.failure) return { ok: false, operation, error: batch.failure };
    lasts.push(batch.count);
  }
  const encoded = batch.finish();
  const operationOf = (sequence: number): Operation | undefined => {
    const index = messageIndex(encoded, sequence);
    return index === undefined || index === 0 ? undefined : operations[lasts.findIndex((last) => index <= last)];
  };
  return { ok: true, encoded: { ...encoded, operationOf } };
}

function encodeOperation(batch: BatchWriter, table: string, operation: Operation): void {
  switch (operation.object) {
    case "table":
      if (operation.verb === "delete") deleteTable(batch, table);
      else addTable(batch, { name: table, dormant: false, owner: false, persist: false, comment: "" });
      break;
    case "chain":
      encodeChain(batch, table, operation);
      break;
    case "rule": {
      const { chain, rule } = operation;
      appendRule(batch, { table, chain, expressions: lowerRule(rule), comment: originComment(rule.origin) });
      break;
    }
    case "set":
      if (operation.verb === "delete") deleteSet(batch, table, operation.name);
      else addSet(batch, { ...setHead(table, operation.set), size: declaredSize(operation.set) ?? 0 });
      break;
    case "elements":
      writeElements(batch, operation.verb, { ...operation.set, table }, operation.keys);
      break;
    case "map":
      if (operation.verb === "delete") deleteSet(batch, table, operation.name);
      else addSet(batch, { ...setHead(table, operation.map), map: true, size: capacity(operation.map.entries.length) });
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

function verdictElements({ map, entries }: Extract<Operation, { readonly object: "entries" }>) {
  return entries.map(({ key, verdict }) => ({ key: encodeKey(map.types, key), verdict }));
}
