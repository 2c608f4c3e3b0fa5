// What `hostward status` shows to people.

import assert from "node:assert/strict";
import { test } from "node:test";
import { statusText } from "../../../agent/cli/status.ts";
import { describeStatus, noPasses, type Status } from "../../../agent/control/status.ts";

const facts = { node: "web-1", version: "1.2.3", started: new Date(0), latestRevision: 4, waitingFor: [], sourceProblems: [] };
const status = describeStatus(facts, noPasses);

function lines(changes: Partial<Status>): readonly string[] {
  return statusText({ ...status, processId: 7, ...changes }).split("\n");
}

test("the last repair is told with what, who, when and how long", () => {
  const last = { what: "chain input is gone", by: "nft[12]", names: ["nft"], milliseconds: 3.07159, ended: "2026-01-02T03:04:05.678Z" };
  assert.deepEqual(lines({ repairs: { count: 3, last } }).slice(0, 6), [
    "State:      starting",
    "Node:       web-1",
    "Revision:   0 (4 not applied yet)",
    "Generation: -",
    "Repairs:    3, the last at 2026-01-02T03:04:05.678Z in 3.1 ms: chain input is gone (changed by nft[12])",
    "Daemon:     hostward 1.2.3, process 7, since 1970-01-01T00:00:00.000Z",
  ]);
});

test("without a repair there is no line about one", () => {
  assert.ok(lines({}).every((line) => !line.startsWith("Repairs")));
});
