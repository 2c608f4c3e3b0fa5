// Commits that packets may meet are an RCU grace period apart: there are two generations of rules, and a packet that is on its way while a third takes the
// place of the first would go on with rules of that (nft_do_chain takes the bit of the generation once). Every commit in the network namespace turns that
// bit, whoever made it and in whatever table. What a grace period is asked of is not known here.

import { setImmediate as nextTurn } from "node:timers/promises";
import { isAfter } from "./generations.ts";
import type { CommitOptions } from "./interface.ts";

export interface GracePeriods {
  /** Resolves with false where the system has no way to wait for one. */
  pass(): Promise<boolean>;
  /** The way that there always is: everybody else's commits wait meanwhile. */
  force(): Promise<void>;
}

export class Spacing {
  readonly #periods: GracePeriods;
  /** The generation that the last commit of ours has left. */
  #ours: number | undefined;
  /** The last generation that is known to have landed. */
  #latest: number | undefined;
  /** The last one after which a grace period has passed. */
  #through: number | undefined;
  /** One at a time: what lands meanwhile waits for the next. */
  #running: Promise<void> | undefined;
  /** Whether the last one held others up. */
  #disturbs = false;

  constructor(periods: GracePeriods) {
    this.#periods = periods;
  }

  /** A commit of ours has landed. A grace period begins now, so that it is over when the next one comes, unless that is one of the same transaction. */
  landed(generation: number): void {
    this.#ours = generation;
    this.#saw(generation);
    this.#goOn();
  }

  /** A commit has been heard of, whoever's. */
  heard(generation: number): void {
    this.#saw(generation);
    if (!this.#disturbs) this.#goOn();
  }

  /**
   * Until the packets are through that were on their way when the commits landed that one is to be apart from.
   * @param generation before it
   * @throws whatever stops a grace period that has to be asked for again
   */
  async wait(apartFrom: NonNullable<CommitOptions["apartFrom"]>, generation: number): Promise<void> {
    const last = { everybody: generation, ours: this.#ours, nobody: undefined }[apartFrom];
    if (last === undefined) return;
    this.#saw(last);
    while (this.#through === undefined || isAfter(last, this.#through)) {
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
    this.#disturbs = !(await this.#periods.pass());
    if (this.#disturbs) await this.#periods.force();
    this.#through = landed;
  }
}
