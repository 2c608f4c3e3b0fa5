// The sets of members by id, as a map that is cheap to change in one place: a copy shares the ids, of which there may be thousands, and no text is
// looked up or hashed again.

import type { MemberSet } from "./types.ts";

/** A read-only map, sorted as its sets are. */
export class SetTable implements ReadonlyMap<string, MemberSet> {
  /** Places in `sets`. */
  readonly places: ReadonlyMap<string, number>;
  readonly sets: readonly MemberSet[];

  constructor(sets: readonly MemberSet[], places: ReadonlyMap<string, number> = new Map(sets.map(({ id }, place) => [id, place]))) {
    this.sets = sets;
    this.places = places;
  }

  /** With these sets in place of those of the same ids; itself when they are those. */
  with(changed: readonly MemberSet[]): SetTable {
    const news = changed.filter((set) => this.get(set.id) !== set);
    if (news.length === 0) return this;
    const sets = [...this.sets];
    for (const set of news) sets[this.places.get(set.id) ?? sets.length] = set;
    return new SetTable(sets, this.places);
  }

  get size(): number {
    return this.sets.length;
  }

  get(id: string): MemberSet | undefined {
    const place = this.places.get(id);
    return place === undefined ? undefined : this.sets[place];
  }

  has(id: string): boolean {
    return this.places.has(id);
  }

  keys(): MapIterator<string> {
    return this.places.keys();
  }

  values(): ArrayIterator<MemberSet> {
    return this.sets.values();
  }

  *entries(): Generator<[string, MemberSet], undefined, unknown> {
    for (const set of this.sets) yield [set.id, set];
    return undefined;
  }

  [Symbol.iterator](): Generator<[string, MemberSet], undefined, unknown> {
    return this.entries();
  }

  forEach(callback: (set: MemberSet, id: string, table: ReadonlyMap<string, MemberSet>) => void): void {
    for (const set of this.sets) callback(set, set.id, this);
  }
}
