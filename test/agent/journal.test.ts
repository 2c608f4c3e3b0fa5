// One log line for each event that an operator cares about.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createJournal } from "../../agent/journal.ts";
import { createLogger } from "../../agent/log.ts";
import type { Report } from "../../agent/reconcile/report.ts";

const report: Report = {
  outcome: "unchanged",
  reasons: ["foreign change"],
  revision: 1,
  generation: 2,
  milliseconds: {},
  counts: { endpoints: 0, chains: 0, rules: 0, sets: 0, elements: 0 },
  batches: 0,
  operations: 0,
  messages: 0,
  bytes: 0,
  encodeMicroseconds: 0,
  sendMicroseconds: 0,
  isolated: 0,
  endpoints: [],
  problems: [],
  repair: undefined,
};

function logged(use: (journal: ReturnType<typeof createJournal>) => void): readonly string[] {
  const lines: string[] = [];
  use(createJournal(createLogger("Info", "journal", { write: (line) => lines.push(line.trimEnd()) })));
  return lines;
}

test("a repair is a warning that says what was changed, by whom, and how long it was so", () => {
  const repair = { what: "chain input is gone", by: "nft[1234]", names: ["nft"], milliseconds: 3.07159 };
  const lines = logged((journal) => {
    journal.report({ ...report, repair });
    journal.report(report);
  });
  assert.deepEqual(lines, ["<4>somebody else changed hostward's table, repaired: chain input is gone by=nft[1234] repairMs=3.1"]);
});

test("a problem is told once while it lasts, and when it is solved", () => {
  const problem = { code: "field-value", severity: "error", place: { source: "a.yaml", line: 3 }, message: "is wrong" } as const;
  const lines = logged((journal) => {
    journal.sources([problem, problem]);
    journal.sources([problem]);
    journal.sources([]);
  });
  assert.deepEqual(lines, ["<3>a.yaml:3: error field-value: is wrong code=field-value", "<6>solved: a.yaml:3: error field-value: is wrong"]);
});

const told = (line: number) => `<3>a.yaml:${line}: error yaml: is wrong code=yaml`;
const solved = (line: number) => `<6>solved: a.yaml:${line}: error yaml: is wrong`;

/** Lines of problems that are alike but for their place, one list after the other. */
const moves: readonly (readonly [what: string, lists: readonly (readonly number[])[], expected: readonly string[]])[] = [
  ["a problem that moves to another line is nothing new", [[3], [9]], [told(3)]],
  ["a problem that has moved is solved where it last was", [[3], [9], []], [told(3), solved(9)]],
  ["a problem like one that stays is told", [[3], [3, 9]], [told(3), told(9)]],
  ["a problem like one that moves is told once", [[3], [4, 9]], [told(3), told(9)]],
  ["of two problems alike one is solved, and the other may move", [[3, 9], [2]], [told(3), told(9), solved(9)]],
];
for (const [what, lists, expected] of moves) {
  test(what, () => {
    const problem = { code: "yaml", severity: "error", message: "is wrong" } as const;
    const lines = logged((journal) => {
      for (const list of lists) journal.sources(list.map((line) => ({ ...problem, place: { source: "a.yaml", line } })));
    });
    assert.deepEqual(lines, expected);
  });
}

test("an endpoint is told when its state changes, and when it is gone", () => {
  const endpoint = { name: "web", state: "up", interfaces: ["eth0"], wildcard: false, shadowed: [] } as const;
  const lines = logged((journal) => {
    for (const endpoints of [[endpoint], [endpoint], [{ ...endpoint, interfaces: ["eth0", "eth1"] }], []]) journal.report({ ...report, endpoints });
  });
  assert.deepEqual(lines, ["<6>HostEndpoint web is up on eth0", "<6>HostEndpoint web is up on eth0, eth1", "<6>HostEndpoint web is gone"]);
});
