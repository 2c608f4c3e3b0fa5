// What must hold of one rule by itself and of the sets it names, before lower may take it. Chains and jumps are check.ts's.

import { readFields, withDependencies } from "./dependencies.ts";
import { dataTypes, fields, l4proto } from "./fields.ts";
import { encodeScalar } from "./keys.ts";
import { lowerRule } from "./lower.ts";
import { printStatement } from "./print.ts";
import type { DataType, Field, NftMap, NftSet, Rule, Statement, Value } from "./types.ts";
import { encodeUtf8 } from "./utf8.ts";

/** NFT_RULE_MAXEXPRS. */
const MAX_EXPRESSIONS = 128;

const portProtocols: readonly number[] = [l4proto.tcp, l4proto.udp, l4proto.sctp, l4proto.udplite];

/** The sets and maps of a ruleset by name. */
export interface Named {
  readonly sets: ReadonlyMap<string, NftSet>;
  readonly maps: ReadonlyMap<string, NftMap>;
}

/** What is wrong with the rule, in no particular wording of its origin. */
export function checkRule(rule: Rule, named: Named): string[] {
  const problems = [
    ...checkOrder(rule.statements),
    ...rule.statements.flatMap((statement) => checkStatement(statement, named)),
    ...checkPorts(rule.statements),
  ];
  if (problems.length > 0) return problems;
  const expressions = lowerRule(rule).length;
  const tooLong = expressions > MAX_EXPRESSIONS ? [`${expressions} expressions, the kernel takes ${MAX_EXPRESSIONS} a rule`] : [];
  return [...withDependencies(rule.statements).conflicts, ...tooLong];
}

/**
 * Matches, then effects, then at most one verdict. A match after an effect would have counted or logged packets that the rule does not
 * mean, and nft 1.0.6 moves matches over effects when it joins them.
 */
function checkOrder(statements: readonly Statement[]): string[] {
  if (statements.length === 0) return ["no statements"];
  const out = statements.filter((statement, i) => i > 0 && rank(statement) < rank(statements[i - 1] as Statement));
  const verdicts = statements.filter((statement) => rank(statement) === 2).length;
  const several = verdicts > 1 ? ["more than one verdict"] : [];
  return [...several, ...out.map((statement) => `"${printStatement(statement)}" stands after an effect or a verdict`)];
}

function rank(statement: Statement): 0 | 1 | 2 {
  switch (statement.kind) {
    case "match":
    case "lookup":
      return 0;
    case "counter":
    case "limit":
    case "log":
    case "notrack":
    case "setMark":
      return 1;
    case "vmap":
    case "reject":
    case "verdict":
      return 2;
  }
}

function checkStatement(statement: Statement, named: Named): string[] {
  switch (statement.kind) {
    case "match":
      return checkValue(fields[statement.field].type, statement.value).map((reason) => `${statement.field}: ${reason}`);
    case "lookup":
      return checkTypes(statement.fields, statement.set, named.sets.get(statement.set));
    case "vmap":
      return checkTypes(statement.fields, statement.map, named.maps.get(statement.map));
    case "limit":
      return isPositive(statement.rate) && isPositive(statement.burst) ? [] : ["limit: rate and burst must be positive integers"];
    case "setMark":
      return [statement.mask, statement.value].flatMap((number) => checkScalar("mark", number));
    case "counter":
    case "log":
    case "notrack":
    case "reject":
    case "verdict":
      return [];
  }
}

function checkTypes(concatenated: readonly Field[], name: string, set: { readonly types: readonly DataType[] } | undefined): string[] {
  if (set === undefined) return [`there is no ${name}`];
  const read = concatenated.map((field) => fields[field].type).join(" . ");
  const kept = set.types.join(" . ");
  return read === kept ? [] : [`${name} is of type ${kept}, looked up by ${read}`];
}

function checkValue(type: DataType, value: Value): string[] {
  switch (value.kind) {
    case "scalar":
      return checkScalar(type, value.value);
    case "range":
      return checkRange(type, value);
    case "prefix":
      return type === (value.prefix.family === 4 ? "ipv4_addr" : "ipv6_addr") ? [] : [`an IPv${value.prefix.family} prefix is not of type ${type}`];
    case "startsWith":
      return type === "ifname" && isNameStart(value.text) ? [] : [`"${value.text}" is no beginning of an interface name`];
    case "bits":
      if (!["ct_state", "ct_status", "mark"].includes(type) || value.mask === 0) return [`no bits to test in a ${type} by mask ${value.mask}`];
      return checkScalar(type, value.mask);
  }
}

/** Comparing host-order numbers by less and greater takes a byte swap first, which no field needs. */
function checkRange(type: DataType, { from, to }: Extract<Value, { kind: "range" }>): string[] {
  if (dataTypes[type].order !== "big") return [`no ranges of ${type}`];
  const problems = [from, to].flatMap((scalar) => checkScalar(type, scalar));
  if (problems.length > 0) return problems;
  return numberOf(from) <= numberOf(to) ? [] : ["the range ends before it begins"];
}

function numberOf(scalar: Extract<Value, { kind: "range" }>["from"]): bigint {
  return typeof scalar === "object" ? scalar.value : BigInt(scalar);
}

function checkScalar(type: DataType, scalar: Extract<Value, { kind: "scalar" }>["value"]): string[] {
  try {
    encodeScalar(type, scalar);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function isNameStart(text: string): boolean {
  return text !== "" && encodeUtf8(text).length <= 15;
}

/**
 * The kernel reads ports of any protocol's header, so the rule must say of which protocols it means them; and nft 1.0.6 aborts when it lists
 * ports of a protocol that it knows to have none.
 */
function checkPorts(statements: readonly Statement[]): string[] {
  const ports = statements.findIndex((statement) => readFields(statement).some((field) => field === "th sport" || field === "th dport"));
  if (ports === -1) return [];
  const protocol = statements.findIndex((statement) => readFields(statement).includes("meta l4proto"));
  const early = protocol === -1 || protocol > ports ? ["ports are matched before the protocol"] : [];
  return [...early, ...statements.filter(isPortless).map((statement) => `ports are matched, but "${printStatement(statement)}"`)];
}

function isPortless(statement: Statement): boolean {
  if (statement.kind !== "match" || statement.field !== "meta l4proto" || statement.op !== "==") return false;
  return statement.value.kind === "scalar" && !portProtocols.includes(Number(statement.value.value));
}

function isPositive(number: number): boolean {
  return Number.isInteger(number) && number > 0;
}
