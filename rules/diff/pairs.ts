// Two lists of things with a key each, matched: what both have but not as the same object, what only one has. By reference and by place as long as
// the lists agree, so that a few changes among thousands cost a walk; in any order of either.

export interface Pairs<Held, Wanted> {
  /** Of one key and not the same object. */
  readonly changed: readonly (readonly [held: Held, wanted: Wanted])[];
  readonly gone: readonly Held[];
  readonly fresh: readonly Wanted[];
}

/** No key twice in a list. */
export function pairUp<Held, Wanted>(held: readonly Held[], wanted: readonly Wanted[], keyOf: (thing: Held | Wanted) => string): Pairs<Held, Wanted> {
  const isPair = (a: Held, b: Wanted): boolean => isSame(a, b) || keyOf(a) === keyOf(b);
  const shorter = Math.min(held.length, wanted.length);
  let start = 0;
  while (start < shorter && isPair(held[start] as Held, wanted[start] as Wanted)) start++;
  let end = 0;
  while (end < shorter - start && isPair(held[held.length - 1 - end] as Held, wanted[wanted.length - 1 - end] as Wanted)) end++;
  const middle = matchByKey(held.slice(start, held.length - end), wanted.slice(start, wanted.length - end), keyOf);
  const before = differing(held.slice(0, start), wanted.slice(0, start));
  const behind = differing(held.slice(held.length - end), wanted.slice(wanted.length - end));
  return { ...middle, changed: [...before, ...middle.changed, ...behind] };
}

function differing<Held, Wanted>(held: readonly Held[], wanted: readonly Wanted[]): [Held, Wanted][] {
  const changed: [Held, Wanted][] = [];
  for (let i = 0; i < held.length; i++) if (!isSame(held[i], wanted[i])) changed.push([held[i] as Held, wanted[i] as Wanted]);
  return changed;
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
