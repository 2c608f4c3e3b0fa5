// A ruleset with every kind of statement, verdict, value and set there is, for what must hold of all of them.

import { packKeys, packPrefixes } from "../../../rules/ruleset/keys.ts";
import type { Chain, NftMap, NftSet, Rule, Ruleset, Statement } from "../../../rules/ruleset/types.ts";

const address = (value: number) => ({ family: 4, value: BigInt(value) }) as const;
const six = (value: bigint) => ({ family: 6, value }) as const;
const accept: Statement = { kind: "verdict", verdict: { kind: "accept" } };
const drop: Statement = { kind: "verdict", verdict: { kind: "drop" } };
const tcp: Statement = { kind: "match", field: "meta l4proto", op: "==", value: { kind: "scalar", value: 6 } };

const sets: readonly NftSet[] = [
  {
    name: "hosts",
    types: ["ipv4_addr"],
    flavour: "hash",
    keys: packKeys(["ipv4_addr"], [[address(1)], [address(0x0a000001)]]),
    comment: "selector all() (IPv4)",
  },
  { name: "hosts6", types: ["ipv6_addr"], flavour: "hash", keys: packKeys(["ipv6_addr"], [[six(1n)], [six(2n ** 127n)]]), comment: "" },
  {
    name: "nets",
    types: ["ipv4_addr"],
    flavour: "interval",
    keys: packPrefixes(4, [
      { family: 4, address: 0x0a000000n, length: 8 },
      { family: 4, address: 0xffff0000n, length: 16 },
    ]),
    comment: "networks",
  },
  { name: "ports", types: ["inet_service"], flavour: "hash", keys: packKeys(["inet_service"], [[80], [443]]), comment: "ports of a rule" },
  {
    name: "services",
    types: ["inet_proto", "inet_service"],
    flavour: "hash",
    keys: packKeys(
      ["inet_proto", "inet_service"],
      [
        [6, 80],
        [17, 53],
      ],
    ),
    comment: "failsafe ports",
  },
];

const maps: readonly NftMap[] = [
  {
    name: "dispatch",
    types: ["ifname"],
    entries: [
      { key: ["eth0"], verdict: { kind: "goto", chain: "web" } },
      { key: ["eth1"], verdict: { kind: "drop" } },
    ],
    comment: "interface to endpoint",
  },
];

const bodies: readonly (readonly Statement[])[] = [
  [{ kind: "match", field: "ct state", op: "==", value: { kind: "bits", mask: 6 } }, accept],
  [{ kind: "match", field: "meta iifname", op: "==", value: { kind: "scalar", value: "lo" } }, accept],
  [{ kind: "match", field: "meta iifname", op: "!=", value: { kind: "startsWith", text: "cali" } }, drop],
  [{ kind: "match", field: "ip saddr", op: "==", value: { kind: "prefix", prefix: { family: 4, address: 0x0a000000n, length: 9 } } }, accept],
  [{ kind: "match", field: "ip6 daddr", op: "!=", value: { kind: "scalar", value: six(1n) } }, drop],
  [tcp, { kind: "match", field: "th dport", op: "==", value: { kind: "range", from: 1000, to: 2000 } }, { kind: "counter" }, accept],
  [
    { kind: "match", field: "icmpv6 type", op: "==", value: { kind: "scalar", value: 135 } },
    { kind: "match", field: "ip6 hoplimit", op: "==", value: { kind: "scalar", value: 255 } },
    accept,
  ],
  [{ kind: "lookup", fields: ["ip saddr"], op: "in", set: "hosts" }, accept],
  [{ kind: "lookup", fields: ["ip6 saddr"], op: "not in", set: "hosts6" }, drop],
  [
    { kind: "lookup", fields: ["ip daddr"], op: "in", set: "nets" },
    { kind: "setMark", mask: 0x10000, value: 0x10000 },
  ],
  [tcp, { kind: "lookup", fields: ["th dport"], op: "in", set: "ports" }, { kind: "verdict", verdict: { kind: "jump", chain: "logged" } }],
  [
    { kind: "lookup", fields: ["meta l4proto", "th dport"], op: "in", set: "services" },
    { kind: "verdict", verdict: { kind: "return" } },
  ],
  [
    { kind: "limit", rate: 10, per: "minute", burst: 5 },
    { kind: "log", prefix: "denied: " },
  ],
  [tcp, { kind: "reject", with: "tcp reset" }],
  [{ kind: "reject", with: "icmpx admin-prohibited" }],
];

export function everyStatement(table: string): Ruleset {
  const rules = (list: readonly (readonly Statement[])[]): Rule[] =>
    list.map((statements, index) => ({ statements, origin: { kind: "GlobalNetworkPolicy", name: "every.statement", direction: "ingress", index } }));
  const chains: readonly Chain[] = [
    { kind: "base", name: "input", hook: "input", priority: -7, rules: rules([[{ kind: "vmap", fields: ["meta iifname"], map: "dispatch" }], [accept]]) },
    { kind: "regular", name: "logged", rules: rules([[{ kind: "log", prefix: "hit: " }]]) },
    { kind: "base", name: "raw", hook: "prerouting", priority: -301, rules: rules([[{ kind: "notrack" }]]) },
    { kind: "regular", name: "web", rules: rules(bodies) },
  ];
  return { table, chains, sets, maps };
}
