// What Prometheus gets to read, and that docs/metrics.md tells all of it; UPDATE_GOLDEN=1 writes it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { createMetrics } from "../../../agent/control/metrics.ts";
import { metricNames, metricsDocument } from "../../../agent/control/metricsTable.ts";
import { describeStatus, noPasses, type Status, withReport } from "../../../agent/control/status.ts";
import type { Repair, Report } from "../../../agent/reconcile/report.ts";

const path = new URL("../../../docs/metrics.md", import.meta.url);

const report: Report = {
  outcome: "applied",
  reasons: ["start"],
  revision: 3,
  generation: 41,
  milliseconds: { resolve: 1, compile: 2, commit: 7 },
  counts: { endpoints: 1, chains: 12, rules: 34, sets: 5, elements: 600 },
  batches: 2,
  operations: 50,
  messages: 55,
  bytes: 4000,
  encodeMicroseconds: 100,
  sendMicroseconds: 6000,
  isolated: 1,
  endpoints: [],
  problems: [{ code: "kernel-refused", severity: "error", place: { source: "kernel" }, message: "refused" }],
  repair: undefined,
};
const repair = (by: string): Repair => ({ what: "chain input is gone", by, names: [by.replace(/\[\d+\]/, "")], milliseconds: 4 });

function statusAfter(...reports: readonly Report[]): Status {
  const warning = { code: "namespace-ignored", severity: "warning", place: { source: "a.yaml" }, message: "is ignored" } as const;
  const facts = { node: "web-1", version: "1.2.3", started: new Date(), latestRevision: 4, waitingFor: [], sourceProblems: [warning, warning] };
  return describeStatus(facts, reports.reduce(withReport, noPasses));
}

/** Lines of hostward's own, without comments. */
async function rendered(reports: readonly Report[]): Promise<ReadonlyMap<string, number>> {
  const metrics = createMetrics();
  for (const one of reports) metrics.report(one);
  const status = statusAfter(...reports);
  await metrics.render(status);
  const lines = (await metrics.render(status)).split("\n").filter((line) => line.startsWith("hostward_"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

test("docs/metrics.md is as the table of metrics says", () => {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, metricsDocument());
  assert.equal(readFileSync(path, "utf8"), metricsDocument());
});

test("the metrics of the table are those that are told, besides the process's own", async () => {
  const told = [...(await createMetrics().render(statusAfter())).matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name);
  assert.deepEqual(
    told.filter((name) => !/^(process|nodejs)_/.test(name)),
    metricNames,
  );
  assert.ok(told.includes("process_resident_memory_bytes") && told.includes("nodejs_eventloop_lag_p99_seconds"));
});

const values: readonly (readonly [series: string, value: number])[] = [
  ['hostward_info{version="1.2.3",node="web-1"}', 1],
  ["hostward_in_sync", 0],
  ["hostward_revision", 0],
  ["hostward_latest_revision", 4],
  ["hostward_generation", 41],
  ['hostward_passes_total{outcome="applied"}', 2],
  ['hostward_passes_total{outcome="failed"}', 1],
  ["hostward_operations_total", 150],
  ["hostward_batches_total", 6],
  ["hostward_sent_bytes_total", 12_000],
  ["hostward_kernel_send_seconds_sum", 0.018],
  ["hostward_pass_duration_seconds_count", 3],
  ['hostward_pass_stage_duration_seconds_sum{stage="commit"}', 0.021],
  ['hostward_pass_stage_duration_seconds_bucket{le="0.01",stage="commit"}', 3],
  ["hostward_chains", 12],
  ["hostward_rules", 34],
  ["hostward_sets", 5],
  ["hostward_elements", 600],
  ["hostward_isolated_resources", 1],
  ['hostward_problems{severity="warning",code="namespace-ignored"}', 2],
  ['hostward_problems{severity="error",code="kernel-refused"}', 1],
  ['hostward_endpoints{state="up"}', 1],
  ['hostward_repairs_total{by="nft"}', 2],
  ["hostward_repair_duration_seconds_count", 2],
];

test("reports are counted, and status is read anew each time", async () => {
  const endpoint = { name: "a", state: "up", interfaces: ["eth0"], wildcard: false, shadowed: [] } as const;
  const good = { ...report, endpoints: [endpoint] };
  const series = await rendered([
    { ...good, repair: repair("nft[12]") },
    { ...good, repair: repair("nft[13]") },
    { ...good, outcome: "failed" },
  ]);
  for (const [name, value] of values) assert.ok(Math.abs((series.get(name) ?? Number.NaN) - value) < 1e-9, `${name} is ${series.get(name)}`);
});

test("however many processes change the table, they have 21 series", async () => {
  const series = await rendered(Array.from({ length: 100 }, (_, index) => ({ ...report, repair: repair(`made-up-${index}[7]`) })));
  const repairs = [...series].filter(([name]) => name.startsWith("hostward_repairs_total"));
  assert.equal(repairs.length, 21);
  assert.equal(series.get('hostward_repairs_total{by="other"}'), 80);
});

test("status has the number of repairs and the last one", () => {
  const { repairs } = statusAfter(report, { ...report, repair: repair("nft[1]") }, { ...report, repair: repair("python3[2]") }, report);
  assert.deepEqual([repairs.count, repairs.last?.by, repairs.last?.what, repairs.last?.milliseconds], [2, "python3[2]", "chain input is gone", 4]);
  assert.deepEqual(statusAfter(report).repairs, { count: 0, last: null });
});
