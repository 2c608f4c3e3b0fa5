// Long work in small steps lets others have their turn, and short work does not wait.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { watchDirectory } from "../../../agent/sources/directory.ts";
import { type Steps, unhurried } from "../../../agent/sources/unhurried.ts";

function* steps(count: number, milliseconds: number): Steps<number> {
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
  function* failing(): Steps<void> {
    yield;
    throw new Error("no");
  }
  await assert.rejects(unhurried(failing()), new Error("no"));
});

test("what is called off ends at the next turn", async () => {
  const calledOff = new AbortController();
  let step = 0;
  function* endless(): Steps<void> {
    for (;;) {
      step++;
      yield;
    }
  }
  setImmediate(() => calledOff.abort(new Error("no more")));
  await assert.rejects(unhurried(endless(), calledOff.signal), new Error("no more"));
  assert.ok(step > 0);
});

test("closing a directory while it is read ends the reading, and nothing more is heard", async () => {
  const path = mkdtempSync(join(tmpdir(), "hostward-unhurried-"));
  const tier = (_: unknown, i: number): string => `apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: { name: t${i} }\n`;
  writeFileSync(join(path, "tiers.yaml"), Array.from({ length: 20_000 }, tier).join("---\n"));
  try {
    let looks = 0;
    const source = watchDirectory({ path, onChange: () => looks++ });
    await sleep(50);
    assert.equal(looks, 0, "it is still being read");
    await source.close();
    assert.deepEqual([looks, source.current().resources], [0, []]);
  } finally {
    rmSync(path, { recursive: true });
  }
});
