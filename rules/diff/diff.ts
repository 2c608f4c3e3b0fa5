// What the kernel holds and what it should hold become a Transaction, after which it holds actualOf(desired), whatever it held before. Only what
// differs is touched; everything switches in one batch, and what packets could see half done goes before or after it in a batch of its own.
// Nothing is known here of policies.

import type { MapEntry, NftSet, Ruleset } from "../ruleset/types.ts";
import { addChains, appendRules, changeRules, deleteChains, emptyChains, heldChain } from "./chains.ts";
import { type Changes, changesOf, switchesRules } from "./changes.ts";
import { detourOf } from "./detour.ts";
import { addEntries, addMaps, deleteEntries, deleteMaps, type MapChange } from "./maps.ts";
import { addElements, addSets, deleteElements, deleteSets } from "./sets.ts";
import type { Actual, Batch, Operation, Transaction } from "./types.ts";

const nothing: Actual = { chains: [], sets: [], maps: [] };

/**
 * A batch is atomic for rules: a packet takes the generation when it enters a hook and keeps to its rules until it leaves (nft_do_chain, genbit).
 * It is not quite so for elements, for which every lookup takes the generation anew (nft_genmask_cur): a packet on its way by the old rules finds
 * new elements, and misses those that are gone. Hence up to three batches:
 * 1. What is new and nothing leads to yet: sets, chains with their rules, maps. So an interval set is filled before a rule uses it (Hole B of
 *    kernel-facts: packets see it empty until the commit that creates it has ended), and a new entry of a map leads to a chain that has its rules.
 * 2. The switch: rules that differ give way to others, elements change, entries are added or led elsewhere.
 * 3. What is left over: entries and maps, and what only they lead to. Until then a packet on its way by the old rules is judged as it would have been.
 *
 * Elements of interval sets switch after the rules (nft_set_commit_update): those that come go into the first batch, and those that go into the last, when
 * rules change as well. The first and the last are there only where a packet could tell. A set may go with the switch: deleting one does not deactivate its elements
 * (nft_delset does so for maps only), and memory is freed only when no such packet is left (RCU, nf_tables_commit_release). A set that changes together
 * with rules takes a detour over another set (detour.ts), unless it is large; so does an interval set of which ranges change into others that overlap them.
 *
 * What remains: when the last policy before conntrack goes and its endpoint as well, a packet that both rulesets let through may be dropped between the
 * switch and the last batch, because the rule that spared it is gone and the entry is not. None that both drop ever passes.
 *
 * Where strangers have put something else under a name of ours, it is deleted and made anew in the switch: a repair, of which packets may see the parts.
 */
export function diff(actual: Actual | undefined, desired: Ruleset): Transaction {
  const before = actual ?? nothing;
  const changes = changesOf(before, desired);
  const detour = detourOf(before, desired, changes);
  if (detour !== undefined) return { batches: [...diff(actual, detour).batches, ...diff(actualOf(detour), desired).batches] };
  const steps = (changes.repairs ? repair(before, desired, changes) : change(changes)).filter((operations) => operations.length > 0);
  const table: Operation[] = actual === undefined || actual.dormant ? [{ verb: "add", object: "table" }] : [];
  const [first = [], ...rest] = steps;
  const batches = [[...table, ...first], ...rest].filter((operations) => operations.length > 0);
  return { batches: batches.map((operations): Batch => ({ table: desired.table, operations })) };
}

/** What the kernel holds once the ruleset is applied: but for the heads of base chains the ruleset's own objects. */
export function actualOf({ chains, sets, maps }: Ruleset): Actual {
  return { chains: chains.map(heldChain), sets, maps };
}

/** Up to three batches, each possibly empty. What need not go before the switch, or after it, is the beginning and the end of its batch. */
function change(changes: Changes): Operation[][] {
  const { chains, sets, maps } = changes;
  const { regular = [], base = [] } = Object.groupBy(chains.fresh, ({ kind }) => kind);
  const { base: dropped = [], regular: stale = [] } = Object.groupBy(chains.gone, (chain) => (chain.base === undefined ? "regular" : "base"));
  const { interval = [], hash = [] } = Object.groupBy(sets.changed, ({ wanted }) => wanted.flavour);
  const isSwitch = switchesRules(changes);
  const ahead = [
    ...addSets(sets.fresh),
    ...addChains(regular),
    ...addMaps(maps.fresh),
    ...appendRules(regular),
    ...(isSwitch ? interval.flatMap(addElements) : []),
  ];
  const switched = [
    ...addChains(base),
    ...(isSwitch ? hash : sets.changed).flatMap((set) => [...deleteElements(set), ...addElements(set)]),
    ...maps.changed.flatMap((map) => [...deleteEntries(map.wanted, leaving(map)), ...addEntries(map.wanted, map.added)]),
    ...appendRules(base),
    ...chains.changed.flatMap(changeRules),
    ...emptyChains(dropped),
    ...deleteChains(dropped),
  ];
  const left = [
    ...(isSwitch ? interval.flatMap(deleteElements) : []),
    ...emptyChains(stale),
    ...maps.changed.flatMap((map) => deleteEntries(map.wanted, waiting(map))),
    ...deleteMaps(maps.gone),
    ...deleteChains(stale),
    ...deleteSets(sets.gone),
  ];
  const isAhead = isSeenHalfDone(changes) || (isSwitch && interval.some(({ added }) => added.count > 0));
  const isLeft = isSwitch && (maps.gone.length > 0 || maps.changed.some((map) => waiting(map).length > 0) || interval.some(({ removed }) => removed.count > 0));
  const middle = [...(isAhead ? [] : ahead), ...switched, ...(isLeft ? [] : left)];
  return [isAhead ? ahead : [], middle, isLeft ? left : []];
}

/** Entries that go before others come: under the same keys, or into a map without room for both. */
function leaving({ replaced, gone, hasRoom }: MapChange): readonly MapEntry[] {
  return hasRoom ? replaced : [...replaced, ...gone];
}

function waiting({ gone, hasRoom }: MapChange): readonly MapEntry[] {
  return hasRoom ? gone : [];
}

/** Whether packets could find something new before it is all there: an interval set empty, or a new entry of a map that leads to a chain without rules. */
function isSeenHalfDone({ chains, sets, maps }: Changes): boolean {
  if (sets.fresh.some(({ flavour }) => flavour === "interval")) return true;
  const fresh = new Set(chains.fresh.map(({ name }) => name));
  return maps.changed.some(({ added }) => added.some(({ verdict }) => "chain" in verdict && fresh.has(verdict.chain)));
}

/**
 * First everything that goes, then everything that comes: the flush takes the last use of chains and sets away, and then a chain or set of the same
 * name may be made anew. Every chain is refilled, since which rules use what is made anew is not known.
 */
function repair(before: Actual, desired: Ruleset, { chains, sets, maps }: Changes): Operation[][] {
  const there = new Set(before.sets.map(({ name }) => name));
  const isAhead = ({ name, flavour }: NftSet) => flavour === "interval" && !there.has(name);
  return [
    addSets(sets.fresh.filter(isAhead)),
    [
      ...(before.chains.length === 0 ? [] : [{ verb: "flush", object: "chain" } as const]),
      ...maps.changed.flatMap(({ wanted, replaced, gone }) => deleteEntries(wanted, [...replaced, ...gone])),
      ...deleteMaps(maps.gone),
      ...deleteChains(chains.gone),
      ...deleteSets(sets.gone),
      ...addSets(sets.fresh.filter((set) => !isAhead(set))),
      ...sets.changed.flatMap((set) => [...deleteElements(set), ...addElements(set)]),
      ...addChains(chains.fresh),
      ...addMaps(maps.fresh),
      ...maps.changed.flatMap(({ wanted, added }) => addEntries(wanted, added)),
      ...appendRules(desired.chains),
    ],
  ];
}
