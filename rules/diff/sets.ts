// Sets that come, go and change. A set changes in place, element by element, as long as it is declared as it would be now; any other
// difference makes it anew under its name. A hash set is never seen half filled; of an interval set diff.ts takes care.

import { declaredSize } from "../ruleset/keys.ts";
import type { NftSet } from "../ruleset/types.ts";
import { compareKeys, sameKeys } from "./keys.ts";
import type { Actual, Operation } from "./types.ts";

type ActualSet = Actual["sets"][number];

/** Interval sets that the table lacks. Their content is in their name, so one that is there with other elements was changed by a stranger. */
export function newIntervals(before: Actual, after: Actual): readonly ActualSet[] {
  const there = new Map(before.sets.map((set) => [set.name, set]));
  return after.sets.filter((set) => {
    const held = there.get(set.name);
    return set.flavour === "interval" && (held === undefined || (canStay(held, set) && !sameKeys(held.keys, set.keys)));
  });
}

/** The set as the kernel holds it once it is made. An interval set declares no size, which is 0. */
export function declared(set: NftSet): ActualSet {
  return { ...set, size: declaredSize(set) ?? 0 };
}

/** Sets that are wanted no more, or that cannot become what is wanted. No rule may use them any longer. */
export function deleteSets(before: Actual, after: Actual): Operation[] {
  const wanted = new Map(after.sets.map((set) => [set.name, set]));
  const stale = before.sets.filter((held) => {
    const set = wanted.get(held.name);
    return set === undefined || !canStay(held, set);
  });
  return stale.map(({ name }) => ({ verb: "delete", object: "set", name }));
}

/** The sets that are not there as they are wanted, with their elements; of those that stay the elements that differ. */
export function addSets(before: Actual, after: Actual): Operation[] {
  const there = new Map(before.sets.map((set) => [set.name, set]));
  return after.sets.flatMap((set) => {
    const held = there.get(set.name);
    return held !== undefined && canStay(held, set) ? changeElements(held, set) : addSet(set);
  });
}

/** The size is part of it: it cannot grow, beyond it is ENFILE, and a set with the size of its content is the same however it came about. */
export function canStay(held: ActualSet, wanted: ActualSet): boolean {
  return held.flavour === wanted.flavour && held.types.join() === wanted.types.join() && held.size === wanted.size;
}

function addSet(set: NftSet): Operation[] {
  const created: Operation = { verb: "add", object: "set", set };
  return set.keys.count === 0 ? [created] : [created, { verb: "add", object: "elements", set: withoutKeys(set), keys: set.keys }];
}

/** Deletions first: elements on their way out do not count against the size (nft_add_set_elem, ndeact). */
function changeElements(held: ActualSet, wanted: NftSet): Operation[] {
  const { added, removed } = compareKeys(held.keys, wanted.keys);
  const set = withoutKeys(wanted);
  return [
    ...(removed.count === 0 ? [] : [{ verb: "delete", object: "elements", set, keys: removed } as const]),
    ...(added.count === 0 ? [] : [{ verb: "add", object: "elements", set, keys: added } as const]),
  ];
}

function withoutKeys({ name, types, flavour, comment }: NftSet): Omit<NftSet, "keys"> {
  return { name, types, flavour, comment };
}
