// The simulator against the kernel: random rulesets with chains that jump, go to and return, loaded into a namespace; real packets of every path
// and state; and after each packet every rule's counter must say what the simulator says.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { parsePacket } from "../../../rules/explain/packet.ts";
import { simulate } from "../../../rules/explain/simulate.ts";
import type { Packet, Step } from "../../../rules/explain/types.ts";
import { checkRuleset } from "../../../rules/ruleset/check.ts";
import { printRuleset } from "../../../rules/ruleset/print.ts";
import type { Chain, Hook, Rule, Ruleset, Statement } from "../../../rules/ruleset/types.ts";
import { fuzzSeconds, seed } from "../../chance.ts";
import { observerTable } from "../../corpus/observer.ts";
import { type Plan, planPacket } from "../../corpus/plan.ts";
import { Wire } from "../../corpus/wire.ts";
import { address, allFields, ending, lookups, maps, match, matchesOf, sets } from "../ruleset/rulesets.ts";

const seconds = fuzzSeconds(5);

const packets: readonly string[] = [
  "in:eth0 tcp 10.0.0.1:80 > 10.1.2.3:1",
  "in:eth0 udp 10.0.0.2:1024 > 10.1.2.3:65535",
  "in:eth0 sctp 10.0.0.9:5 > 10.1.2.3:1500",
  "in:eth0 253 10.0.0.1 > 10.1.2.3",
  "in:eth0 icmp/8/0 10.0.0.9 > 10.1.2.3",
  "in:eth0 icmp/3/1 10.0.0.9 > 10.1.2.3 related",
  "in:eth0 tcp 10.0.0.1:81 > 10.1.2.3:80 established",
  "in:eth0 tcp 10.0.0.1:82 > 10.1.2.3:80 invalid",
  "in:eth0 tcp 10.0.0.1:83 > 10.1.2.3:80 untracked",
  "in:eth0 udp 10.0.0.1:84 > 10.1.1.2:80 dnat=10.1.2.3:2000",
  "in:eth0 udp [2001:db8::2]:1024 > [2001:db8::1]:80",
  "in:eth0 icmpv6/128/0 2001:db8::2 > 2001:db8::1",
  "in:eth0 icmpv6/135/0 2001:db8::2 > 2001:db8::1 hop=255",
  "fwd:eth0:eth1 tcp 10.0.0.1:90 > 10.16.0.9:80",
  "fwd:eth0:eth1 udp 10.0.0.1:91 > 10.1.1.2:80 dnat=10.16.0.9:1500",
  "fwd:eth0:eth1 udp [2001:db8::2]:5 > [fe00::9]:80 hop=2",
  "out:eth0 udp 10.1.2.3:1 > 10.0.0.2:80",
  "out:eth0 udp 10.1.2.3:2 > 10.1.1.2:80 dnat=10.0.0.9:1500",
  "out:eth0 tcp 10.1.2.3:3 > 10.0.0.1:80 untracked",
  "out:eth0 udp [2001:db8::1]:5 > [2001:db8::2]:80",
];

const interfaces = [
  { name: "eth0", addresses: [address("10.1.2.3"), address("2001:db8::1")], up: true },
  { name: "eth1", addresses: [address("10.16.0.1")], up: true },
];

/** Status bits other than dnat, and what a protocol without ports has where others have their destination port, are not simulated. */
function isSimulated(statement: Statement): boolean {
  if (statement.kind === "match" && statement.field === "ct status") return statement.value.kind === "bits";
  return statement.kind !== "lookup" || !statement.fields.includes("ct status");
}

const matchers = [...allFields.flatMap(matchesOf), ...lookups.filter(({ kind }) => kind === "lookup")].filter(isSimulated);
/** What depends on the place along the way: before and after conntrack, DNAT, routing and forwarding. */
const telling: readonly Statement[] = [
  ...[1, 2, 63, 64, 254, 255].map((hops) => match("ip6 hoplimit", hops)),
  ...["10.1.1.2", "10.1.2.3", "10.16.0.9", "10.0.0.9"].map((text) => match("ip daddr", address(text))),
  ...[80, 1500, 2000].map((port) => match("th dport", port)),
  ...[1, 2, 4, 8, 64].map((mask) => match("ct state", { kind: "bits", mask })),
  ...(["==", "!="] as const).flatMap((op) => [
    match("ct status", { kind: "bits", mask: 32 }, op),
    match("meta iif", 0, op),
    match("meta mark", { kind: "bits", mask: 0x100 }, op),
    match("meta iifname", "eth0", op),
    match("meta oifname", "eth0", op),
  ]),
];

const dispatches = lookups.filter(({ kind }) => kind === "vmap");

const counter: Statement = { kind: "counter" };
const effects: readonly Statement[] = [
  { kind: "setMark", mask: 0x100, value: 0x100 },
  { kind: "setMark", mask: 0xffffffff, value: 1 },
  { kind: "setMark", mask: 1, value: 0 },
  { kind: "notrack" },
  { kind: "limit", rate: 1, per: "day", burst: 100000 },
];

/** Where ports are matched, a protocol that has them is asked for first. */
function withProtocol(matches: readonly Statement[]): Statement[] {
  const ports = matches.some((one) => ("field" in one ? one.field.startsWith("th ") : "fields" in one && one.fields.some((field) => field.startsWith("th "))));
  return ports ? [match("meta l4proto", 17), ...matches] : [...matches];
}

function anyStatements(targets: readonly string[]): fc.Arbitrary<readonly Statement[]> {
  const verdicts = ["jump" as const, "goto" as const].flatMap((kind) => targets.map((chain): Statement => ({ kind: "verdict", verdict: { kind, chain } })));
  const simple = ending.filter((end) => end.kind === "verdict" && (end.verdict.kind === "return" || end.verdict.kind === "accept"));
  return fc
    .tuple(
      fc.array(fc.oneof(fc.constantFrom(...matchers), fc.constantFrom(...telling)), { maxLength: 2 }),
      fc.option(fc.constantFrom(...effects), { nil: undefined, freq: 1 }),
      fc.option(fc.constantFrom(...verdicts, ...verdicts, ...simple, ...dispatches), { nil: undefined, freq: 3 }),
      fc.option(fc.constantFrom(...ending.filter((end) => end.kind === "reject" || (end.kind === "verdict" && end.verdict.kind === "drop"))), {
        nil: undefined,
        freq: 1,
      }),
    )
    .map(([matches, effect, verdict, refusal]) => {
      const end = matches.length === 2 ? (refusal ?? verdict) : verdict;
      const counted = end?.kind === "vmap" ? [] : [counter];
      return [...withProtocol(matches), ...counted, ...[effect, end].filter((one) => one !== undefined)];
    });
}

const places: readonly (readonly [Hook, number])[] = [
  ["prerouting", -295],
  ["prerouting", -145],
  ["prerouting", -45],
  ["input", 5],
  ["forward", 5],
  ["output", -295],
  ["output", -145],
  ["output", 5],
  ["postrouting", -160],
];

const regular = ["a", "b", "c", "d", "target"];

const anyRuleset: fc.Arbitrary<Ruleset> = fc
  .tuple(
    fc.tuple(...places.map(() => fc.array(anyStatements(regular), { minLength: 3, maxLength: 12 }))),
    fc.tuple(...regular.map((_, i) => fc.array(anyStatements(regular.slice(i + 1)), { minLength: 1, maxLength: 8 }))),
  )
  .map(([bases, chains]) => {
    let index = 0;
    const rules = (all: readonly (readonly Statement[])[]): Rule[] =>
      all.map((statements) => ({ statements, origin: { kind: "rule", name: "random", index: index++ } }));
    const based = places.map(([hook, priority], i): Chain => ({ kind: "base", name: `${hook}${priority}`, hook, priority, rules: rules(bases[i] ?? []) }));
    const others = regular.map((name, i): Chain => ({ kind: "regular", name, rules: rules(chains[i] ?? []) }));
    return { table: "hostward", chains: [...based, ...others].sort((x, y) => (x.name < y.name ? -1 : 1)), sets, maps };
  })
  .map(withoutRefused);

/** Rules that the check refuses (protocols that exclude each other, a reject that postrouting may reach) are left out. */
function withoutRefused(ruleset: Ruleset): Ruleset {
  const refused = checkRuleset(ruleset).map((message) => Number(/\(rule random rule (\d+)\)/.exec(message)?.[1]));
  if (refused.length === 0) return ruleset;
  return {
    ...ruleset,
    chains: ruleset.chains.map((chain) => ({ ...chain, rules: chain.rules.filter(({ origin }) => !refused.includes(origin.index ?? -1)) })),
  };
}

/** How often each rule with a counter ran, by its comment. */
type Counts = Readonly<Record<string, number>>;

function simulated(ruleset: Ruleset, packet: Packet): Counts {
  const counts: Record<string, number> = {};
  const walk = (steps: readonly Step[]): void => {
    for (const { text, origin, steps: inner } of steps) {
      const comment = `rule random rule ${origin?.index}`;
      if (origin !== undefined && text.includes("counter")) counts[comment] = (counts[comment] ?? 0) + 1;
      walk(inner);
    }
  };
  walk(simulate(ruleset, packet).path);
  return counts;
}

interface Listed {
  readonly rule?: { readonly comment: string; readonly expr: readonly { readonly counter?: { readonly packets: number } }[] };
}

let wire: Wire;
before(async () => {
  wire = await Wire.open();
  await wire.arrange(interfaces);
});
after(() => wire?.close());

async function counted(): Promise<Map<string, number>> {
  const { nftables } = JSON.parse(await wire.host.must("nft", ["-j", "list", "table", "inet", "hostward"])) as { readonly nftables: readonly Listed[] };
  return new Map(
    nftables.flatMap(({ rule }) => (rule === undefined ? [] : [[rule.comment, rule.expr.find((one) => one.counter !== undefined)?.counter?.packets ?? 0]])),
  );
}

/** Longer than any packet takes; waited for only where one is late. What comes later still is taken for the next packet's. */
const patience = 2000;

/** What the counters gained since `last`: as soon as it is what is expected. */
async function gained(last: ReadonlyMap<string, number>, expected: Counts): Promise<{ readonly now: Map<string, number>; readonly counts: Counts }> {
  const end = performance.now() + patience;
  for (;;) {
    const now = await counted();
    const changed = [...now].map(([comment, packets]) => [comment, packets - (last.get(comment) ?? 0)] as const);
    const counts = Object.fromEntries(changed.filter(([, packets]) => packets > 0));
    if (isDeepStrictEqual(counts, expected) || performance.now() > end) return { now, counts };
    await sleep(10);
  }
}

/** The veth ends report multicast groups for a while; none of that may reach the counters. */
const quiet = `table inet quiet
delete table inet quiet
table inet quiet {
  chain reports {
    type filter hook prerouting priority -400;
    icmpv6 type { 131, 143 } drop
    ip6 daddr ff00::/8 drop
    ip protocol igmp drop
  }
}
`;

async function compare(ruleset: Ruleset, flows: readonly { readonly text: string; readonly packet: Packet; readonly plan: Plan }[]): Promise<void> {
  assert.deepEqual(checkRuleset(ruleset), []);
  const { host } = wire;
  await host.nft(`table inet hostward\ndelete table inet hostward\n${quiet}${observerTable(flows.map(({ plan }) => plan))}`);
  await host.agent.forgetFlows();
  await wire.route(flows.map(({ plan }) => plan));
  for (const { plan } of flows) await wire.send(plan.opening);
  await host.nft(printRuleset(ruleset));
  let last: ReadonlyMap<string, number> = new Map();
  for (const { text, packet, plan } of flows) {
    await wire.send([plan.send]);
    const expected = simulated(ruleset, packet);
    const { now, counts } = await gained(last, expected);
    last = now;
    assert.deepEqual(counts, expected, `${text}\n${printRuleset({ ...ruleset, sets: [] })}`);
  }
}

test("rules run for a packet in the kernel as often as in the simulator, whatever the chains", async () => {
  const flows = packets.map((text, i) => ({ text, packet: parsePacket(text), plan: planPacket(parsePacket(text), i + 1) }));
  const end = performance.now() + seconds * 1000;
  for (let run = 0; performance.now() < end; run++) {
    for (const ruleset of fc.sample(anyRuleset, { seed: seed + run, numRuns: 1 })) {
      await compare(ruleset, flows).catch((cause: unknown) => {
        throw new Error(`FUZZ_SEED=${seed + run}`, { cause });
      });
    }
  }
});
