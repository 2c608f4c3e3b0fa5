// Chains, sets and maps by name, as they come, stay and go from pass to pass. What a pass leaves alone it does not look at: only what has changed is put into
// its place in the list. Nothing is known here of what the things are.

import { withChanges } from "../ruleset/byName.ts";
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
  #values: readonly T[] = [];
  /** What came, went or was replaced. */
  #changes = new Map<string, T | undefined>();

  get(name: string): E | undefined {
    return this.#byName.get(name);
  }

  /** A name that is new. */
  add(entry: E): E {
    this.#byName.set(entry.name, entry);
    this.#changes.set(entry.name, entry.value);
    return entry;
  }

  replace(entry: E, value: T): void {
    entry.value = value;
    this.#changes.set(entry.name, value);
  }

  /** Those of the things that are here. */
  drop(things: readonly (Held & Partial<Named>)[]): void {
    for (const thing of things) {
      if (thing.name === undefined || this.#byName.get(thing.name) !== thing) continue;
      this.#byName.delete(thing.name);
      this.#changes.set(thing.name, undefined);
    }
  }

  /** All that there is, by name; the very array of the last time when that is the same. */
  settle(): readonly T[] {
    if (this.#changes.size > 0) this.#values = withChanges(this.#values, this.#changes);
    this.#changes = new Map();
    return this.#values;
  }
}
