// A table whose flags have to change: who owns a table is said when it is made (kernel nf_tables_updtable refuses it later, but for an orphan
// that is adopted). So it is deleted and made anew, and meanwhile a second table with the same rules stands in front of everything.

import type { Ruleset } from "../ruleset/types.ts";
import { diff } from "./diff.ts";
import type { Actual, Batch, Operation, Transaction } from "./types.ts";

export interface Takeover {
  /** Only this socket may change the table, and it outlives the socket. */
  readonly owned: boolean;
  /** The table has lost its owner: it has to be adopted before anything can be changed. */
  readonly isOrphan: boolean;
  /** The table is there, and owned though it should not be, or the other way round. */
  readonly isOtherwise: boolean;
}

/** The name of the table that shields the host while its own is made anew. One that a killed process has left is to be deleted. */
export function shieldOf(table: string): string {
  return `${table}-shield`;
}

/** As diff, and afterwards the table is owned or not, as asked. */
export function diffOwned(actual: Actual | undefined, desired: Ruleset, { owned, isOrphan, isOtherwise }: Takeover): Transaction {
  const { table } = desired;
  const adopt = isOrphan ? [batchOf(table, [{ verb: "add", object: "table", owned: true }])] : [];
  if (!isOtherwise) return { batches: [...adopt, ...made(diff(actual, desired), owned)] };
  const shield = shieldOf(table);
  return {
    batches: [...adopt, ...diff(undefined, { ...desired, table: shield }).batches, removal(table), ...made(diff(undefined, desired), owned), removal(shield)],
  };
}

/** Deletes a table with all that is in it. */
export function removal(table: string): Batch {
  return batchOf(table, [{ verb: "delete", object: "table" }]);
}

function made({ batches }: Transaction, owned: boolean): readonly Batch[] {
  if (!owned) return batches;
  const asOwner = (operation: Operation): Operation => (operation.object === "table" && operation.verb === "add" ? { ...operation, owned } : operation);
  return batches.map((batch) => ({ ...batch, operations: batch.operations.map(asOwner) }));
}

function batchOf(table: string, operations: readonly Operation[]): Batch {
  return { table, operations };
}
