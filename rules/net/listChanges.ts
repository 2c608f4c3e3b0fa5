// What differs between two lists, by reference: a few changes among thousands of things cost a walk along both and nothing else.

/** A thing that changed went as it was and came as it is. */
export interface ListChanges<T> {
  readonly removed: readonly T[];
  readonly added: readonly T[];
}

/** In whatever order each is: what only stands elsewhere has not changed. No object is twice in a list. */
export function listChanges<T>(before: readonly T[], after: readonly T[]): ListChanges<T> {
  const { from, to } = changedSpan(after, before);
  const isAligned = before.length === after.length;
  const differs = (others: readonly T[]) => (thing: T, at: number) => !isAligned || others[from + at] !== thing;
  const removed = before.slice(from, to + before.length - after.length).filter(differs(after));
  const added = after.slice(from, to).filter(differs(before));
  return { removed: without(removed, added), added: without(added, removed) };
}

function without<T>(things: readonly T[], others: readonly T[]): readonly T[] {
  if (things.length === 0 || others.length === 0) return things;
  const excluded = new Set(others);
  return things.filter((thing) => !excluded.has(thing));
}

/** What stands at the place is another thing from now on. */
export interface Edit<T> {
  readonly place: number;
  /** Undefined: the thing comes before what stands there. */
  readonly held: T | undefined;
  /** Undefined: it goes. */
  readonly thing: T | undefined;
}

/** With so many the list is moved for each, in one piece; with more it is gone along once. */
const few = 16;

/** `edits` in order of their places; the list itself where there are none. What lies between is copied in one piece where there are few or no thing comes or goes. */
export function withEdits<T>(list: readonly T[], edits: readonly Edit<T>[]): readonly T[] {
  if (edits.length === 0) return list;
  const isAligned = edits.every(({ held, thing }) => held !== undefined && thing !== undefined);
  if (!isAligned && edits.length > few) return merged(list, edits);
  const edited = list.slice();
  for (const { place, held, thing } of edits.toReversed()) {
    if (held !== undefined && thing !== undefined) edited[place] = thing;
    else edited.splice(place, held === undefined ? 0 : 1, ...(thing === undefined ? [] : [thing]));
  }
  return edited;
}

function merged<T>(list: readonly T[], edits: readonly Edit<T>[]): readonly T[] {
  const edited: T[] = [];
  let from = 0;
  for (const { place, held, thing } of edits) {
    for (; from < place; from++) edited.push(list[from] as T);
    if (thing !== undefined) edited.push(thing);
    if (held !== undefined) from++;
  }
  return edited.concat(list.slice(from));
}

/** Whether both are the same objects in the same order. */
export function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (!Object.is(a[at], b[at])) return false;
  return true;
}

const none: readonly never[] = [];

/** The list in as much memory as it takes, for one that is kept: an array that grew has room for 17 items and more, and ten thousand policies have 100,000 lists. */
export function trimmed<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? none : list.slice();
}

/** `next`, or `last` if it is the same objects in the same order. */
export function sameList<T>(last: readonly T[] | undefined, next: readonly T[]): readonly T[] {
  return last !== undefined && sameItems(last, next) ? last : next;
}

/**
 * Where lists that are alike at both ends differ. Half open, of `items`; of the others as far from the end. For `===` the engine looks at what both refer to,
 * which takes half a millisecond for ten thousand things that nobody has used for a while; for Object.is it does not.
 */
export function changedSpan(items: readonly unknown[], others: readonly unknown[]): { readonly from: number; readonly to: number } {
  if (items === others) return { from: items.length, to: items.length };
  const shorter = Math.min(items.length, others.length);
  let from = 0;
  while (from < shorter && Object.is(items[from], others[from])) from++;
  let behind = 0;
  while (behind < shorter - from && Object.is(items[items.length - 1 - behind], others[others.length - 1 - behind])) behind++;
  return { from, to: items.length - behind };
}

/** The same for rows of `width` numbers each, of which whole ones count. */
export function changedRows(rows: ArrayLike<number>, others: ArrayLike<number>, width: number): { readonly from: number; readonly to: number } {
  const shorter = Math.min(rows.length, others.length);
  let from = 0;
  while (from < shorter && rows[from] === others[from]) from++;
  from -= from % width;
  let behind = 0;
  while (behind < shorter - from && rows[rows.length - 1 - behind] === others[others.length - 1 - behind]) behind++;
  return { from, to: rows.length - behind + (behind % width) };
}
