// Long work in small steps: reading ten thousand policies takes longer than the service manager's watchdog, a question on the control socket
// or a foreign change of the ruleset should wait.

import { setImmediate } from "node:timers/promises";

/** Between two of them others may have their turn, and have it as long as what is waited for takes. */
export type Steps<T> = Generator<Promise<void> | undefined, T, void>;

/** Milliseconds; twice as long is what others wait for, as the event loop gets to them after a turn. */
const turn = 8;

/**
 * Runs the steps to the end, and lets the event loop have its turn between them.
 * @throws what the signal says, after a turn in which it was aborted
 */
export async function unhurried<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (step.value === undefined && performance.now() - since < turn) continue;
    await (step.value ?? setImmediate());
    signal?.throwIfAborted();
    since = performance.now();
  }
}

/** Runs steps to the end of which none waits for anything. */
export function atOnce<T>(steps: Steps<T>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
}

/** A step that ends with what is done elsewhere. */
export function* waitingFor<T>(work: Promise<T>): Steps<T> {
  const done: T[] = [];
  yield work.then((result) => void done.push(result));
  return done[0] as T;
}
