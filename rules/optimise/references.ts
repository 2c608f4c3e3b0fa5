// How many rules and entries of maps lead to each chain: whether one that is written out in place of jumps to it is still led to by something else.
// Kept up to date by what changes.

import type { NftMap, Rule, Verdict } from "../ruleset/types.ts";
import { jumpOf } from "./inline.ts";

export interface References {
  /** From rules and entries. */
  to(chain: string): number;
  /** From rules that do nothing but jump. */
  jumpsTo(chain: string): number;
  /** A chain's rules are others now. Returns the chains that are jumped to from one place now and were from several, or the other way round. */
  replace(before: readonly Rule[], now: readonly Rule[]): readonly string[];
  replaceMaps(before: readonly NftMap[], now: readonly NftMap[]): void;
}

export function createReferences(): References {
  const all = new Map<string, number>();
  const jumps = new Map<string, number>();

  function count(verdict: Verdict, by: number): void {
    if ("chain" in verdict) all.set(verdict.chain, (all.get(verdict.chain) ?? 0) + by);
  }

  /** Adds the chains to `crossed` of which the number of jumps crosses from one to several, or back. */
  function countRule(rule: Rule, by: number, crossed: string[]): void {
    for (const statement of rule.statements) if (statement.kind === "verdict") count(statement.verdict, by);
    const target = jumpOf(rule);
    if (target === undefined) return;
    const held = jumps.get(target) ?? 0;
    jumps.set(target, held + by);
    if (held > 1 !== held + by > 1) crossed.push(target);
  }

  return {
    to: (chain) => all.get(chain) ?? 0,
    jumpsTo: (chain) => jumps.get(chain) ?? 0,
    replace(before, now) {
      let start = 0;
      while (start < before.length && before[start] === now[start]) start++;
      let end = 0;
      while (end < Math.min(before.length, now.length) - start && before.at(-1 - end) === now.at(-1 - end)) end++;
      const crossed: string[] = [];
      for (let at = start; at < before.length - end; at++) countRule(before[at] as Rule, -1, crossed);
      for (let at = start; at < now.length - end; at++) countRule(now[at] as Rule, 1, crossed);
      return crossed;
    },
    replaceMaps(before, now) {
      const [held, wanted] = [new Set(before), new Set(now)];
      for (const map of before) if (!wanted.has(map)) for (const { verdict } of map.entries) count(verdict, -1);
      for (const map of now) if (!held.has(map)) for (const { verdict } of map.entries) count(verdict, 1);
    },
  };
}
