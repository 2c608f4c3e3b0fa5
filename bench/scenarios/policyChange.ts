// One policy of 10,000 changes: its port, or it comes and goes; and one rule within a policy of 100.

import type { Resource } from "../../rules/model/types.ts";
import { AgentUnderTest, type Change, clearTable, type Pass, stagesOf } from "../agentUnderTest.ts";
import type { Figure, Scenario } from "../scenario.ts";
import { exponent, median, ratios } from "../statistics.ts";
import { hostManifests, interfaces, policy, resourceOf, resourcesOf, ruleOf } from "../workload.ts";

const sizes = [1000, 10_000];
const members = 100_000;

export const scenario: Scenario = {
  title: "One policy changed",
  about: `1,000 and 10,000 policies of one rule each, a hundred for each endpoint, beside ${members} members in 100 sets. One policy gets another port, is removed and
comes back; and in a further policy of a hundred rules one in the middle changes its port, is removed and comes back. From just before the store learns of
it to the kernel's acknowledgement.`,
  async run({ runs, note }) {
    const figures: Figure[] = [];
    const costs: { size: number; cost: number }[] = [];
    for (const size of sizes) {
      await clearTable();
      const agent = new AgentUnderTest();
      const base = [...resourcesOf(hostManifests(size, members)), longPolicy(middle)];
      const first = await agent.pass({ ...change(base), interfaces: interfaces(size / 100) });
      note(`${size} policies: ${first.report.counts.chains} chains, ${first.report.counts.rules} rules, ${first.report.counts.sets} sets`);
      for (const kind of kinds) {
        const passes = await changes(agent, base, { kind, runs });
        note(`${kind.what}: ${stagesOf(passes)}`);
        if (kind.what === "another port") costs.push({ size, cost: median(passes.map(({ ack }) => ack)) });
        figures.push(...figuresOf(`${kind.what}, ${size.toLocaleString("en")} policies`, passes, size === Math.max(...sizes)));
      }
      await agent.close();
    }
    return [...figures, { what: "exponent of its growth with the number of policies (another port)", unit: "", values: [exponent(costs)] }];
  },
};

const long = "long";
const middle = { action: "Allow", protocol: "TCP", destination: { ports: [50_000] } };

function change(resources: readonly Resource[]): Change {
  return { source: { resources, problems: [] } };
}

function longPolicy(...rules: readonly object[]): Resource {
  const others = Array.from({ length: 100 }, (_, i) => ruleOf(20_000 + i, 100));
  return resourceOf(policy(long, 0, [...others.slice(0, 50), ...rules, ...others.slice(50)]));
}

interface Kind {
  readonly what: string;
  readonly name: string;
  /** What the policy becomes, one after the other, the last as it was; each decoded anew, as from a file. Undefined: there is none. */
  readonly steps: readonly (() => Resource | undefined)[];
}

const chosen = { name: "p500", group: 5 };

function chosenPolicy(port: number): Resource {
  return resourceOf(policy(chosen.name, chosen.group, [{ action: "Allow", protocol: "TCP", destination: { ports: [port] } }]));
}

const kinds: readonly Kind[] = [
  { what: "another port", name: chosen.name, steps: [() => chosenPolicy(60_500), () => chosenPolicy(501)] },
  { what: "removed and added", name: chosen.name, steps: [() => undefined, () => chosenPolicy(501)] },
  { what: "one rule of 100 changed", name: long, steps: [() => longPolicy({ ...middle, destination: { ports: [50_001] } }), () => longPolicy(middle)] },
  { what: "one rule of 100 removed and inserted", name: long, steps: [() => longPolicy(), () => longPolicy(middle)] },
];

async function changes(agent: AgentUnderTest, base: readonly Resource[], { kind, runs }: { readonly kind: Kind; readonly runs: number }): Promise<Pass[]> {
  const passes: Pass[] = [];
  for (let i = -2; i < runs; i++) {
    for (const step of kind.steps) {
      const pass = await agent.pass(change(withPolicy(base, kind.name, step())));
      if (i >= 0) passes.push(pass);
    }
  }
  return passes;
}

/** All the same objects but for that policy. */
function withPolicy(base: readonly Resource[], name: string, policy: Resource | undefined): readonly Resource[] {
  return base.flatMap((old) => (old.kind === "GlobalNetworkPolicy" && old.metadata.name === name ? (policy ?? []) : old));
}

function figuresOf(what: string, passes: readonly Pass[], isLargest: boolean): Figure[] {
  const of = (read: (pass: Pass) => number): number[] => passes.map(read);
  const ack = of((pass) => pass.ack);
  return [
    { what: `${what}: store to ACK`, unit: "ms", values: ack, ...(isLargest ? { goal: { most: 10 } } : {}) },
    { what: `${what}: in the kernel's sendmsg`, unit: "ms", values: of((pass) => pass.send) },
    {
      what: `${what}: store to ACK / send`,
      unit: "x",
      values: ratios(
        ack,
        of((pass) => pass.send),
      ),
    },
    { what: `${what}: event loop blocked for`, unit: "ms", values: of((pass) => pass.blocked) },
  ];
}
