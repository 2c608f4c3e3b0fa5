// Lists that are sorted by name, as those of a ruleset are: what differs between two of them, and a list with something changed. Both cost what changes,
// and beside that a look at each pointer. Names are ASCII, so `<` is the order of their bytes.

import { changedSpan, type Edit, withEdits } from "../net/listChanges.ts";

interface Named {
  readonly name: string;
}

/** By name what is there now; undefined: nothing any more. */
export type Changes<T> = ReadonlyMap<string, T | undefined>;

export function changesByName<T extends Named>(before: readonly T[], now: readonly T[]): Map<string, T | undefined> {
  const changes = new Map<string, T | undefined>();
  if (before === now) return changes;
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
  const edits: Edit<T>[] = [];
  let place = 0;
  for (const name of [...changes.keys()].sort()) {
    place = placeOf(sorted, name, place);
    const held = sorted[place]?.name === name ? sorted[place] : undefined;
    const thing = changes.get(name);
    if (thing !== held) edits.push({ place, held, thing });
  }
  return withEdits(sorted, edits);
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
