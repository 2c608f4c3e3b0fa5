// What the kernel holds and what it should hold become a Transaction, after which it holds actualOf(desired), whatever it held before. Base chains
// are kept and refilled; everything switches in one batch, and what packets could see half done goes before or after it in a batch of its own.
// Nothing is known here of policies, and rules in the kernel are not compared.

import { capacity } from "../ruleset/keys.ts";
import type { Chain, Ruleset } from "../ruleset/types.ts";
import { addChains, addRules, canStay as canChainStay, deleteChains, flushChains, newTargets } from "./chains.ts";
import { addMaps, canStay as canMapStay, deleteMaps, mapsInTransit } from "./maps.ts";
import { addSets, canStay as canSetStay, declared, deleteSets, newIntervals } from "./sets.ts";
import type { Actual, Batch, Operation, Transaction } from "./types.ts";

const nothing: Actual = { chains: [], sets: [], maps: [] };

/**
 * A batch is atomic for rules: a packet takes the generation when it enters a hook and keeps to its rules until it leaves (nft_do_chain, genbit).
 * It is not quite so for elements, for which every lookup takes the generation anew (nft_genmask_cur): a packet on its way by the old rules finds
 * new elements, and misses those that are gone. Hence up to three batches:
 * 1. What is new and nothing leads to yet: sets, chains with their rules, maps. So an interval set is filled before a rule uses it (Hole B of
 *    kernel-facts: packets see it empty until the commit that creates it has ended), and a new entry of a map leads to a chain that has its rules.
 * 2. The switch: chains that stay are refilled, entries added or led elsewhere.
 * 3. What is left over: entries and maps, and what only they lead to. Until then a packet on its way by the old rules is judged as it would have been.
 *
 * The first and the last are there only where a packet could tell. A set may go with the switch: deleting one does not deactivate its elements
 * (nft_delset does so for maps only), and memory is freed only when no such packet is left (RCU, nf_tables_commit_release).
 *
 * Where strangers have put something else under a name of ours, it is deleted and made anew in the switch: a repair, of which packets may see the parts.
 * Chains are refilled also when nothing has changed; a caller that knows the ruleset is the one last applied asks for no diff.
 */
export function diff(actual: Actual | undefined, desired: Ruleset): Transaction {
  const before = actual ?? nothing;
  const after = actualOf(desired);
  const repairs = !isCompatible(before, after);
  const prepared = prepare(before, after, repairs);
  const switched = repairs ? after : inTransit(prepared, after);
  const ahead = namesOf(missing(before.chains, prepared.chains));
  const left = namesOf(missing(after.chains, switched.chains));
  const refilled = [...namesOf(prepared.chains)].filter((name) => !ahead.has(name) && !left.has(name));
  const [filled, others] = [true, false].map((is) => desired.chains.filter(({ name }) => ahead.has(name) === is)) as [Chain[], Chain[]];
  const steps: readonly (readonly Operation[])[] = [
    transition(before, prepared, { chains: filled, flush: [], fill: filled }),
    transition(prepared, switched, { chains: others, flush: ahead.size === 0 && left.size === 0 ? "all" : refilled, fill: others }),
    switched === after ? [] : transition(switched, after, { chains: [], flush: [...left], fill: [] }),
  ];
  const [first = [], ...rest] = steps.filter((operations) => operations.length > 0);
  const table: Operation[] = actual === undefined ? [{ verb: "add", object: "table" }] : [];
  const batches = [[...table, ...first], ...rest].filter((operations) => operations.length > 0);
  return { batches: batches.map((operations): Batch => ({ table: desired.table, operations })) };
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

/** Whatever is there under a name that is wanted can become what is wanted. */
function isCompatible(before: Actual, after: Actual): boolean {
  const every = <T extends { readonly name: string }>(held: readonly T[], wanted: readonly T[], canStay: (held: T, wanted: T) => boolean) => {
    const byName = new Map(wanted.map((thing) => [thing.name, thing]));
    return held.every((thing) => canStay(thing, byName.get(thing.name) ?? thing));
  };
  return every(before.chains, after.chains, canChainStay) && every(before.sets, after.sets, canSetStay) && every(before.maps, after.maps, canMapStay);
}

/** After the first batch: nothing more than before, or all that is new but base chains. */
function prepare(before: Actual, after: Actual, repairs: boolean): Actual {
  const intervals = newIntervals(before, after);
  if (intervals.length === 0 && (repairs || newTargets(before, after).length === 0)) return before;
  const filled = new Set(intervals.map(({ name }) => name));
  const sets = before.sets.filter(({ name }) => !filled.has(name));
  if (repairs) return { ...before, sets: [...sets, ...intervals] };
  return {
    sets: [...sets, ...intervals, ...missing(sets, after.sets).filter(({ name }) => !filled.has(name))],
    chains: [...before.chains, ...missing(before.chains, after.chains).filter(({ base }) => base === undefined)],
    maps: [...before.maps, ...missing(before.maps, after.maps)],
  };
}

/** After the switch: what is wanted, and with it the maps and entries that packets may still follow by the old rules, and all that those use. */
function inTransit(held: Actual, after: Actual): Actual {
  const maps = mapsInTransit(held.maps, after.maps);
  if (maps === after.maps) return after;
  const regular = held.chains.filter(({ base }) => base === undefined);
  return { maps, chains: [...after.chains, ...missing(after.chains, regular)], sets: [...after.sets, ...missing(after.sets, held.sets)] };
}

function missing<T extends { readonly name: string }>(from: readonly T[], wanted: readonly T[]): readonly T[] {
  const there = namesOf(from);
  return wanted.filter(({ name }) => !there.has(name));
}

function namesOf(things: readonly { readonly name: string }[]): ReadonlySet<string> {
  return new Set(things.map(({ name }) => name));
}

interface Rules {
  /** Those that may be missing. */
  readonly chains: readonly Chain[];
  readonly flush: readonly string[] | "all";
  readonly fill: readonly Chain[];
}

/**
 * First everything that goes, then everything that comes: the flush takes the last use of chains and sets away, and then a chain
 * or set of the same name may be made anew. Rules come last, when all that they name is there.
 */
function transition(from: Actual, to: Actual, { chains, flush, fill }: Rules): Operation[] {
  return [
    ...(from.chains.length === 0 ? [] : flushChains(flush)),
    ...deleteMaps(from, to),
    ...deleteChains(from, to),
    ...deleteSets(from, to),
    ...addSets(from, to),
    ...addChains(from, to, chains),
    ...addMaps(from, to),
    ...addRules(fill),
  ];
}
