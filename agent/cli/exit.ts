// How a command ends: exit codes, and the one error that carries a code to the entry point.

import { ControlError } from "../control/client.ts";
import { KernelError } from "../kernel/interface.ts";

export const exitCodes = {
  ok: 0,
  /** The manifests have errors, what was asked for is not there, or the daemon is not in sync. */
  problems: 1,
  /** Wrong command line or settings. */
  usage: 2,
  /** No daemon answers. */
  daemon: 3,
  /** The kernel refused, lacks something, or the privilege is missing. */
  kernel: 4,
  /** What a policy means and what it was compiled to differ: `hostward explain` has found a defect. */
  differ: 5,
} as const;

export const exitCodesHelp = `
Exit codes:
  0  done
  1  the manifests have errors, what was asked for is not there, or the daemon is not in sync
  2  wrong command line or settings
  3  no daemon answers on the control socket
  4  the kernel refused, lacks something, or the privilege for it is missing
  5  explain found a defect of hostward: policy and compiled ruleset differ`;

export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, { exitCode, ...options }: ErrorOptions & { readonly exitCode: number }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The exit code and the words for whatever a command threw. */
export function failureOf(error: unknown): { readonly exitCode: number; readonly message: string } {
  if (error instanceof CommandError) return { exitCode: error.exitCode, message: error.message };
  if (error instanceof ControlError) return { exitCode: exitCodes.daemon, message: error.message };
  if (error instanceof KernelError) return { exitCode: exitCodes.kernel, message: error.message };
  return { exitCode: exitCodes.problems, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
