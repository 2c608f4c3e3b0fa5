// When the links source reads the kernel, against a kernel and a clock that the test holds: hints, rests, retries, the end.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { LinkKernel } from "../../../agent/sources/linkKernel.ts";
import type { Link, Reading } from "../../../agent/sources/linkState.ts";
import { type Clock, type LinksSource, watchLinks } from "../../../agent/sources/links.ts";

class TestClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get waiting(): number {
    return this.#timers.size;
  }

  /** Goes to `time`, with every timer on the way. */
  async to(time: number): Promise<void> {
    for (;;) {
      await settled();
      const next = [...this.#timers].filter((timer) => timer.at <= time).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = time;
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a test sees of one watch. */
class Stage {
  readonly clock = new TestClock();
  /** Times at which the kernel was read. */
  readonly reads: number[] = [];
  /** Names shown, at each change. */
  readonly changes: string[] = [];
  readonly problems: string[] = [];
  links: readonly Link[] = [];
  /** How long a reading takes; it sees the links that are there at its end. */
  readingTakes: number;
  failure: Error | undefined;
  subscriptions = 0;
  openKernels = 0;
  hint = (): void => assert.fail("nobody has subscribed");
  endSubscription = (_error: Error): void => assert.fail("nobody has subscribed");
  readonly source: LinksSource;

  constructor({ names = [], readingTakes = 0, failure }: { names?: readonly string[]; readingTakes?: number; failure?: Error } = {}) {
    this.show(...names);
    this.readingTakes = readingTakes;
    this.failure = failure;
    this.source = watchLinks({
      onChange: (interfaces) => this.changes.push(interfaces.map(({ name }) => name).join(" ")),
      onProblem: (error) => this.problems.push(error.message),
      clock: this.clock,
      openKernel: () => this.#open(),
    });
  }

  show(...names: readonly string[]): void {
    this.links = names.map((name, index) => ({ index: index + 1, name, running: true }));
  }

  #open(): LinkKernel {
    this.openKernels++;
    return {
      read: () => this.#read(),
      subscribe: (changed, ended) => {
        if (this.failure !== undefined) throw this.failure;
        this.subscriptions++;
        this.hint = changed;
        this.endSubscription = ended;
        return { close: () => this.subscriptions-- };
      },
      close: () => this.openKernels--,
    };
  }

  async #read(): Promise<Reading> {
    this.reads.push(this.clock.now());
    if (this.failure !== undefined) throw this.failure;
    if (this.readingTakes > 0) await new Promise<void>((resolve) => this.clock.after(this.readingTakes, resolve));
    return { links: this.links, routes: [] };
  }
}

test("the first reading syncs and is told, even when there is nothing", async () => {
  const stage = new Stage();
  assert.deepEqual(stage.source.current(), []);
  await stage.source.synced;
  assert.deepEqual([stage.changes, stage.subscriptions], [[""], 1]);
});

test("a hint is read at once, a reading that changes nothing is not told", async () => {
  const stage = new Stage({ names: ["a"] });
  await stage.clock.to(10);
  stage.hint();
  await stage.clock.to(20);
  stage.show("a", "b");
  stage.hint();
  await stage.clock.to(30);
  assert.deepEqual(
    [stage.reads, stage.changes],
    [
      [0, 10, 20],
      ["a", "a b"],
    ],
  );
  assert.deepEqual(
    stage.source.current().map(({ name }) => name),
    ["a", "b"],
  );
});

test("hints during a reading become one reading after it, and readings take a third of the time at most", async () => {
  const stage = new Stage({ readingTakes: 10 });
  await stage.clock.to(5);
  for (let hints = 0; hints < 5; hints++) stage.hint();
  await stage.clock.to(1000);
  assert.deepEqual(stage.reads, [0, 30]);
  for (let time = 1001; time < 1100; time++) {
    stage.hint();
    await stage.clock.to(time);
  }
  await stage.clock.to(2000);
  assert.deepEqual(stage.reads.slice(2), [1000, 1030, 1060, 1090, 1120]);
});

test("a removal is told after 100 ms, by a reading of its own", async () => {
  const stage = new Stage({ names: ["a", "b"] });
  await stage.clock.to(10);
  stage.show("a");
  stage.hint();
  await stage.clock.to(109);
  assert.deepEqual(stage.changes, ["a b"]);
  await stage.clock.to(110);
  assert.deepEqual(
    [stage.reads, stage.changes],
    [
      [0, 10, 110],
      ["a b", "a"],
    ],
  );
});

test("a removal that reverts unheard is not told: the reading decides", async () => {
  const stage = new Stage({ names: ["a", "b"] });
  await stage.clock.to(10);
  stage.show("a");
  stage.hint();
  await stage.clock.to(50);
  stage.show("a", "b");
  await stage.clock.to(1000);
  assert.deepEqual([stage.reads, stage.changes], [[0, 10, 110], ["a b"]]);
});

test("without any hint it reads every 90 s", async () => {
  const stage = new Stage();
  await stage.clock.to(200_000);
  assert.deepEqual(stage.reads, [0, 90_000, 180_000]);
});

test("a reading that fails is a problem, tried again each second with a new socket; what was known stays", async () => {
  const stage = new Stage({ names: ["a"] });
  await stage.clock.to(10);
  stage.failure = new Error("no memory");
  stage.hint();
  await stage.clock.to(11);
  stage.hint();
  await stage.clock.to(1500);
  assert.deepEqual([stage.reads, stage.problems, stage.openKernels], [[0, 10, 1010], ["no memory", "no memory"], 0]);
  assert.equal(stage.source.current().length, 1);
  stage.failure = undefined;
  stage.show("a", "b");
  await stage.clock.to(2010);
  assert.deepEqual([stage.changes, stage.openKernels, stage.subscriptions], [["a", "a b"], 1, 1]);
});

test("a subscription that cannot be had at the start does not throw", async () => {
  const stage = new Stage({ names: ["a"], failure: new Error("not permitted") });
  await stage.clock.to(500);
  stage.failure = undefined;
  await stage.clock.to(1000);
  assert.deepEqual([stage.problems, stage.changes, stage.subscriptions], [["not permitted"], ["a"], 1]);
});

test("a subscription that ends by itself is made anew, and all is read after it", async () => {
  const stage = new Stage();
  await stage.clock.to(10);
  stage.show("a");
  stage.endSubscription(new Error("socket died"));
  assert.equal(stage.subscriptions, 0);
  await stage.clock.to(1010);
  assert.deepEqual([stage.problems, stage.changes, stage.subscriptions], [["socket died"], ["", "a"], 1]);
});

test("after close nothing is read, told or left open", async () => {
  const stage = new Stage({ names: ["a"], readingTakes: 10 });
  await stage.clock.to(5);
  stage.source.close();
  await stage.clock.to(100);
  stage.hint();
  await stage.clock.to(200_000);
  assert.deepEqual([stage.reads, stage.changes, stage.subscriptions, stage.openKernels, stage.clock.waiting], [[0], [], 0, 0, 0]);
});

test("close while waiting leaves no timer", async () => {
  const stage = new Stage();
  await stage.clock.to(10);
  stage.source.close();
  stage.source.close();
  assert.equal(stage.clock.waiting, 0);
});
