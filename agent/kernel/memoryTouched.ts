// What a batch touches of a table, as the notifications of a real kernel would tell it, and what is still known of the table after that.

import type { Actual, Batch, Operation } from "../../rules/diff/types.ts";
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

function touch(operation: Operation, { chains, sets }: Parts, found: MemoryTable | undefined): void {
  switch (operation.object) {
    case "table":
      break;
    case "chain":
      for (const name of chainsOf(operation, found)) chains.add(name);
      break;
    case "rule":
      chains.add(operation.chain);
      break;
    case "set":
      sets.add(operation.verb === "add" ? operation.set.name : operation.name);
      break;
    case "map":
      sets.add(operation.verb === "add" ? operation.map.name : operation.name);
      break;
    case "elements":
      if (operation.keys.count > 0) sets.add(operation.set.name);
      break;
    case "entries":
      if (operation.entries.length > 0) sets.add(operation.map.name);
      break;
  }
}

/** Of a flush the kernel tells rule by rule (nf_tables_delrule). */
function chainsOf(operation: Extract<Operation, { readonly object: "chain" }>, found: MemoryTable | undefined): readonly string[] {
  if (operation.verb === "add") return [operation.chain.name];
  if (operation.verb === "delete") return [operation.name];
  const chains = [...(found?.chains ?? [])].filter(([name]) => operation.name === undefined || operation.name === name);
  return chains.filter(([, { rules }]) => rules.length > 0).map(([name]) => name);
}
