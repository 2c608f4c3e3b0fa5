// What the benchmarks make of the numbers that they measure.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exponent, isMet, median, quantile, ratios, told } from "../../bench/statistics.ts";

describe("numbers of benchmarks", () => {
  for (const { name, values, expected } of [
    { name: "the median of an odd number of values is the middle one", values: [9, 1, 5], expected: 5 },
    { name: "the median of an even number is halfway between the two in the middle", values: [4, 1, 2, 100], expected: 3 },
    { name: "numbers are not sorted as words", values: [10, 9, 100], expected: 10 },
  ]) {
    test(name, () => assert.equal(median(values), expected));
  }

  test("the p99 of 200 values leaves the two largest out", () => {
    const values = Array.from({ length: 200 }, (_, i) => 200 - i);
    assert.equal(quantile(values, 0.99), 198);
    assert.equal(told({ values, of: "p99" }), 198);
    assert.equal(told({ values }), 100.5);
  });

  test("the p99 of a few values is the largest", () => assert.equal(quantile([3, 1, 2], 0.99), 3));

  test("ratios are taken run by run, so that a slow run does not count", () => assert.deepEqual(ratios([10, 1000], [5, 500]), [2, 2]));

  for (const { name, cost, expected } of [
    { name: "a cost as large as the size grows with exponent 1", cost: (size: number) => 3 * size, expected: 1 },
    { name: "a flat cost grows with exponent 0", cost: () => 7, expected: 0 },
    { name: "a cost that quadruples with a doubled size grows with exponent 2", cost: (size: number) => size * size, expected: 2 },
  ]) {
    test(name, () => {
      const points = [1000, 10_000, 100_000].map((size) => ({ size, cost: cost(size) }));
      assert.ok(Math.abs(exponent(points) - expected) < 1e-9);
    });
  }

  for (const { name, value, goal, met } of [
    { name: "a value at the upper bound meets its goal", value: 2, goal: { most: 2 }, met: true },
    { name: "a value above it does not", value: 2.01, goal: { most: 2 }, met: false },
    { name: "a value at the lower bound meets its goal", value: 0.8, goal: { least: 0.8 }, met: true },
    { name: "a value below it does not", value: 0.79, goal: { least: 0.8 }, met: false },
    { name: "what could not be measured meets no goal", value: Number.NaN, goal: { most: 2 }, met: false },
  ] as const) {
    test(name, () => assert.equal(isMet(value, goal), met));
  }
});
