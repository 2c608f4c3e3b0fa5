// A Transaction is what the kernel is asked to do: a list of batches, each atomic by itself, in order. Most have one batch; a new interval set takes
// one more before the rules that use it, because packets see such a set empty until the commit that creates it has ended (kernel-facts, Hole B).
// None when the kernel already holds what is desired.

import type { Chain, Keys, MapEntry, NftMap, NftSet, Rule } from "../ruleset/types.ts";

export type Operation =
  /** Makes the table, or wakes one that is dormant. `owned`: by the socket that sends it, and outliving it (OWNER and PERSIST, Linux 6.9); adopts an owned table that has lost its owner. */
  | { readonly verb: "add"; readonly object: "table"; readonly owned?: true }
  | { readonly verb: "delete"; readonly object: "table" }
  /** Adds the chain without its rules. */
  | { readonly verb: "add"; readonly object: "chain"; readonly chain: Chain }
  | { readonly verb: "delete"; readonly object: "chain"; readonly name: string }
  /** Deletes all rules of one chain, or of every chain of the table when no name is given. */
  | { readonly verb: "flush"; readonly object: "chain"; readonly name?: string }
  /**
   * Behind the chain's last rule; or, with `before`, in front of the rule that stood at that index, from 0, when the batch began: several such keep their
   * order. Of a chain that the batch flushes or makes there are none with an index.
   */
  | { readonly verb: "add"; readonly object: "rule"; readonly chain: string; readonly rule: Rule; readonly before?: number }
  /** The rule that stood at that index when the batch began gives way to this one, whose counter starts at nothing. */
  | { readonly verb: "replace"; readonly object: "rule"; readonly chain: string; readonly at: number; readonly rule: Rule }
  /** The rule that stood at that index when the batch began. After the insertions before it. `held`: what is known of it, for people. */
  | { readonly verb: "delete"; readonly object: "rule"; readonly chain: string; readonly at: number; readonly held?: ActualRule }
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
 * What the kernel holds of hostward's table, as far as a diff needs it. Undefined where there is no table. What is as hostward left it is the very
 * object that the ruleset had: such things are told by reference.
 */
export interface Actual {
  /** Its base chains see no packets (NFT_TABLE_F_DORMANT): never hostward's doing. */
  readonly dormant?: true;
  readonly chains: readonly ActualChain[];
  readonly sets: readonly (NftSet & Sized)[];
  readonly maps: readonly (NftMap & Sized)[];
}

/** Declared capacity, 0 for none: adding beyond it is ENFILE and it cannot grow. Not said of what hostward made: as it declares it for that content. */
export interface Sized {
  readonly size?: number;
}

export interface ActualChain {
  readonly name: string;
  /** Present for a base chain. */
  readonly base?: { readonly hook: string; readonly priority: number; readonly policy: "accept" | "drop" };
  readonly rules: readonly ActualRule[];
}

/** As hostward wrote it, or as it was read from the kernel; both have an identity (rules/ruleset/identity.ts). */
export type ActualRule = Rule | HeldRule;

export interface HeldRule {
  readonly kind: "held";
  /** Of its expressions and its comment: equal to that of a Rule that the kernel would list so. */
  readonly identity: string;
}
