// Decides when a pass runs: one at a time, at once for the first request after a quiet time and for an urgent one, else no more often than the minimum interval,
// again with growing delays after a failure, and after the maximum interval without any request. Start, changes, drift and timers all come
// through here. What a pass does is not known here.

/** Milliseconds. */
export interface RunnerTiming {
  /** From the end of a pass to the next; requests in between become one pass. */
  readonly minInterval: number;
  /** After a failed pass; doubles with each further one up to the second number. */
  readonly retry: readonly [first: number, longest: number];
  /** A pass runs although nothing was requested, in case a notification was lost. */
  readonly maxInterval: number;
}

const defaultRunnerTiming: RunnerTiming = { minInterval: 50, retry: [500, 30_000], maxInterval: 90_000 };

export interface RunnerOptions {
  /** False or a rejection: the pass failed and is to be tried again. */
  pass(reasons: readonly string[]): Promise<boolean>;
  readonly timing?: RunnerTiming;
}

export class Runner {
  readonly #pass: RunnerOptions["pass"];
  readonly #timing: RunnerTiming;
  #reasons = new Set<string>();
  #failures = 0;
  #running: Promise<void> | undefined;
  #isResting = false;
  #isUrgent = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor({ pass, timing = defaultRunnerTiming }: RunnerOptions) {
    this.#pass = pass;
    this.#timing = timing;
  }

  /** `urgent`: without waiting for the minimum interval. */
  request(reason: string, { urgent = false }: { readonly urgent?: boolean } = {}): void {
    if (this.#isClosed) return;
    this.#reasons.add(reason);
    this.#isUrgent ||= urgent;
    if (this.#running === undefined && (this.#isUrgent || !this.#isResting)) this.#start();
  }

  /** No pass starts after this; fulfilled when a running one has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#isUrgent = false;
    const taken = [...this.#reasons];
    this.#reasons = new Set();
    this.#running = this.#pass(taken)
      .catch(() => false)
      .then((isDone) => this.#ended(isDone));
  }

  #ended(isDone: boolean): void {
    this.#running = undefined;
    this.#failures = isDone ? 0 : this.#failures + 1;
    if (this.#isClosed) return;
    this.#isResting = !this.#isUrgent;
    if (this.#isUrgent) this.#start();
    else this.#timer = setTimeout(() => this.#rested(), this.#timing.minInterval);
  }

  #rested(): void {
    this.#isResting = false;
    if (this.#reasons.size > 0) this.#start();
    else if (this.#failures > 0) this.#requestIn(this.#retryDelay(), "retry");
    else this.#requestIn(this.#timing.maxInterval, "periodic");
  }

  #requestIn(delay: number, reason: string): void {
    this.#timer = setTimeout(() => this.request(reason), delay - this.#timing.minInterval);
  }

  #retryDelay(): number {
    const [first, longest] = this.#timing.retry;
    return Math.min(longest, first * 2 ** (this.#failures - 1));
  }
}
