// The results page says what was measured, on what, and which goals were missed.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Machine } from "../../bench/machine.ts";
import { processorTimes, stolenBetween, unsteadiness } from "../../bench/pace.ts";
import { page } from "../../bench/page.ts";
import type { Result } from "../../bench/results.ts";
import type { Figure } from "../../bench/scenario.ts";

const machine: Machine = {
  processor: "A processor",
  cores: 2,
  memoryGB: 8,
  kernel: "6.1.0",
  node: "v24.0.0",
  nft: "nftables v1.0.6",
  libnftables: "1.0.6",
  firewalld: "not installed",
  iperf3: "iperf 3.12",
};

function section(scenario: string, figures: readonly Figure[], of: Machine = machine): Result {
  return { scenario, title: `Title of ${scenario}`, about: "About it.", date: "2030-01-31", seconds: 12.4, runs: 5, machine: of, figures };
}

const kept: Figure = { what: "kept", unit: "ms", values: [1, 2, 30], goal: { most: 2 } };
const broken: Figure = { what: "broken", unit: "x", values: [0.5], goal: { least: 0.8 } };
const tail: Figure = { what: "tail", unit: "ms", values: [1, 2, 30], of: "p99", goal: { most: 50 } };

test("goals stand first, each with what was measured and the command that measures it", () => {
  const lines = page([section("one", [kept, tail]), section("two", [broken])]).split("\n");
  const goals = lines.slice(lines.indexOf("## Goals"), lines.indexOf("## Title of one"));
  assert.ok(goals.includes("| kept | 2.00 ms | at most 2 | met | `npm run bench -- one` |"));
  assert.ok(goals.includes("| tail | p99 30.0 ms | at most 50 | met | `npm run bench -- one` |"));
  assert.ok(goals.includes("| broken | 0.500 x | at least 0.8 | **missed** | `npm run bench -- two` |"));
});

test("every figure stands in its section, with its spread and the number of its values", () => {
  const text = page([section("one", [kept, { what: "plain", unit: "", values: [1234.5] }])]);
  assert.match(text, /^\| kept \| 2\.00 ms \| 1\.00 to 30\.0 \| 3 \| at most 2: met \|$/m);
  assert.match(text, /^\| plain \| 1235 \| {2}\| 1 \| {2}\|$/m);
  assert.match(text, /^`npm run bench -- one --runs 5`, 2030-01-31, 12 s\.$/m);
});

test("what else the machine did is told where it is known", () => {
  const text = page([{ ...section("one", [kept]), load: 3.14 }]);
  assert.match(text, /, 12 s, load average before 3\.1\.$/m);
  const unsteady = page([{ ...section("one", [kept]), load: 3.14, processor: { usual: 1.04, slow: 1.789 } }]);
  assert.match(unsteady, /, 12 s, load average before 3\.1, processor 1\.04 x and 1\.79 x slower than at its best\.$/m);
  const robbed = page([{ ...section("one", [kept]), load: 3.14, processor: { usual: 1.04, slow: 1.789, stolen: 0.0456 } }]);
  assert.match(robbed, /1\.79 x slower than at its best, 4\.6 % of its time taken away\.$/m);
});

test("the processor's unsteadiness is its middle and its slowest tenth against its fastest tenth", () => {
  const taken = Array.from({ length: 100 }, (_, i) => (i < 20 ? 10 : i < 85 ? 12 : 19));
  assert.deepEqual(unsteadiness(taken), { usual: 1.2, slow: 1.9 });
});

test("time taken away is told of that for which processors were asked, whatever they rested", () => {
  const at = (text: string) => processorTimes(`${text}\ncpu0 1 2 3 4 5 6 7 8 9 0\n`);
  const before = at("cpu  100 20 30 5000 40 5 5 10 0 0");
  assert.deepEqual(before, { wanted: 170, stolen: 10 });
  assert.equal(stolenBetween(before, at("cpu  160 25 55 9000 90 5 10 15 0 0")), 0.05);
  assert.equal(stolenBetween(before, before), 0);
});

test("the machine stands once where all was measured on it, and what is missing is told", () => {
  const text = page([section("one", [kept]), section("two", [broken])]);
  assert.equal(text.match(/Measured on/g)?.length, 1);
  assert.match(text, /A processor, 2 cores, 8 GB; Linux 6\.1\.0; Node v24\.0\.0; .*firewalld not installed/);
});

test("results of two machines are told apart", () => {
  const text = page([section("one", [kept]), section("two", [broken], { ...machine, kernel: "6.2.0" })]);
  assert.match(text, /Measured on \(one\): .*Linux 6\.1\.0/);
  assert.match(text, /Measured on \(two\): .*Linux 6\.2\.0/);
});
