// What was found out about a list of named things, carried over to the next list: of a thing that is in both, by reference, it still holds. Both lists are
// sorted by name, so that one walk along what differs of both pairs them; where they are not, more is found out anew and nothing is missed.

import { changedSpan } from "../net/listChanges.ts";

export interface Findings<T, F> {
  readonly things: readonly T[];
  /** One for each thing. */
  readonly found: readonly F[];
  /** Whether the list before had the same names. */
  readonly sameNames: boolean;
  /** Where what is new or other than before stands, in order. */
  readonly changed: readonly number[];
  /** Names that are no more. */
  readonly gone: readonly string[];
}

export const noFindings = { things: [], found: [], sameNames: false, changed: [], gone: [] };

/** `find` is asked about the things that are new or other, with what had the name before. */
export function carryOver<T extends { readonly name: string }, F>(
  things: readonly T[],
  before: Findings<T, F>,
  find: (thing: T, before: { readonly thing: T; readonly found: F } | undefined) => F,
): Findings<T, F> {
  if (things === before.things) return { ...before, sameNames: true, changed: [], gone: [] };
  const { from, to } = changedSpan(things, before.things);
  const behind = things.length - to;
  const end = before.things.length - behind;
  const found: F[] = [];
  const changed: number[] = [];
  const gone: string[] = [];
  let at = from;
  let paired = 0;
  for (let place = from; place < to; place++) {
    const thing = things[place] as T;
    for (; at < end && before.things[at] !== thing && (before.things[at] as T).name < thing.name; at++) gone.push((before.things[at] as T).name);
    const held = at < end ? { thing: before.things[at] as T, found: before.found[at] as F } : undefined;
    const isPair = held?.thing.name === thing.name;
    if (held?.thing !== thing) changed.push(place);
    found.push(held?.thing === thing ? held.found : find(thing, isPair ? held : undefined));
    if (isPair) {
      at += 1;
      paired += 1;
    }
  }
  for (; at < end; at++) gone.push((before.things[at] as T).name);
  return {
    things,
    found: [...before.found.slice(0, from), ...found, ...before.found.slice(end)],
    sameNames: paired === to - from && gone.length === 0,
    changed,
    gone,
  };
}
