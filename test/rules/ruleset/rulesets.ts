// Statements, rules and rulesets for the tests of this floor: every field with a value of every kind it can have, every effect, and random
// rules that the check lets pass.

import fc from "fast-check";
import { parseAddress } from "../../../rules/net/address.ts";
import { parsePrefix } from "../../../rules/net/prefix.ts";
import type { Address, Prefix } from "../../../rules/net/types.ts";
import { checkRule, type Named } from "../../../rules/ruleset/checkRule.ts";
import { compareBytes } from "../../../rules/ruleset/chunks.ts";
import { readFields } from "../../../rules/ruleset/dependencies.ts";
import { fields } from "../../../rules/ruleset/fields.ts";
import { encodeKey, packKeys, packPrefixes, packRanges } from "../../../rules/ruleset/keys.ts";
import type { Chain, DataType, Field, Keys, MapEntry, NftMap, NftSet, Origin, Rule, Ruleset, Scalar, Statement, Value } from "../../../rules/ruleset/types.ts";

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

export const allFields = Object.keys(fields) as Field[];

export const origin: Origin = { kind: "GlobalNetworkPolicy", name: "default.web", direction: "ingress", index: 0 };

export function rule(...statements: Statement[]): Rule {
  return { statements, origin };
}

export function match(field: Field, value: Value | Scalar, op: "==" | "!=" = "=="): Statement {
  const isValue = typeof value === "object" && "kind" in value;
  return { kind: "match", field, op, value: isValue ? value : { kind: "scalar", value } };
}

export function range(from: Scalar, to: Scalar): Value {
  return { kind: "range", from, to };
}

export const accept: Statement = { kind: "verdict", verdict: { kind: "accept" } };
export const drop: Statement = { kind: "verdict", verdict: { kind: "drop" } };
export const leave: Statement = { kind: "verdict", verdict: { kind: "return" } };

export function jump(chain: string): Statement {
  return { kind: "verdict", verdict: { kind: "jump", chain } };
}

export function goTo(chain: string): Statement {
  return { kind: "verdict", verdict: { kind: "goto", chain } };
}

/** Values of every kind that a field of the type can be matched with. */
const values: Readonly<Record<DataType, readonly (Value | Scalar)[]>> = {
  ipv4_addr: [
    address("10.1.2.3"),
    range(address("10.0.0.1"), address("10.0.0.9")),
    ...["0.0.0.0/0", "10.0.0.0/8", "10.16.0.0/12", "10.1.1.0/24", "10.1.1.2/31", "10.1.1.1/32"].map(
      (text): Value => ({ kind: "prefix", prefix: prefix(text) }),
    ),
  ],
  ipv6_addr: [
    address("2001:db8::1"),
    range(address("::1"), address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")),
    ...["::/0", "2000::/3", "2001:db8::/32", "2001:db8::/33", "fe80::/120", "::2/127", "::1/128"].map(
      (text): Value => ({ kind: "prefix", prefix: prefix(text) }),
    ),
  ],
  inet_proto: [1, 6, 17, 58, 132, 136, 253, range(6, 17), range(1, 255)],
  inet_service: [1, 80, 65535, range(0, 65535), range(1024, 2047), range(5, 5)],
  ifname: ["eth0", "lo", "a*b", "st*", "*", "it's", "back\\slash", "wlp0s20f3.1234", { kind: "startsWith", text: "cali" }, { kind: "startsWith", text: "e*h" }],
  iface_index: [0, 1, 70000],
  mark: [0, 1, 0xdeadbeef, { kind: "bits", mask: 0x100 }, { kind: "bits", mask: 0x80000000 }],
  nf_proto: [2, 10],
  icmp_type: [0, 3, 8, 13, 255, range(8, 13), range(3, 3)],
  icmp_code: [0, 1, 255, range(0, 3)],
  icmpv6_type: [1, 128, 135, 200, range(133, 136)],
  icmpv6_code: [0, 4, range(0, 3)],
  ct_state: [1, 6, 8, { kind: "bits", mask: 6 }, { kind: "bits", mask: 1 }, { kind: "bits", mask: 64 }, { kind: "bits", mask: 0x86 }],
  ct_status: [32, { kind: "bits", mask: 32 }, { kind: "bits", mask: 0x400 }, { kind: "bits", mask: 48 }],
  integer: [255, 0, range(1, 254)],
};

export function matchesOf(field: Field): Statement[] {
  return values[fields[field].type].flatMap((value) => [match(field, value, "=="), match(field, value, "!=")]);
}

export const effects: readonly Statement[] = [
  { kind: "counter" },
  { kind: "limit", rate: 10, per: "second", burst: 5 },
  { kind: "limit", rate: 1, per: "day", burst: 100000 },
  { kind: "limit", rate: 3, per: "minute", burst: 1 },
  { kind: "limit", rate: 3, per: "hour", burst: 1 },
  { kind: "log", prefix: "calico-drop: " },
  { kind: "log", prefix: 'a "quoted" $variable é' },
  { kind: "notrack" },
  { kind: "setMark", mask: 0x100, value: 0x100 },
  { kind: "setMark", mask: 0x100, value: 0 },
  { kind: "setMark", mask: 0xff, value: 0x101 },
  { kind: "setMark", mask: 0xffffffff, value: 0 },
  { kind: "setMark", mask: 0xffffffff, value: 0xfedcba98 },
  { kind: "setMark", mask: 0, value: 0xffffffff },
];

export function set(name: string, types: readonly DataType[], rows: readonly (readonly Scalar[])[]): NftSet {
  return { name, types, flavour: "hash", keys: packKeys(types, rows), comment: `the set ${name}` };
}

function intervals(name: string, types: readonly DataType[], keys: Keys): NftSet {
  return { name, types, flavour: "interval", keys, comment: "" };
}

export function map(name: string, types: readonly DataType[], entries: readonly MapEntry[]): NftMap {
  const sorted = [...entries].sort((a, b) => compareBytes(encodeKey(types, a.key), encodeKey(types, b.key)));
  return { name, types, entries: sorted, comment: 'dispatch "by" name' };
}

const six = "2001:db8::";

/** One of each flavour, width and family, sorted by name. */
export const sets: readonly NftSet[] = [
  set("h-empty", ["ipv4_addr"], []),
  set(
    "h-icmp",
    ["icmp_type", "icmp_code"],
    [
      [8, 0],
      [3, 1],
      [13, 0],
    ],
  ),
  set(
    "h-icmpv6",
    ["icmpv6_type", "icmpv6_code"],
    [
      [128, 0],
      [1, 4],
    ],
  ),
  set("h-if", ["ifname"], [["eth0"], ["a*b"], ["st*"], ["lo"]]),
  set(
    "h-if-proto",
    ["ifname", "inet_proto"],
    [
      ["eth0", 6],
      ["lo", 253],
    ],
  ),
  set("h-index", ["iface_index"], [[1], [70000]]),
  set("h-mark", ["mark"], [[1], [0x100]]),
  set(
    "h-port",
    ["ipv4_addr", "inet_proto", "inet_service"],
    [
      [address("10.0.0.1"), 6, 80],
      [address("10.0.0.1"), 253, 81],
      [address("9.0.0.1"), 17, 53],
    ],
  ),
  set("h-port6", ["ipv6_addr", "inet_proto", "inet_service"], [[address(`${six}1`), 132, 80]]),
  set("h-proto", ["inet_proto"], [[6], [17], [253]]),
  set("h-service", ["inet_service"], [[65535], [80], [1]]),
  set("h-state", ["ct_state"], [[6], [8]]),
  set(
    "h-v4",
    ["ipv4_addr"],
    ["10.0.0.2", "10.0.0.1", "255.255.255.255", "0.0.0.0"].map((text) => [address(text)]),
  ),
  set(
    "h-v6",
    ["ipv6_addr"],
    [`${six}2`, `${six}1`, "::"].map((text) => [address(text)]),
  ),
  intervals("i-all", ["ipv4_addr"], packPrefixes(4, [prefix("0.0.0.0/0")])),
  intervals(
    "i-icmp",
    ["icmp_type"],
    packRanges("icmp_type", [
      { from: 3, to: 5 },
      { from: 13, to: 13 },
    ]),
  ),
  intervals(
    "i-port",
    ["inet_service"],
    packRanges("inet_service", [
      { from: 80, to: 80 },
      { from: 0, to: 5 },
      { from: 1000, to: 2000 },
      { from: 65535, to: 65535 },
    ]),
  ),
  intervals("i-v4", ["ipv4_addr"], packPrefixes(4, [prefix("10.0.0.0/8"), prefix("192.168.1.0/24"), prefix("192.168.2.0/24"), prefix("1.2.3.4/32")])),
  intervals("i-v6", ["ipv6_addr"], packPrefixes(6, [prefix("2001:db8::/32"), prefix("fc00::/7"), prefix("::1/128"), prefix("ff00::/8")])),
];

export const maps: readonly NftMap[] = [
  map(
    "m-if",
    ["ifname"],
    [
      { key: ["eth0"], verdict: { kind: "goto", chain: "target" } },
      { key: ["b*"], verdict: { kind: "jump", chain: "target" } },
      { key: ["lo"], verdict: { kind: "accept" } },
      { key: ["a"], verdict: { kind: "return" } },
    ],
  ),
  map("m-if-proto", ["ifname", "inet_proto"], [{ key: ["eth0", 6], verdict: { kind: "drop" } }]),
  map("m-none", ["ipv6_addr"], []),
];

export const named: Named = { sets: new Map(sets.map((each) => [each.name, each])), maps: new Map(maps.map((each) => [each.name, each])) };

/** Every way to look a set or map of the list up. */
export const lookups: readonly Statement[] = [
  ...sets.flatMap((each) =>
    fieldLists(each.types).flatMap((list): Statement[] => [
      { kind: "lookup", fields: list, op: "in", set: each.name },
      { kind: "lookup", fields: list, op: "not in", set: each.name },
    ]),
  ),
  ...maps.flatMap((each) => fieldLists(each.types).map((list): Statement => ({ kind: "vmap", fields: list, map: each.name }))),
];

/** Every concatenation of fields with these types. */
function fieldLists(types: readonly DataType[]): Field[][] {
  return types.reduce<Field[][]>(
    (lists, type) => lists.flatMap((list) => allFields.filter((field) => fields[field].type === type).map((field) => [...list, field])),
    [[]],
  );
}

/** A base chain, the target that jumps need, and the rules in between. */
export function ruleset(rules: readonly Rule[], more: readonly Chain[] = []): Ruleset {
  const base: Chain = { kind: "base", name: "base", hook: "input", priority: -145, rules };
  const target: Chain = { kind: "regular", name: "target", rules: [rule({ kind: "counter" }, leave)] };
  return { table: "hostward", chains: [base, ...more, target].sort((a, b) => (a.name < b.name ? -1 : 1)), sets, maps };
}

export const ending: readonly Statement[] = [
  accept,
  drop,
  leave,
  jump("target"),
  goTo("target"),
  { kind: "reject", with: "tcp reset" },
  { kind: "reject", with: "icmpx admin-prohibited" },
];

/**
 * Whether the rule is of one transport header and compares each of its fields once. Of two headers that exclude each other nft 1.0.6 refuses
 * some spellings, and comparisons of one field sort between others by chance before it joins neighbours: the meaning is the same, the listing not.
 */
function hasOneHeader({ statements }: Rule): boolean {
  const compared = statements.flatMap((statement) => (statement.kind === "match" && /^(th|icmp)/.test(statement.field) ? [statement.field] : []));
  const headers = statements.flatMap((statement) => [...readFields(statement).map((field) => field.split(" ", 1)[0]), headerOfProtocol(statement)]);
  const transports = new Set(headers.filter((header) => header === "th" || header === "icmp" || header === "icmpv6"));
  return new Set(compared).size === compared.length && transports.size <= 1;
}

function headerOfProtocol(statement: Statement): string | undefined {
  if (statement.kind !== "match" || statement.field !== "meta l4proto" || statement.op !== "==" || statement.value.kind !== "scalar") return undefined;
  return statement.value.value === 1 ? "icmp" : statement.value.value === 58 ? "icmpv6" : "th";
}

/** Random rules of up to four matches, two effects and a verdict that the check lets pass. */
export const anyRule: fc.Arbitrary<Rule> = fc
  .tuple(
    fc.array(fc.constantFrom(...allFields.flatMap(matchesOf), ...lookups.filter(({ kind }) => kind === "lookup")), { maxLength: 4 }),
    fc.array(fc.constantFrom(...effects), { maxLength: 2 }),
    fc.option(fc.constantFrom(...ending, ...lookups.filter(({ kind }) => kind === "vmap")), { nil: undefined }),
  )
  .map(([matches, done, end]) => rule(...matches, ...done, ...(end === undefined ? [] : [end])))
  .filter((each) => hasOneHeader(each) && checkRule(each, named).length === 0);

/** A base chain that jumps to c01, that to c02, and so on, by jump and by goto in turn. */
export function ladder(depth: number): Ruleset {
  const name = (i: number): string => `c${String(i).padStart(2, "0")}`;
  const step = (i: number): Statement => (i % 2 === 0 ? jump(name(i + 1)) : goTo(name(i + 1)));
  const rungs = Array.from({ length: depth }, (_, i): Chain => ({ kind: "regular", name: name(i + 1), rules: [rule(i + 1 === depth ? accept : step(i + 1))] }));
  const base: Chain = { kind: "base", name: "b", hook: "input", priority: 5, rules: [rule(step(0))] };
  return { table: "hostward", chains: [base, ...rungs], sets: [], maps: [] };
}
