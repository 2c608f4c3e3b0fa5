// When the daemon tells systemd's watchdog that it lives.

import assert from "node:assert/strict";
import { test } from "node:test";
import { watchdogPeriod } from "../../agent/systemd.ts";

const rows: readonly (readonly [sentence: string, environment: Readonly<Record<string, string>>, milliseconds: number | undefined])[] = [
  ["half of what is allowed", { WATCHDOG_USEC: "60000000" }, 30_000],
  ["this process", { WATCHDOG_USEC: "2000000", WATCHDOG_PID: String(process.pid) }, 1000],
  ["another process", { WATCHDOG_USEC: "2000000", WATCHDOG_PID: "1" }, undefined],
  ["no watchdog", {}, undefined],
  ["a watchdog that is off", { WATCHDOG_USEC: "0" }, undefined],
  ["nonsense", { WATCHDOG_USEC: "soon" }, undefined],
];

for (const [sentence, environment, milliseconds] of rows) {
  test(`watchdog: ${sentence}`, () => assert.equal(watchdogPeriod(environment), milliseconds));
}
