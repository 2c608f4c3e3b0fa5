// Which handles the rules of a chain have, in their order: a plan says indexes, the kernel wants handles (rules never change theirs, and no two of
// a table share one). What is known is known of one generation; a chain that somebody else touches, or that is refilled, is forgotten.

import { following, isAfter } from "./generations.ts";
import type { Touched } from "./interface.ts";

export type Handles = readonly number[];

export class RuleHandles {
  #generation: number | undefined;
  readonly #tables = new Map<string, Map<string, Handles>>();

  of(table: string, chain: string): Handles | undefined {
    return this.#tables.get(table)?.get(chain);
  }

  /** What is known of any other generation is forgotten. */
  at(generation: number): void {
    if (generation !== this.#generation) this.#tables.clear();
    this.#generation = generation;
  }

  /** Of the generation that was named last. */
  learn(table: string, chain: string, handles: Handles): void {
    const chains = this.#tables.get(table) ?? new Map<string, Handles>();
    this.#tables.set(table, chains.set(chain, handles));
  }

  /** A commit that touched this of these tables has led to the generation. One that is known already is ours. */
  moved(generation: number, touched: ReadonlyMap<string, Touched>): void {
    if (this.#generation === undefined || !isAfter(generation, this.#generation)) return;
    if (generation === following(this.#generation)) for (const [table, part] of touched) this.#forget(table, part);
    else this.#tables.clear();
    this.#generation = generation;
  }

  forgetAll(): void {
    this.#tables.clear();
    this.#generation = undefined;
  }

  #forget(table: string, touched: Touched): void {
    const chains = this.#tables.get(table);
    if (chains === undefined || touched.kind === "nothing") return;
    if (touched.kind === "table") this.#tables.delete(table);
    else for (const chain of touched.chains) chains.delete(chain);
  }
}
