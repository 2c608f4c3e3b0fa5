// A host starts: manifests are read, resolved, compiled and loaded into an empty namespace. Each run in a process of its own, whose code is as cold
// as that of a daemon that has just started, and once more in one that is warm; against `nft -f` and libnftables loading the same ruleset.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clearTable } from "../agentUnderTest.ts";
import type { ColdProcess, ColdStart } from "../coldProcess.ts";
import { openLibnftables } from "../rivals/libnftables.ts";
import { openNamespace } from "../rivals/namespace.ts";
import type { Figure, Scenario } from "../scenario.ts";
import { ratios } from "../statistics.ts";
import { hostManifests, manifestsText } from "../workload.ts";

/** Of the whole start's time to twice the kernel's and that of the parse. A small host has not read enough for its code to be warm. */
const wholeGoal = { rules: 10_000, most: 1 };

interface Host {
  readonly rules: number;
  /** Rules of a policy. */
  readonly each: number;
  readonly members: number;
}

const hosts: readonly Host[] = [
  { rules: 1000, each: 1, members: 10_000 },
  { rules: 10_000, each: 1, members: 100_000 },
  { rules: 10_000, each: 100, members: 100_000 },
];

export const scenario: Scenario = {
  title: "Cold start",
  about: `A hundred rules for each endpoint, in policies of one rule or of all hundred, with ten members a rule in sets of 1,000, as a directory of manifests. A process starts, reads them and
loads the ruleset into an empty namespace. Reading is the YAML parse and the decoding of its values. "cold" is a process of its own for every run, as a daemon starts, "warm" the
third load by the same process. The rivals load the file that \`hostward render\` prints, into a namespace of their own.`,
  async run({ runs, note }) {
    const folder = mkdtempSync(join(tmpdir(), "hostward-bench-"));
    try {
      const figures: Figure[] = [];
      for (const [at, host] of hosts.entries()) {
        note(`${nameOf(host)}, ${host.members} members`);
        const place = join(folder, String(at));
        mkdirSync(place);
        writeFileSync(join(place, "host.yaml"), manifestsText(hostManifests(host.rules, host.members, host.each)));
        figures.push(...(await measure(place, host, runs)));
      }
      return figures;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function nameOf({ rules, each }: Host): string {
  const policies = `${(rules / each).toLocaleString("en")} policies`;
  return each === 1 ? policies : `${policies} of ${each} rules`;
}

async function measure(place: string, host: Host, runs: number): Promise<Figure[]> {
  const rendered = join(place, "ruleset.nft");
  const rival = openNamespace("rival");
  const libnftables = openLibnftables(rival);
  const samples: Sample[] = [];
  for (let run = -1; run < runs; run++) {
    await clearTable();
    const ours = startCold(place, host.rules / 100, rendered);
    const nft = rival.time("nft", "-f", rendered);
    rival.clear();
    const library = await libnftables?.run(`@${rendered}`);
    rival.clear();
    if (run >= 0) samples.push({ ...ours, nft, library });
  }
  libnftables?.close();
  rival.close();
  return figuresOf(host, samples);
}

interface Sample {
  readonly cold: ColdStart;
  readonly warm: ColdStart;
  /** Milliseconds. */
  readonly read: number;
  readonly yaml: number;
  readonly yamlPackage: number;
  readonly nft: number;
  readonly library: number | undefined;
}

function startCold(place: string, endpoints: number, rendered: string): Pick<Sample, "cold" | "warm" | "read" | "yaml" | "yamlPackage"> {
  const program = join(import.meta.dirname, "..", "coldProcess.ts");
  const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, program, place, String(endpoints), rendered], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error("the cold process failed");
  const { starts, ...reading } = JSON.parse(stdout) as ColdProcess;
  const [first, last] = [starts[0], starts.at(-1)];
  if (first === undefined || last === undefined) throw new Error("the cold process said nothing");
  return { cold: first, warm: last, ...reading };
}

function figuresOf(host: Host, samples: readonly Sample[]): Figure[] {
  const what = nameOf(host);
  const library = samples.flatMap((sample) => sample.library ?? []);
  const nft = samples.map((sample) => sample.nft);
  return [
    ...(["cold", "warm"] as const).flatMap((kind): Figure[] => {
      const of = (read: (start: ColdStart) => number): number[] => samples.map((sample) => read(sample[kind]));
      const [ack, alone] = [of((start) => start.ack), of((start) => start.alone)];
      return [
        { what: `${what}, ${kind}: store to ACK`, unit: "ms", values: ack },
        { what: `${what}, ${kind}: in the kernel's sendmsg`, unit: "ms", values: of((start) => start.send) },
        { what: `${what}, ${kind}: the same bytes sent alone, nobody listening`, unit: "ms", values: alone },
        { what: `${what}, ${kind}: store to ACK / sent alone`, unit: "x", values: ratios(ack, alone), goal: { most: 2 } },
        { what: `${what}, ${kind}: event loop blocked for`, unit: "ms", values: of((start) => start.blocked) },
        { what: `${what}, ${kind}: \`nft -f\` / store to ACK`, unit: "x", values: ratios(nft, ack), goal: { least: 3 } },
        { what: `${what}, ${kind}: \`nft -f\` / sent alone, which nothing that asks this of the kernel exceeds`, unit: "x", values: ratios(nft, alone) },
        ...(library.length === 0 ? [] : [{ what: `${what}, ${kind}: libnftables / store to ACK`, unit: "x" as const, values: ratios(library, ack) }]),
      ];
    }),
    { what: `${what}: reading, cold`, unit: "ms", values: samples.map((sample) => sample.read) },
    { what: `${what}: the YAML parse alone, warm`, unit: "ms", values: samples.map((sample) => sample.yaml) },
    { what: `${what}: the same by the yaml package, warm`, unit: "ms", values: samples.map((sample) => sample.yamlPackage) },
    wholeStart(host, samples, "the YAML parse", ({ yaml }) => yaml),
    wholeStart(host, samples, "that of the yaml package", ({ yamlPackage }) => yamlPackage),
    { what: `${what}: \`nft -f\` of the rendered file`, unit: "ms", values: nft },
    ...(library.length === 0 ? [] : [{ what: `${what}: libnftables, the same file`, unit: "ms" as const, values: library }]),
  ];
}

/** From the first look at the manifests. */
function wholeStart(host: Host, samples: readonly Sample[], parser: string, parse: (sample: Sample) => number): Figure {
  const what = `${nameOf(host)}, cold: reading and store to ACK / (2 x sent alone + ${parser})`;
  const whole = samples.map(({ read, cold }) => read + cold.ack);
  const bound = samples.map((sample) => 2 * sample.cold.alone + parse(sample));
  const figure: Figure = { what, unit: "x", values: ratios(whole, bound) };
  return host.rules < wholeGoal.rules ? figure : { ...figure, goal: { most: wholeGoal.most } };
}
