// Chains that come and go, and their rules. A base chain is created once and kept: one that is deleted and made anew in the same batch
// lets everything through until late in the commit (kernel-facts, Hole A), so that happens only to one that hostward did not make. One that is
// no longer wanted is flushed and deleted at once, and a new one starts with policy accept: neither ever decides more than its rules.

import type { Chain } from "../ruleset/types.ts";
import { entriesNotIn } from "./maps.ts";
import type { Actual, ActualChain, Operation } from "./types.ts";

/** Chains that are wanted no more, or with another hook, priority or policy. No rule and no entry leads to them any longer. */
export function deleteChains(before: Actual, after: Actual): Operation[] {
  const wanted = new Map(after.chains.map((chain) => [chain.name, chain]));
  const stale = before.chains.filter((chain) => {
    const other = wanted.get(chain.name);
    return other === undefined || !canStay(chain, other);
  });
  return stale.map(({ name }) => ({ verb: "delete", object: "chain", name }));
}

/** Those of the chains that are not there as they are wanted. */
export function addChains(before: Actual, after: Actual, chains: readonly Chain[]): Operation[] {
  const there = new Map(before.chains.map((chain) => [chain.name, chain]));
  const wanted = new Map(after.chains.map((chain) => [chain.name, chain]));
  const missing = chains.filter(({ name }) => {
    const held = there.get(name);
    const other = wanted.get(name);
    return other !== undefined && (held === undefined || !canStay(held, other));
  });
  return missing.map((chain) => ({ verb: "add", object: "chain", chain }));
}

export function addRules(chains: readonly Chain[]): Operation[] {
  return chains.flatMap(({ name, rules }) => rules.map((rule): Operation => ({ verb: "add", object: "rule", chain: name, rule })));
}

export function flushChains(names: readonly string[] | "all"): Operation[] {
  return names === "all" ? [{ verb: "flush", object: "chain" }] : names.map((name) => ({ verb: "flush", object: "chain", name }));
}

/** Chains that the table does not have, and to which a new entry of a map leads that it has: packets may find the entry by the old rules. */
export function newTargets(before: Actual, after: Actual): readonly string[] {
  const there = new Set(before.chains.map(({ name }) => name));
  const held = new Map(before.maps.map((map) => [map.name, map]));
  const added = after.maps.flatMap((map) => {
    const old = held.get(map.name);
    return old === undefined ? [] : entriesNotIn(map, old);
  });
  const targets = added.flatMap(({ verdict }) => (verdict.kind === "jump" || verdict.kind === "goto" ? [verdict.chain] : []));
  return [...new Set(targets)].filter((name) => !there.has(name));
}

export function canStay({ base: held }: ActualChain, { base: wanted }: ActualChain): boolean {
  return held?.hook === wanted?.hook && held?.priority === wanted?.priority && held?.policy === wanted?.policy;
}
