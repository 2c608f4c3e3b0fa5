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

export interface Runner {
  /** `urgent`: without waiting for the minimum interval. */
  request(reason: string, options?: { readonly urgent?: boolean }): void;
  /** No pass starts after this; fulfilled when a running one has ended. */
  close(): Promise<void>;
}

export function createRunner({ pass, timing = defaultRunnerTiming }: RunnerOptions): Runner {
  let reasons = new Set<string>();
  let failures = 0;
  let running: Promise<void> | undefined;
  let isResting = false;
  let isUrgent = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  function request(reason: string, { urgent = false }: { readonly urgent?: boolean } = {}): void {
    if (isClosed) return;
    reasons.add(reason);
    isUrgent ||= urgent;
    if (running === undefined && (isUrgent || !isResting)) start();
  }

  function start(): void {
    clearTimeout(timer);
    isUrgent = false;
    const taken = [...reasons];
    reasons = new Set();
    running = pass(taken)
      .catch(() => false)
      .then(ended);
  }

  function ended(isDone: boolean): void {
    running = undefined;
    failures = isDone ? 0 : failures + 1;
    if (isClosed) return;
    isResting = !isUrgent;
    if (isUrgent) start();
    else timer = setTimeout(rested, timing.minInterval);
  }

  function rested(): void {
    isResting = false;
    if (reasons.size > 0) start();
    else if (failures > 0) timer = setTimeout(() => request("retry"), retryDelay(failures) - timing.minInterval);
    else timer = setTimeout(() => request("periodic"), timing.maxInterval - timing.minInterval);
  }

  function retryDelay(count: number): number {
    const [first, longest] = timing.retry;
    return Math.min(longest, first * 2 ** (count - 1));
  }

  return {
    request,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
