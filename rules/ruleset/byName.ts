// Lists that are sorted by name, as those of a ruleset are: what differs between two of them, and a list with something changed. Both cost what changes,
// and beside that a look at each pointer. Names are ASCII, so `<` is the order of their bytes.

import { changedSpan } from "../net/listChanges.ts";

interface Named {
  readonly name: string;
}

/** By name what is there now; undefined: nothing any more. */
export type Changes<T> = ReadonlyMap<string, T | undefined>;

export function changesByName<T extends Named>(before: readonly T[], now: readonly T[]): Map<string, T | undefined> {
  const changes = new Map<string, T | undefined>();
  const { from, to } = changedSpan(now, before);
  const end = to + before.length - now.length;
  let at = from;
  for (let place = from; place < to; place++) {
    const thing = now[place] as T;
    for (; at < end && (before[at] as T) !== thing && (before[at] as T).name < thing.name; at++) changes.set((before[at] as T).name, undefined);
    const held = at < end ? before[at] : undefined;
    if (held !== thing) changes.set(thing.name, thing);
    if (held === thing || held?.name === thing.name) at++;
  }
  for (; at < end; at++) changes.set((before[at] as T).name, undefined);
  return changes;
}

/** The list itself where nothing is otherwise in it. */
export function withChanges<T extends Named>(sorted: readonly T[], changes: Changes<T>): readonly T[] {
  const changed: T[] = [];
  let isSame = true;
  let from = 0;
  for (const name of [...changes.keys()].sort()) {
    const place = placeOf(sorted, name, from);
    for (; from < place; from++) changed.push(sorted[from] as T);
    const held = sorted[from]?.name === name ? sorted[from] : undefined;
    const thing = changes.get(name);
    if (held !== undefined) from++;
    if (thing !== undefined) changed.push(thing);
    if (thing !== held) isSame = false;
  }
  if (isSame) return sorted;
  for (; from < sorted.length; from++) changed.push(sorted[from] as T);
  return changed;
}

/** Of the first that is not before the name, from a place on. */
function placeOf(sorted: readonly Named[], name: string, from: number): number {
  let [low, high] = [from, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as Named).name < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
