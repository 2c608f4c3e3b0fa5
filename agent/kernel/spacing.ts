// Commits that packets may meet are an RCU grace period apart: there are two generations of rules, and a packet that is on its way while a third takes the
// place of the first would go on with rules of that (nft_do_chain takes the bit of the generation once). What a grace period is asked of is not known here.
// Of other programs' commits nothing is known either: one of them and one of ours within a packet's way, in any tables, turn the generation round as well.

import { setImmediate as nextTurn } from "node:timers/promises";

export class Spacing {
  readonly #gracePeriod: () => Promise<void>;
  /** Whether the packets that were on their way when the last commit landed are surely through. */
  #isThrough: Promise<boolean> = Promise.resolve(true);

  constructor(gracePeriod: () => Promise<void>) {
    this.#gracePeriod = gracePeriod;
  }

  /** Until the next commit may go. @throws whatever stops a grace period that has to be asked for again */
  async wait(): Promise<void> {
    if (await this.#isThrough) return;
    await this.#gracePeriod();
    this.#isThrough = Promise.resolve(true);
  }

  /** A commit has landed. The grace period begins now, so that it is over when the next one comes, unless that is one of the same transaction. */
  landed(): void {
    this.#isThrough = this.#letThrough();
  }

  /** A commit may have landed. */
  lost(): void {
    this.#isThrough = Promise.resolve(false);
  }

  /** After who waits for the commit has gone on. */
  async #letThrough(): Promise<boolean> {
    await nextTurn();
    return this.#gracePeriod().then(
      () => true,
      () => false,
    );
  }
}
