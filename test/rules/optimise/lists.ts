// Random rulesets of one long list, as the compiler makes them: a chain of rules and of jumps to short chains of rules, over so few addresses and ports
// that rules overlap in every way. And the packets to try them with.

import fc from "fast-check";
import type { Packet } from "../../../rules/explain/types.ts";
import type { Address } from "../../../rules/net/types.ts";
import { checkRule } from "../../../rules/ruleset/checkRule.ts";
import { packKeys, packPrefixes, packRanges } from "../../../rules/ruleset/keys.ts";
import type { Chain, Field, NftMap, NftSet, Origin, Rule, Ruleset, Statement, Verdict } from "../../../rules/ruleset/types.ts";

export interface Listed {
  /** The rules of the list; several together are a chain of their own that the list jumps to. */
  readonly policies: readonly (readonly Rule[])[];
}

const bases = { 4: 0x0a00_0000n, 6: 0xfd00n << 112n } as const;
export const addressOf = (family: 4 | 6, last: number): Address => ({ family, value: bases[family] + BigInt(last) });

const match = (field: Field, value: Extract<Statement, { kind: "match" }>["value"], op: "==" | "!=" = "=="): Statement => ({ kind: "match", field, op, value });

const scalar = (field: Field, value: number | Address, op: "==" | "!=" = "==") => match(field, { kind: "scalar", value }, op);

/** By content, as the compiler names them, or by what defines them. */
export const sets: readonly NftSet[] = [
  ...[0, 1, 2].map(
    (first): NftSet => ({
      ...{ name: `net4-${first}`, types: ["ipv4_addr"], flavour: "hash", fixed: true, comment: "" },
      keys: packKeys(
        ["ipv4_addr"],
        [first, first + 2, first + 5].map((last) => [addressOf(4, last)]),
      ),
    }),
  ),
  {
    ...{ name: "net4i", types: ["ipv4_addr"], flavour: "interval", fixed: true, comment: "" },
    keys: packPrefixes(4, [
      { family: 4, address: addressOf(4, 2).value, length: 31 },
      { family: 4, address: addressOf(4, 8).value, length: 30 },
    ]),
  },
  { name: "port-1", types: ["inet_service"], flavour: "hash", fixed: true, comment: "", keys: packKeys(["inet_service"], [[1], [9], [30]]) },
  {
    ...{ name: "porti-1", types: ["inet_service"], flavour: "interval", fixed: true, comment: "" },
    keys: packRanges("inet_service", [
      { from: 3, to: 6 },
      { from: 20, to: 24 },
    ]),
  },
  { name: "proto-1", types: ["inet_proto"], flavour: "hash", fixed: true, comment: "", keys: packKeys(["inet_proto"], [[6], [17], [132]]) },
  { name: "sel4-1", types: ["ipv4_addr"], flavour: "hash", comment: "", keys: packKeys(["ipv4_addr"], [[addressOf(4, 1)], [addressOf(4, 9)]]) },
];

const hostward = (name: string): Origin => ({ kind: "hostward", name });

const inSet = (field: Field, set: string, op: "in" | "not in" = "in"): Statement => ({ kind: "lookup", fields: [field], op, set });

const port = fc.oneof({ weight: 4, arbitrary: fc.nat(31) }, { weight: 1, arbitrary: fc.constantFrom(4095, 4096, 65535) });
const ports = fc.oneof(
  { weight: 6, arbitrary: port.map((value) => scalar("th dport", value)) },
  { weight: 2, arbitrary: fc.tuple(port, port).map(([a, b]) => match("th dport", { kind: "range", from: Math.min(a, b), to: Math.max(a, b) })) },
  { weight: 1, arbitrary: fc.constantFrom(inSet("th dport", "port-1"), inSet("th dport", "porti-1"), inSet("th dport", "porti-1", "not in")) },
);

const services: fc.Arbitrary<Statement[]> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom(6, 6, 6, 17), ports).map(([protocol, some]) => [scalar("meta l4proto", protocol), some]) },
  { weight: 1, arbitrary: ports.map((some) => [inSet("meta l4proto", "proto-1"), some]) },
  { weight: 1, arbitrary: fc.constantFrom(6, 17, 1, 58).map((protocol): Statement[] => [scalar("meta l4proto", protocol)]) },
  { weight: 1, arbitrary: fc.constantFrom(6, 17).map((protocol) => [scalar("meta l4proto", protocol, "!=")]) },
  { weight: 1, arbitrary: fc.constantFrom<Statement[]>([scalar("icmp type", 8)], [scalar("icmpv6 type", 128)]) },
  { weight: 1, arbitrary: fc.constant<Statement[]>([]) },
);

const addresses: fc.Arbitrary<Statement[]> = fc
  .constantFrom<[4 | 6, Field]>([4, "ip saddr"], [4, "ip saddr"], [4, "ip daddr"], [6, "ip6 saddr"])
  .chain(([family, field]) => {
    const prefix = fc.tuple(fc.nat(15), fc.nat(4)).map(([last, host]) => {
      const value = (addressOf(family, last).value >> BigInt(host)) << BigInt(host);
      return match(field, { kind: "prefix", prefix: { family, address: value, length: (family === 4 ? 32 : 128) - host } });
    });
    const lists = family === 4 ? ["net4-0", "net4-1", "net4-2", "net4i", "sel4-1"].flatMap((set) => [inSet(field, set), inSet(field, set, "not in")]) : [];
    return fc.oneof(
      { weight: 4, arbitrary: fc.constant<Statement[]>([]) },
      { weight: 5, arbitrary: fc.nat(15).map((last) => [scalar(field, addressOf(family, last))]) },
      { weight: 3, arbitrary: prefix.map((one) => [one]) },
      { weight: 1, arbitrary: fc.nat(15).map((last) => [scalar(field, addressOf(family, last), "!=")]) },
      { weight: family === 4 ? 1 : 0, arbitrary: fc.constantFrom(...(lists.length === 0 ? [scalar(field, addressOf(6, 1))] : lists)).map((one) => [one]) },
    );
  });

const families: fc.Arbitrary<Statement[]> = fc.oneof(
  { weight: 9, arbitrary: fc.constant<Statement[]>([]) },
  { weight: 1, arbitrary: fc.constantFrom(2, 10).map((family) => [scalar("meta nfproto", family)]) },
);

const verdict = (one: Verdict): Statement[] => [{ kind: "counter" }, { kind: "verdict", verdict: one }];
const endings: fc.Arbitrary<Statement[]> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(verdict({ kind: "accept" }), verdict({ kind: "drop" })) },
  { weight: 1, arbitrary: fc.constant(verdict({ kind: "goto", chain: "rejected" })) },
  { weight: 1, arbitrary: fc.constantFrom<Statement[]>([{ kind: "counter" }, { kind: "log", prefix: "a" }]) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(verdict({ kind: "return" }), verdict({ kind: "jump", chain: "further" }), verdict({ kind: "goto", chain: "further" })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Statement[]>([{ kind: "counter" }, { kind: "setMark", mask: 1, value: 1 }, { kind: "verdict", verdict: { kind: "accept" } }]),
  },
);

/** One kind of rules more than all others: lists that maps and trees are for. */
export const statements = fc
  .tuple(families, services, addresses, endings)
  .map(([family, service, some, ending]): Statement[] => [...family, ...service, ...some, ...ending])
  .filter(isRule);

/** Whether the rule is one, and not a contradiction. */
function isRule(all: Statement[]): boolean {
  const named = { sets: new Map(sets.map((set) => [set.name, set])), maps: new Map() };
  return checkRule({ statements: all, origin: hostward("rule") }, named).length === 0;
}

/** A list that is nearly all of one shape, as one policy of many ports or addresses. */
const alike = fc.constantFrom<(port: number, last: number) => Statement[]>(
  (value) => [scalar("meta l4proto", 6), scalar("th dport", value)],
  (value, last) => [scalar("meta l4proto", 6), scalar("th dport", value), scalar("ip saddr", addressOf(4, last))],
  (value, last) => [scalar("meta nfproto", 10), scalar("meta l4proto", 17), scalar("th dport", value), scalar("ip6 saddr", addressOf(6, last))],
  (_, last) => [scalar("ip saddr", addressOf(4, last))],
);

const many = { minLength: 1, maxLength: 30, size: "max" } as const;
const few = { minLength: 1, maxLength: 6, size: "max" } as const;

export const policies: fc.Arbitrary<Statement[][][]> = fc.oneof(
  fc.array(fc.array(statements, few), many),
  alike.chain((shape) => {
    const simple = fc
      .tuple(fc.nat(31), fc.nat(15), fc.constantFrom<Verdict>({ kind: "accept" }, { kind: "drop" }))
      .map(([value, last, end]) => [...shape(value, last), ...verdict(end)]);
    return fc.array(fc.array(fc.oneof({ weight: 12, arbitrary: simple }, { weight: 1, arbitrary: statements }), few), many);
  }),
);

/** The rules of policies named by their number. */
export function rulesOf(lists: readonly (readonly (readonly Statement[])[])[]): Listed["policies"] {
  return lists.map((list, policy) =>
    list.map(
      (some, index): Rule => ({
        statements: some,
        origin: { kind: "GlobalNetworkPolicy", name: `p${String(policy).padStart(3, "0")}`, direction: "ingress", index },
      }),
    ),
  );
}

/** `jumps`: a policy is a chain of its own and not written out in the list. `nameOf`: its number in that chain's name. */
export function rulesetOf({ policies: lists }: Listed, jumps: (policy: number) => boolean, nameOf = (policy: number) => policy): Ruleset {
  const name = (policy: number) => `pol-in-p${String(nameOf(policy)).padStart(3, "0")}`;
  const own = lists.flatMap((rules, policy): Chain[] => (jumps(policy) ? [{ kind: "regular", name: name(policy), rules }] : []));
  const list = lists.flatMap((rules, policy): readonly Rule[] => {
    if (!jumps(policy)) return rules;
    return [{ statements: [{ kind: "verdict", verdict: { kind: "jump", chain: name(policy) } }], origin: { kind: "GlobalNetworkPolicy", name: `p${policy}` } }];
  });
  const end = { statements: verdict({ kind: "drop" }), origin: hostward("end of tier") };
  const chains: Chain[] = [
    {
      ...{ kind: "base", name: "input", hook: "input", priority: 5 },
      rules: [
        { statements: [match("icmpv6 type", { kind: "range", from: 130, to: 143 }), ...verdict({ kind: "accept" })], origin: hostward("neighbours") },
        { statements: [{ kind: "verdict", verdict: { kind: "jump", chain: "tier-in-default" } }], origin: hostward("tier") },
        { statements: verdict({ kind: "accept" }), origin: hostward("after the tier") },
      ],
    },
    { kind: "regular", name: "tier-in-default", rules: [...list, end] },
    { kind: "regular", name: "further", rules: [{ statements: [scalar("meta l4proto", 6), ...verdict({ kind: "drop" })], origin: hostward("further") }] },
    { kind: "regular", name: "rejected", rules: [{ statements: [{ kind: "reject", with: "icmpx admin-prohibited" }], origin: hostward("reject") }] },
    ...own,
  ];
  const maps: NftMap[] = [];
  return { table: "hostward", chains: chains.sort((a, b) => (a.name < b.name ? -1 : 1)), sets: [...sets].sort((a, b) => (a.name < b.name ? -1 : 1)), maps };
}

/** To the host's input hook; every protocol that a rule may name and one that none does. */
export const packet: fc.Arbitrary<Packet> = fc
  .record({ family: fc.constantFrom<4 | 6>(4, 4, 6), from: fc.nat(15), to: fc.nat(15), protocol: fc.constantFrom(6, 6, 6, 17, 17, 132, 1, 58, 47), port })
  .map(({ family, from, to, protocol, port: destination }): Packet => {
    const ported = [6, 17, 132].includes(protocol);
    const echo = protocol === 1 ? { type: 8, code: 0 } : { type: 128, code: 0 };
    return {
      ...{
        in: "eth0",
        out: undefined,
        source: addressOf(family, from),
        destination: addressOf(family, to),
        protocol,
        hopLimit: 64,
        state: "new",
        dnat: undefined,
      },
      sourcePort: ported ? 40000 : undefined,
      destinationPort: ported ? destination : undefined,
      icmp: protocol === (family === 4 ? 1 : 58) ? echo : undefined,
    };
  });
