// What selectors and named ports of rules stand for: semantics 5.3 and 5.7.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Resource } from "../../../rules/model/types.ts";
import { formatAddress } from "../../../rules/net/address.ts";
import { formatPrefix } from "../../../rules/net/prefix.ts";
import { protocolName } from "../../../rules/net/protocol.ts";
import type { ResolvedRule } from "../../../rules/resolve/types.ts";
import { type EntityForm, endpoint, found, networkSet, policy, profile, type RuleForm, resolved, rule } from "./resources.ts";

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
  return { rule: only, sets: Object.fromEntries([...result.sets].map(([id, { members }]) => [id, [...members[4], ...members[6]].map(formatPrefix)])) };
}

function source(from: EntityForm, protocol?: number) {
  const { rule: only, sets } = ruleWith({ from, protocol });
  const members = (of: ResolvedRule["source"]["namedPorts"]) =>
    of?.map(({ address, protocol: p, port }) => `${formatAddress(address)} ${protocolName(p)} ${port}`);
  const { set, notSet, ports, notPorts, namedPorts, notNamedPorts } = only.source;
  const texts = { set, notSet, ports, notPorts, namedPorts: members(namedPorts), notNamedPorts: members(notNamedPorts), sets };
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
}

describe("selectors stand for", () => {
  const db = `role == "db"`;
  const rows: readonly { name: string; from: EntityForm; expected: Record<string, unknown> }[] = [
    { name: "nothing when absent", from: {}, expected: { sets: {} } },
    {
      name: "S32: the expectedIPs of every node's endpoints; one without any adds nothing",
      from: { selector: "role == 'db'" },
      expected: { set: db, sets: { [db]: ["10.0.0.1/32", "10.0.0.2/32", "fd00::1/128"] } },
    },
    {
      name: "S20: endpoints by the labels of their profiles",
      from: { selector: "role == 'app'" },
      expected: { set: `role == "app"`, sets: { 'role == "app"': ["10.0.0.3/32"] } },
    },
    {
      name: "S35: the union of overlapping and neighbouring CIDRs of network sets",
      from: { selector: "role == 'office'" },
      expected: { set: `role == "office"`, sets: { 'role == "office"': ["10.0.0.1/32", "192.168.0.0/24", "2001:db8::/32"] } },
    },
    {
      name: "S33: every known address with all(), not any address",
      from: { selector: "all()" },
      expected: { set: "all()", sets: { "all()": ["10.0.0.1/32", "10.0.0.2/31", "192.168.0.0/24", "2001:db8::/32", "fd00::1/128"] } },
    },
    {
      name: "S34: an address once, though two endpoints have it",
      from: { selector: "role in {'app', 'twin'}" },
      expected: { set: `role in {"app", "twin"}`, sets: { 'role in {"app", "twin"}': ["10.0.0.3/32"] } },
    },
    { name: "an empty set when nothing matches", from: { selector: "role == 'none'" }, expected: { set: `role == "none"`, sets: { 'role == "none"': [] } } },
    {
      name: "S31: a negated set with notSelector alone",
      from: { notSelector: "role == 'db'" },
      expected: { notSet: db, sets: { [db]: ["10.0.0.1/32", "10.0.0.2/32", "fd00::1/128"] } },
    },
    {
      name: "S31: one positive set with both",
      from: { selector: "has(role)", notSelector: "role in {'office', 'app', 'twin'}" },
      expected: {
        set: `has(role) && !role in {"app", "office", "twin"}`,
        sets: { 'has(role) && !role in {"app", "office", "twin"}': ["10.0.0.1/32", "10.0.0.2/32", "fd00::1/128"] },
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
  const dbSets = { [db]: ["10.0.0.1/32", "10.0.0.2/32", "fd00::1/128"] };
  const dbWeb = ["10.0.0.1 TCP 8080", "10.0.0.2 TCP 8081", "fd00::1 TCP 8080"];
  const rows: readonly { name: string; from: EntityForm; protocol?: number; expected: Record<string, unknown> }[] = [
    {
      name: "M22, M23: the ports of every endpoint and any protocol, without selector and protocol",
      from: { ports: ["web"] },
      expected: { namedPorts: ["10.0.0.1 TCP 8080", "10.0.0.2 TCP 8081", "10.0.0.3 TCP 8080", "10.0.0.3 SCTP 9", "fd00::1 TCP 8080"], sets: {} },
    },
    {
      name: "M23: ports of the rule's protocol",
      from: { ports: ["dns"] },
      protocol: UDP,
      expected: { namedPorts: ["10.0.0.1 UDP 53", "fd00::1 UDP 53"], sets: {} },
    },
    { name: "M27: nothing when the rule has another protocol", from: { ports: ["web"] }, protocol: UDP, expected: { namedPorts: [], sets: {} } },
    {
      name: "M24: only ports of selected endpoints, the selector folded in",
      from: { ports: ["web"], selector },
      protocol: TCP,
      expected: { namedPorts: dbWeb, sets: {} },
    },
    {
      name: "M24: beside numeric ports, with the selector apart",
      from: { ports: ["web", 443], selector },
      protocol: TCP,
      expected: { namedPorts: dbWeb, ports: [{ from: 443, to: 443 }], set: db, sets: dbSets },
    },
    { name: "nobody where all ports are numeric", from: { ports: [443] }, protocol: TCP, expected: { ports: [{ from: 443, to: 443 }], sets: {} } },
    {
      name: "M25: negated, the ports of selected endpoints, the selector apart",
      from: { notPorts: ["web"], selector },
      protocol: TCP,
      expected: { notNamedPorts: dbWeb, set: db, sets: dbSets },
    },
    {
      name: "M22: ports of endpoints that the positive selector leaves, where both are given",
      from: { ports: ["web"], selector: "has(role)", notSelector: "role == 'app'" },
      protocol: TCP,
      expected: { namedPorts: dbWeb, sets: {} },
    },
    {
      name: "M22: ports of every endpoint with notSelector alone, which stays a condition",
      from: { ports: ["web"], notSelector: "role == 'db'" },
      protocol: SCTP,
      expected: { namedPorts: ["10.0.0.3 SCTP 9"], notSet: db, sets: dbSets },
    },
    { name: "M26: nothing when nobody has the name", from: { ports: ["none"], notPorts: ["none"] }, expected: { namedPorts: [], notNamedPorts: [], sets: {} } },
    {
      name: "the members of several names together",
      from: { ports: ["web", "dns"] },
      protocol: UDP,
      expected: { namedPorts: ["10.0.0.1 UDP 53", "fd00::1 UDP 53"], sets: {} },
    },
  ];
  for (const { name, from, protocol, expected } of rows) test(name, () => assert.deepEqual(source(from, protocol), expected));

  test("the same array for the same question", () => {
    const question = rule("Allow", { protocol: TCP, from: { ports: ["web"] } });
    const result = resolved([...peers, endpoint("id1", { on: "eth0" }), policy("p", { ingress: [question, question] })]);
    const [first, second] = found(result, "id1").lists.normal.ingress[0]?.policies[0]?.rules ?? [];
    assert.equal(first?.source.namedPorts, second?.source.namedPorts);
  });
});
