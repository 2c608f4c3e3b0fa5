// One error class for everything that can go wrong on a netlink socket, with a code to switch on and the kernel's own details.

import { getSystemErrorName } from "node:util";

export type NetlinkErrorCode =
  /** The kernel refused a message: `replies` has each refused message's sequence number. */
  | "NETLINK_REFUSED"
  /** No CAP_NET_ADMIN over this network namespace. */
  | "NETLINK_PERMISSION"
  /** The batch named a generation that is no longer the kernel's (ERESTART). */
  | "NETLINK_STALE"
  /** Replies were lost (ENOBUFS): whether the request took effect is unknown. */
  | "NETLINK_OVERFLOW"
  /** A dump was interrupted by changes at every attempt, for two seconds. */
  | "NETLINK_INTERRUPTED"
  /** The kernel did not answer: the request did not ask it to, or its end is missing. */
  | "NETLINK_UNANSWERED"
  | "NETLINK_CLOSED"
  /** A system call on the socket failed: see `syscall` and `errno`. */
  | "NETLINK_SYSTEM";

/** The kernel's refusal of one message. */
export interface NetlinkReply {
  readonly sequence: number;
  /** Name of the error: "EEXIST". */
  readonly errno: string;
  /** Bytes from the start of the refused message (its header included) to the attribute at fault. */
  readonly attributeOffset: number | undefined;
  /** The kernel's text, where it has one. */
  readonly message: string | undefined;
}

export interface NetlinkErrorDetails {
  readonly errno?: string | undefined;
  readonly syscall?: string | undefined;
  readonly replies?: readonly NetlinkReply[];
  readonly cause?: unknown;
}

export class NetlinkError extends Error {
  override readonly name = "NetlinkError";
  readonly code: NetlinkErrorCode;
  readonly errno: string | undefined;
  readonly syscall: string | undefined;
  /** All refused messages, in the kernel's order; empty unless the kernel refused something. */
  readonly replies: readonly NetlinkReply[];

  constructor(code: NetlinkErrorCode, message: string, details: NetlinkErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.errno = details.errno;
    this.syscall = details.syscall;
    this.replies = details.replies ?? [];
  }
}

/** Kernel errors that never reach a system call's caller, so libuv has no name for them (include/linux/errno.h, asm-generic/errno.h). */
const unnamed: ReadonlyMap<number, string> = new Map([
  [52, "EBADE"],
  [85, "ERESTART"],
  [117, "EUCLEAN"],
  [524, "ENOTSUPP"],
]);

/** "ENOENT" for 2. */
export function errnoName(errno: number): string {
  return unnamed.get(errno) ?? getSystemErrorName(-errno);
}

export function systemError(syscall: string, errno: number, cause?: unknown): NetlinkError {
  const name = errnoName(errno);
  const code = name === "EPERM" || name === "EACCES" ? "NETLINK_PERMISSION" : "NETLINK_SYSTEM";
  return new NetlinkError(code, `${syscall} failed: ${name}`, { errno: name, syscall, cause });
}
