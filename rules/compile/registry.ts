// Chains, sets and maps by name, as they come, stay and go from pass to pass. What a pass leaves alone it does not look at: only what has changed is put into
// its place in the list. Nothing is known here of what the things are.

import type { Held } from "./holding.ts";

interface Named {
  readonly name: string;
}

/** A changed thing is another object under the same name. */
export interface Entry<T extends Named> extends Held {
  readonly name: string;
  value: T;
}

export class Registry<T extends Named, E extends Entry<T> = Entry<T>> {
  readonly #byName = new Map<string, E>();
  /** By name; names are ASCII, so `<` is the order of their bytes. */
  #values: readonly T[] = [];
  /** The names of what came, went or was replaced. */
  #changed = new Set<string>();

  get(name: string): E | undefined {
    return this.#byName.get(name);
  }

  /** A name that is new. */
  add(entry: E): E {
    this.#byName.set(entry.name, entry);
    this.#changed.add(entry.name);
    return entry;
  }

  replace(entry: E, value: T): void {
    entry.value = value;
    this.#changed.add(entry.name);
  }

  /** Those of the things that are here. */
  drop(things: readonly (Held & Partial<Named>)[]): void {
    for (const thing of things) {
      if (thing.name === undefined || this.#byName.get(thing.name) !== thing) continue;
      this.#byName.delete(thing.name);
      this.#changed.add(thing.name);
    }
  }

  /** All that there is, by name; the very array of the last time when that is the same. */
  settle(): readonly T[] {
    if (this.#changed.size === 0) return this.#values;
    const [last, values]: [readonly T[], T[]] = [this.#values, []];
    let from = 0;
    for (const name of [...this.#changed].sort()) {
      const place = placeOf(last, name, from);
      for (; from < place; from++) values.push(last[from] as T);
      if (last[from]?.name === name) from++;
      const entry = this.#byName.get(name);
      if (entry !== undefined) values.push(entry.value);
    }
    for (; from < last.length; from++) values.push(last[from] as T);
    this.#changed = new Set();
    this.#values = values;
    return values;
  }
}

/** Of the first that is not before the name, from a place on. */
function placeOf(values: readonly Named[], name: string, from: number): number {
  let [low, high] = [from, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as Named).name < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
