// What selectors and named ports of rules stand for: semantics 5.3 and 5.7.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Resource } from "../../../rules/model/types.ts";
import type { ResolvedRule } from "../../../rules/resolve/types.ts";
import { type EntityForm, endpoint, found, membersOf, networkSet, policy, profile, type RuleForm, resolved, rule } from "./resources.ts";

const TCP = 6;
const UDP = 17;
const SCTP = 132;

const web = { name: "web", protocol: TCP, port: 8080 };

const peers: readonly Resource[] = [
  endpoint("db1", { node: "host2", on: "eth0", ips: ["10.0.0.1", "fd00::1"], labels: { role: "db" }, ports: [web, { name: "dns", protocol: UDP, port: 53 }] }),
  endpoint("db2", {
    node: "host3",
    on: "eth0",
    ips: ["10.0.0.2"],
    labels: { role: "db" },
    ports: [
      { ...web, port: 8081 },
      { name: "dns", protocol: TCP, port: 53 },
    ],
  }),
  endpoint("app", { node: "host3", on: "*", ips: ["10.0.0.3"], profiles: ["apps"], ports: [web, { name: "web", protocol: SCTP, port: 9 }] }),
  endpoint("twin", { node: "host4", on: "eth0", ips: ["10.0.0.3"], labels: { role: "twin" } }),
  endpoint("mute", { node: "host2", on: "eth1", labels: { role: "db" }, ports: [web] }),
  profile("apps", { labelsToApply: { role: "app" } }),
  networkSet("office", { role: "office" }, ["192.168.0.0/25", "192.168.0.128/25", "192.168.0.7/32", "2001:db8::/32"]),
  networkSet("door", { role: "office" }, ["10.0.0.1"]),
];

/** The one rule as id1 uses it, and its sets as texts. */
function ruleWith(form: RuleForm): { rule: ResolvedRule; sets: Record<string, readonly string[]> } {
  const id1 = endpoint("id1", { on: "eth0", labels: { role: "self" } });
  const result = resolved([...peers, id1, policy("p", { selector: "role == 'self'", ingress: [rule("Allow", form)] })]);
  const [only] = found(result, "id1").lists.normal.ingress[0]?.policies[0]?.rules ?? [];
  assert(only !== undefined);
  return { rule: only, sets: membersOf(result) };
}

function source(from: EntityForm, protocol?: number) {
  const { rule: only, sets } = ruleWith({ from, protocol });
  const { set, notSet, ports, notPorts, namedPorts, notNamedPorts } = only.source;
  const texts = { set, notSet, ports, notPorts, namedPorts, notNamedPorts, sets };
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
}

describe("selectors stand for", () => {
  const db = `role == "db"`;
  const rows: readonly { name: string; from: EntityForm; expected: Record<string, unknown> }[] = [
    { name: "nothing when absent", from: {}, expected: { sets: {} } },
    {
      name: "S32: the expectedIPs of every node's endpoints; one without any adds nothing",
      from: { selector: "role == 'db'" },
      expected: { set: db, sets: { [db]: ["10.0.0.1", "10.0.0.2", "fd00::1"] } },
    },
    {
      name: "S20: endpoints by the labels of their profiles",
      from: { selector: "role == 'app'" },
      expected: { set: `role == "app"`, sets: { 'role == "app"': ["10.0.0.3"] } },
    },
    {
      name: "S35: the outermost CIDRs of network sets, neighbours apart",
      from: { selector: "role == 'office'" },
      expected: { set: `role == "office"`, sets: { 'role == "office"': ["10.0.0.1", "192.168.0.0/25", "192.168.0.128/25", "2001:db8::/32"] } },
    },
    {
      name: "S33: every known address with all(), not any address",
      from: { selector: "all()" },
      expected: { set: "all()", sets: { "all()": ["10.0.0.1", "10.0.0.2", "10.0.0.3", "192.168.0.0/25", "192.168.0.128/25", "2001:db8::/32", "fd00::1"] } },
    },
    {
      name: "S34: an address once, though two endpoints have it",
      from: { selector: "role in {'app', 'twin'}" },
      expected: { set: `role in {"app", "twin"}`, sets: { 'role in {"app", "twin"}': ["10.0.0.3"] } },
    },
    { name: "an empty set when nothing matches", from: { selector: "role == 'none'" }, expected: { set: `role == "none"`, sets: { 'role == "none"': [] } } },
    {
      name: "S31: a negated set with notSelector alone",
      from: { notSelector: "role == 'db'" },
      expected: { notSet: db, sets: { [db]: ["10.0.0.1", "10.0.0.2", "fd00::1"] } },
    },
    {
      name: "S31: one positive set with both",
      from: { selector: "has(role)", notSelector: "role in {'office', 'app', 'twin'}" },
      expected: {
        set: `has(role) && !role in {"app", "office", "twin"}`,
        sets: { 'has(role) && !role in {"app", "office", "twin"}': ["10.0.0.1", "10.0.0.2", "fd00::1"] },
      },
    },
  ];
  for (const { name, from, expected } of rows) test(name, () => assert.deepEqual(source(from), expected));
});

test("S36: selectors that differ in writing only are one set", () => {
  const rules = ["role in {'db', 'app'}", ` role in {"app","db",'app'} `].map((selector) => rule("Allow", { from: { selector } }));
  const result = resolved([...peers, endpoint("id1", { on: "eth0" }), policy("p", { ingress: rules })]);
  assert.equal(result.sets.size, 1);
});

describe("named ports stand for", () => {
  const selector = "role == 'db'";
  const db = `role == "db"`;
  const dbSets = { [db]: ["10.0.0.1", "10.0.0.2", "fd00::1"] };
  const dbWeb = `ports web (TCP) of ${db}`;
  const dbWebSets = { [dbWeb]: ["10.0.0.1 . tcp . 8080", "10.0.0.2 . tcp . 8081", "fd00::1 . tcp . 8080"] };
  const rows: readonly { name: string; from: EntityForm; protocol?: number; expected: Record<string, unknown> }[] = [
    {
      name: "M22, M23: the ports of every endpoint and any protocol, without selector and protocol",
      from: { ports: ["web"] },
      expected: {
        namedPorts: "ports web of all()",
        sets: {
          "ports web of all()": ["10.0.0.1 . tcp . 8080", "10.0.0.2 . tcp . 8081", "10.0.0.3 . tcp . 8080", "10.0.0.3 . sctp . 9", "fd00::1 . tcp . 8080"],
        },
      },
    },
    {
      name: "M23: ports of the rule's protocol",
      from: { ports: ["dns"] },
      protocol: UDP,
      expected: { namedPorts: "ports dns (UDP) of all()", sets: { "ports dns (UDP) of all()": ["10.0.0.1 . udp . 53", "fd00::1 . udp . 53"] } },
    },
    {
      name: "M27: nothing when the rule has another protocol",
      from: { ports: ["web"] },
      protocol: UDP,
      expected: { namedPorts: "ports web (UDP) of all()", sets: { "ports web (UDP) of all()": [] } },
    },
    {
      name: "M24: only ports of selected endpoints, the selector folded in",
      from: { ports: ["web"], selector },
      protocol: TCP,
      expected: { namedPorts: dbWeb, sets: dbWebSets },
    },
    {
      name: "M24: beside numeric ports, with the selector apart",
      from: { ports: ["web", 443], selector },
      protocol: TCP,
      expected: { namedPorts: dbWeb, ports: [{ from: 443, to: 443 }], set: db, sets: { ...dbSets, ...dbWebSets } },
    },
    { name: "nobody where all ports are numeric", from: { ports: [443] }, protocol: TCP, expected: { ports: [{ from: 443, to: 443 }], sets: {} } },
    {
      name: "M25: negated, the ports of selected endpoints, the selector apart",
      from: { notPorts: ["web"], selector },
      protocol: TCP,
      expected: { notNamedPorts: dbWeb, set: db, sets: { ...dbSets, ...dbWebSets } },
    },
    {
      name: "M22: ports of endpoints that the positive selector leaves, where both are given",
      from: { ports: ["web"], selector: "has(role)", notSelector: "role == 'app'" },
      protocol: TCP,
      expected: {
        namedPorts: `ports web (TCP) of has(role) && !role == "app"`,
        sets: { 'ports web (TCP) of has(role) && !role == "app"': ["10.0.0.1 . tcp . 8080", "10.0.0.2 . tcp . 8081", "fd00::1 . tcp . 8080"] },
      },
    },
    {
      name: "M22: ports of every endpoint with notSelector alone, which stays a condition",
      from: { ports: ["web"], notSelector: "role == 'db'" },
      protocol: SCTP,
      expected: { namedPorts: "ports web (SCTP) of all()", notSet: db, sets: { ...dbSets, "ports web (SCTP) of all()": ["10.0.0.3 . sctp . 9"] } },
    },
    {
      name: "M26: nothing when nobody has the name",
      from: { ports: ["none"], notPorts: ["none"] },
      expected: { namedPorts: "ports none of all()", notNamedPorts: "ports none of all()", sets: { "ports none of all()": [] } },
    },
    {
      name: "the members of several names together, in whatever order they are written",
      from: { ports: ["web", "dns", "web"] },
      protocol: UDP,
      expected: { namedPorts: "ports dns, web (UDP) of all()", sets: { "ports dns, web (UDP) of all()": ["10.0.0.1 . udp . 53", "fd00::1 . udp . 53"] } },
    },
  ];
  for (const { name, from, protocol, expected } of rows) test(name, () => assert.deepEqual(source(from, protocol), expected));
});
