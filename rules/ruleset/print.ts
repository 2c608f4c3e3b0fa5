// A ruleset as a file for `nft -f`, nft 1.0.6 and newer. Prints the table and nothing around it: loaded onto a machine that already has the
// table it would add to it, so whoever applies the file puts `delete table` before it. Its meaning is lower's; simulate runs it.

import { withoutFalseJoins } from "./adjacent.ts";
import { commentText, logPrefixText, originComment } from "./comment.ts";
import { readFields } from "./dependencies.ts";
import { fields } from "./fields.ts";
import { capacity, declaredSize, unpackKeys } from "./keys.ts";
import { comparisonText, rangeText, scalarText } from "./literal.ts";
import type { Chain, DataType, Field, MapEntry, NftMap, NftSet, Rule, Ruleset, Scalar, Statement, Verdict } from "./types.ts";

export function printRuleset(ruleset: Ruleset): string {
  const objects = [...ruleset.sets.map(printSet), ...ruleset.maps.map(printMap), ...ruleset.chains.map(printChain)];
  return `table inet ${ruleset.table} {\n${objects.map(indent).join("\n")}}\n`;
}

/** One rule on one line, its comment at the end. */
export function printRule(rule: Rule): string {
  const statements = namePorts(withoutFalseJoins(rule.statements).map((statement) => ({ statement, text: printStatement(statement) })));
  return [...statements, `comment "${originComment(rule.origin)}"`].join(" ");
}

interface Printed {
  readonly statement: Statement;
  readonly text: string;
}

/**
 * `meta l4proto tcp th dport 80` as people write it, `tcp dport 80`: nft makes the same expressions of both. Not where the rule tells
 * more than once of a protocol: of two that exclude each other nft takes the general form and refuses the named one.
 */
function namePorts(printed: readonly Printed[]): string[] {
  if (printed.filter(({ statement }) => tellsProtocol(statement)).length !== 1) return printed.map(({ text }) => text);
  let protocol: string | undefined;
  return printed.flatMap(({ statement, text }, index) => {
    const named = transportNamed(statement);
    if (named !== undefined && readsPort(printed[index + 1]?.statement)) {
      protocol = named;
      return [];
    }
    return protocol !== undefined && readsPort(statement) ? [text.replace(/^th/, protocol)] : [text];
  });
}

function tellsProtocol(statement: Statement): boolean {
  if (statement.kind === "match" && statement.field === "meta l4proto") return true;
  return readFields(statement).some((field) => fields[field].header === "icmp" || fields[field].header === "icmpv6");
}

function transportNamed(statement: Statement): string | undefined {
  if (statement.kind !== "match" || statement.field !== "meta l4proto" || statement.op !== "==" || statement.value.kind !== "scalar") return undefined;
  const name = scalarText("inet_proto", statement.value.value);
  return ["tcp", "udp", "sctp", "udplite"].includes(name) ? name : undefined;
}

function readsPort(statement: Statement | undefined): boolean {
  const [field, second] = statement === undefined ? [] : readFields(statement);
  return second === undefined && (field === "th sport" || field === "th dport");
}

export function printStatement(statement: Statement): string {
  switch (statement.kind) {
    case "match":
      return `${fields[statement.field].text} ${comparisonText(fields[statement.field].type, statement.op, statement.value)}`;
    case "lookup":
      return `${printFields(statement.fields)} ${statement.op === "not in" ? "!= " : ""}@${statement.set}`;
    case "vmap":
      return `${printFields(statement.fields)} vmap @${statement.map}`;
    case "counter":
      return "counter";
    case "limit":
      return `limit rate ${statement.rate}/${statement.per} burst ${statement.burst} packets`;
    case "log":
      return `log prefix "${logPrefixText(statement.prefix)}" level info`;
    case "notrack":
      return "notrack";
    case "setMark":
      return `meta mark set ${printMark(statement.mask, statement.value)}`;
    case "reject":
      return `reject with ${statement.with}`;
    case "verdict":
      return printVerdict(statement.verdict);
  }
}

export function printVerdict(verdict: Verdict): string {
  return verdict.kind === "jump" || verdict.kind === "goto" ? `${verdict.kind} ${verdict.chain}` : verdict.kind;
}

/** The elements of a set, each in nft syntax. */
export function printElements(set: Pick<NftSet, "types" | "flavour" | "keys">): string[] {
  const half = set.types.length;
  return unpackKeys(set).map((row) => (set.flavour === "hash" ? printKey(set.types, row) : printRange(set.types, row.slice(0, half), row.slice(half))));
}

export function printEntry(types: readonly DataType[], entry: MapEntry): string {
  const named = entry.origin === undefined ? "" : ` comment "${originComment(entry.origin)}"`;
  return `${printKey(types, entry.key)}${named} : ${printVerdict(entry.verdict)}`;
}

function printFields(concatenated: readonly Field[]): string {
  return concatenated.map((field) => fields[field].text).join(" . ");
}

function printKey(types: readonly DataType[], row: readonly Scalar[]): string {
  return types.map((type, i) => scalarText(type, row[i] as Scalar)).join(" . ");
}

function printRange(types: readonly DataType[], from: readonly Scalar[], to: readonly Scalar[]): string {
  return types.map((type, i) => rangeText(type, from[i] as Scalar, to[i] as Scalar)).join(" . ");
}

function printMark(mask: number, value: number): string {
  if (mask === 0xffff_ffff) return scalarText("mark", value);
  const kept = `meta mark & ${scalarText("mark", ~mask >>> 0)}`;
  return value === 0 ? kept : `${kept} | ${scalarText("mark", value)}`;
}

function printSet(set: NftSet): string {
  const flags = set.flavour === "interval" ? ["flags interval"] : [];
  const size = declaredSize(set);
  const lines = [`type ${set.types.join(" . ")}`, ...flags, ...(size === undefined ? [] : [`size ${size}`])];
  return block(`set ${set.name}`, [...lines, ...comment(set.comment), ...elements(printElements(set))]);
}

function printMap(map: NftMap): string {
  const lines = [`type ${map.types.join(" . ")} : verdict`, `size ${capacity(map.entries.length)}`, ...(map.counters === undefined ? [] : ["counter"])];
  return block(`map ${map.name}`, [...lines, ...comment(map.comment), ...elements(map.entries.map((entry) => printEntry(map.types, entry)))]);
}

function printChain(chain: Chain): string {
  const hook = chain.kind === "base" ? [`type filter hook ${chain.hook} priority ${chain.priority}; policy accept;`] : [];
  return block(`chain ${chain.name}`, [...hook, ...chain.rules.map(printRule)]);
}

function comment(text: string): string[] {
  return text === "" ? [] : [`comment "${commentText(text)}"`];
}

/** One a line, so that a change of a set is a change of few lines. */
function elements(texts: readonly string[]): string[] {
  return texts.length === 0 ? [] : ["elements = {", ...texts.map((text) => `\t${text},`), "}"];
}

function block(head: string, lines: readonly string[]): string {
  return `${head} {\n${lines.map((line) => `\t${line}\n`).join("")}}\n`;
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "\t");
}
