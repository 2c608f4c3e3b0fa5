// How often a look and a repair may follow a foreign change, on a clock that the test turns.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createRepairs, type Repairs } from "../../../agent/reconcile/repairs.ts";

const limits = { share: 0.25, burst: 1000, fight: { repairs: 3, within: 10_000 } };

function withClock(use: (repairs: Repairs, pass: (milliseconds: number) => void) => void): void {
  let now = 5000;
  use(
    createRepairs(limits, () => now),
    (milliseconds) => {
      now += milliseconds;
    },
  );
}

test("after a quiet time a repair never waits", () =>
  withClock((repairs) => {
    for (let i = 0; i < 9; i++) {
      assert.equal(repairs.wait(), 0);
      repairs.spent(100, ["nft"]);
    }
  }));

test("what is spent beyond the burst is waited for, so that repairs take a quarter of the time", () =>
  withClock((repairs, pass) => {
    repairs.spent(1100, ["nft"]);
    assert.equal(repairs.wait(), 400);
    pass(300);
    assert.equal(repairs.wait(), 100);
    pass(100);
    assert.equal(repairs.wait(), 0);
    let spent = 0;
    for (let elapsed = 0; elapsed < 100_000; ) {
      const wait = repairs.wait();
      pass(wait + 50);
      repairs.spent(50, ["nft"]);
      spent += 50;
      elapsed += wait + 50;
    }
    assert.ok(spent <= 0.26 * 100_000, `${spent} ms of 100 s`);
    assert.ok(spent >= 0.2 * 100_000, `${spent} ms of 100 s`);
  }));

test("it never saves up more than the burst", () =>
  withClock((repairs, pass) => {
    pass(3_600_000);
    repairs.spent(1001, undefined);
    assert.equal(repairs.wait(), 4);
  }));

test("several repairs within the time are a fight that names who takes part, and it ends with quiet", () =>
  withClock((repairs, pass) => {
    repairs.spent(1, ["nft"]);
    repairs.spent(1, undefined);
    repairs.spent(1, ["nft"]);
    assert.equal(repairs.fight(), undefined);
    pass(2000);
    repairs.spent(1, ["firewalld", "nft"]);
    assert.deepEqual(repairs.fight(), ["firewalld", "nft"]);
    pass(8500);
    assert.equal(repairs.fight(), undefined);
  }));
