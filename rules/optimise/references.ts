// How many rules and entries of maps lead to each chain: whether one that is written out in place of jumps to it is still led to by something else.
// Kept up to date by what changes.

import type { NftMap, Rule, Verdict } from "../ruleset/types.ts";
import { jumpOf } from "./inline.ts";

export interface References {
  /** From rules and entries. */
  to(chain: string): number;
  /** From rules that do nothing but jump. */
  jumpsTo(chain: string): number;
  /**
   * A chain's rules are others now. Adds to `touched` what is led to from another number of places, and returns the chains that are jumped to from one place now
   * and were from several, or the other way round.
   */
  replace(rules: Replaced<Rule>, touched: Set<string>): readonly string[];
  replaceMaps(maps: Replaced<NftMap>, touched: Set<string>): void;
}

interface Replaced<T> {
  readonly before: readonly T[];
  readonly now: readonly T[];
}

export function createReferences(): References {
  const all = new Map<string, number>();
  const jumps = new Map<string, number>();

  function count(verdict: Verdict, by: number, touched: Set<string>): void {
    if (!("chain" in verdict)) return;
    all.set(verdict.chain, (all.get(verdict.chain) ?? 0) + by);
    touched.add(verdict.chain);
  }

  /** The chain of which the number of jumps crosses from one to several, or back. */
  function countRule(rule: Rule, by: number, touched: Set<string>): string | undefined {
    for (const statement of rule.statements) if (statement.kind === "verdict") count(statement.verdict, by, touched);
    const target = jumpOf(rule);
    if (target === undefined) return undefined;
    const held = jumps.get(target) ?? 0;
    jumps.set(target, held + by);
    return held > 1 !== held + by > 1 ? target : undefined;
  }

  return {
    to: (chain) => all.get(chain) ?? 0,
    jumpsTo: (chain) => jumps.get(chain) ?? 0,
    replace({ before, now }, touched) {
      let start = 0;
      while (start < before.length && before[start] === now[start]) start++;
      let end = 0;
      while (end < Math.min(before.length, now.length) - start && before.at(-1 - end) === now.at(-1 - end)) end++;
      const gone = before.slice(start, before.length - end).map((rule) => countRule(rule, -1, touched));
      const come = now.slice(start, now.length - end).map((rule) => countRule(rule, 1, touched));
      return [...gone, ...come].filter((name) => name !== undefined);
    },
    replaceMaps({ before, now }, touched) {
      const [held, wanted] = [new Set(before), new Set(now)];
      for (const map of before) if (!wanted.has(map)) for (const { verdict } of map.entries) count(verdict, -1, touched);
      for (const map of now) if (!held.has(map)) for (const { verdict } of map.entries) count(verdict, 1, touched);
    },
  };
}
