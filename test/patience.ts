// How long a test waits for what must come: long enough for a busy machine under sanitizers, so that only a hang fails. Speed is bench/'s matter.
// An emulated machine, on which another kernel runs, is told by HOSTWARD_SLOWNESS: waits are that many times longer, and loads that much smaller.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

export const slowness = Number(process.env["HOSTWARD_SLOWNESS"] ?? "1");

export const patienceMilliseconds = 30_000 * slowness;

/** Looks again and again until what is found will do. @throws with what `told` says of the last when it does not come */
export async function waitFor<T>(look: () => T | Promise<T>, holds: (found: T) => boolean, told: (last: T) => string = String): Promise<T> {
  const deadline = performance.now() + patienceMilliseconds;
  for (;;) {
    const found = await look();
    if (holds(found)) return found;
    assert.ok(performance.now() < deadline, `it did not come: ${told(found)}`);
    await sleep(5);
  }
}

/** Waits until it is so. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  await waitFor(holds, (isSo) => isSo);
}
