// A kernel in memory that behaves: it takes the batches the real one takes, refuses what the real one refuses with the same error
// numbers, counts generations and tells its watchers. Tests inject faults into it. It judges no packets and knows no netlink.

import { describeOperation } from "../../rules/diff/plan.ts";
import type { Actual, Batch, Operation } from "../../rules/diff/types.ts";
import type { Rule } from "../../rules/ruleset/types.ts";
import { type Committed, type Kernel, KernelError, type KernelEvent, type Ownership, type Touched } from "./interface.ts";
import { jumpsTooDeep, listMemory } from "./memoryListing.ts";
import { applyOperation, type Draft, hasPlace, type MemoryTable, type Owner, Refused, startDraft } from "./memoryTable.ts";
import { touchedBy, withoutTouched } from "./memoryTouched.ts";
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
  /** Somebody else commits, by a socket that is closed at once. @throws KernelError */
  commitAs(committer: Committer, batch: Batch): void;
  /** Another process on the same ruleset. Tables that it owns are orphans when it closes. */
  another(committer: Committer): Kernel;
  /** Notifications are lost. */
  overflow(): void;
}

export type Judge = (operation: Operation, index: number) => string | undefined;

export interface Committer {
  readonly processId: number;
  readonly processName: string;
}

type Tables = ReadonlyMap<string, MemoryTable>;
type Listener = (event: KernelEvent) => void;

/** What all sockets see. */
interface World {
  tables: Tables;
  generation: number;
  /** With the table that each wants to hear of. */
  readonly listeners: Map<Listener, string>;
}

export function createMemoryKernel(own: Committer = { processId: 1, processName: "hostward" }): MemoryKernel {
  const world: World = { tables: new Map(), generation: 1, listeners: new Map() };
  const commits: Batch[] = [];
  let permitted = true;
  let judge: Judge | undefined;
  const socket = openSocket(world, own, (operation, index) => judge?.(operation, index));
  return {
    ...socket,
    commits,
    commit: async (batch, options) => {
      if (batch.operations.length > 0 && !permitted) throw notPermitted(undefined);
      const committed = await socket.commit(batch, options);
      if (batch.operations.length > 0) commits.push(batch);
      return committed;
    },
    rules: (table, chain) =>
      world.tables
        .get(table)
        ?.chains.get(chain)
        ?.rules.map(({ rule }) => rule),
    refuse: (next) => {
      judge = next;
    },
    permit: (next) => {
      permitted = next;
    },
    commitAs: (committer, batch) => {
      const sender: Sender = { committer, refuse: undefined };
      transact(world, batch, sender);
      release(world, sender);
    },
    another: (committer) => openSocket(world, committer, undefined),
    overflow: () => {
      for (const listener of world.listeners.keys()) tell(world, listener, { kind: "overflow" });
    },
  };
}

/** A socket: it may own tables. */
interface Sender extends Owner {
  readonly committer: Committer;
  readonly refuse: Judge | undefined;
}

function openSocket(world: World, committer: Committer, refuse: Judge | undefined): Kernel {
  const sender: Sender = { committer, refuse };
  const own = new Set<Listener>();
  return {
    read: async (table, from) => {
      const held = world.tables.get(table);
      const { generation } = world;
      return { generation, actual: readTable(held, from), ownership: ownershipOf(held, sender) };
    },
    generation: async () => world.generation,
    canOwn: async () => true,
    commit: async (batch, { generation: expected } = {}) => {
      if (batch.operations.length === 0) return committed(batch, world.generation);
      if (expected !== undefined && expected !== world.generation) throw staleGeneration(undefined);
      transact(world, batch, sender);
      return committed(batch, world.generation);
    },
    watch: (table, listener) => {
      const watcher: Listener = (event) => listener(event);
      own.add(watcher);
      world.listeners.set(watcher, table);
      return () => void world.listeners.delete(watcher);
    },
    close: () => {
      for (const watcher of own) world.listeners.delete(watcher);
      release(world, sender);
    },
  };
}

function readTable(held: MemoryTable | undefined, from: { readonly actual: Actual; readonly touched: Touched } | undefined): Actual | undefined {
  switch (from?.touched.kind) {
    case undefined:
    case "table":
      return listMemory(held);
    case "nothing":
      return from?.actual;
    case "parts":
      return listMemory(held, withoutTouched(from.actual, from.touched));
  }
}

function ownershipOf(table: MemoryTable | undefined, sender: Sender): Ownership {
  const owner = table?.ownership?.owner;
  if (owner === undefined) return "nobody";
  if (owner === "orphan") return "orphan";
  return owner === sender ? "us" : "other";
}

/** As the kernel does when a socket that owns tables is gone (nft_rcv_nl_event): they stay, and anybody may change them. */
function release(world: World, sender: Sender): void {
  const isOwn = (table: MemoryTable) => table.ownership?.owner === sender;
  const orphaned = [...world.tables].map(([name, table]) => [name, isOwn(table) ? { ...table, ownership: { owner: "orphan" as const } } : table] as const);
  world.tables = new Map(orphaned);
}

function transact(world: World, batch: Batch, sender: Sender): void {
  const { tables } = world;
  const after = tablesAfter(tables, batch, sender);
  if (after === tables) return;
  world.tables = after;
  world.generation++;
  const touched = touchedBy(batch, tables.get(batch.table), after.get(batch.table));
  for (const [listener, table] of world.listeners) {
    const seen: Touched = table === batch.table ? touched : { kind: "nothing" };
    tell(world, listener, { kind: "generation", generation: world.generation, ...sender.committer, touched: seen });
  }
}

function tell({ listeners }: World, listener: Listener, event: KernelEvent): void {
  setImmediate(() => listeners.has(listener) && listener(event));
}

/** The tables as they are after the batch; the same map where it changes nothing. @throws KernelError */
function tablesAfter(tables: Tables, batch: Batch, sender: Sender): Tables {
  const draft = runBatch(tables, batch, sender);
  if (!draft.changed) return tables;
  if (draft.table && jumpsTooDeep(draft.table)) throw refused({ operation: deepening(tables, batch, sender), errno: "EMLINK" });
  const after = new Map(tables);
  if (draft.table) after.set(batch.table, draft.table);
  else after.delete(batch.table);
  return after;
}

function runBatch(tables: Tables, batch: Batch, sender: Sender): Draft {
  const draft = startDraft(tables.get(batch.table), sender);
  batch.operations.forEach((operation, index) => {
    const injected = sender.refuse?.(operation, index);
    if (injected !== undefined) throw refused({ operation, errno: injected });
    if (!hasPlace(draft, operation)) throw new KernelError("stale", `${describeOperation(operation)}: the chain has no rule there`, { operation });
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
function deepening(tables: Tables, batch: Batch, sender: Sender): Operation | undefined {
  const draft = startDraft(tables.get(batch.table), sender);
  return batch.operations.find((operation) => {
    applyOperation(draft, operation);
    return draft.table !== undefined && jumpsTooDeep(draft.table);
  });
}

function committed({ operations }: Batch, generation: number): Committed {
  return { generation, messages: operations.length, bytes: 0, encodeMicroseconds: 0, sendMicroseconds: 0 };
}
