// A set of 100,000 and of 1,000,000 members, of addresses and of prefixes, from the store into an empty namespace.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Resource } from "../../rules/model/types.ts";
import { printRuleset } from "../../rules/ruleset/print.ts";
import { AgentUnderTest, clearTable, type Pass, sendAlone } from "../agentUnderTest.ts";
import { type Libnftables, openLibnftables } from "../rivals/libnftables.ts";
import { openNamespace, type RivalNamespace } from "../rivals/namespace.ts";
import type { Context, Figure, Scenario } from "../scenario.ts";
import { ratios } from "../statistics.ts";
import { dotted, endpoints, interfaces, networkSet, policy, resourcesOf, spread } from "../workload.ts";

interface Set {
  readonly what: string;
  readonly members: number;
  net(i: number): string;
}

/** Every second /25 and so on, in no order, so that none of them touch. */
const prefix = (i: number, count: number): string => `${dotted(((i * 7919) % count) * 2 ** 14)}/25`;

const sets: readonly Set[] = [
  { what: "100,000 addresses", members: 100_000, net: (i) => dotted(spread(i)) },
  { what: "1,000,000 addresses", members: 1_000_000, net: (i) => dotted(spread(i)) },
  { what: "100,000 prefixes", members: 100_000, net: (i) => prefix(i, 100_000) },
];

/** Of one GlobalNetworkSet. */
const perResource = 10_000;

export const scenario: Scenario = {
  title: "Large sets",
  about: `One endpoint, one policy, one selector that matches GlobalNetworkSets of ${perResource} members each, in the store from nothing to the kernel's acknowledgement in a warm
process; the rivals load what \`hostward render\` prints. Addresses are a hash set, prefixes an interval set, which takes a transaction of its own before the rules.`,
  async run(context) {
    const folder = mkdtempSync(join(tmpdir(), "hostward-bench-"));
    const rival = openNamespace("rival");
    const libnftables = openLibnftables(rival);
    try {
      const figures: Figure[] = [];
      for (const set of sets) {
        context.note(set.what);
        figures.push(...figuresOf(set, await measure(set, { ...context, file: join(folder, "ruleset.nft"), rival, libnftables })));
      }
      return figures;
    } finally {
      libnftables?.close();
      rival.close();
      rmSync(folder, { recursive: true });
    }
  },
};

interface Sample {
  readonly pass: Pass;
  /** Milliseconds. */
  readonly alone: number;
  readonly nft: number;
  readonly library: number | undefined;
}

interface Rivals extends Context {
  readonly file: string;
  readonly rival: RivalNamespace;
  readonly libnftables: Libnftables | undefined;
}

async function measure(set: Set, { runs, file, rival, libnftables }: Rivals): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const resources = hostOf(set);
  for (let run = -2; run < runs; run++) {
    await clearTable();
    const agent = new AgentUnderTest();
    const pass = await agent.pass({ source: { resources, problems: [] }, interfaces: interfaces(1) });
    if (run === -2) writeFileSync(file, printRuleset(agent.ruleset()));
    await agent.close();
    if (run < 0) continue;
    await clearTable();
    const alone = await sendAlone(pass.batches);
    const nft = rival.time("nft", "-f", file);
    rival.clear();
    const library = await libnftables?.run(`@${file}`);
    rival.clear();
    samples.push({ pass, alone, nft, library });
  }
  return samples;
}

function hostOf({ members, net }: Set): readonly Resource[] {
  const parts = Array.from({ length: members / perResource }, (_, part) => {
    const nets = Array.from({ length: perResource }, (_, i) => net(part * perResource + i));
    return networkSet(`big-${part}`, "big", nets);
  });
  return resourcesOf([...endpoints(1), ...parts, policy("p", 0, [{ action: "Allow", source: { selector: "set == 'big'" } }])]);
}

function figuresOf({ what, members }: Set, samples: readonly Sample[]): Figure[] {
  const of = (read: (sample: Sample) => number): number[] => samples.map(read);
  const [ack, alone, nft] = [of(({ pass }) => pass.ack), of((sample) => sample.alone), of((sample) => sample.nft)];
  const library = samples.flatMap((sample) => sample.library ?? []);
  return [
    { what: `${what}: store to ACK`, unit: "ms", values: ack },
    { what: `${what}: of that encoding`, unit: "ms", values: of(({ pass }) => pass.encode) },
    { what: `${what}: encoding a member`, unit: "ns", values: of(({ pass }) => (pass.encode * 1e6) / members) },
    { what: `${what}: in the kernel's sendmsg`, unit: "ms", values: of(({ pass }) => pass.send) },
    { what: `${what}: the same bytes sent alone, nobody listening`, unit: "ms", values: alone },
    { what: `${what}: store to ACK / sent alone`, unit: "x", values: ratios(ack, alone), goal: { most: 2 } },
    { what: `${what}: \`nft -f\``, unit: "ms", values: nft },
    { what: `${what}: \`nft -f\` / store to ACK`, unit: "x", values: ratios(nft, ack), goal: { least: 3 } },
    ...(library.length === 0 ? [] : [{ what: `${what}: libnftables / store to ACK`, unit: "x" as const, values: ratios(library, ack) }]),
    { what: `${what}: event loop blocked for`, unit: "ms", values: of(({ pass }) => pass.blocked) },
  ];
}
