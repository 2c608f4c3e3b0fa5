// The three forms of a log line, and which one is chosen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger, type LogForm, logForm, type Severity } from "../../agent/log.ts";

function linesOf(form: LogForm, severity: Severity = "Info"): string[] {
  const lines: string[] = [];
  const log = createLogger(severity, form, { write: (line) => lines.push(line) });
  log.debug("detail");
  log.info({ revision: 3, reasons: "start, manifests", node: "host1" }, "ruleset applied");
  log.warn("careful");
  log.error({ code: "x" }, 'broken "thing"');
  log.fatal("over");
  return lines;
}

test("under systemd a line is text behind the priority that journald takes off", () => {
  assert.deepEqual(linesOf("journal"), [
    '<6>ruleset applied revision=3 reasons="start, manifests" node=host1\n',
    "<4>careful\n",
    '<3>broken "thing" code=x\n',
    "<2>over\n",
  ]);
});

test("on a terminal a line is text with time and level", () => {
  const [first, second] = linesOf("terminal");
  assert.match(first ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO {2}ruleset applied revision=3 reasons="start, manifests" node=host1\n$/);
  assert.match(second ?? "", / WARN {2}careful\n$/);
});

test("elsewhere a line is JSON", () => {
  const [first = ""] = linesOf("json");
  const { time, ...rest } = JSON.parse(first) as Record<string, unknown>;
  assert.deepEqual(rest, { level: "info", revision: 3, reasons: "start, manifests", node: "host1", msg: "ruleset applied" });
  assert.ok(!Number.isNaN(Date.parse(String(time))));
});

const severities: readonly (readonly [severity: Severity, lines: number])[] = [
  ["Trace", 5],
  ["Debug", 5],
  ["Info", 4],
  ["Warning", 3],
  ["Error", 2],
  ["Fatal", 1],
];

for (const [severity, lines] of severities) {
  test(`logSeverityScreen ${severity} shows ${lines} of five levels`, () => assert.equal(linesOf("journal", severity).length, lines));
}

test("systemd's journal goes before a terminal, and a terminal before JSON", () => {
  assert.equal(logForm({ JOURNAL_STREAM: "8:1" }, true), "journal");
  assert.equal(logForm({}, true), "terminal");
  assert.equal(logForm({}, false), "json");
});
