// What changes cost the kernel, and the choices that follow from it. All figures are microseconds, from docs of measurements on Linux 6.18; only
// their ratios matter. Nothing else in hostward weighs one way of a change against another.

import type { Rule } from "../ruleset/types.ts";

/** A rule sent and built, one of many in a batch. */
const ADD_RULE = 11;

/** A message that deletes one rule, or all rules of a chain. */
const DELETE_MESSAGE = 1;

/** To learn the handles of a chain's rules: one dump, and what it costs for each. */
const READ_HANDLES = 20;
const READ_HANDLE = 0.6;

export interface ChainChange {
  /** How many rules the chain has. */
  readonly held: number;
  /** How many it shall have. */
  readonly wanted: number;
  /** Those that could stay. */
  readonly kept: readonly Rule[];
}

/**
 * Whether to flush the chain and fill it anew rather than to change single rules, for which their handles must be known. Never where a rule would
 * lose what it has counted, or what is left of its limit: no time saved is worth that.
 */
export function isRefillCheaper({ held, wanted, kept }: ChainChange): boolean {
  if (kept.some(hasState)) return false;
  const edit = (wanted - kept.length) * ADD_RULE + (held - kept.length) * DELETE_MESSAGE + READ_HANDLES + held * READ_HANDLE;
  return DELETE_MESSAGE + wanted * ADD_RULE < edit;
}

function hasState({ statements }: Rule): boolean {
  return statements.some(({ kind }) => kind === "counter" || kind === "limit");
}

/** Elements of a set that is filled twice more so that it changes in the very instant in which rules do: some milliseconds. */
const MOST_DETOURED = 1024;

/**
 * Whether a set that changes together with rules takes a detour also where nothing but a packet on its way could tell. Beyond that it changes in place: what
 * such a packet may see lasts microseconds, and counters of rules that use the set are kept.
 */
export function isDetourCheap(elements: number): boolean {
  return elements <= MOST_DETOURED;
}
