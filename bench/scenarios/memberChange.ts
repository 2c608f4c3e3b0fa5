// One member of one set comes and goes, among 2,000 sets that 2,000 chains look up; the set that changes has 1,000 to 1,000,000 members.

import type { Resource } from "../../rules/model/types.ts";
import { AgentUnderTest, clearTable, type Pass, sendAlone, stagesOf } from "../agentUnderTest.ts";
import type { Context, Figure, Scenario } from "../scenario.ts";
import { exponent, median, ratios } from "../statistics.ts";
import { dotted, elsewhere, endpoints, interfaces, networkSet, networkSets, policy, resourceOf, resourcesOf, spread } from "../workload.ts";

const sets = 2000;
const perEndpoint = 100;
/** Of one GlobalNetworkSet: the set that changes is made of as many as it needs, as addresses of a selector come from many resources. */
const perResource = 1000;
const warmUp = 60;
const sizes = [1000, 10_000, 100_000, 1_000_000];

export const scenario: Scenario = {
  title: "One set member changed",
  about: `${sets} selectors, each a hash set and a policy that looks it up, on ${sets / perEndpoint} endpoints. The selector of the largest set matches
GlobalNetworkSets of ${perResource} addresses. "An endpoint": a HostEndpoint of another host that it matches, too, is added or removed. "A network": an address is added to,
or removed from, one of the GlobalNetworkSets. From just before the store learns of it to the kernel's acknowledgement. Each change comes after a rest of 75 ms, as
a daemon's changes do, and the first ${warmUp} of each size are not counted, so that each, the smallest too, finds the code of a daemon that has been running.`,
  async run(context) {
    const figures: Figure[] = [];
    for (const member of ["endpoint", "network"] as const) {
      const costs: { size: number; cost: number }[] = [];
      for (const size of sizes) {
        const measured = await measure(size, member, context);
        costs.push({ size, cost: median(measured.passes.map(({ ack }) => ack)) });
        figures.push(...figuresOf(`${nameOf(member)}, ${size.toLocaleString("en")} members`, measured));
      }
      figures.push({ what: `${nameOf(member)}: exponent of its growth with the set's members`, unit: "", values: [exponent(costs)], goal: { most: 0.1 } });
    }
    return figures;
  },
};

type Member = "endpoint" | "network";

function nameOf(member: Member): string {
  return member === "endpoint" ? "an endpoint" : "a network";
}

interface Measured {
  readonly passes: readonly Pass[];
  /** Milliseconds in the kernel with nobody subscribed. */
  readonly alone: readonly number[];
}

async function measure(size: number, member: Member, { runs, note }: Context): Promise<Measured> {
  const base = hostOf(size);
  const changed = member === "endpoint" ? withEndpoint : withNetwork;
  await clearTable();
  const agent = new AgentUnderTest();
  const first = await agent.pass({ source: { resources: base, problems: [] }, interfaces: interfaces(sets / perEndpoint) });
  const { sets: setCount, chains } = first.report.counts;
  note(`${nameOf(member)}, ${size} members in the set: ${setCount} sets, ${chains} chains`);
  const passes: Pass[] = [];
  for (let i = -warmUp; i < runs * 4; i++) {
    const pass = await agent.pass({ source: { resources: changed(base, i % 2 === 0 ? spread(3_000_000 + i) : undefined), problems: [] } });
    if (i >= 0) passes.push(pass);
  }
  note(stagesOf(passes));
  await agent.close();
  const alone: number[] = [];
  for (const { batches } of passes) alone.push(await sendAlone(batches));
  return { passes, alone };
}

function hostOf(size: number): readonly Resource[] {
  const rule = (i: number): object => ({ action: "Allow", ipVersion: 4, source: { selector: `set == 's${i}'` } });
  return resourcesOf([
    ...endpoints(sets / perEndpoint),
    ...networkSets("s0", { members: size, most: perResource }),
    ...Array.from({ length: sets - 1 }, (_, i) => networkSets(`s${i + 1}`, { members: 5, most: 5, from: 2_000_000 + i * 5 })).flat(),
    ...Array.from({ length: sets }, (_, i) => policy(`p${i}`, Math.floor(i / perEndpoint), [rule(i)])),
  ]);
}

/** All the same objects but for one, as a source hands them over when one document changed. */
function withNetwork(base: readonly Resource[], member: number | undefined): readonly Resource[] {
  const nets = Array.from({ length: perResource }, (_, i) => dotted(spread(i)));
  const changed = resourceOf(networkSet("s0-0", "s0", member === undefined ? nets : [...nets, dotted(member)]));
  return base.map((resource) => (resource.kind === changed.kind && resource.metadata.name === changed.metadata.name ? changed : resource));
}

function withEndpoint(base: readonly Resource[], member: number | undefined): readonly Resource[] {
  return member === undefined ? base : [...base, resourceOf(elsewhere("far", "s0", dotted(member)))];
}

function figuresOf(name: string, { passes, alone }: Measured): Figure[] {
  const of = (read: (pass: Pass) => number): number[] => passes.map(read);
  const send = of((pass) => pass.send);
  const ack = of((pass) => pass.ack);
  return [
    { what: `${name}: store to ACK`, unit: "ms", values: ack },
    { what: `${name}: of that in the store`, unit: "ms", values: of((pass) => pass.store) },
    { what: `${name}: in the kernel's sendmsg`, unit: "ms", values: send },
    { what: `${name}: the same bytes sent alone, nobody listening`, unit: "ms", values: alone },
    {
      what: `${name}: store to ACK / (1.3 × send + 1 ms)`,
      unit: "x",
      values: ratios(
        ack,
        send.map((ms) => 1.3 * ms + 1),
      ),
      goal: { most: 1 },
    },
    { what: `${name}: event loop blocked for`, unit: "ms", values: of((pass) => pass.blocked) },
  ];
}
