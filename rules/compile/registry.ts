// Chains, sets and maps by name, as they come, stay and go from pass to pass: whoever wants one says so in every pass, what nobody wanted is dropped at
// the end of it, and what stays keeps its place, so that a pass sorts only what came. Nothing is known here of what the things are.

/** A thing and the last pass that wanted it: 0 before the first, `dropped` once it is in no registry any more. A changed thing is another object under the same name. */
export interface Entry<T> {
  readonly name: string;
  value: T;
  wantedIn: number;
}

export const dropped = -1;

export class Registry<T, E extends Entry<T> = Entry<T>> {
  readonly #byName = new Map<string, E>();
  /** By name; names are ASCII, so `<` is the order of their bytes. */
  #sorted: readonly E[] = [];
  #added: E[] = [];
  #isChanged = false;
  #values: readonly T[] = [];
  #pass = 0;
  #wanted = 0;

  begin(pass: number): void {
    this.#pass = pass;
    this.#wanted = 0;
  }

  get(name: string): E | undefined {
    return this.#byName.get(name);
  }

  /** A name that is new; wanted from the start. */
  add(entry: E): void {
    this.#byName.set(entry.name, entry);
    this.#added.push(entry);
    this.want(entry);
  }

  want(entry: E): void {
    if (entry.wantedIn === this.#pass) return;
    entry.wantedIn = this.#pass;
    this.#wanted += 1;
  }

  replace(entry: E, value: T): void {
    entry.value = value;
    this.#isChanged = true;
  }

  entries(): Iterable<E> {
    return this.#sorted;
  }

  /** All as they are now: nothing has come or gone since the last `settle`. */
  changed(): readonly T[] {
    if (this.#isChanged) this.#values = this.#sorted.map(({ value }) => value);
    this.#isChanged = false;
    return this.#values;
  }

  /** All that the pass wanted, by name; the very array of the pass before when it wanted the same. */
  settle(): readonly T[] {
    const isComplete = this.#wanted === this.#byName.size;
    if (isComplete && this.#added.length === 0 && !this.#isChanged) return this.#values;
    if (!isComplete) this.#drop();
    this.#sorted = merge(this.#sorted, this.#added.sort(byName));
    this.#added = [];
    this.#isChanged = false;
    this.#values = this.#sorted.map(({ value }) => value);
    return this.#values;
  }

  #drop(): void {
    for (const entry of this.#byName.values()) {
      if (entry.wantedIn === this.#pass) continue;
      entry.wantedIn = dropped;
      this.#byName.delete(entry.name);
    }
    this.#sorted = this.#sorted.filter(({ wantedIn }) => wantedIn !== dropped);
    this.#added = this.#added.filter(({ wantedIn }) => wantedIn !== dropped);
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function merge<E extends { readonly name: string }>(sorted: readonly E[], added: readonly E[]): readonly E[] {
  if (added.length === 0) return sorted;
  if (sorted.length === 0) return added;
  const merged: E[] = [];
  let at = 0;
  for (const entry of added) {
    for (let next = sorted[at]; next !== undefined && next.name < entry.name; next = sorted[at]) {
      merged.push(next);
      at += 1;
    }
    merged.push(entry);
  }
  while (at < sorted.length) merged.push(sorted[at++] as E);
  return merged;
}
