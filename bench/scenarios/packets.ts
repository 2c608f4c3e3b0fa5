// What packets feel: TCP connections a second and the time of a connect (its first packets are judged by the rules), with no ruleset and with 10 to
// 10,000 rules; and the throughput of an established connection.

import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type Lab, openLab } from "../../test/lab/lab.ts";
import type { Namespace } from "../../test/lab/namespace.ts";
import { AgentUnderTest, clearTable } from "../agentUnderTest.ts";
import { compileProgram } from "../compile.ts";
import type { Figure, Scenario } from "../scenario.ts";
import { ratios } from "../statistics.ts";
import { type Document, dotted, endpoints, policy, resourcesOf, spread } from "../workload.ts";

const host = "10.0.0.1";
const peer = "10.0.0.2";
const port = 5201;
const iperfPort = 5202;
/** Of one measurement. */
const seconds = 0.7;
const few = 10;

interface Layout {
  readonly what: string;
  readonly shape: string;
  readonly rules: number;
  readonly optimise: boolean;
  /** Goals hold for what hostward does unless it is told otherwise. */
  readonly hasGoal: boolean;
  manifests(): readonly Document[];
}

/** Ports and nets in turn; none is for the connection that is measured but the last. */
function rule(i: number): object {
  const other = { ports: [20_000 + (i % 30_000)] };
  const source = { nets: [`${dotted(0x6400_0000 + (spread(i) & 0xffff) * 256)}/24`] };
  return { action: "Allow", protocol: i % 3 === 2 ? "UDP" : "TCP", ...(i % 2 === 1 ? { source } : {}), destination: other };
}

function allow(open: number): object {
  return { action: "Allow", protocol: "TCP", source: { nets: [`${peer}/32`] }, destination: { ports: [open] } };
}

/** As many as that: iperf3's and the measured one come last. */
function rules(count: number): readonly object[] {
  return [...Array.from({ length: count - 2 }, (_, i) => rule(i)), allow(iperfPort), allow(port)];
}

const shapes = [
  {
    what: "in policies of 1,000",
    manifests: (count: number) => {
      const all = rules(count);
      return Array.from({ length: Math.ceil(count / 1000) }, (_, i) => policy(`p${i}`, 0, all.slice(i * 1000, (i + 1) * 1000)));
    },
  },
  {
    what: "each in a policy of its own",
    manifests: (count: number) => rules(count).map((one, i) => policy(`p${String(i).padStart(5, "0")}`, 0, [one])),
  },
];

const layouts: readonly Layout[] = [
  ...shapes.flatMap(({ what, manifests }) =>
    [few, 1000, 10_000].map((count) => ({
      what: `${count.toLocaleString("en")} rules ${what}`,
      shape: what,
      rules: count,
      optimise: true,
      hasGoal: true,
      manifests: () => manifests(count),
    })),
  ),
  ...shapes.map(({ what, manifests }) => ({
    what: `1,000 rules ${what}, not optimised`,
    shape: what,
    rules: 1000,
    optimise: false,
    hasGoal: false,
    manifests: () => manifests(1000),
  })),
];

export const scenario: Scenario = {
  title: "Packets",
  about: `A peer connects to this host over a veth pair, again and again for ${seconds} s, and resets each connection at once; the rule that allows it is the last one. Ratios are to ${few} rules of
the same shape in the same run; the rate is that of the median connection. "Not optimised" is the setting \`optimise: false\`. Throughput is iperf3's, of one connection, which only the conntrack rule judges.`,
  async run({ runs, note }) {
    const lab = await openLab();
    try {
      const bed = await openBed(lab);
      const samples = new Map<string, Sample[]>();
      for (let run = 0; run < runs; run++) {
        note(`run ${run + 1}`);
        for (const [what, sample] of await round(bed)) samples.set(what, [...(samples.get(what) ?? []), sample]);
      }
      bed.close();
      return figuresOf(samples);
    } finally {
      await lab.close();
    }
  },
};

interface Sample {
  /** By the median time of one. */
  readonly perSecond: number;
  readonly connectMicroseconds: number;
  /** Gigabits a second. */
  readonly throughput: number | undefined;
}

interface Bed {
  connect(): Promise<Sample>;
  /** Undefined where there is no iperf3. */
  throughput(): Promise<number | undefined>;
  close(): void;
}

const none = "no ruleset";

async function round(bed: Bed): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample>();
  const measure = async (what: string, withThroughput: boolean): Promise<void> => {
    samples.set(what, { ...(await bed.connect()), throughput: withThroughput ? await bed.throughput() : undefined });
  };
  await clearTable();
  await measure(none, true);
  const interfaces = [{ name: "eth0", addresses: [{ family: 4, value: 0x0a00_0001n }], up: true } as const];
  for (const { what, rules: count, optimise, manifests } of layouts) {
    const agent = new AgentUnderTest({ optimise });
    await agent.pass({ source: { resources: resourcesOf([...endpoints(1), ...manifests()]), problems: [] }, interfaces });
    await agent.close();
    await measure(what, count !== 1000);
  }
  await clearTable();
  return samples;
}

async function openBed(lab: Lab): Promise<Bed> {
  const program = compileProgram(join(import.meta.dirname, "..", "connections.c"));
  if (typeof program === "string") throw new Error(`gcc: ${program}`);
  const far = await lab.namespace("peer");
  const ends = [
    { namespace: lab.host, name: "eth0", addresses: [`${host}/24`] },
    { namespace: far, name: "eth0", addresses: [`${peer}/24`] },
  ] as const;
  await lab.cable(...ends);
  const server = lab.host.spawn(program.path, ["server", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  if (server.stdout !== null) await once(createInterface({ input: server.stdout }), "line");
  return {
    async connect() {
      const text = await far.must(program.path, ["client", host, String(port), String(seconds)]);
      const { connectMicroseconds, wholeMicroseconds } = JSON.parse(text) as { readonly connectMicroseconds: number; readonly wholeMicroseconds: number };
      return { connectMicroseconds, perSecond: 1e6 / wholeMicroseconds, throughput: undefined };
    },
    throughput: () => throughput(lab.host, far),
    close: () => program.remove(),
  };
}

/** Gigabits a second of one connection; undefined where there is no iperf3. */
async function throughput(near: Namespace, far: Namespace): Promise<number | undefined> {
  const server = near.spawn("iperf3", ["--server", "--one-off", "--bind", host, "--port", String(iperfPort)], { stdio: "ignore" });
  const ended = once(server, "exit").catch(() => undefined);
  await sleep(100);
  const { status, stdout } = await far
    .run("iperf3", ["--client", host, "--port", String(iperfPort), "--time", "1", "--json"])
    .catch(() => ({ status: 1, stdout: "" }));
  server.kill();
  await ended;
  if (status !== 0) return undefined;
  const { end } = JSON.parse(stdout) as { readonly end: { readonly sum_received: { readonly bits_per_second: number } } };
  return end.sum_received.bits_per_second / 1e9;
}

function figuresOf(samples: ReadonlyMap<string, readonly Sample[]>): Figure[] {
  const of = (what: string, read: (sample: Sample) => number): number[] => (samples.get(what) ?? []).map(read);
  const rate = ({ perSecond }: Sample): number => perSecond;
  return [none, ...layouts.map(({ what }) => what)].flatMap((what): Figure[] => {
    const layout = layouts.find((one) => one.what === what);
    const base = layout === undefined ? undefined : layouts.find(({ rules, shape }) => rules === few && shape === layout.shape);
    const bits = (samples.get(what) ?? []).flatMap((sample) => sample.throughput ?? []);
    const reference = base === undefined || base === layout ? undefined : of(base.what, rate);
    const goal = layout?.hasGoal === true ? { goal: { least: 0.8 } } : {};
    return [
      { what: `${what}: connections`, unit: "/s", values: of(what, rate) },
      { what: `${what}: a connect`, unit: "µs", values: of(what, (sample) => sample.connectMicroseconds) },
      ...(reference === undefined
        ? []
        : [{ what: `${what}: connections against ${few} rules`, unit: "x" as const, values: ratios(of(what, rate), reference), ...goal }]),
      ...(bits.length === 0 ? [] : [{ what: `${what}: throughput`, unit: "Gbit/s" as const, values: bits }]),
    ];
  });
}
