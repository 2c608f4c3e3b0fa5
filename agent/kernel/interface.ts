// What the rest of the agent knows of a kernel: read the table, commit a batch atomically, hear of foreign changes.
// netlink.ts is the real one, memory.ts a fake that behaves; both pass test/agent/kernel/conformance.ts.

import type { Actual, Batch, Operation } from "../../rules/diff/types.ts";

export interface Kernel {
  /** What the kernel holds of the table, and the generation at which it was read. Undefined when there is no such table. */
  read(table: string): Promise<{ readonly generation: number; readonly actual: Actual | undefined }>;
  generation(): Promise<number>;
  /**
   * Applies one batch, all of it or nothing. With `generation` the commit succeeds only if nobody changed the ruleset since.
   * @throws KernelError
   */
  commit(batch: Batch, options?: { readonly generation?: number }): Promise<Committed>;
  /** Calls back after every ruleset change in this network namespace, also our own. Returns the way to stop it. */
  watch(listener: (event: KernelEvent) => void): () => void;
  close(): void;
}

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
  | { readonly kind: "generation"; readonly generation: number; readonly processId: number; readonly processName: string }
  /** Notifications were lost: whatever is known of the kernel is unknown now. */
  | { readonly kind: "overflow" };

export type KernelErrorCode =
  /** The kernel refused an operation: `operation` says which. */
  | "refused"
  /** The generation was not the expected one (ERESTART): read again. */
  | "stale"
  /** No CAP_NET_ADMIN in this namespace. */
  | "permission"
  /** A feature this kernel lacks; the message names the version that brought it. */
  | "unsupported"
  /** The socket failed (ENOBUFS, ENOMEM, closed). */
  | "socket";

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
