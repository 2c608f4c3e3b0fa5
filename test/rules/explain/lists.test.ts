// The definition of the early lists, of forward policy and of tunnels: which list judges which packet, who is spared what, and who decided. The
// corpus has the same by whole cases; here are the corners that real packets do not reach, and the path that is told.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { evaluate } from "../../../rules/explain/evaluate.ts";
import type { Step } from "../../../rules/explain/types.ts";
import type { Policy, Resource } from "../../../rules/model/types.ts";
import type { Members, PolicySettings, Resolved } from "../../../rules/resolve/types.ts";
import { packKeys } from "../../../rules/ruleset/keys.ts";
import type { DataType, Origin } from "../../../rules/ruleset/types.ts";
import { address, endpoint, link, policy, resolved, rule } from "../resolve/resources.ts";
import { type PacketForm, packet } from "./packets.ts";

const links = [link("lo"), link("eth0", ["10.0.0.1"]), link("eth1", ["10.1.0.1"]), link("cali1")];
const a = endpoint("a", { on: "eth0", labels: { ep: "a" } });
const b = endpoint("b", { on: "eth1", labels: { ep: "b" } });
const wildcard = endpoint("w", { on: "*", labels: { ep: "w" } });
const open = endpoint("a", { on: "eth0", labels: { ep: "a" }, profiles: ["projectcalico-default-allow"] });

const tcp = (action: "Allow" | "Deny" | "Pass", port: number) => rule(action, { protocol: 6, to: { ports: [port] } });
const all = (name: string, list: Policy["list"], action: "Allow" | "Deny") =>
  policy(name, { list, types: list === "preDNAT" ? ["ingress"] : ["ingress", "egress"], ingress: [rule(action)], egress: [rule(action)] });
const forward = (name: string, of: string, action: "Allow" | "Deny") =>
  policy(name, { selector: `ep == '${of}'`, applyOnForward: true, types: ["ingress", "egress"], ingress: [rule(action)], egress: [rule(action)] });

function host(resources: readonly Resource[], settings: Partial<PolicySettings> = {}): Resolved {
  return resolved(resources, links, settings);
}

function labelOf({ kind, name, direction, note }: Origin): string {
  return [kind, name, direction, note].filter((part) => part !== undefined).join(" ");
}

function judge(on: Resolved, form: PacketForm & { readonly routed?: string }): string {
  const { routed, ...rest } = form;
  const { verdict, decidedBy } = evaluate(on, { ...packet(rest), ...(routed === undefined ? {} : { routed }) });
  return decidedBy === undefined ? verdict : `${verdict} by ${labelOf(decidedBy)}`;
}

interface Row {
  readonly name: string;
  readonly on: Resolved;
  readonly packet: PacketForm & { readonly routed?: string };
  readonly expected: string;
}

function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const row of rows) test(row.name, () => assert.equal(judge(row.on, row.packet), row.expected));
  });
}

const fwd = "fwd:eth0:eth1";
const dnat = { to: "10.1.0.9", port: 8443 };

table("untracked policy", [
  {
    name: "a reply of a failsafe is accepted and then judged as ever",
    on: host([a, all("u", "untracked", "Deny")]),
    packet: { protocol: "udp", sourcePort: 53, port: 40000 },
    expected: "deny by hostward default-deny ingress end of profiles",
  },
  {
    name: "a reply of a failsafe that is forwarded has nobody after that to decide",
    on: host([a, all("u", "untracked", "Deny")]),
    packet: { way: fwd, protocol: "udp", sourcePort: 53, port: 40000 },
    expected: "allow by failsafe outbound ingress replies",
  },
  {
    name: "a failsafe does not spare the packet what comes later",
    on: host([a, all("u", "untracked", "Allow"), forward("f", "a", "Deny")]),
    packet: { way: fwd, port: 22 },
    expected: "deny by GlobalNetworkPolicy f ingress",
  },
  {
    name: "what it allows is not translated, so that the outgoing half sees the destination as sent",
    on: host([
      a,
      b,
      all("u", "untracked", "Allow"),
      policy("f", { selector: "ep == 'b'", applyOnForward: true, types: ["egress"], egress: [tcp("Allow", 80)] }),
    ]),
    packet: { way: fwd, dnat },
    expected: "allow by GlobalNetworkPolicy f egress",
  },
  {
    name: "of the wildcard does not exist",
    on: host([wildcard, all("u", "untracked", "Allow")]),
    packet: {},
    expected: "deny by hostward default-deny ingress end of profiles",
  },
  {
    name: "of egress is the first route's interface's",
    on: host([open, b, policy("u", { list: "untracked", selector: "ep == 'b'", types: ["egress"], egress: [tcp("Allow", 80)] })]),
    packet: { way: "out:eth0", dnat, routed: "eth1" },
    expected: "allow by GlobalNetworkPolicy u egress",
  },
  {
    name: "what it allows keeps its first route, though the translation would have led to a workload",
    on: host([open, policy("u", { list: "untracked", types: ["egress"], egress: [tcp("Allow", 80)] })]),
    packet: { way: "out:cali1", dnat, routed: "eth0" },
    expected: "allow by GlobalNetworkPolicy u egress",
  },
  {
    name: "over loopback the packet keeps its connection, and is spared all the same",
    on: host([endpoint("l", { on: "lo" }), all("u", "untracked", "Allow")]),
    packet: { way: "in:lo" },
    expected: "allow by GlobalNetworkPolicy u ingress",
  },
]);

table("pre-DNAT policy", [
  {
    name: "an essential of IPv6 is spared, and judged again where it arrives",
    on: host([open, all("d", "preDNAT", "Deny")]),
    packet: { source: "fe80::9", destination: "fe80::1", protocol: "icmpv6", icmp: [135, 0], hopLimit: 255, state: "untracked" },
    expected: "allow by hostward essentials neighbour discovery, MLD",
  },
  {
    name: "an endpoint of its own without any leaves the interface to the wildcard's, and its packets that are invalid too",
    on: host([open, wildcard, policy("d", { list: "preDNAT", selector: "ep == 'w'" })]),
    packet: { way: "fwd:eth0:cali1", state: "invalid" },
    expected: "deny by hostward conntrack invalid",
  },
  {
    name: "an allow does not spare the outgoing half",
    on: host([a, b, all("d", "preDNAT", "Allow"), forward("f", "b", "Deny")]),
    packet: { way: fwd },
    expected: "deny by GlobalNetworkPolicy f egress",
  },
  {
    name: "no policy judges what leaves",
    on: host([open, all("d", "preDNAT", "Deny")]),
    packet: { way: "out:eth0" },
    expected: "allow by Profile projectcalico-default-allow egress",
  },
]);

table("forward policy", [
  { name: "nobody decides where no endpoint has any", on: host([a, b, wildcard]), packet: { way: fwd }, expected: "allow" },
  {
    name: "the last half that decides is the one that is named",
    on: host([a, b, forward("f", "a", "Allow"), forward("g", "b", "Allow")]),
    packet: { way: fwd },
    expected: "allow by GlobalNetworkPolicy g egress",
  },
  {
    name: "the incoming half is named where the outgoing one does not decide",
    on: host([a, b, forward("f", "a", "Allow")]),
    packet: { way: fwd },
    expected: "allow by GlobalNetworkPolicy f ingress",
  },
  {
    name: "a neighbour solicitation that is routed has lost its hop limit of 255",
    on: host([a, forward("f", "a", "Deny")]),
    packet: { way: fwd, source: "fd00::9", destination: "fd01::9", protocol: "icmpv6", icmp: [135, 0], hopLimit: 255, state: "untracked" },
    expected: "deny by GlobalNetworkPolicy f ingress",
  },
]);

const tunnels: Partial<PolicySettings> = { encapsulation: { vxlan: [4789], ipip: true, wireguard: [51820], peers: [] } };
const single = (type: DataType, text: string): Members => ({ types: [type], flavour: "hash", keys: packKeys([type], [[address(text)]]) });
const peers = new Map([["peers", { id: "peers", members: { 4: single("ipv4_addr", "10.0.0.9"), 6: single("ipv6_addr", "fd00::9") } }]]);
const tunnelled: Resolved = { ...host([a, all("n", "normal", "Deny")], tunnels), tunnelPeers: "peers", sets: peers };
const inside = "allow by hostward encapsulation ingress tunnels between hosts";
const outside = "allow by hostward encapsulation egress tunnels between hosts";
const denied = "deny by GlobalNetworkPolicy n ingress";

table("row 27: tunnels", [
  { name: "VXLAN from a peer", on: tunnelled, packet: { protocol: "udp", port: 4789 }, expected: inside },
  { name: "VXLAN to a peer", on: tunnelled, packet: { way: "out:eth0", destination: "10.0.0.9", protocol: "udp", port: 4789 }, expected: outside },
  { name: "VXLAN from a peer over IPv6", on: tunnelled, packet: { source: "fd00::9", destination: "fd00::1", protocol: "udp", port: 4789 }, expected: inside },
  { name: "VXLAN from anybody else is judged by policy", on: tunnelled, packet: { source: "10.0.0.8", protocol: "udp", port: 4789 }, expected: denied },
  { name: "WireGuard from a peer", on: tunnelled, packet: { protocol: "udp", port: 51820 }, expected: inside },
  { name: "another port", on: tunnelled, packet: { protocol: "udp", port: 4790 }, expected: denied },
  { name: "the same port of TCP", on: tunnelled, packet: { port: 4789 }, expected: denied },
  { name: "IPIP from a peer", on: tunnelled, packet: { protocol: 4 }, expected: inside },
  { name: "IPIP is of IPv4", on: tunnelled, packet: { source: "fd00::9", destination: "fd00::1", protocol: 4 }, expected: denied },
  { name: "P58: before conntrack's opinion", on: tunnelled, packet: { protocol: 4, state: "invalid" }, expected: inside },
  {
    name: "not forwarded ones",
    on: { ...tunnelled, endpoints: host([a, forward("n", "a", "Deny")]).endpoints },
    packet: { way: fwd, protocol: 4 },
    expected: denied,
  },
]);

table("disableConntrackInvalidCheck", [
  {
    name: "an invalid packet is judged by policy",
    on: host([open], { invalidCheck: false }),
    packet: { state: "invalid" },
    expected: "allow by Profile projectcalico-default-allow ingress",
  },
  {
    name: "and passes as a failsafe",
    on: host([a], { invalidCheck: false }),
    packet: { state: "invalid", port: 22 },
    expected: "allow by failsafe inbound ingress",
  },
  { name: "forwarded too", on: host([a, b], { invalidCheck: false }), packet: { way: fwd, state: "invalid" }, expected: "allow" },
]);

test("the path of a forwarded packet tells all hooks and both halves", () => {
  const on = host([a, b, all("u", "untracked", "Allow"), forward("f", "b", "Deny")]);
  const lines = (step: Step, depth: number): string[] => [`${"  ".repeat(depth)}${step.text}`, ...step.steps.flatMap((part) => lines(part, depth + 1))];
  assert.deepEqual(
    evaluate(on, packet({ way: fwd })).path.flatMap((step) => lines(step, 0)),
    [
      "eth0 is governed by HostEndpoint a: untracked policy, ingress",
      "  not an essential of IPv6",
      "  not a failsafe port",
      "  not a reply of a failsafe port",
      "  tier default",
      "    GlobalNetworkPolicy u ingress",
      "      rule 0: Allow",
      "before DNAT, in through eth0",
      "  conntrack state is untracked",
      "  an untracked or pre-DNAT policy has allowed it",
      "forwarded, in through eth0",
      "  conntrack state is untracked",
      "  an untracked or pre-DNAT policy has allowed it",
      "forwarded, out through eth1",
      "  conntrack state is untracked",
      "  eth1 is governed by HostEndpoint b: forward policy, egress",
      "    conntrack state is valid",
      "    not an essential of IPv6",
      "    tier default",
      "      GlobalNetworkPolicy f egress",
      "        rule 0: Deny",
    ],
  );
});
