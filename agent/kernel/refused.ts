// The words of a refused operation, the same for the real kernel and for the one in memory: what an error number means for it, and
// its line in nft words, in which a rule's comment says whence it came.

import { describeOperation } from "../../rules/diff/plan.ts";
import type { Operation } from "../../rules/diff/types.ts";
import { KernelError, type KernelErrorCode } from "./interface.ts";

/** Kernel nf_tables_api.c: the functions behind NEWRULE, DELCHAIN, NEWSETELEM and so on. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ["EEXIST", "it is there already"],
  ["ENOENT", "it names something that is not there"],
  ["EBUSY", "it is still in use"],
  ["ENFILE", "the set is full: its declared size cannot grow"],
  ["EMLINK", "jumps go deeper than 15, or in a loop"],
  // nf_tables_check_loops, of kernels that look for loops and for depth apart.
  ["ELOOP", "jumps go in a loop"],
  ["EINVAL", "the kernel finds it malformed"],
  ["ENOMEM", "the kernel has no memory for it"],
  ["EPERM", "the table belongs to another process, which alone can change it as long as it runs"],
  ["ENOTSUP", "this kernel cannot do it"],
  ["ENOTSUPP", "this kernel cannot do it"],
]);

const CODES: ReadonlyMap<string, KernelErrorCode> = new Map([
  ["EPERM", "owned"],
  ["ENOTSUP", "unsupported"],
  ["ENOTSUPP", "unsupported"],
]);

export interface Refusal {
  /** Undefined where the commit as a whole was refused. */
  readonly operation: Operation | undefined;
  readonly errno: string;
  /** Path of the attribute at fault. */
  readonly attribute?: string | undefined;
  /** Said instead of what the error number means in general. */
  readonly meaning?: string | undefined;
  /** Said behind everything else. */
  readonly more?: string | undefined;
  readonly code?: KernelErrorCode | undefined;
  readonly cause?: unknown;
}

export function refused({ operation, errno, attribute, meaning, more, code, cause }: Refusal): KernelError {
  const what = meaning ?? MEANINGS.get(errno) ?? "the kernel refused it";
  const where = attribute === undefined ? "" : ` at ${attribute}`;
  const text = `${operation ? describeOperation(operation) : "the commit"}: ${what} (${errno}${where})${more === undefined ? "" : `; ${more}`}`;
  return new KernelError(code ?? CODES.get(errno) ?? "refused", text, { errno, cause, ...(operation ? { operation } : {}) });
}

/** The lack of privilege, which has one remedy. */
export function notPermitted(cause: unknown): KernelError {
  const message = "changing nftables needs CAP_NET_ADMIN in this network namespace: run as root, or give the service that capability";
  return new KernelError("permission", message, { errno: "EPERM", cause });
}

export function staleGeneration(cause: unknown): KernelError {
  return new KernelError("stale", "somebody else changed the ruleset meanwhile: its generation is not the expected one", { errno: "ERESTART", cause });
}
