// The host's interfaces, kept current: subscribe, read, then read again after every hint, when something held back falls due, and now and
// then without any. There is one path: every change of what is shown comes from a whole reading. What a reading means is linkState's.

import type { Interface } from "../../rules/resolve/types.ts";
import { type LinkKernel, openLinkKernel } from "./linkKernel.ts";
import { interfacesOf, type LinkState, nothingKnown, observe, showsSame } from "./linkState.ts";

export interface LinksSource {
  /** Sorted by name. Empty until synced. */
  current(): readonly Interface[];
  /** Fulfilled after the first reading; stays open while readings fail. */
  readonly synced: Promise<void>;
  close(): void;
}

/** Monotonic milliseconds. */
export interface Clock {
  now(): number;
  /** Returns the way to cancel. */
  after(milliseconds: number, callback: () => void): () => void;
}

export interface LinksOptions {
  /** After the first reading and whenever the interfaces have changed. */
  onChange(interfaces: readonly Interface[]): void;
  /** A reading or the subscription failed; it is tried again by itself, and what was known stays. */
  onProblem(error: Error): void;
  /** How long a removal is held back. Default 100 (semantics H4). */
  readonly holdBackMilliseconds?: number;
  /** Felix's InterfaceRefreshInterval. Default 90 s. */
  readonly refreshMilliseconds?: number;
  readonly clock?: Clock;
  readonly openKernel?: () => LinkKernel;
}

const retryMilliseconds = 1000;
/** Readings take at most a third of the time, however fast links come and go. */
const restPerReading = 2;

const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};

/** Never throws: a kernel that cannot be asked is a problem reported and tried again. */
export function watchLinks(options: LinksOptions): LinksSource {
  const watch = new LinkWatch(options);
  watch.hint();
  return watch;
}

class LinkWatch implements LinksSource {
  readonly synced: Promise<void>;
  readonly #options: LinksOptions;
  readonly #clock: Clock;
  readonly #setSynced: () => void;
  #kernel: LinkKernel | undefined;
  #subscription: { close(): void } | undefined;
  #state: LinkState = nothingKnown;
  #shown: readonly Interface[] = [];
  #isSynced = false;
  #isClosed = false;
  #isReading = false;
  #isHinted = false;
  /** No reading starts before. */
  #restUntil = 0;
  #cancelWake = (): void => {};

  constructor(options: LinksOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.synced = promise;
    this.#setSynced = resolve;
  }

  current(): readonly Interface[] {
    return this.#shown;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelWake();
    this.#subscription?.close();
    this.#kernel?.close();
  }

  hint(): void {
    if (this.#isHinted || this.#isClosed) return;
    this.#isHinted = true;
    if (!this.#isReading) this.#wakeAt(this.#restUntil);
  }

  #wakeAt(time: number): void {
    this.#cancelWake();
    const wait = time - this.#clock.now();
    if (wait <= 0) void this.#read();
    else this.#cancelWake = this.#clock.after(wait, () => void this.#read());
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    this.#isHinted = false;
    const began = this.#clock.now();
    const next = await this.#readOnce().catch((error: unknown) => this.#failed(error));
    this.#isReading = false;
    if (this.#isClosed) return;
    const ended = this.#clock.now();
    this.#rest(ended + restPerReading * (ended - began));
    this.#wakeAt(Math.max(this.#restUntil, this.#isHinted ? 0 : next));
  }

  /** Returns when to read next if nothing happens. Subscribes before it reads, so that no change falls between the two. */
  async #readOnce(): Promise<number> {
    this.#kernel ??= (this.#options.openKernel ?? openLinkKernel)();
    this.#subscription ??= this.#kernel.subscribe(
      () => this.hint(),
      (error) => this.#lost(error),
    );
    const reading = await this.#kernel.read();
    const now = this.#clock.now();
    if (!this.#isClosed) this.#take(observe(this.#state, reading, { now, holdBack: this.#options.holdBackMilliseconds ?? 100 }));
    return this.#state.readAgainAt ?? now + (this.#options.refreshMilliseconds ?? 90_000);
  }

  #take(state: LinkState): void {
    const isNew = !this.#isSynced || !showsSame(this.#state, state);
    this.#state = state;
    if (!isNew) return;
    this.#shown = interfacesOf(state);
    this.#isSynced = true;
    this.#setSynced();
    this.#options.onChange(this.#shown);
  }

  /** The subscription ended by itself: the next reading subscribes anew. */
  #lost(error: Error): void {
    this.#subscription?.close();
    this.#subscription = undefined;
    this.#rest(this.#clock.now() + retryMilliseconds);
    this.#options.onProblem(error);
    this.hint();
  }

  /** The next reading opens a new socket. */
  #failed(error: unknown): number {
    if (this.#isClosed) return 0;
    this.#kernel?.close();
    this.#kernel = undefined;
    this.#rest(this.#clock.now() + retryMilliseconds);
    this.#options.onProblem(error instanceof Error ? error : new Error(String(error)));
    return this.#restUntil;
  }

  #rest(until: number): void {
    this.#restUntil = Math.max(this.#restUntil, until);
  }
}
