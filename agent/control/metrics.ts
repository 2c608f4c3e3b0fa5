// Turns reports and status into metrics in the text format of Prometheus. A reader of both, like the log: nothing waits for it. Loads prom-client,
// which takes longer than a pass, so it is itself loaded only after the first one (daemon.ts).

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Report } from "../reconcile/report.ts";
import { type MetricName, type MetricRow, metricNames, metricsTable } from "./metricsTable.ts";
import type { Status } from "./status.ts";

export interface Metrics {
  report(report: Report): void;
  /** @param status as it is now, for what is not counted but read */
  render(status: Status): Promise<string>;
}

/** Seconds: from one element in a set to a cold start with a large policy. */
const buckets = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

/** Anybody may change the table under any name, and each name is a series for ever. */
const mostNames = 20;

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const of = createAll(registry);
  const names = new Set<string>();

  /** A process number would say nothing in a series. */
  function seriesOf(name: string): string {
    if (!names.has(name) && names.size === mostNames) return "other";
    names.add(name);
    return name;
  }

  return {
    report(report) {
      of.counter("hostward_passes_total").inc({ outcome: report.outcome });
      observeTimes(of, report);
      of.counter("hostward_operations_total").inc(report.operations);
      of.counter("hostward_batches_total").inc(report.batches);
      of.counter("hostward_sent_bytes_total").inc(report.bytes);
      if (report.repair === undefined) return;
      of.counter("hostward_repairs_total").inc({ by: seriesOf(report.repair.names.join(", ")) });
      of.histogram("hostward_repair_duration_seconds").observe(report.repair.milliseconds / 1000);
    },
    render(status) {
      readStatus(of, status);
      return registry.metrics();
    },
  };
}

interface All {
  counter(name: MetricName): Counter;
  gauge(name: MetricName): Gauge;
  histogram(name: MetricName): Histogram;
}

function createAll(registry: Registry): All {
  const metrics = new Map(metricNames.map((name) => [name, create(name, registry)]));
  const get = <T extends Counter | Gauge | Histogram>(name: MetricName, type: new (...args: never[]) => T): T => {
    const metric = metrics.get(name);
    if (!(metric instanceof type)) throw new Error(`${name} is another type of metric`);
    return metric;
  };
  return { counter: (name) => get(name, Counter), gauge: (name) => get(name, Gauge), histogram: (name) => get(name, Histogram) };
}

function create(name: MetricName, registry: Registry): Counter | Gauge | Histogram {
  const { type, doc, labels = [] }: MetricRow = metricsTable[name];
  const configuration = { name, help: doc, labelNames: labels, registers: [registry] };
  switch (type) {
    case "counter":
      return new Counter(configuration);
    case "gauge":
      return new Gauge(configuration);
    case "histogram":
      return new Histogram({ ...configuration, buckets });
    default:
      return type satisfies never;
  }
}

function observeTimes(of: All, { milliseconds, batches, sendMicroseconds }: Report): void {
  let total = 0;
  for (const [stage, duration] of Object.entries(milliseconds)) {
    of.histogram("hostward_pass_stage_duration_seconds").observe({ stage }, duration / 1000);
    total += duration;
  }
  of.histogram("hostward_pass_duration_seconds").observe(total / 1000);
  if (batches > 0) of.histogram("hostward_kernel_send_seconds").observe(sendMicroseconds / 1e6);
}

function readStatus(of: All, { version, node, state, revision, latestRevision, generation, counts, endpoints, isolated, problems }: Status): void {
  of.gauge("hostward_info").set({ version, node }, 1);
  of.gauge("hostward_in_sync").set(state === "in-sync" ? 1 : 0);
  of.gauge("hostward_revision").set(revision);
  of.gauge("hostward_latest_revision").set(latestRevision);
  if (generation !== null) of.gauge("hostward_generation").set(generation);
  of.gauge("hostward_chains").set(counts?.chains ?? 0);
  of.gauge("hostward_rules").set(counts?.rules ?? 0);
  of.gauge("hostward_sets").set(counts?.sets ?? 0);
  of.gauge("hostward_elements").set(counts?.elements ?? 0);
  of.gauge("hostward_isolated_resources").set(isolated);
  for (const name of ["hostward_endpoints", "hostward_problems"] as const) of.gauge(name).reset();
  for (const endpoint of endpoints) of.gauge("hostward_endpoints").inc({ state: endpoint.state });
  for (const { severity, code } of problems) of.gauge("hostward_problems").inc({ severity, code });
}
