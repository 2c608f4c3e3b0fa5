// Chains that come and go, without their rules. A base chain is created once and kept: one that is deleted and made anew in the same batch
// lets everything through until late in the commit (kernel-facts, Hole A), so that happens only to one that hostward did not make.

import type { Chain, Rule, Ruleset } from "../ruleset/types.ts";
import { entriesNotIn } from "./maps.ts";
import type { Actual, ActualChain, Operation } from "./types.ts";

/** Chains that are wanted no more, or with another hook, priority or policy. No rule and no entry leads to them any longer. */
export function deleteChains(before: Actual, desired: Ruleset): Operation[] {
  const wanted = new Map(desired.chains.map((chain) => [chain.name, chain]));
  return before.chains.filter((chain) => !isSame(chain, wanted.get(chain.name))).map(({ name }) => ({ verb: "delete", object: "chain", name }));
}

/** Chains that are not there as they are wanted. */
export function addChains(before: Actual, desired: Ruleset): Operation[] {
  const there = new Map(before.chains.map((chain) => [chain.name, chain]));
  const missing = desired.chains.filter((chain) => {
    const held = there.get(chain.name);
    return held === undefined || !isSame(held, chain);
  });
  return missing.map((chain) => ({ verb: "add", object: "chain", chain }));
}

/** Chains that the table does not have, and to which a new entry of a map leads that it has: packets may find the entry before the chain's rules. */
export function newTargets(before: Actual, desired: Ruleset): readonly string[] {
  const there = new Set(before.chains.map(({ name }) => name));
  const held = new Map(before.maps.map((map) => [map.name, map]));
  const added = desired.maps.flatMap((map) => {
    const old = held.get(map.name);
    return old === undefined ? [] : entriesNotIn(map, old);
  });
  const targets = added.flatMap(({ verdict }) => (verdict.kind === "jump" || verdict.kind === "goto" ? [verdict.chain] : []));
  return [...new Set(targets)].filter((name) => !there.has(name));
}

const guard: Rule = {
  statements: [{ kind: "counter" }, { kind: "verdict", verdict: { kind: "drop" } }],
  origin: { kind: "hostward", name: "guard", note: "until the chain is filled" },
};

/** Each chain with one drop in it. */
export function addGuards(names: readonly string[]): Operation[] {
  return names.flatMap((name) => [
    { verb: "add", object: "chain", chain: { kind: "regular", name, rules: [] } },
    { verb: "add", object: "rule", chain: name, rule: guard },
  ]);
}

function isSame(held: ActualChain, wanted: Chain | undefined): boolean {
  if (wanted === undefined) return false;
  if (wanted.kind === "regular") return held.base === undefined;
  return held.base?.hook === wanted.hook && held.base.priority === wanted.priority && held.base.policy === "accept";
}
