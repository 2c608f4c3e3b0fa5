// One rule as a policy writes it, and the nft rules that it becomes: each row is a point of semantics 5 or a decision of its section 0.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compile } from "../../../rules/compile/compile.ts";
import { printElements, printRule } from "../../../rules/ruleset/print.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { endpoint, networkSet, policy, type RuleForm, resolved, rule } from "../resolve/resources.ts";

/** What the selectors of the rows stand for. */
const peers = [
  endpoint("web1", { node: "host2", ips: ["10.0.0.1", "fd00::1"], labels: { role: "web" }, ports: [{ name: "http", protocol: 6, port: 8080 }] }),
  endpoint("web2", { node: "host3", ips: ["10.0.0.2"], labels: { role: "web" }, ports: [{ name: "http", protocol: 6, port: 80 }] }),
  networkSet("office", { place: "office" }, ["192.0.2.0/24", "198.51.100.7"]),
];

function compiled(form: RuleForm): Ruleset {
  const tested = policy("tested", { ingress: [rule("Allow", form)] });
  return compile(resolved([endpoint("here", { on: "eth0" }), tested, ...peers]));
}

/** The policy's rules without counter, verdict and comment; each set by its elements in place of its name. */
function matchesOf(ruleset: Ruleset): string[] {
  const chain = ruleset.chains.find(({ name }) => name === "pol-in-tested");
  const sets = new Map(ruleset.sets.map((set) => [`@${set.name}`, `{ ${printElements(set).join(", ")} }`]));
  return (chain?.rules ?? []).map((one) => {
    const text = printRule(one);
    assert.match(text, / ?counter accept comment "GlobalNetworkPolicy tested ingress rule 0"$/);
    return text.replace(/ ?counter accept comment ".*"$/, "").replace(/@[a-z0-9-]+/g, (name) => sets.get(name) ?? name);
  });
}

const web4 = "{ 10.0.0.1, 10.0.0.2 }";
const web6 = "{ fd00::1 }";
const withPorts = "{ tcp, udp, sctp }";

const rows: readonly (readonly [title: string, form: RuleForm, rules: readonly string[]])[] = [
  ["a rule without conditions is one rule for both families (E10, M1)", {}, [""]],
  ["ipVersion alone pins the family (M1)", { family: 6 }, ["meta nfproto ipv6"]],
  ["a protocol without addresses is one rule for both families (M15)", { protocol: 6 }, ["meta l4proto tcp"]],
  ["a numeric protocol 1 does not imply a family (M2)", { protocol: 1 }, ["meta l4proto icmp"]],
  ["a protocol without a name", { protocol: 47 }, ["meta l4proto 47"]],
  ["notProtocol (M16)", { notProtocol: 17 }, ["meta l4proto != udp"]],
  ["protocol and notProtocol stand side by side (M16)", { protocol: 6, notProtocol: 17 }, ["meta l4proto != udp meta l4proto tcp"]],

  ["one network is written in the rule and implies its family (M10)", { from: { nets: ["10.0.0.0/8"] } }, ["ip saddr 10.0.0.0/8"]],
  ["a network of one address is an address", { to: { nets: ["10.0.0.1/32"] } }, ["ip daddr 10.0.0.1"]],
  ["networks of both families are a rule for each", { from: { nets: ["10.0.0.0/8", "fd00::/8"] } }, ["ip saddr 10.0.0.0/8", "ip6 saddr fd00::/8"]],
  ["several networks are a set", { from: { nets: ["10.0.0.0/8", "192.0.2.0/24"] } }, ["ip saddr { 10.0.0.0/8, 192.0.2.0/24 }"]],
  ["several addresses are a set", { from: { nets: ["10.0.0.1/32", "10.0.0.4/32"] } }, ["ip saddr { 10.0.0.1, 10.0.0.4 }"]],
  ["overlapping networks are their union (row 19)", { from: { nets: ["10.0.0.0/8", "10.1.0.0/16"] } }, ["ip saddr 10.0.0.0/8"]],
  ["networks of one family and a positive one of the other match nothing in either (M10)", { from: { nets: ["10.0.0.0/8"] }, to: { nets: ["fd00::/8"] } }, []],
  ["0.0.0.0/0 is every IPv4 address (M12)", { from: { nets: ["0.0.0.0/0"] } }, ["meta nfproto ipv4"]],
  ["two halves of the address space are all of it", { from: { nets: ["0.0.0.0/1", "128.0.0.0/1"] } }, ["meta nfproto ipv4"]],
  ["0.0.0.0/0 and ::/0 are a rule for each family", { from: { nets: ["0.0.0.0/0", "::/0"] } }, ["meta nfproto ipv4", "meta nfproto ipv6"]],
  ["ipVersion and networks of the other family match nothing (M1, M10)", { family: 6, from: { nets: ["10.0.0.0/8"] } }, []],

  [
    "notNets restrict their own family and leave the other alone (row 11)",
    { from: { notNets: ["10.0.0.0/8"] } },
    ["ip saddr != 10.0.0.0/8", "meta nfproto ipv6"],
  ],
  ["notNets of the other family only are no restriction (row 11)", { family: 4, from: { notNets: ["fd00::/8"] } }, ["meta nfproto ipv4"]],
  ["several notNets are none of them", { family: 4, to: { notNets: ["10.0.0.0/8", "192.0.2.0/24"] } }, ["ip daddr != { 10.0.0.0/8, 192.0.2.0/24 }"]],
  ["notNets of everything leave nothing (M11)", { from: { notNets: ["0.0.0.0/0"] } }, ["meta nfproto ipv6"]],
  ["nets and notNets are both asked (M13)", { from: { nets: ["10.0.0.0/8"], notNets: ["10.1.0.0/16"] } }, ["ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16"]],

  ["a selector is a set of each family", { from: { selector: "role == 'web'" } }, [`ip saddr ${web4}`, `ip6 saddr ${web6}`]],
  [
    "a selector with networks is an interval set, and an empty one of the other family",
    { to: { selector: "place == 'office'" } },
    ["ip daddr { 192.0.2.0/24, 198.51.100.7 }", "ip6 daddr {  }"],
  ],
  [
    "a selector that matches nobody is an empty set, so that a first member is one element",
    { from: { selector: "role == 'db'" } },
    ["ip saddr {  }", "ip6 saddr {  }"],
  ],
  ["a negated selector lets unknown addresses through (S31)", { from: { notSelector: "role == 'web'" } }, [`ip saddr != ${web4}`, `ip6 saddr != ${web6}`]],
  [
    "a selector and networks of one family are that family only",
    { from: { selector: "role == 'web'" }, to: { nets: ["10.0.0.0/8"] } },
    [`ip daddr 10.0.0.0/8 ip saddr ${web4}`],
  ],

  ["one port is written in the rule (M20)", { protocol: 6, to: { ports: [80] } }, ["tcp dport 80"]],
  ["several ports are a set (M20)", { protocol: 6, to: { ports: [443, 80] } }, ["tcp dport { 80, 443 }"]],
  ["ports next to each other are a range", { protocol: 6, to: { ports: [81, 80, 82] } }, ["tcp dport 80-82"]],
  ["ranges and single ports are an interval set", { protocol: 17, to: { ports: [80, 81, 443] } }, ["udp dport { 80-81, 443 }"]],
  ["source ports", { protocol: 132, from: { ports: [9] } }, ["sctp sport 9"]],
  ["notPorts", { protocol: 6, to: { notPorts: [80] } }, ["tcp dport != 80"]],
  ["several notPorts", { protocol: 6, to: { notPorts: [80, 443] } }, ["tcp dport != { 80, 443 }"]],
  [
    "the cheap comparisons come before the lookups",
    { protocol: 6, from: { selector: "role == 'web'" }, to: { ports: [80] } },
    [`tcp dport 80 ip saddr ${web4}`, `tcp dport 80 ip6 saddr ${web6}`],
  ],

  [
    "a named port is address, protocol and port together, and needs no protocol (M22, M24)",
    { to: { ports: ["http"] } },
    [
      `meta l4proto ${withPorts} ip daddr . meta l4proto . th dport { 10.0.0.1 . tcp . 8080, 10.0.0.2 . tcp . 80 }`,
      `meta l4proto ${withPorts} ip6 daddr . meta l4proto . th dport { fd00::1 . tcp . 8080 }`,
    ],
  ],
  [
    "a named TCP port in a UDP rule has no members (M27)",
    { family: 4, protocol: 17, to: { ports: ["http"] } },
    ["meta l4proto udp ip daddr . meta l4proto . th dport {  }"],
  ],
  [
    "numbers and names are one or the other, never both for one packet (M24)",
    { family: 4, protocol: 6, to: { ports: [22, "http"] } },
    ["meta nfproto ipv4 tcp dport 22", "tcp dport != 22 ip daddr . meta l4proto . th dport { 10.0.0.1 . tcp . 8080, 10.0.0.2 . tcp . 80 }"],
  ],
  [
    "a negated named port holds for a packet without ports (M25)",
    { family: 4, to: { notPorts: ["http"] } },
    [
      `meta l4proto ${withPorts} ip daddr . meta l4proto . th dport != { 10.0.0.1 . tcp . 8080, 10.0.0.2 . tcp . 80 }`,
      `meta nfproto ipv4 meta l4proto != ${withPorts}`,
    ],
  ],
  [
    "a negated named port without members is always true (M26, G28)",
    { family: 4, protocol: 6, to: { notPorts: ["nobody"] } },
    ["meta l4proto tcp ip daddr . meta l4proto . th dport != {  }"],
  ],

  ["an ICMP type, its family by name (M30, M2)", { family: 4, protocol: 1, icmp: { type: 8, code: undefined } }, ["icmp type echo-request"]],
  ["type and code are both asked (M31)", { family: 6, protocol: 58, icmp: { type: 1, code: 4 } }, ["icmpv6 type destination-unreachable icmpv6 code 4"]],
  ["protocol number 58 with a type is not rendered for IPv4 (M33, G33)", { protocol: 58, icmp: { type: 128, code: undefined } }, ["icmpv6 type echo-request"]],
  [
    "notICMP lets every other protocol through (M32)",
    { family: 4, notIcmp: { type: 8, code: undefined } },
    ["meta nfproto ipv4 meta l4proto != icmp", "icmp type != echo-request"],
  ],
  ["notICMP within ICMP is the other types", { family: 4, protocol: 1, notIcmp: { type: 8, code: undefined } }, ["icmp type != echo-request"]],
  [
    "notICMP with a code is not (type and code) (row 13)",
    { family: 4, protocol: 1, notIcmp: { type: 3, code: 1 } },
    ["icmp type != destination-unreachable", "icmp type destination-unreachable icmp code != 1"],
  ],
  [
    "notICMP within another protocol always holds",
    { protocol: 6, notIcmp: { type: 8, code: undefined } },
    ["meta nfproto ipv4 meta l4proto tcp", "meta nfproto ipv6 meta l4proto tcp"],
  ],
];

describe("a rule", () => {
  for (const [title, form, rules] of rows) {
    test(title, () => {
      assert.deepEqual(matchesOf(compiled(form)), rules);
    });
  }
});
