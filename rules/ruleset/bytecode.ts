// A ruleset as `nft --debug=netlink` (nft 1.0.6) would list it: sets, their elements, then every rule as expressions. For reading, goldens and
// for comparing with nft itself; the bytes that go to the kernel are native/codec's.

import { eachKey } from "./chunks.ts";
import type { Expression } from "./expression.ts";
import { dataTypes } from "./fields.ts";
import { capacity, declaredSize, encodeKey, successor } from "./keys.ts";
import { lowerRule } from "./lower.ts";
import type { NftMap, NftSet, Rule, Ruleset, Verdict } from "./types.ts";

/** NFT_SET_INTERVAL and NFT_SET_MAP, as nft prints flags: in hexadecimal. */
const INTERVAL = "4";
const MAP = "8";

export function printBytecode(ruleset: Ruleset): string {
  const { table } = ruleset;
  const sets = [...ruleset.sets.map((set) => printSet(table, set)), ...ruleset.maps.map((map) => printMap(table, map))];
  const rules = ruleset.chains.flatMap((chain) => chain.rules.map((rule) => printRuleBytecode(table, chain.name, rule)));
  return `${sets.join("")}${rules.join("\n")}`;
}

export function printRuleBytecode(table: string, chain: string, rule: Rule): string {
  return [`inet ${table} ${chain}`, ...lowerRule(rule).map((expression) => `  [ ${printExpression(expression)} ]`), ""].join("\n");
}

export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case "meta":
      return `meta load ${expression.key} => reg ${expression.dreg}`;
    case "metaSet":
      return `meta set ${expression.key} with reg ${expression.sreg}`;
    case "payload":
      return `payload load ${expression.length}b @ ${expression.base} header + ${expression.offset} => reg ${expression.dreg}`;
    case "cmp":
      return `cmp ${expression.op} reg ${expression.sreg} ${hexWords(expression.data)}`;
    case "range":
      return `range ${expression.op} reg ${expression.sreg} ${hexWords(expression.from)} ${hexWords(expression.to)}`;
    case "bitwise":
      return `bitwise reg ${expression.dreg} = ( reg ${expression.sreg} & ${hexWords(expression.mask)} ) ^ ${hexWords(expression.xor)}`;
    case "lookup":
      return `lookup reg ${expression.sreg} set ${expression.set}${expression.invert ? " 0x1" : ""}`;
    case "vmap":
      return `lookup reg ${expression.sreg} set ${expression.map} dreg 0`;
    case "immediate":
      return `immediate reg ${expression.dreg} ${hexWords(expression.data)}`;
    case "verdict":
      return `immediate reg 0 ${verdictWord(expression.verdict)}`;
    case "ct":
      return `ct load ${expression.key} => reg ${expression.dreg}`;
    default:
      return printEffect(expression);
  }
}

type Loading = "meta" | "metaSet" | "payload" | "cmp" | "range" | "bitwise" | "lookup" | "vmap" | "immediate" | "verdict" | "ct";

function printEffect(expression: Exclude<Expression, { kind: Loading }>): string {
  switch (expression.kind) {
    case "counter":
      return `counter pkts ${expression.packets} bytes ${expression.bytes}`;
    case "limit":
      return `limit rate ${expression.rate}/${unitWord(expression.unit)} burst ${expression.burst} type ${expression.type} flags 0x${expression.invert ? 1 : 0}`;
    case "log":
      return `log prefix ${expression.prefix} level ${expression.level}`;
    case "reject":
      return `reject type ${{ icmp: 0, tcpReset: 1, icmpx: 2 }[expression.type]} code ${expression.code}`;
    case "notrack":
      return "notrack";
    case "objref":
      return `objref type ${expression.objectType} name ${expression.name}`;
    case "fib":
      return `fib ${fibFlags(expression.flags)} ${{ oif: "oif", oifname: "oifname", addrtype: "type" }[expression.result]} => reg ${expression.dreg}`;
  }
}

function printSet(table: string, set: NftSet): string {
  const elements = set.flavour === "interval" ? intervalElements(set) : Array.from(eachKey(set.keys), (key) => `${bareWords(key)}  : 0`);
  return printDeclared({ name: set.name, table, flags: set.flavour === "interval" ? INTERVAL : "0", size: declaredSize(set) }, elements);
}

function printMap(table: string, map: NftMap): string {
  const elements = map.entries.map(({ key, verdict }) => `${bareWords(encodeKey(map.types, key))}  : ${verdictWord(verdict)} 0`);
  return printDeclared({ name: map.name, table, flags: MAP, size: capacity(map.entries.length) }, elements);
}

interface Declared {
  readonly name: string;
  readonly table: string;
  readonly flags: string;
  readonly size: number | undefined;
}

/** The set, then on a second pair of lines its elements, all on one line as nft has them. */
function printDeclared({ name, table, flags, size }: Declared, elements: readonly string[]): string {
  const head = `${name} ${table} ${flags}${size === undefined ? "" : ` size ${size}`}\n`;
  return elements.length === 0 ? head : `${head}${name} ${table} 0\n${elements.map((element) => `\telement ${element} [end]`).join("")}\n`;
}

/**
 * A red-black tree holds the ends of ranges: where each begins and, with flag 1 (NFT_SET_ELEM_INTERVAL_END), the value after it unless the range
 * reaches the last one. A first end closes what lies before the first range.
 */
function intervalElements(set: NftSet): string[] {
  const half = set.keys.width / 2;
  const width = set.types.reduce((sum, type) => sum + dataTypes[type].width, 0);
  const elements = [...eachKey(set.keys)].flatMap((range) => {
    const after = successor(range.slice(half), width);
    return [`${bareWords(range.slice(0, half))}  : 0`, ...(after === undefined ? [] : [`${bareWords(after)}  : 1`])];
  });
  const before = set.keys.chunks[0]?.subarray(0, half).some((byte) => byte !== 0);
  return before ? [`${bareWords(new Uint8Array(half))}  : 1`, ...elements] : elements;
}

function verdictWord(verdict: Verdict): string {
  return verdict.kind === "jump" || verdict.kind === "goto" ? `${verdict.kind} -> ${verdict.chain}` : verdict.kind;
}

function unitWord(unit: bigint): string {
  const names: Readonly<Record<string, string>> = { 1: "second", 60: "minute", 3600: "hour", 86400: "day" };
  return names[String(unit)] ?? `${unit}s`;
}

/** enum nft_fib_flags, in bit order. */
function fibFlags(flags: number): string {
  return ["saddr", "daddr", "mark", "iif", "oif", "present"].filter((_, bit) => (flags & (1 << bit)) !== 0).join(" . ");
}

/** Register words as libnftnl prints them: each four bytes read as a little-endian number. */
function words(data: Uint8Array): string[] {
  return Array.from({ length: Math.ceil(data.length / 4) }, (_, i) => {
    const word = data.subarray(4 * i, 4 * i + 4);
    return word
      .reduceRight((number, byte) => number * 256 + byte, 0)
      .toString(16)
      .padStart(8, "0");
  });
}

function hexWords(data: Uint8Array): string {
  return words(data)
    .map((word) => `0x${word}`)
    .join(" ");
}

function bareWords(data: Uint8Array): string {
  return words(data).join(" ");
}
