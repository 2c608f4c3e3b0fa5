// Sets that come, go and change. A set changes in place, element by element, as long as it is declared as it would be now; any other
// difference makes it anew under its name. What packets see of an interval set meanwhile is diff.ts's concern.

import { compareBytes, eachKey, type KeysChange } from "../ruleset/chunks.ts";
import { compareKeys } from "../ruleset/compareKeys.ts";
import { declaredSize } from "../ruleset/keys.ts";
import type { Keys, NftSet } from "../ruleset/types.ts";
import type { Actual, Operation } from "./types.ts";

export type ActualSet = Actual["sets"][number];

/** The size is part of it: it cannot grow, beyond it is ENFILE, and a set with the size of its content is the same however it came about. */
export function canStay(held: ActualSet, wanted: ActualSet): boolean {
  return held.flavour === wanted.flavour && held.types.join() === wanted.types.join() && sizeOf(held) === sizeOf(wanted);
}

/** An interval set declares none, which is 0. */
function sizeOf(set: ActualSet): number {
  return set.size ?? declaredSize(set) ?? 0;
}

export function addSets(sets: readonly NftSet[]): Operation[] {
  return sets.flatMap((set): Operation[] => [{ verb: "add", object: "set", set }, ...elements("add", set, set.keys)]);
}

/** No rule may use them any longer. */
export function deleteSets(sets: readonly ActualSet[]): Operation[] {
  return sets.map(({ name }) => ({ verb: "delete", object: "set", name }));
}

export interface SetChange extends KeysChange {
  readonly wanted: NftSet;
}

/** Undefined when it has those elements. */
export function changeOf(held: ActualSet, wanted: NftSet): SetChange | undefined {
  if (held.keys === wanted.keys) return undefined;
  const difference = compareKeys(held.keys, wanted.keys);
  return difference.added.count + difference.removed.count === 0 ? undefined : { wanted, ...difference };
}

export function addElements({ wanted, added }: SetChange): Operation[] {
  return elements("add", wanted, added);
}

export function deleteElements({ wanted, removed }: SetChange): Operation[] {
  return elements("delete", wanted, removed);
}

/** Of an interval set: whether a range that comes has a value in common with one that goes. */
export function overlaps({ added, removed }: KeysChange): boolean {
  if (added.count === 0 || removed.count === 0) return false;
  const coming = eachKey(added);
  const going = eachKey(removed);
  let a = coming.next().value;
  let b = going.next().value;
  while (a !== undefined && b !== undefined) {
    if (isBelow(a, b)) a = coming.next().value;
    else if (isBelow(b, a)) b = going.next().value;
    else return true;
  }
  return false;
}

/** A range as a key is its first and its last value. */
function isBelow(range: Uint8Array, other: Uint8Array): boolean {
  const half = range.length / 2;
  return compareBytes(range.subarray(half), other.subarray(0, half)) < 0;
}

function elements(verb: "add" | "delete", { name, types, flavour, comment }: NftSet, keys: Keys): Operation[] {
  return keys.count === 0 ? [] : [{ verb, object: "elements", set: { name, types, flavour, comment }, keys }];
}
