// What the rest of the agent knows of a kernel: read the table, commit a batch atomically, hear of foreign changes.
// netlink.ts is the real one, memory.ts a fake that behaves; both pass test/agent/kernel/conformance.ts.

import type { Actual, Batch, Operation } from "../../rules/diff/types.ts";

export interface Kernel {
  /**
   * What the kernel holds of the table. With `from`, what that held but for what was touched since, which alone is asked for; that is the truth only if
   * nothing else was touched up to the generation of the reading, which the caller compares with the one up to which `touched` tells.
   */
  read(table: string, from?: { readonly actual: Actual; readonly touched: Touched }): Promise<Reading>;
  generation(): Promise<number>;
  /** Whether a table can belong to this socket and outlive it (Linux 6.9). */
  canOwn(): Promise<boolean>;
  /**
   * Applies one batch, all of it or nothing. With `generation` the commit succeeds only if nobody changed the ruleset since. An index where the chain
   * has no rule is "stale", too. Waits until the packets are through that were on their way when the commits landed that it keeps apart from: two of them
   * within a packet's way would show it rules of the second among those that it began with.
   * @throws KernelError
   */
  commit(batch: Batch, options?: CommitOptions): Promise<Committed>;
  /** Calls back after every ruleset change in this network namespace, also our own, and tells what of the table it touched. Returns the way to stop it. */
  watch(table: string, listener: (event: KernelEvent) => void): () => void;
  close(): void;
}

export interface CommitOptions {
  readonly generation?: number;
  /** "everybody" when absent. What puts back what another's commit took away shows no packet anything new: "ours" is enough. A new table: "nobody". */
  readonly apartFrom?: "everybody" | "ours" | "nobody";
}

export interface Reading {
  /** At which it was read. */
  readonly generation: number;
  /** Undefined when there is no such table. */
  readonly actual: Actual | undefined;
  readonly ownership: Ownership;
}

/** Whose the table is (NFT_TABLE_F_OWNER): anybody's, this kernel socket's, another living socket's, or one's that is gone. Of a missing table: "nobody". */
export type Ownership = "nobody" | "us" | "other" | "orphan";

/** What of a table a commit touched, by its notifications. `sets` are sets and maps, their elements too; `chains` also those whose rules. */
export type Touched =
  | { readonly kind: "nothing" }
  | { readonly kind: "parts"; readonly chains: ReadonlySet<string>; readonly sets: ReadonlySet<string> }
  /** The table itself came, went or changed. */
  | { readonly kind: "table" };

export interface Committed {
  readonly generation: number;
  readonly messages: number;
  readonly bytes: number;
  /** User time to encode, and wall time inside the kernel's sendmsg, in microseconds. */
  readonly encodeMicroseconds: number;
  readonly sendMicroseconds: number;
}

export type KernelEvent =
  /** processId and processName are those of the committer (NFTA_GEN_PROC_*). */
  | { readonly kind: "generation"; readonly generation: number; readonly processId: number; readonly processName: string; readonly touched: Touched }
  /** Notifications were lost: whatever is known of the kernel is unknown now. */
  | { readonly kind: "overflow" };

export type KernelErrorCode =
  /** The kernel refused an operation: `operation` says which. */
  | "refused"
  /** The generation was not the expected one (ERESTART): read again. */
  | "stale"
  /** No CAP_NET_ADMIN in this namespace. */
  | "permission"
  /** The table belongs to another process (NFT_TABLE_F_OWNER). */
  | "owned"
  /** A feature this kernel lacks; the message names the version that brought it. */
  | "unsupported"
  /** The socket failed (ENOMEM, closed), or an answer to a question was lost (ENOBUFS). Nothing was committed. */
  | "socket"
  /** The answer to a commit was lost: it may have landed. Read again. */
  | "unknown";

export class KernelError extends Error {
  override readonly name = "KernelError";
  readonly code: KernelErrorCode;
  readonly errno: string | undefined;
  readonly operation: Operation | undefined;

  constructor(code: KernelErrorCode, message: string, details: { errno?: string; operation?: Operation; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.errno = details.errno;
    this.operation = details.operation;
  }
}
