// How many rules and entries of maps lead to each chain: whether one that is written out in place of jumps to it is still led to by something else.
// Kept up to date by what changes.

import { changedSpan, listChanges } from "../net/listChanges.ts";
import type { MapEntry, NftMap, Rule, Verdict } from "../ruleset/types.ts";
import { jumpOf } from "./inline.ts";

interface Replaced<T> {
  readonly before: readonly T[];
  readonly now: readonly T[];
}

export class References {
  readonly #all = new Map<string, number>();
  readonly #jumps = new Map<string, number>();

  /** From rules and entries. */
  to(chain: string): number {
    return this.#all.get(chain) ?? 0;
  }

  /** From rules that do nothing but jump. */
  jumpsTo(chain: string): number {
    return this.#jumps.get(chain) ?? 0;
  }

  /**
   * A chain's rules are others now. Adds to `touched` what is led to from another number of places, and returns the chains that are jumped to from one place now
   * and were from several, or the other way round.
   */
  replace({ before, now }: Replaced<Rule>, touched: Set<string>): readonly string[] {
    const { from, to } = changedSpan(now, before);
    const crossing: string[] = [];
    const countAll = (rules: readonly Rule[], end: number, by: number): void => {
      for (let at = from; at < end; at++) {
        const target = this.#countRule(rules[at] as Rule, by, touched);
        if (target !== undefined) crossing.push(target);
      }
    };
    countAll(before, to + before.length - now.length, -1);
    countAll(now, to, 1);
    return crossing;
  }

  replaceMaps({ before, now }: Replaced<NftMap>, touched: Set<string>): void {
    const held = new Map(before.map((map) => [map.name, map.entries]));
    const countAll = (last: readonly MapEntry[], entries: readonly MapEntry[]): void => {
      const { removed, added } = listChanges(last, entries);
      for (const { verdict } of removed) this.#count(verdict, -1, touched);
      for (const { verdict } of added) this.#count(verdict, 1, touched);
    };
    for (const { name, entries } of now) {
      countAll(held.get(name) ?? [], entries);
      held.delete(name);
    }
    for (const entries of held.values()) countAll(entries, []);
  }

  #count(verdict: Verdict, by: number, touched: Set<string>): void {
    if (!("chain" in verdict)) return;
    this.#all.set(verdict.chain, this.to(verdict.chain) + by);
    touched.add(verdict.chain);
  }

  /** The chain of which the number of jumps crosses from one to several, or back. */
  #countRule(rule: Rule, by: number, touched: Set<string>): string | undefined {
    for (const statement of rule.statements) if (statement.kind === "verdict") this.#count(statement.verdict, by, touched);
    const target = jumpOf(rule);
    if (target === undefined) return undefined;
    const held = this.jumpsTo(target);
    this.#jumps.set(target, held + by);
    return held > 1 !== held + by > 1 ? target : undefined;
  }
}
