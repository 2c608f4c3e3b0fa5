// What the kernel holds and what it should hold become a Transaction, after which it holds actualOf(desired), whatever it held before. Base chains
// are kept and refilled; everything switches in one batch, and only what packets could see half done goes before it in a batch of its own.
// Nothing is known here of policies, and rules in the kernel are not compared.

import { capacity } from "../ruleset/keys.ts";
import type { NftSet, Ruleset } from "../ruleset/types.ts";
import { addChains, addGuards, deleteChains, newTargets } from "./chains.ts";
import { addMaps, deleteMaps } from "./maps.ts";
import { addSets, declared, deleteSets, newIntervals } from "./sets.ts";
import type { Actual, Batch, Operation, Transaction } from "./types.ts";

const nothing: Actual = { chains: [], sets: [], maps: [] };

/**
 * A batch is atomic for rules: a packet takes the generation when it enters a hook and keeps to its rules until it leaves (nft_do_chain, genbit).
 * It is not quite so for elements, for which every lookup takes the generation anew (nft_genmask_cur). Hence the first batch:
 * - Hole B of kernel-facts: packets see an interval set empty until the commit that creates it has ended, so it is filled one batch earlier.
 * - A packet that entered with the old rules may find a new entry of a dispatch map, and follow it to a chain that has no rules in the old
 *   generation: it falls off its end, let in. One batch earlier that chain gets a drop: such a packet is lost, and nobody's policy is passed by.
 *
 * Deletions need no batch of their own: a packet with the old rules still finds the sets they name and their elements, which deleting a set does not
 * deactivate (nft_delset does so for maps only), and memory is freed only when no such packet is left (RCU, nf_tables_commit_release).
 *
 * Chains are refilled also when nothing has changed; a caller that knows the ruleset is the one last applied asks for no diff.
 */
export function diff(actual: Actual | undefined, desired: Ruleset): Transaction {
  const before = actual ?? nothing;
  const table: Operation[] = actual === undefined ? [{ verb: "add", object: "table" }] : [];
  const intervals = newIntervals(before, desired);
  const targets = newTargets(before, desired);
  const ahead = [...addSets(before, intervals), ...addGuards(targets)];
  const between = afterFirst(before, intervals, targets);
  const batches = ahead.length === 0 ? [[...table, ...switchTo(before, desired)]] : [[...table, ...ahead], switchTo(between, desired)];
  return { batches: batches.filter((operations) => operations.length > 0).map((operations): Batch => ({ table: desired.table, operations })) };
}

function afterFirst(before: Actual, intervals: readonly NftSet[], targets: readonly string[]): Actual {
  const filled = new Map(intervals.map((set) => [set.name, declared(set)]));
  return {
    ...before,
    sets: [...before.sets.filter(({ name }) => !filled.has(name)), ...filled.values()],
    chains: [...before.chains, ...targets.map((name) => ({ name, rules: 1 }))],
  };
}

/** What the kernel holds once the ruleset is applied, to the last declared size. */
export function actualOf(ruleset: Ruleset): Actual {
  return {
    chains: ruleset.chains.map((chain) => {
      const rules = chain.rules.length;
      if (chain.kind === "regular") return { name: chain.name, rules };
      return { name: chain.name, base: { hook: chain.hook, priority: chain.priority, policy: "accept" }, rules };
    }),
    sets: ruleset.sets.map(declared),
    maps: ruleset.maps.map((map) => ({ ...map, size: capacity(map.entries.length) })),
  };
}

/**
 * First everything that goes, then everything that comes: the flush takes the last use of chains and sets away, and then a chain
 * or set of the same name may be made anew. Rules come last, when all that they name is there.
 */
function switchTo(before: Actual, desired: Ruleset): Operation[] {
  return [
    ...(before.chains.length === 0 ? [] : [{ verb: "flush", object: "chain" } as const]),
    ...deleteMaps(before, desired),
    ...deleteChains(before, desired),
    ...deleteSets(before, desired),
    ...addSets(before, desired.sets),
    ...addChains(before, desired),
    ...addMaps(before, desired),
    ...desired.chains.flatMap((chain) => chain.rules.map((rule): Operation => ({ verb: "add", object: "rule", chain: chain.name, rule }))),
  ];
}
