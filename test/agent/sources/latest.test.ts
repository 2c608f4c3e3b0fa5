// Of work that is asked for again and again the last is always done, and one at a time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Latest } from "../../../agent/sources/latest.ts";

test("of what is asked for during the work the last is done after it", async () => {
  const [done, running]: [number[], number[]] = [[], []];
  const latest = new Latest<number>(async (subject) => {
    running.push(subject);
    assert.deepEqual(running, [subject]);
    await nextTurn();
    running.pop();
    done.push(subject);
  });
  for (const subject of [1, 2, 3]) latest.do(subject);
  await latest.idle();
  latest.do(4);
  await latest.idle();
  assert.deepEqual(done, [1, 3, 4]);
});

test("what is asked for at the very end of the work is done too", async () => {
  for (let steps = 0; steps < 12; steps++) {
    const done: number[] = [];
    const { promise: gate, resolve } = Promise.withResolvers<void>();
    const latest = new Latest<number>((subject) => {
      done.push(subject);
      return gate;
    });
    latest.do(1);
    let later = gate;
    for (let step = 0; step < steps; step++) later = later.then(() => undefined);
    const asked = later.then(() => latest.do(2));
    resolve();
    await asked;
    await nextTurn();
    assert.deepEqual(done, [1, 2], `${steps} steps after it`);
  }
});
