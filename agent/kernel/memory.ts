// A kernel in memory that behaves: it takes the batches the real one takes, refuses what the real one refuses with the same error
// numbers, counts generations and tells its watchers. Tests inject faults into it. It judges no packets and knows no netlink.

import type { Batch, Operation } from "../../rules/diff/types.ts";
import type { Rule } from "../../rules/ruleset/types.ts";
import type { Committed, Kernel, KernelEvent } from "./interface.ts";
import { jumpsTooDeep, listMemory } from "./memoryListing.ts";
import { applyOperation, copyTable, type Draft, type MemoryTable, Refused } from "./memoryTable.ts";
import { notPermitted, refused, staleGeneration } from "./refused.ts";

export interface MemoryKernel extends Kernel {
  /** Batches that were committed through this kernel, in order. */
  readonly commits: readonly Batch[];
  /** Rules of one chain, in order; undefined where there is no such chain. */
  rules(table: string, chain: string): readonly Rule[] | undefined;
  /** Refuses the operations of later commits for which this gives the name of an error number; undefined: none any more. */
  refuse(judge: Judge | undefined): void;
  /** Whether the process may change anything. */
  permit(permitted: boolean): void;
  /** Somebody else commits. @throws KernelError */
  commitAs(committer: Committer, batch: Batch): void;
  /** Notifications are lost. */
  overflow(): void;
}

export type Judge = (operation: Operation, index: number) => string | undefined;

export interface Committer {
  readonly processId: number;
  readonly processName: string;
}

type Tables = ReadonlyMap<string, MemoryTable>;

export function createMemoryKernel(own: Committer = { processId: 1, processName: "hostward" }): MemoryKernel {
  const commits: Batch[] = [];
  const listeners = new Set<(event: KernelEvent) => void>();
  let tables: Tables = new Map();
  let generation = 1;
  let permitted = true;
  let judge: Judge | undefined;

  const tell = (event: KernelEvent): void => {
    for (const listener of listeners) setImmediate(() => listeners.has(listener) && listener(event));
  };
  const transact = (batch: Batch, committer: Committer, refuse: Judge | undefined): void => {
    const after = tablesAfter(tables, batch, refuse);
    if (after === tables) return;
    tables = after;
    generation++;
    tell({ kind: "generation", generation, ...committer });
  };

  return {
    commits,
    read: async (table) => ({ generation, actual: listMemory(tables.get(table)) }),
    generation: async () => generation,
    canOwn: async () => true,
    commit: async (batch, { generation: expected } = {}) => {
      if (batch.operations.length === 0) return committed(batch, generation);
      if (!permitted) throw notPermitted(undefined);
      if (expected !== undefined && expected !== generation) throw staleGeneration(undefined);
      transact(batch, own, judge);
      commits.push(batch);
      return committed(batch, generation);
    },
    watch: (listener) => {
      const watcher = (event: KernelEvent): void => listener(event);
      listeners.add(watcher);
      return () => void listeners.delete(watcher);
    },
    close: () => listeners.clear(),
    rules: (table, chain) => tables.get(table)?.chains.get(chain)?.rules,
    refuse: (next) => {
      judge = next;
    },
    permit: (next) => {
      permitted = next;
    },
    commitAs: (committer, batch) => transact(batch, committer, undefined),
    overflow: () => tell({ kind: "overflow" }),
  };
}

/** The tables as they are after the batch; the same map where it changes nothing. @throws KernelError */
function tablesAfter(tables: Tables, batch: Batch, refuse: Judge | undefined): Tables {
  const draft = runBatch(tables, batch, refuse);
  if (!draft.changed) return tables;
  if (draft.table && jumpsTooDeep(draft.table)) throw refused({ operation: deepening(tables, batch), errno: "EMLINK" });
  const after = new Map(tables);
  if (draft.table) after.set(batch.table, draft.table);
  else after.delete(batch.table);
  return after;
}

function runBatch(tables: Tables, batch: Batch, refuse: Judge | undefined): Draft {
  const draft: Draft = { table: copyTable(tables.get(batch.table)), changed: false };
  batch.operations.forEach((operation, index) => {
    const injected = refuse?.(operation, index);
    if (injected !== undefined) throw refused({ operation, errno: injected });
    try {
      applyOperation(draft, operation);
    } catch (error) {
      if (error instanceof Refused) throw refused({ operation, errno: error.errno });
      throw error;
    }
  });
  return draft;
}

/** Which operation made the jumps too deep: as the kernel does, by running the batch again with a look after each (nf_tables_validate). */
function deepening(tables: Tables, batch: Batch): Operation | undefined {
  const draft: Draft = { table: copyTable(tables.get(batch.table)), changed: false };
  return batch.operations.find((operation) => {
    applyOperation(draft, operation);
    return draft.table !== undefined && jumpsTooDeep(draft.table);
  });
}

function committed({ operations }: Batch, generation: number): Committed {
  return { generation, messages: operations.length, bytes: 0, encodeMicroseconds: 0, sendMicroseconds: 0 };
}
