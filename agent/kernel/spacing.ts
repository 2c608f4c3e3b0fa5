// Commits that packets may meet are an RCU grace period apart: there are two generations of rules, and a packet that is on its way while a third takes the
// place of the first would go on with rules of that (nft_do_chain takes the bit of the generation once). Every commit in the network namespace turns that
// bit, whoever made it and in whatever table. What a grace period is asked of is not known here.

import { setImmediate as nextTurn } from "node:timers/promises";
import { isAfter } from "./generations.ts";

export class Spacing {
  readonly #gracePeriod: () => Promise<void>;
  /** The last generation that is known to have landed. */
  #latest: number | undefined;
  /** The last one after which a grace period has passed. */
  #through: number | undefined;
  /** One at a time: what lands meanwhile waits for the next. */
  #running: Promise<void> | undefined;

  constructor(gracePeriod: () => Promise<void>) {
    this.#gracePeriod = gracePeriod;
  }

  /** A commit has landed. A grace period begins now, so that it is over when the next one comes, unless that is one of the same transaction. */
  landed(generation: number): void {
    this.#saw(generation);
    this.#goOn();
  }

  /** Until the packets are through that were on their way when the generation landed. @throws whatever stops a grace period that has to be asked for again */
  async wait(generation: number): Promise<void> {
    this.#saw(generation);
    while (this.#through === undefined || isAfter(generation, this.#through)) {
      if (this.#running === undefined) await this.#begin();
      else await this.#running.catch(() => undefined);
    }
  }

  #saw(generation: number): void {
    if (this.#latest === undefined || isAfter(generation, this.#latest)) this.#latest = generation;
  }

  #goOn(): void {
    if (this.#running === undefined && this.#latest !== this.#through) void this.#begin();
  }

  #begin(): Promise<void> {
    const running = this.#letThrough().finally(() => {
      this.#running = undefined;
    });
    this.#running = running;
    running.then(
      () => this.#goOn(),
      () => undefined,
    );
    return running;
  }

  /** After who waits for the commit has gone on. */
  async #letThrough(): Promise<void> {
    await nextTurn();
    const landed = this.#latest;
    await this.#gracePeriod();
    this.#through = landed;
  }
}
