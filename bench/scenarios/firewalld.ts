// The same policy by firewalld, the other daemon that writes nftables on such hosts: its start, one member more, one rule more.

import { setTimeout as sleep } from "node:timers/promises";
import type { Resource } from "../../rules/model/types.ts";
import { AgentUnderTest, type Change, clearTable } from "../agentUnderTest.ts";
import { DaemonUnderTest, makeInterfaces, Observer } from "../daemonUnderTest.ts";
import { openFirewalld } from "../rivals/firewalld.ts";
import { openNamespace } from "../rivals/namespace.ts";
import type { Figure, Scenario } from "../scenario.ts";
import { ratios } from "../statistics.ts";
import { type Document, dotted, endpoints, interfaces, manifestsText, networkSet, policy, resourcesOf, spread } from "../workload.ts";

const ruleCount = 500;
const memberCount = 10_000;

const rules = Array.from({ length: ruleCount }, (_, i) => ({ source: `${dotted(0x6400_0000 + i * 256)}/24`, port: 1000 + i }));
const members = Array.from({ length: memberCount }, (_, i) => dotted(spread(i)));
const another = { source: "198.51.100.0/24", port: 999 };
const anotherMember = dotted(spread(3_000_000));

export const scenario: Scenario = {
  title: "Beside firewalld",
  about: `${ruleCount} rules that allow a TCP port from a net, and one that looks up a set of ${memberCount} addresses: in firewalld a zone of rich rules and an ipset, in hostward one
policy. Starts are from the start of the process to all rules in force. A change is firewalld's D-Bus call until its answer, and hostward's store to ACK.`,
  async run({ runs, note }) {
    const rival = openNamespace("firewalld");
    const firewalld = await openFirewalld(rival);
    makeInterfaces(["eth0"]);
    const samples: Sample[] = [];
    for (let run = 0; run < runs; run++) {
      note(`run ${run + 1}`);
      const theirs = firewalld && {
        start: await firewalld.start({ rules, members }),
        member: firewalld.addMember(anotherMember),
        rule: firewalld.addRule(another.source, another.port),
      };
      await firewalld?.stop();
      samples.push({ ours: { start: await ourStart(), ...(await ourChanges()) }, theirs });
    }
    await firewalld?.close();
    rival.close();
    return figuresOf(samples);
  },
};

/** Milliseconds. */
interface Times {
  readonly start: number;
  readonly member: number;
  readonly rule: number;
}

interface Sample {
  readonly ours: Times;
  readonly theirs: Times | undefined;
}

function manifests(extra: { readonly member?: string; readonly rule?: typeof another } = {}): readonly Document[] {
  const allow = ({ source, port }: typeof another): object => ({
    action: "Allow",
    protocol: "TCP",
    source: { nets: [source] },
    destination: { ports: [port] },
  });
  const lookup = { action: "Allow", protocol: "TCP", source: { selector: "set == 'members'" }, destination: { ports: [1] } };
  const list = [...rules, ...(extra.rule === undefined ? [] : [extra.rule])].map(allow);
  const nets = extra.member === undefined ? members : [...members, extra.member];
  return [...endpoints(1), networkSet("members", "members", nets), policy("p", 0, [...list, lookup])];
}

async function ourStart(): Promise<number> {
  await clearTable();
  const observer = new Observer();
  const began = performance.now();
  const daemon = new DaemonUnderTest({ manifests: manifestsText(manifests()) });
  // The last commit of the start; a second comes only where an interval set has to be there before its rules.
  let at = (await observer.commit()).at;
  for (;;) {
    const next = await Promise.race([observer.commit(), sleep(1000)]);
    if (next === undefined) break;
    at = next.at;
  }
  await daemon.stop();
  observer.close();
  await clearTable();
  return at - began;
}

async function ourChanges(): Promise<Pick<Times, "member" | "rule">> {
  await clearTable();
  const agent = new AgentUnderTest();
  const base = resourcesOf(manifests());
  /** All the same objects but of that kind, as a source hands them over when one document changed. */
  const change = (kind: Resource["kind"], extra: Parameters<typeof manifests>[0]): Change => {
    const resources = resourcesOf(manifests(extra));
    return { source: { resources: base.map((old, i) => (old.kind === kind ? (resources[i] ?? old) : old)), problems: [] } };
  };
  await agent.pass({ ...change("Tier", {}), interfaces: interfaces(1) });
  const times = { member: Number.NaN, rule: Number.NaN };
  // Twice, the first to warm up.
  for (const _ of [1, 2]) {
    times.member = (await agent.pass(change("GlobalNetworkSet", { member: anotherMember }))).ack;
    await agent.pass(change("Tier", {}));
    times.rule = (await agent.pass(change("GlobalNetworkPolicy", { rule: another }))).ack;
    await agent.pass(change("Tier", {}));
  }
  await agent.close();
  return times;
}

const told = { start: "start to in force", member: "one member more", rule: "one rule more" } as const;

function figuresOf(samples: readonly Sample[]): Figure[] {
  return (["start", "member", "rule"] as const).flatMap((key): Figure[] => {
    const ours = samples.map((sample) => sample.ours[key]);
    const theirs = samples.flatMap((sample) => sample.theirs?.[key] ?? []);
    return [
      { what: `${told[key]}: hostward`, unit: "ms", values: ours },
      ...(theirs.length === 0
        ? []
        : [
            { what: `${told[key]}: firewalld`, unit: "ms" as const, values: theirs },
            { what: `${told[key]}: firewalld / hostward`, unit: "x" as const, values: ratios(theirs, ours) },
          ]),
    ];
  });
}
