// When the runner lets a pass run, on a clock that the test turns.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Runner, type RunnerTiming } from "../../../agent/reconcile/runner.ts";

const timing: RunnerTiming = { minInterval: 50, retry: [500, 4000], maxInterval: 90_000 };

interface Bench {
  readonly runner: Runner;
  /** The reasons of each pass so far. */
  readonly passes: (readonly string[])[];
  /** Ends the running pass. */
  end(isDone: boolean | Error): Promise<void>;
  tick(milliseconds: number): Promise<void>;
}

/** Passes last until `end` is called. */
async function withBench(use: (bench: Bench) => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ["setTimeout"] });
  const passes: (readonly string[])[] = [];
  let running = Promise.withResolvers<boolean>();
  const runner = new Runner({
    timing,
    pass(reasons) {
      passes.push(reasons);
      running = Promise.withResolvers();
      return running.promise;
    },
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const bench: Bench = {
    runner,
    passes,
    async end(isDone) {
      if (isDone instanceof Error) running.reject(isDone);
      else running.resolve(isDone);
      await settle();
    },
    async tick(milliseconds) {
      mock.timers.tick(milliseconds);
      await settle();
    },
  };
  try {
    await use(bench);
  } finally {
    running.resolve(true);
    await runner.close();
    mock.timers.reset();
  }
}

test("nothing runs before the first request, which runs at once", () =>
  withBench(async ({ runner, passes, tick }) => {
    await tick(200_000);
    assert.deepEqual(passes, []);
    runner.request("start");
    assert.deepEqual(passes, [["start"]]);
  }));

test("requests during a pass become one more pass, after the minimum interval", () =>
  withBench(async ({ runner, passes, end, tick }) => {
    runner.request("start");
    for (const reason of ["manifests", "interfaces", "manifests"]) runner.request(reason);
    await tick(1000);
    assert.equal(passes.length, 1, "one pass at a time");
    await end(true);
    await tick(49);
    assert.equal(passes.length, 1);
    await tick(1);
    assert.deepEqual(passes.slice(1), [["manifests", "interfaces"]]);
  }));

test("requests soon after a pass wait for the minimum interval and become one", () =>
  withBench(async ({ runner, passes, end, tick }) => {
    runner.request("start");
    await end(true);
    runner.request("a");
    await tick(20);
    runner.request("b");
    assert.equal(passes.length, 1);
    await tick(30);
    assert.deepEqual(passes.slice(1), [["a", "b"]]);
  }));

test("a request after a quiet time runs at once", () =>
  withBench(async ({ runner, passes, end, tick }) => {
    runner.request("start");
    await end(true);
    await tick(1000);
    runner.request("manifests");
    assert.deepEqual(passes.slice(1), [["manifests"]]);
  }));

for (const failure of [false, new Error("broken")]) {
  test(`a pass that ${failure === false ? "fails" : "throws"} is tried again after growing delays`, () =>
    withBench(async ({ runner, passes, end, tick }) => {
      runner.request("start");
      for (const delay of [500, 1000, 2000, 4000, 4000]) {
        const before = passes.length;
        await end(failure);
        await tick(50);
        await tick(delay - 51);
        assert.equal(passes.length, before, `not before ${delay}`);
        await tick(1);
        assert.deepEqual(passes.slice(before), [["retry"]]);
      }
    }));
}

test("a change ends the waiting after a failure, and success the growing of the delays", () =>
  withBench(async ({ runner, passes, end, tick }) => {
    runner.request("start");
    await end(false);
    await tick(100);
    runner.request("manifests");
    assert.deepEqual(passes.slice(1), [["manifests"]]);
    await end(true);
    await tick(50);
    await tick(5000);
    assert.equal(passes.length, 2, "no retry after a success");
    runner.request("manifests");
    await end(false);
    await tick(50);
    await tick(450);
    assert.deepEqual(passes.slice(3), [["retry"]]);
  }));

test("without any request a pass runs after the maximum interval", () =>
  withBench(async ({ runner, passes, end, tick }) => {
    runner.request("start");
    await end(true);
    await tick(50);
    await tick(89_949);
    assert.equal(passes.length, 1);
    await tick(1);
    assert.deepEqual(passes.slice(1), [["periodic"]]);
  }));

test("closing waits for the running pass and starts no other", () =>
  withBench(async ({ runner, passes, end, tick }) => {
    runner.request("start");
    runner.request("manifests");
    let isClosed = false;
    const closing = runner.close().then(() => {
      isClosed = true;
    });
    await tick(1000);
    assert.equal(isClosed, false);
    await end(true);
    await closing;
    runner.request("late");
    await tick(200_000);
    assert.equal(passes.length, 1);
  }));

test("an urgent request does not wait for the minimum interval", () =>
  withBench(async ({ runner, passes, end }) => {
    runner.request("start");
    await end(true);
    runner.request("manifests");
    runner.request("foreign change", { urgent: true });
    assert.deepEqual(passes.slice(1), [["manifests", "foreign change"]]);
    await end(true);
    runner.request("manifests");
    assert.equal(passes.length, 2, "urgency ends with the pass that it asked for");
  }));

test("an urgent request during a pass makes the next one follow at once", () =>
  withBench(async ({ runner, passes, end }) => {
    runner.request("start");
    runner.request("foreign change", { urgent: true });
    assert.equal(passes.length, 1, "one pass at a time");
    await end(true);
    assert.deepEqual(passes.slice(1), [["foreign change"]]);
  }));
