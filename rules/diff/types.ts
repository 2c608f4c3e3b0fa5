// A Transaction is what the kernel is asked to do: a list of batches, each atomic by itself, in order. Most have one batch; a new interval set takes
// one more before the rules that use it, because packets see such a set empty until the commit that creates it has ended (kernel-facts, Hole B).

import type { Chain, Keys, MapEntry, NftMap, NftSet, Rule, Ruleset } from "../ruleset/types.ts";

export type Operation =
  | { readonly verb: "add"; readonly object: "table" }
  | { readonly verb: "delete"; readonly object: "table" }
  /** Adds the chain without its rules. */
  | { readonly verb: "add"; readonly object: "chain"; readonly chain: Chain }
  | { readonly verb: "delete"; readonly object: "chain"; readonly name: string }
  /** Deletes all rules of one chain, or of every chain of the table when no name is given. */
  | { readonly verb: "flush"; readonly object: "chain"; readonly name?: string }
  | { readonly verb: "add"; readonly object: "rule"; readonly chain: string; readonly rule: Rule }
  /** Adds the set without its elements; elements follow as an operation of their own. */
  | { readonly verb: "add"; readonly object: "set"; readonly set: NftSet }
  | { readonly verb: "delete"; readonly object: "set"; readonly name: string }
  | { readonly verb: "add" | "delete"; readonly object: "elements"; readonly set: Omit<NftSet, "keys">; readonly keys: Keys }
  | { readonly verb: "add"; readonly object: "map"; readonly map: NftMap }
  | { readonly verb: "delete"; readonly object: "map"; readonly name: string }
  | { readonly verb: "add" | "delete"; readonly object: "entries"; readonly map: NftMap; readonly entries: readonly MapEntry[] };

export interface Batch {
  readonly table: string;
  readonly operations: readonly Operation[];
}

export interface Transaction {
  readonly batches: readonly Batch[];
}

/**
 * What the kernel holds of hostward's table, as far as a diff needs it. Undefined where there is no table.
 * `rules` of a chain read from the kernel are not decoded to IR rules: only their number is known.
 */
export interface Actual {
  readonly chains: readonly ActualChain[];
  readonly sets: readonly (NftSet & Sized)[];
  readonly maps: readonly (NftMap & Sized)[];
}

/** Declared capacity: adding beyond it is ENFILE and it cannot grow, so an outgrown set is deleted and made anew in the same batch. */
export interface Sized {
  readonly size: number;
}

export interface ActualChain {
  readonly name: string;
  /** Present for a base chain. */
  readonly base?: { readonly hook: string; readonly priority: number; readonly policy: "accept" | "drop" };
  readonly rules: number;
}

export type Diff = (actual: Actual | undefined, desired: Ruleset) => Transaction;
