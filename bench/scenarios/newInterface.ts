// An interface comes up and goes, among 1,000 that endpoints govern.

import { AgentUnderTest, clearTable, type Pass, stagesOf } from "../agentUnderTest.ts";
import type { Figure, Scenario } from "../scenario.ts";
import { ratios } from "../statistics.ts";
import { endpoints, interfaces, policyFor, resourcesOf } from "../workload.ts";

const others = 1000;

export const scenario: Scenario = {
  title: "A new interface",
  about: `${others} interfaces are up, each with a HostEndpoint of its own; the one of a further HostEndpoint appears, and goes again. Ten policies are for all of them. From
just before the store learns of the interfaces to the kernel's acknowledgement.`,
  async run({ runs, note }) {
    await clearTable();
    const agent = new AgentUnderTest();
    const rule = (i: number): object => ({ action: "Allow", protocol: "TCP", destination: { ports: [8000 + i] } });
    const policies = Array.from({ length: 10 }, (_, i) => policyFor("has(group)", `p${i}`, [rule(i)]));
    const resources = resourcesOf([...endpoints(others + 1), ...policies]);
    const first = await agent.pass({ source: { resources, problems: [] }, interfaces: interfaces(others) });
    note(`${first.report.counts.endpoints} endpoints, ${first.report.counts.chains} chains`);
    const passes: Record<"appears" | "goes", Pass[]> = { appears: [], goes: [] };
    for (let i = -5; i < runs * 4; i++) {
      for (const [what, count] of [["appears", others + 1] as const, ["goes", others] as const]) {
        // New objects each time, as a source makes them of what the kernel says.
        const pass = await agent.pass({ interfaces: interfaces(count) });
        if (i >= 0) passes[what].push(pass);
      }
    }
    for (const [what, of] of Object.entries(passes)) note(`${what}: ${stagesOf(of)}`);
    await agent.close();
    return [...figuresOf("appears", passes.appears), ...figuresOf("goes", passes.goes)];
  },
};

function figuresOf(what: string, passes: readonly Pass[]): Figure[] {
  const of = (read: (pass: Pass) => number): number[] => passes.map(read);
  const [ack, send] = [of((pass) => pass.ack), of((pass) => pass.send)];
  return [
    { what: `an interface ${what} among 1,000: store to ACK`, unit: "ms", values: ack, goal: { most: 10 } },
    { what: `an interface ${what} among 1,000: in the kernel's sendmsg`, unit: "ms", values: send },
    { what: `an interface ${what} among 1,000: store to ACK / send`, unit: "x", values: ratios(ack, send) },
    { what: `an interface ${what} among 1,000: event loop blocked for`, unit: "ms", values: of((pass) => pass.blocked) },
  ];
}
