// Every metric of hostward's own, once: name, type, labels and explanation. What is measured (metrics.ts) and docs/metrics.md both read
// this table. Names are Prometheus': base units, and _total for what only grows.

export interface MetricRow {
  readonly type: "counter" | "gauge" | "histogram";
  readonly doc: string;
  readonly labels?: readonly string[];
}

export const metricsTable = {
  hostward_info: { type: "gauge", labels: ["version", "node"], doc: "Always 1; its labels say what runs, and for which node." },
  hostward_in_sync: { type: "gauge", doc: "1 while the kernel has the ruleset of the last valid resources, otherwise 0." },
  hostward_revision: { type: "gauge", doc: "Revision of the resources that is, or was last, in force as a whole." },
  hostward_latest_revision: { type: "gauge", doc: "Revision of what the sources say now. Differs while a change is being applied, or cannot be." },
  hostward_generation: { type: "gauge", doc: "Generation of the kernel's ruleset when hostward last left it." },
  hostward_passes_total: { type: "counter", labels: ["outcome"], doc: "Passes, by whether they were applied, found everything unchanged, or failed." },
  hostward_pass_duration_seconds: { type: "histogram", doc: "How long a pass took in all." },
  hostward_pass_stage_duration_seconds: { type: "histogram", labels: ["stage"], doc: "How long each stage of a pass took." },
  hostward_operations_total: { type: "counter", doc: "Operations on the kernel's table: things added, changed and deleted." },
  hostward_batches_total: { type: "counter", doc: "Atomic batches committed." },
  hostward_sent_bytes_total: { type: "counter", doc: "Bytes of netlink messages sent in batches." },
  hostward_kernel_send_seconds: { type: "histogram", doc: "How long the kernel took to check and commit the batches of a pass: the time within sendmsg." },
  hostward_chains: { type: "gauge", doc: "Chains in force." },
  hostward_rules: { type: "gauge", doc: "Rules in force." },
  hostward_sets: { type: "gauge", doc: "Sets in force." },
  hostward_elements: { type: "gauge", doc: "Elements in force, of all sets and maps." },
  hostward_endpoints: { type: "gauge", labels: ["state"], doc: "HostEndpoints of this node, by state." },
  hostward_isolated_resources: { type: "gauge", doc: "Resources that the kernel refused, in force as they were before or not at all." },
  hostward_problems: {
    type: "gauge",
    labels: ["severity", "code"],
    doc: "Problems as `hostward status` lists them. `table-fight` is the alarm about others who change the table again and again.",
  },
  hostward_repairs_total: {
    type: "counter",
    labels: ["by"],
    doc: "Changes by others in hostward's table that were put right, by the name of the process. The first 20 names have series of their own, the rest is `other`.",
  },
  hostward_repair_duration_seconds: { type: "histogram", doc: "From the first that was heard of such a change to the kernel's answer to the repair." },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof metricsTable;

export const metricNames = Object.keys(metricsTable) as readonly MetricName[];

/** docs/metrics.md (test/agent/control/metrics.test.ts holds the two equal). */
export function metricsDocument(): string {
  const rows = metricNames.map((name) => {
    const { type, doc, labels = [] }: MetricRow = metricsTable[name];
    return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${doc} |`;
  });
  return `${opening}\n| metric | type | labels | what it is |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

const opening = `# Metrics

The daemon answers \`/metrics\` on its control socket, in the text format of Prometheus:

\`\`\`sh
curl --silent --unix-socket /run/hostward/control.sock http://localhost/metrics
\`\`\`

Only the socket's owner can ask. For a Prometheus that scrapes over the network, write the answer into the directory of node_exporter's textfile
collector now and then, or put a proxy in front of the socket.

Besides hostward's own metrics, listed here, there are prom-client's usual ones of the process: \`process_*\` (CPU, resident memory, open files) and
\`nodejs_*\` (event-loop delay, heap, garbage collection). Counters count from the start of the daemon.
`;
