// What was found out about a list of named things, carried over to the next list: of a thing that is in both, by reference, it still holds. Both lists are
// sorted by name, so that one walk along both pairs them; where they are not, more is found out anew and nothing is missed.

export interface Findings<T, F> {
  readonly things: readonly T[];
  /** One for each thing. */
  readonly found: readonly F[];
  /** Whether the list before had the same names. */
  readonly sameNames: boolean;
  /** Where what is new or other than before stands, in order. */
  readonly changed: readonly number[];
}

export const noFindings = { things: [], found: [], sameNames: false, changed: [] };

/** `find` is asked about the things that are new or other, with what had the name before. */
export function carryOver<T extends { readonly name: string }, F>(
  things: readonly T[],
  before: Findings<T, F>,
  find: (thing: T, before: { readonly thing: T; readonly found: F } | undefined) => F,
): Findings<T, F> {
  if (things === before.things) return { ...before, sameNames: true, changed: [] };
  const found: F[] = [];
  const changed: number[] = [];
  let at = 0;
  let paired = 0;
  for (const thing of things) {
    let held = before.things[at];
    for (; held !== undefined && held !== thing && held.name < thing.name; held = before.things[at]) at += 1;
    const known = before.found[at];
    if (held !== thing) changed.push(found.length);
    if (held === undefined || known === undefined || held.name !== thing.name) found.push(find(thing, undefined));
    else {
      found.push(held === thing ? known : find(thing, { thing: held, found: known }));
      at += 1;
      paired += 1;
    }
  }
  return { things, found, sameNames: paired === things.length && paired === before.things.length, changed };
}
