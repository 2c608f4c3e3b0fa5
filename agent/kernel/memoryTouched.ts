// What a batch touches of a table, as the notifications of a real kernel would tell it, and what is still known of the table after that.

import type { Actual, Batch, Operation } from "../../rules/diff/types.ts";
import { isSureChange, partOf } from "./edits.ts";
import type { Touched } from "./interface.ts";
import type { MemoryTable } from "./memoryTable.ts";

interface Parts {
  readonly chains: Set<string>;
  readonly sets: Set<string>;
}

/** `found` is the table before the batch and `left` after it. */
export function touchedBy({ operations }: Batch, found: MemoryTable | undefined, left: MemoryTable | undefined): Touched {
  const parts: Parts = { chains: new Set(), sets: new Set() };
  const isAnother = found?.ownership !== left?.ownership || (found === undefined) !== (left === undefined);
  if (isAnother || operations.some(({ verb, object }) => verb === "delete" && object === "table")) return { kind: "table" };
  for (const operation of operations) touch(operation, parts, found);
  return parts.chains.size + parts.sets.size === 0 ? { kind: "nothing" } : { kind: "parts", ...parts };
}

/** What was not touched. */
export function withoutTouched({ chains, sets, maps }: Actual, touched: Extract<Touched, { readonly kind: "parts" }>): Actual {
  const isKnown = ({ name }: { readonly name: string }) => !touched.sets.has(name);
  return { chains: chains.filter(({ name }) => !touched.chains.has(name)), sets: sets.filter(isKnown), maps: maps.filter(isKnown) };
}

function touch(operation: Operation, parts: Parts, found: MemoryTable | undefined): void {
  if (operation.object === "table") return;
  if (operation.object === "chain" && operation.verb === "flush") {
    for (const name of flushedBy(operation, found)) parts.chains.add(name);
  } else if (isSureChange(operation)) {
    const [part, name] = partOf(operation);
    (part === "chain" ? parts.chains : parts.sets).add(name);
  }
}

/** Of a flush the kernel tells rule by rule (nf_tables_delrule). */
function flushedBy({ name: flushed }: { readonly name?: string }, found: MemoryTable | undefined): readonly string[] {
  const chains = [...(found?.chains ?? [])].filter(([name]) => flushed === undefined || flushed === name);
  return chains.filter(([, { rules }]) => rules.length > 0).map(([name]) => name);
}
