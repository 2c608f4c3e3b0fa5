// What one rule matches: semantics section 5 and section 0, rows 11 and 13.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mismatch } from "../../../rules/explain/matchRule.ts";
import { endpoint, found, networkSet, policy, type RuleForm, resolved, rule } from "../resolve/resources.ts";
import { type PacketForm, packet } from "./packets.ts";

const TCP = 6;
const UDP = 17;

const peers = [
  endpoint("db", { node: "host2", on: "eth0", ips: ["10.0.0.9", "fd00::9"], labels: { role: "db" }, ports: [{ name: "web", protocol: TCP, port: 8080 }] }),
  networkSet("office", { role: "office" }, ["192.168.0.0/16", "10.0.0.9/32", "2001:db8::/32"]),
];

/** The reason why the rule does not match, or "". */
function why(form: RuleForm, of: PacketForm): string {
  const result = resolved([
    ...peers,
    endpoint("id1", { on: "eth0", labels: { self: "" } }),
    policy("p", { selector: "has(self)", ingress: [rule("Allow", form)] }),
  ]);
  const [only] = found(result, "id1").lists.normal.ingress[0]?.policies[0]?.rules ?? [];
  assert(only !== undefined);
  return mismatch(only, packet(of), result.sets) ?? "";
}

const v6 = { source: "fd00::9", destination: "fd00::1" };
const ping = { protocol: "icmp", icmp: [8, 0] } as const;
const ping6 = { ...v6, protocol: "icmpv6", icmp: [128, 0] } as const;

interface Row {
  readonly name: string;
  readonly rule: RuleForm;
  readonly packet?: PacketForm;
  /** A reason; empty when the rule matches. */
  readonly expected: string | RegExp;
}

function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const row of rows) {
      test(row.name, () => {
        const reason = why(row.rule, row.packet ?? {});
        if (typeof row.expected === "string") assert.equal(reason, row.expected);
        else assert.match(reason, row.expected);
      });
    }
  });
}

table("family and protocol", [
  { name: "E10: an empty rule matches", rule: {}, expected: "" },
  { name: "E10: an empty rule matches IPv6 and any protocol", rule: {}, packet: { ...v6, protocol: 47 }, expected: "" },
  { name: "M1: ipVersion 4 matches IPv4", rule: { family: 4 }, expected: "" },
  { name: "M1: ipVersion 4 does not match IPv6", rule: { family: 4 }, packet: v6, expected: "the packet is IPv6" },
  { name: "M15: the protocol matches", rule: { protocol: TCP }, expected: "" },
  { name: "M15: another protocol does not", rule: { protocol: TCP }, packet: { protocol: "udp" }, expected: "protocol UDP is not TCP" },
  { name: "M2: a numeric protocol 1 implies no family", rule: { protocol: 1 }, packet: { ...v6, protocol: 1 }, expected: "" },
  { name: "M16: notProtocol excludes", rule: { notProtocol: TCP }, expected: "protocol TCP is excluded" },
  { name: "M16: notProtocol lets others by", rule: { notProtocol: TCP }, packet: { protocol: 89 }, expected: "" },
  { name: "M16: both may be there", rule: { protocol: TCP, notProtocol: UDP }, expected: "" },
]);

table("row 13: ICMP", [
  {
    name: "M30: a type alone matches every code",
    rule: { family: 4, protocol: 1, icmp: { type: 3, code: undefined } },
    packet: { protocol: "icmp", icmp: [3, 4] },
    expected: "",
  },
  { name: "M30: another type does not match", rule: { family: 4, protocol: 1, icmp: { type: 3, code: undefined } }, packet: ping, expected: "not ICMP type 3" },
  {
    name: "M31: type and code match together",
    rule: { family: 4, protocol: 1, icmp: { type: 3, code: 4 } },
    packet: { protocol: "icmp", icmp: [3, 4] },
    expected: "",
  },
  {
    name: "M31: the type with another code does not match",
    rule: { family: 4, protocol: 1, icmp: { type: 3, code: 4 } },
    packet: { protocol: "icmp", icmp: [3, 1] },
    expected: "not ICMP type 3 code 4",
  },
  { name: "M30: ICMPv6 types are of IPv6", rule: { family: 6, protocol: 58, icmp: { type: 128, code: undefined } }, packet: ping6, expected: "" },
  {
    name: "M33: protocol 1 in IPv6 has no type",
    rule: { protocol: 1, icmp: { type: 8, code: undefined } },
    packet: { ...v6, ...ping },
    expected: "not ICMP type 8",
  },
  { name: "M31: notICMP excludes the type", rule: { protocol: 1, notIcmp: { type: 8, code: undefined } }, packet: ping, expected: "ICMP type 8 is excluded" },
  {
    name: "M31: notICMP with a code excludes only both",
    rule: { protocol: 1, notIcmp: { type: 8, code: 0 } },
    packet: ping,
    expected: "ICMP type 8 code 0 is excluded",
  },
  {
    name: "M31: notICMP lets the type with another code by",
    rule: { protocol: 1, notIcmp: { type: 8, code: 0 } },
    packet: { ...ping, icmp: [8, 1] },
    expected: "",
  },
  {
    name: "M31: notICMP lets the code of another type by",
    rule: { protocol: 1, notIcmp: { type: 8, code: 0 } },
    packet: { ...ping, icmp: [0, 0] },
    expected: "",
  },
  { name: "M32: notICMP without a protocol lets what is not ICMP by", rule: { notIcmp: { type: 8, code: undefined } }, expected: "" },
]);

table("addresses", [
  { name: "M10: nets are ORed", rule: { from: { nets: ["172.16.0.0/12", "10.0.0.0/24"] } }, expected: "" },
  { name: "M10: outside all nets", rule: { from: { nets: ["172.16.0.0/12"] } }, expected: "source 10.0.0.9 is in none of nets" },
  { name: "M10: nets of the other family match nothing", rule: { from: { nets: ["fd00::/8"] } }, expected: /none of nets/ },
  { name: "M12: 0.0.0.0/0 is all of IPv4", rule: { to: { nets: ["0.0.0.0/0"] } }, expected: "" },
  { name: "M12: 0.0.0.0/0 is nothing of IPv6", rule: { to: { nets: ["0.0.0.0/0"] } }, packet: v6, expected: /destination fd00::1 is in none of nets/ },
  { name: "M10: notNets exclude each", rule: { from: { notNets: ["172.16.0.0/12", "10.0.0.0/24"] } }, expected: "source 10.0.0.9 is in notNets" },
  { name: "row 11: notNets of the other family alone restrict nothing", rule: { from: { notNets: ["fd00::/8"] } }, expected: "" },
  { name: "row 11: and exclude in their own", rule: { from: { notNets: ["fd00::/8"] } }, packet: v6, expected: /is in notNets/ },
  { name: "M11: notNets of a whole family exclude it", rule: { from: { notNets: ["0.0.0.0/0"] } }, expected: /is in notNets/ },
  { name: "M13: nets and notNets are ANDed", rule: { from: { nets: ["10.0.0.0/8"], notNets: ["10.0.0.0/24"] } }, expected: /is in notNets/ },
  { name: "S32: a selector matches its peers", rule: { from: { selector: "role == 'db'" } }, expected: "" },
  { name: "S32: in both families", rule: { from: { selector: "role == 'db'" } }, packet: v6, expected: "" },
  {
    name: "S31: a positive selector never matches unknown addresses",
    rule: { from: { selector: "all()" } },
    packet: { source: "8.8.8.8" },
    expected: "source 8.8.8.8 is not selected by all()",
  },
  { name: "S31: notSelector excludes its peers", rule: { from: { notSelector: "role == 'db'" } }, expected: `source 10.0.0.9 is selected by role == "db"` },
  { name: "S31: notSelector matches unknown addresses", rule: { from: { notSelector: "role == 'db'" } }, packet: { source: "8.8.8.8" }, expected: "" },
  {
    name: "S31: with a selector the known ones that are left",
    rule: { from: { selector: "all()", notSelector: "role == 'db'" } },
    packet: { source: "192.168.7.7" },
    expected: "",
  },
  {
    name: "S31: not the unknown ones",
    rule: { from: { selector: "all()", notSelector: "role == 'db'" } },
    packet: { source: "8.8.8.8" },
    expected: /is not selected by/,
  },
  {
    name: "S31: an address stays when another peer that has it is selected",
    rule: { from: { selector: "all()", notSelector: "role == 'db'" } },
    expected: "",
  },
  { name: "G61: an interface's own address is no peer unless expected", rule: { to: { selector: "all()" } }, expected: /destination 10.0.0.1 is not selected/ },
  {
    name: "M13: selector and nets are ANDed",
    rule: { from: { selector: "role == 'office'", nets: ["192.168.1.0/24"] } },
    packet: { source: "192.168.2.1" },
    expected: /none of nets/,
  },
]);

const webPort = { source: "10.0.0.1", destination: "10.0.0.9", port: 8080 };

table("ports", [
  { name: "M20: ports are ORed", rule: { protocol: TCP, to: { ports: [443, 80] } }, expected: "" },
  { name: "M20: none of them", rule: { protocol: TCP, to: { ports: [443] } }, expected: "destination port 80 is in none of ports" },
  { name: "M20: notPorts exclude each", rule: { protocol: TCP, to: { notPorts: [443, 80] } }, expected: "destination port 80 is in notPorts" },
  { name: "M21: the source port is another", rule: { protocol: TCP, from: { ports: [80] } }, expected: "source port 40000 is in none of ports" },
  { name: "M20: ports and notPorts are ANDed", rule: { protocol: TCP, to: { ports: [80], notPorts: [80] } }, expected: /in notPorts/ },
  { name: "M22: a named port is address, protocol and port of a peer", rule: { protocol: TCP, to: { ports: ["web"] } }, packet: webPort, expected: "" },
  {
    name: "M22: not the port of another address",
    rule: { protocol: TCP, to: { ports: ["web"] } },
    packet: { ...webPort, destination: "10.0.0.8" },
    expected: /none of ports/,
  },
  {
    name: "M22: in both families",
    rule: { protocol: TCP, to: { ports: ["web"] } },
    packet: { source: "fd00::1", destination: "fd00::9", port: 8080 },
    expected: "",
  },
  {
    name: "M22: not an IPv6 address of the same number",
    rule: { protocol: TCP, to: { ports: ["web"] } },
    packet: { source: "fd00::1", destination: "::a00:9", port: 8080 },
    expected: /none of ports/,
  },
  {
    name: "M27: not the same number of another protocol",
    rule: { to: { ports: ["web"] } },
    packet: { ...webPort, protocol: "udp" },
    expected: /none of ports/,
  },
  { name: "M28: on the source side too", rule: { protocol: TCP, from: { ports: ["web"] } }, packet: { sourcePort: 8080 }, expected: "" },
  { name: "M24: numeric or named, numeric", rule: { protocol: TCP, to: { ports: ["web", 80] } }, expected: "" },
  { name: "M24: numeric or named, named", rule: { protocol: TCP, to: { ports: ["web", 80] } }, packet: webPort, expected: "" },
  { name: "M24: and the selector", rule: { protocol: TCP, to: { ports: ["web", 80], selector: "role == 'db'" } }, expected: /is not selected by/ },
  {
    name: "M25: a negated named port excludes its members",
    rule: { to: { notPorts: ["web"] } },
    packet: webPort,
    expected: "destination port 8080 is in notPorts",
  },
  { name: "M25: and no other address", rule: { to: { notPorts: ["web"] } }, packet: { ...webPort, destination: "10.0.0.8" }, expected: "" },
  { name: "M26: a named port without members matches nothing", rule: { to: { ports: ["none"] } }, packet: webPort, expected: /none of ports/ },
  { name: "M26: and everything when negated", rule: { to: { notPorts: ["none"] } }, packet: webPort, expected: "" },
  { name: "a packet without ports has none of a list", rule: { to: { ports: ["web"] } }, packet: ping, expected: "the packet has no destination port" },
  { name: "a packet without ports is in no notPorts", rule: { to: { notPorts: ["web"] } }, packet: ping, expected: "" },
]);
