// Two lists of things with a key each, matched: what both have but not as the same object, what only one has. By reference and by place as long as
// the lists agree, so that a few changes among thousands cost a walk; in any order of either.

import { changedSpan } from "../net/listChanges.ts";

export interface Pairs<Held, Wanted> {
  /** Of one key and not the same object. */
  readonly changed: readonly (readonly [held: Held, wanted: Wanted])[];
  readonly gone: readonly Held[];
  readonly fresh: readonly Wanted[];
}

/** No key twice in a list. */
export function pairUp<Held, Wanted>(held: readonly Held[], wanted: readonly Wanted[], keyOf: (thing: Held | Wanted) => string): Pairs<Held, Wanted> {
  const changed: [Held, Wanted][] = [];
  /** Notes the pair at these places; false where the two are of different keys. */
  const meet = (at: number, wantedAt: number): boolean => {
    const [a, b] = [held[at] as Held, wanted[wantedAt] as Wanted];
    if (keyOf(a) !== keyOf(b)) return false;
    changed.push([a, b]);
    return true;
  };
  const { from, to } = changedSpan(wanted, held);
  let [end, wantedEnd] = [to + held.length - wanted.length, to];
  let start = from;
  while (start < Math.min(end, wantedEnd) && (isSame(held[start], wanted[start]) || meet(start, start))) start++;
  while (end > start && wantedEnd > start && (isSame(held[end - 1], wanted[wantedEnd - 1]) || meet(end - 1, wantedEnd - 1))) {
    end--;
    wantedEnd--;
  }
  if (start === end && start === wantedEnd) return { changed, gone: [], fresh: [] };
  const middle = matchByKey(held.slice(start, end), wanted.slice(start, wantedEnd), keyOf);
  return { ...middle, changed: [...changed, ...middle.changed] };
}

/** Keys are asked for only of what is not the same object. */
function matchByKey<Held, Wanted>(held: readonly Held[], wanted: readonly Wanted[], keyOf: (thing: Held | Wanted) => string): Pairs<Held, Wanted> {
  const ours: ReadonlySet<unknown> = new Set(wanted);
  const others = new Map(held.filter((thing) => !ours.has(thing)).map((thing) => [keyOf(thing), thing]));
  const theirs: ReadonlySet<unknown> = new Set(held);
  const changed: [Held, Wanted][] = [];
  const fresh: Wanted[] = [];
  for (const thing of wanted) {
    if (theirs.has(thing)) continue;
    const key = keyOf(thing);
    const other = others.get(key);
    if (other === undefined) fresh.push(thing);
    else changed.push([other, thing]);
    others.delete(key);
  }
  return { changed, gone: [...others.values()], fresh };
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b;
}
