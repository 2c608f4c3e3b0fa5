// Long work in small steps lets others have their turn, and short work does not wait.

import assert from "node:assert/strict";
import { test } from "node:test";
import { unhurried } from "../../../agent/sources/unhurried.ts";

function* steps(count: number, milliseconds: number): Generator<void, number> {
  for (let step = 0; step < count; step++) {
    for (const since = performance.now(); performance.now() - since < milliseconds; );
    yield;
  }
  return count;
}

async function turnsDuring<T>(work: Promise<T>): Promise<{ readonly result: T; readonly turns: number }> {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const result = await work;
  isOver = true;
  return { result, turns };
}

test("others have a turn every few milliseconds", async () => {
  const { result, turns } = await turnsDuring(unhurried(steps(40, 3)));
  assert.equal(result, 40);
  assert.ok(turns >= 10, `${turns} turns`);
});

test("what is done within a turn waits for nobody", async () => {
  const { result, turns } = await turnsDuring(unhurried(steps(100, 0)));
  assert.equal(result, 100);
  assert.ok(turns < 10, `${turns} turns, for a busy machine may take its own`);
});

test("what a step throws is what the work throws", async () => {
  function* failing(): Generator<void, void> {
    yield;
    throw new Error("no");
  }
  await assert.rejects(unhurried(failing()), new Error("no"));
});
