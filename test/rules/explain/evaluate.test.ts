// The definition of the semantics, case by case: the packet path (semantics 3), the loop over lists (4.2, 4.3) and who decided.
// What a single rule matches is in matchRule.test.ts.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { evaluate } from "../../../rules/explain/evaluate.ts";
import type { Step } from "../../../rules/explain/types.ts";
import type { Resource } from "../../../rules/model/types.ts";
import type { PolicySettings, Resolved } from "../../../rules/resolve/types.ts";
import type { Origin } from "../../../rules/ruleset/types.ts";
import { endpoint, link, policy, prefix, profile, resolved, rule, tier } from "../resolve/resources.ts";
import { type PacketForm, packet } from "./packets.ts";

const links = [link("lo", ["127.0.0.1", "::1"]), link("eth0", ["10.0.0.1"]), link("eth1", ["10.1.0.1"]), link("cali1")];

const OPEN = ["projectcalico-default-allow"];
const closed = endpoint("closed", { on: "eth0" });
const open = endpoint("open", { on: "eth0", profiles: OPEN });
const wildcard = endpoint("wild", { on: "*" });

function host(resources: readonly Resource[], settings: Partial<PolicySettings> = {}): Resolved {
  return resolved(resources, links, settings);
}

/** `deny by GlobalNetworkPolicy p ingress 0`, `allow by failsafe inbound ingress`, `allow` when nothing decided. */
function judge(on: Resolved, form: PacketForm): string {
  const { verdict, decidedBy } = evaluate(on, packet(form));
  return decidedBy === undefined ? verdict : `${verdict} by ${originText(decidedBy)}`;
}

function originText({ kind, name, direction, index, note }: Origin): string {
  return [kind, name, direction, index, note === undefined ? undefined : `(${note})`].filter((part) => part !== undefined).join(" ");
}

interface Row {
  readonly name: string;
  readonly on: Resolved;
  readonly packet: PacketForm;
  readonly expected: string;
}

function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const row of rows) test(row.name, () => assert.equal(judge(row.on, row.packet), row.expected));
  });
}

const ingressDefault = "deny by hostward default-deny ingress (end of profiles)";
const egressDefault = "deny by hostward default-deny egress (end of profiles)";
const established = "allow by hostward conntrack (established, related)";
const invalid = "deny by hostward conntrack (invalid)";
const essential = "allow by hostward essentials (neighbour discovery, MLD)";
const v6 = { source: "fe80::9", destination: "fe80::1" };
const nd = { ...v6, protocol: "icmpv6", icmp: [135, 0], hopLimit: 255, state: "untracked" } as const;

table("who governs the packet", [
  { name: "nobody without endpoints", on: host([]), packet: {}, expected: "allow" },
  { name: "nobody on another interface", on: host([closed]), packet: { way: "in:eth1" }, expected: "allow" },
  { name: "E15: an endpoint without policy denies what comes in", on: host([closed]), packet: {}, expected: ingressDefault },
  { name: "E15: and what goes out", on: host([closed]), packet: { way: "out:eth0" }, expected: egressDefault },
  { name: "G66: in both families", on: host([closed]), packet: v6, expected: ingressDefault },
  {
    name: "H12: the endpoint of the interface alone, though the wildcard would allow",
    on: host([closed, endpoint("wild", { on: "*", profiles: OPEN })]),
    packet: {},
    expected: ingressDefault,
  },
  {
    name: "H12: the endpoint of the interface alone, though the wildcard would deny",
    on: host([open, wildcard]),
    packet: {},
    expected: "allow by Profile projectcalico-default-allow ingress 0",
  },
  { name: "H16: the wildcard on every other interface", on: host([open, wildcard]), packet: { way: "in:eth1" }, expected: ingressDefault },
  { name: "H16: also on an interface that nobody has heard of", on: host([wildcard]), packet: { way: "out:wg0" }, expected: egressDefault },
  { name: "G53: also on an excluded interface", on: host([wildcard]), packet: { way: "in:kube-ipvs0" }, expected: ingressDefault },
  { name: "E15: not of forwarded packets, without forward policy", on: host([closed, wildcard]), packet: { way: "fwd:eth0:eth1" }, expected: "allow" },
]);

table("conntrack", [
  { name: "P72: established goes on", on: host([closed]), packet: { state: "established" }, expected: established },
  { name: "G35: related goes on", on: host([closed]), packet: { way: "out:eth0", state: "related" }, expected: established },
  { name: "P73: invalid is dropped before any policy", on: host([open]), packet: { state: "invalid" }, expected: invalid },
  { name: "G16: invalid is dropped before the failsafes", on: host([closed]), packet: { port: 22, state: "invalid" }, expected: invalid },
  { name: "invalid is nobody's business without an endpoint", on: host([closed]), packet: { way: "in:eth1", state: "invalid" }, expected: "allow" },
  { name: "row 8: untracked is judged like new, in", on: host([closed]), packet: { state: "untracked" }, expected: ingressDefault },
  { name: "row 8: untracked is judged like new, out", on: host([closed]), packet: { way: "out:eth0", state: "untracked" }, expected: egressDefault },
]);

describe("row 4: the essentials of IPv6", () => {
  const on = host([endpoint("id1", { on: "eth0" }), policy("p", { types: ["ingress", "egress"], ingress: [rule("Deny")], egress: [rule("Deny")] })]);
  for (let type = 125; type <= 150; type++) {
    const allowed = (type >= 130 && type <= 136) || type === 143;
    const discovery = type >= 133 && type <= 136;
    for (const way of ["in:eth0", "out:eth0"]) {
      const direction = way === "in:eth0" ? "ingress" : "egress";
      const denied = `deny by GlobalNetworkPolicy p ${direction} 0`;
      test(`ICMPv6 type ${type} ${way} with hop limit 255`, () => assert.equal(judge(on, { ...nd, way, icmp: [type, 0] }), allowed ? essential : denied));
      test(`ICMPv6 type ${type} ${way} with hop limit 1`, () =>
        assert.equal(judge(on, { ...nd, way, icmp: [type, 0], hopLimit: 1 }), allowed && !discovery ? essential : denied));
    }
  }
  test("are a setting", () => assert.equal(judge(host([closed], { allowEssentials: false }), nd), ingressDefault));
  test("are not of IPv4", () => assert.equal(judge(host([closed]), { protocol: "icmp", icmp: [135, 0], hopLimit: 255 }), ingressDefault));
  test("are not in an invalid packet", () => assert.equal(judge(host([closed]), { ...nd, state: "invalid" }), invalid));
});

const own: Partial<PolicySettings> = {
  failsafeInbound: [
    { protocol: 6, port: 2222, net: prefix("10.0.0.0/24") },
    { protocol: 132, port: 9, net: undefined },
  ],
  failsafeOutbound: [{ protocol: 17, port: 123, net: prefix("2001:db8::/32") }],
};
const inbound = "allow by failsafe inbound ingress";
const outbound = "allow by failsafe outbound egress";
const denyAll = policy("deny", { types: ["ingress", "egress"], ingress: [rule("Deny")], egress: [rule("Deny")] });

table("failsafes", [
  { name: "stand before a policy that denies", on: host([closed, denyAll]), packet: { port: 22 }, expected: inbound },
  { name: "G1: differ by direction, inbound ssh", on: host([closed]), packet: { way: "out:eth0", port: 22 }, expected: egressDefault },
  { name: "G1: differ by direction, outbound dns", on: host([closed]), packet: { way: "out:eth0", protocol: "udp", port: 53 }, expected: outbound },
  { name: "look at the protocol", on: host([closed]), packet: { protocol: "udp", port: 22 }, expected: ingressDefault },
  { name: "G2: do not look at the source port", on: host([closed]), packet: { sourcePort: 22 }, expected: ingressDefault },
  { name: "R50: from their net", on: host([closed], own), packet: { port: 2222 }, expected: inbound },
  { name: "R50: not from another net", on: host([closed], own), packet: { port: 2222, source: "10.0.1.9" }, expected: ingressDefault },
  { name: "R50: not from the other family", on: host([closed], own), packet: { ...v6, port: 2222 }, expected: ingressDefault },
  {
    name: "R50: a net is of the destination on the way out",
    on: host([closed], own),
    packet: { way: "out:eth0", source: "fe80::1", destination: "2001:db8::5", protocol: "udp", port: 123 },
    expected: outbound,
  },
  { name: "row 5: of SCTP", on: host([closed], own), packet: { protocol: "sctp", port: 9 }, expected: inbound },
  { name: "are only on governed interfaces", on: host([closed]), packet: { way: "in:eth1", port: 22 }, expected: "allow" },
  { name: "R50: the list can be empty", on: host([closed], { failsafeInbound: [] }), packet: { port: 22 }, expected: ingressDefault },
]);

const lo = { way: "in:lo", source: "127.0.0.1", destination: "127.0.0.1" };

table("row 3: loopback", [
  { name: "is exempt from the wildcard, in", on: host([wildcard]), packet: lo, expected: "allow by hostward loopback" },
  { name: "is exempt from the wildcard, out", on: host([wildcard]), packet: { ...lo, way: "out:lo" }, expected: "allow by hostward loopback" },
  { name: "is exempt even when invalid", on: host([wildcard]), packet: { ...lo, state: "invalid" }, expected: "allow by hostward loopback" },
  { name: "is policed when policeLoopback says so", on: host([wildcard], { policeLoopback: true }), packet: lo, expected: ingressDefault },
  { name: "is policed by an endpoint that names lo", on: host([wildcard, endpoint("l", { on: "lo" })]), packet: lo, expected: ingressDefault },
  {
    name: "is policed by an endpoint with an address of lo",
    on: host([wildcard, endpoint("l", { ips: ["::1"] })]),
    packet: { ...lo, way: "out:lo" },
    expected: egressDefault,
  },
  { name: "is nobody's business without a wildcard", on: host([closed]), packet: lo, expected: "allow" },
]);

const toHost = "by hostward workload (workload to host)";
const toWorkload = "allow by hostward workload (host to workload)";

table("workloads", [
  {
    name: "P55: workload to host is dropped by default, though the wildcard allows",
    on: host([endpoint("wild", { on: "*", profiles: OPEN })]),
    packet: { way: "in:cali1" },
    expected: `deny ${toHost}`,
  },
  { name: "3.9: workload to host is dropped without any endpoint", on: host([]), packet: { way: "in:cali1" }, expected: `deny ${toHost}` },
  {
    name: "P55: Accept cannot be overridden by the wildcard",
    on: host([wildcard], { endpointToHostAction: "Accept" }),
    packet: { way: "in:cali1" },
    expected: `allow ${toHost}`,
  },
  { name: "P56: Return lets it in too", on: host([wildcard], { endpointToHostAction: "Return" }), packet: { way: "in:cali1" }, expected: `allow ${toHost}` },
  { name: "row 7: replies of workloads come back to the host", on: host([wildcard]), packet: { way: "in:cali1", state: "established" }, expected: established },
  { name: "3.7: failsafes are not for workloads", on: host([wildcard]), packet: { way: "in:cali1", port: 22 }, expected: `deny ${toHost}` },
  {
    name: "3.7: workloads may discover their neighbours",
    on: host([wildcard], { allowEssentials: false }),
    packet: { ...nd, way: "in:cali1", hopLimit: 64 },
    expected: "allow by hostward workload (neighbour discovery, MLD)",
  },
  { name: "3.7: workloads may not advertise routers", on: host([wildcard]), packet: { ...nd, way: "in:cali1", icmp: [134, 0] }, expected: `deny ${toHost}` },
  { name: "row 7: host to workload is always allowed", on: host([wildcard, denyAll]), packet: { way: "out:cali1" }, expected: toWorkload },
  {
    name: "row 7: host to workload through a service",
    on: host([wildcard, denyAll]),
    packet: { way: "out:cali1", dnat: { to: "10.9.0.2", port: 8080 } },
    expected: toWorkload,
  },
  { name: "row 7: host to workload, invalid", on: host([wildcard]), packet: { way: "out:cali1", state: "invalid" }, expected: toWorkload },
  { name: "a prefix is a setting", on: host([wildcard], { interfacePrefix: ["veth"] }), packet: { way: "in:cali1" }, expected: ingressDefault },
]);

const byDestination = policy("p", {
  types: ["ingress", "egress"],
  ingress: [rule("Allow", { protocol: 6, to: { nets: ["10.0.0.1/32"], ports: [8080] } })],
  egress: [rule("Allow", { protocol: 6, to: { nets: ["10.0.0.5/32"], ports: [8443] } })],
});

table("row 8: DNAT", [
  {
    name: "egress is judged on the new destination and port",
    on: host([closed, byDestination]),
    packet: { way: "out:eth0", destination: "10.96.0.1", port: 443, dnat: { to: "10.0.0.5", port: 8443 } },
    expected: "allow by GlobalNetworkPolicy p egress 0",
  },
  {
    name: "egress is not judged on the old destination",
    on: host([closed, byDestination]),
    packet: { way: "out:eth0", destination: "10.0.0.5", port: 8443, dnat: { to: "10.0.0.6" } },
    expected: "deny by Tier default egress (end of tier)",
  },
  {
    name: "a DNAT without a port keeps it",
    on: host([closed, byDestination]),
    packet: { way: "out:eth0", destination: "10.96.0.1", port: 8443, dnat: { to: "10.0.0.5" } },
    expected: "allow by GlobalNetworkPolicy p egress 0",
  },
  {
    name: "G42: ingress is judged on the new port",
    on: host([closed, byDestination]),
    packet: { port: 80, dnat: { to: "10.0.0.1", port: 8080 } },
    expected: "allow by GlobalNetworkPolicy p ingress 0",
  },
  {
    name: "P52: failsafes are of the new port",
    on: host([closed]),
    packet: { way: "out:eth0", port: 1, dnat: { to: "10.0.0.5", port: 6443 } },
    expected: outbound,
  },
]);

const tcp = (action: "Allow" | "Deny" | "Log" | "Pass", port: number) => rule(action, { protocol: 6, to: { ports: [port] } });
const allow80 = policy("allow80", { ingress: [tcp("Allow", 80)] });
const tierEnd = "deny by Tier default ingress (end of tier)";

table("4.2: policies and tiers", [
  {
    name: "E10: the first matching rule wins",
    on: host([closed, policy("p", { ingress: [tcp("Allow", 81), tcp("Deny", 80), tcp("Allow", 80)] })]),
    packet: {},
    expected: "deny by GlobalNetworkPolicy p ingress 1",
  },
  {
    name: "E10: an empty rule matches everything",
    on: host([closed, policy("p", { ingress: [rule("Allow")] })]),
    packet: { ...v6, protocol: 47 },
    expected: "allow by GlobalNetworkPolicy p ingress 0",
  },
  {
    name: "Log goes on",
    on: host([closed, policy("p", { ingress: [rule("Log"), tcp("Allow", 80)] })]),
    packet: {},
    expected: "allow by GlobalNetworkPolicy p ingress 1",
  },
  {
    name: "the next policy is asked when one does not decide",
    on: host([closed, policy("a"), policy("b", { ingress: [rule("Allow")] })]),
    packet: {},
    expected: "allow by GlobalNetworkPolicy b ingress 0",
  },
  {
    name: "the smaller order is asked first",
    on: host([closed, policy("a", { ingress: [rule("Deny")] }), policy("b", { order: 9, ingress: [rule("Allow")] })]),
    packet: {},
    expected: "allow by GlobalNetworkPolicy b ingress 0",
  },
  { name: "E11: the end of a tier denies", on: host([open, allow80]), packet: { port: 81 }, expected: tierEnd },
  { name: "E11: even of a tier whose policy has no rules", on: host([open, policy("p")]), packet: {}, expected: tierEnd },
  {
    name: "E14: not in the direction that no policy has",
    on: host([open, allow80]),
    packet: { way: "out:eth0" },
    expected: "allow by Profile projectcalico-default-allow egress 0",
  },
  {
    name: "a tier with default action Pass goes on to the profiles",
    on: host([open, tier("t", 1, "Pass"), policy("t.p", { tier: "t" })]),
    packet: {},
    expected: "allow by Profile projectcalico-default-allow ingress 0",
  },
  {
    name: "E6: a missing tier denies at its end",
    on: host([open, policy("ghost.p", { tier: "ghost" })]),
    packet: {},
    expected: "deny by Tier ghost ingress (end of tier)",
  },
  {
    name: "Pass leaves the tier for the next one",
    on: host([open, tier("t", 1), policy("t.a", { tier: "t", ingress: [rule("Pass")] }), policy("t.b", { tier: "t", ingress: [rule("Deny")] }), allow80]),
    packet: {},
    expected: "allow by GlobalNetworkPolicy allow80 ingress 0",
  },
  {
    name: "E13: Pass in the last tier goes on to the profiles",
    on: host([open, policy("p", { ingress: [rule("Pass"), rule("Deny")] })]),
    packet: {},
    expected: "allow by Profile projectcalico-default-allow ingress 0",
  },
  {
    name: "G11: an applyOnForward policy is a normal one too",
    on: host([open, policy("p", { applyOnForward: true, ingress: [rule("Deny")] })]),
    packet: {},
    expected: "deny by GlobalNetworkPolicy p ingress 0",
  },
  {
    name: "E2: preDNAT and untracked policies are no normal ones, so their tier has no end",
    on: host([open, policy("p", { list: "preDNAT" }), policy("q", { list: "untracked" })]),
    packet: {},
    expected: "allow by Profile projectcalico-default-allow ingress 0",
  },
]);

const passing = profile("passing", { ingress: [rule("Pass"), rule("Deny")] });
const empty = profile("empty");
const using = (...profiles: string[]) => endpoint("id1", { on: "eth0", profiles });

table("4.2: profiles", [
  {
    name: "are asked in the endpoint's order",
    on: host([using("b", "a"), profile("a", { ingress: [rule("Deny")] }), profile("b", { ingress: [rule("Allow")] })]),
    packet: {},
    expected: "allow by Profile b ingress 0",
  },
  {
    name: "E16: Pass goes on with the next profile",
    on: host([using("passing", ...OPEN), passing]),
    packet: {},
    expected: "allow by Profile projectcalico-default-allow ingress 0",
  },
  { name: "E16: Pass in the last profile ends in the default deny", on: host([using("passing"), passing]), packet: {}, expected: ingressDefault },
  {
    name: "G26: a Pass that does not match leaves nothing, though a tier was passed",
    on: host([using("p"), policy("q", { ingress: [rule("Pass")] }), profile("p", { ingress: [tcp("Pass", 81), tcp("Allow", 80)] })]),
    packet: {},
    expected: "allow by Profile p ingress 1",
  },
  {
    name: "E17: a missing one denies, and later ones are not reached",
    on: host([using("ghost", ...OPEN)]),
    packet: {},
    expected: "deny by Profile ghost ingress (missing profile)",
  },
  {
    name: "E17: a missing one denies on the way out too",
    on: host([using("ghost", ...OPEN)]),
    packet: { way: "out:eth0" },
    expected: "deny by Profile ghost egress (missing profile)",
  },
  {
    name: "E17: a missing one after one that allows is not reached",
    on: host([using(...OPEN, "ghost")]),
    packet: {},
    expected: "allow by Profile projectcalico-default-allow ingress 0",
  },
  {
    name: "E18: one without rules goes on",
    on: host([using("empty", ...OPEN), empty]),
    packet: {},
    expected: "allow by Profile projectcalico-default-allow ingress 0",
  },
  { name: "E18: one without rules, alone, ends in the default deny", on: host([using("empty"), empty]), packet: {}, expected: ingressDefault },
]);

test("the path tells every step up to the one that decided", () => {
  const on = host([open, policy("a", { ingress: [tcp("Allow", 443)] }), policy("b", { ingress: [rule("Pass")] })]);
  const lines = (step: Step, depth: number): string[] => [`${"  ".repeat(depth)}${step.text}`, ...step.steps.flatMap((part) => lines(part, depth + 1))];
  assert.deepEqual(
    evaluate(on, packet({})).path.flatMap((step) => lines(step, 0)),
    [
      "no untracked policy governs eth0",
      "before DNAT, in through eth0",
      "  conntrack state is new",
      "  no pre-DNAT policy governs eth0",
      "local in through eth0",
      "  conntrack state is new",
      "  not a workload interface",
      "  eth0 is governed by HostEndpoint open: normal policy, ingress",
      "    conntrack state is valid",
      "    not an essential of IPv6",
      "    not a failsafe port",
      "    tier default",
      "      GlobalNetworkPolicy a ingress",
      "        rule 0 (Allow): no match, destination port 80 is in none of ports",
      "      GlobalNetworkPolicy b ingress",
      "        rule 0: Pass",
      "    Profile projectcalico-default-allow ingress",
      "      rule 0: Allow",
    ],
  );
});
