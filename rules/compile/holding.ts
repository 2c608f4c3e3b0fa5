// What a compiler has made stays as long as something holds it: a chain the chains and sets that its rules name, a tier its policies, a policy its sets, and
// in the end the base chains everything. Each counts its holders, so that a pass says nothing of what it leaves alone. Nothing is known here of what they are.

export interface Held {
  /** How many; `gone` after a pass that left it without any. */
  holders: number;
  /** What it is made of; once for each time that it is used. */
  holds: readonly Held[];
}

export const gone = -1;

export class Holding {
  #loose: Held[] = [];

  /** From now on the thing holds these. */
  change(thing: Held, holds: readonly Held[]): void {
    const before = thing.holds;
    thing.holds = holds;
    for (const one of holds) one.holders += 1;
    this.#release(before);
  }

  /** At the end of a pass: what nobody holds goes, and so does what only that has held. Returns all that went. */
  sweep(): readonly Held[] {
    const went: Held[] = [];
    for (const thing of this.#loose) {
      if (thing.holders !== 0) continue;
      thing.holders = gone;
      this.#release(thing.holds);
      went.push(thing);
    }
    this.#loose = [];
    return went;
  }

  #release(things: readonly Held[]): void {
    for (const one of things) {
      one.holders -= 1;
      if (one.holders === 0) this.#loose.push(one);
    }
  }
}
