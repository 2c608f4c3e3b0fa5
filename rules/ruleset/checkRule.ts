// What must hold of one rule by itself and of the sets it names, before lower may take it. Chains and jumps are check.ts's.

import { readFields, withDependencies } from "./dependencies.ts";
import { dataTypes, fields, l4proto, maximum, nfproto } from "./fields.ts";
import { encodeScalar } from "./keys.ts";
import { lowerStatements } from "./lower.ts";
import { printStatement } from "./print.ts";
import type { DataType, Field, Rule, Statement, Value } from "./types.ts";
import { encodeUtf8 } from "./utf8.ts";

/** NFT_RULE_MAXEXPRS. */
const MAX_EXPRESSIONS = 128;

const portProtocols: readonly number[] = [l4proto.tcp, l4proto.udp, l4proto.sctp, l4proto.udplite];

/** The sets and maps of a ruleset by name. */
export interface Named {
  readonly sets: ReadonlyMap<string, Typed>;
  readonly maps: ReadonlyMap<string, Typed>;
}

export interface Typed {
  readonly types: readonly DataType[];
}

const none: readonly string[] = [];

/** What is wrong with the rule, in no particular wording of its origin. Most of a ruleset is sound, so that the way there makes nothing. */
export function checkRule({ statements }: Rule, named: Named): readonly string[] {
  const problems: string[] = [];
  if (!isOrdered(statements)) problems.push(...checkOrder(statements));
  for (const statement of statements) for (const problem of checkStatement(statement, named)) problems.push(problem);
  for (const problem of checkPorts(statements)) problems.push(problem);
  if (problems.length > 0) return problems;
  const conflicts = mayConflict(statements) ? withDependencies(statements).conflicts : none;
  const tooLong = checkLength(statements);
  return conflicts.length === 0 && tooLong.length === 0 ? none : [...conflicts, ...tooLong];
}

/** Counted only where it could be so: a statement is as many expressions as fields that it reads and three more at most, and implies eight at most once. */
function checkLength(statements: readonly Statement[]): readonly string[] {
  let most = 8;
  for (const statement of statements) most += readFields(statement).length + 3;
  if (most <= MAX_EXPRESSIONS) return none;
  const expressions = lowerStatements(statements).length;
  return expressions > MAX_EXPRESSIONS ? [`${expressions} expressions, the kernel takes ${MAX_EXPRESSIONS} a rule`] : none;
}

/** Whether the rule tells more than once of a protocol, be it by a header that it reads or an answer that it gives. */
function mayConflict(statements: readonly Statement[]): boolean {
  let families = 0;
  for (const statement of statements) {
    if (statement.kind === "reject" && statement.with === "tcp reset") return true;
    if (statement.kind === "match" && statement.field === "meta nfproto") families |= statement.op === "==" ? familyBit(statement.value) : 0;
    for (const field of readFields(statement)) {
      const { header } = fields[field];
      if (header === "icmp" || header === "icmpv6") return true;
      if (header !== undefined) families |= header === "ip" ? 1 : 2;
    }
  }
  return families !== 0 && families !== 1 && families !== 2;
}

function familyBit(value: Value): number {
  if (value.kind !== "scalar") return 0;
  return value.value === nfproto.ipv4 ? 1 : value.value === nfproto.ipv6 ? 2 : 4;
}

/**
 * Matches, then effects, then at most one verdict. A match after an effect would have counted or logged packets that the rule does not
 * mean, and nft 1.0.6 moves matches over effects when it joins them.
 */
function isOrdered(statements: readonly Statement[]): boolean {
  let last = 0;
  for (const statement of statements) {
    const next = rank(statement);
    if (next < last || (next === 2 && last === 2)) return false;
    last = next;
  }
  return statements.length > 0;
}

function checkOrder(statements: readonly Statement[]): readonly string[] {
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

function checkStatement(statement: Statement, named: Named): readonly string[] {
  switch (statement.kind) {
    case "match":
      return checkMatch(statement.field, statement.value);
    case "lookup":
      return checkTypes(statement.fields, statement.set, named.sets.get(statement.set));
    case "vmap":
      return checkTypes(statement.fields, statement.map, named.maps.get(statement.map));
    case "limit":
      return isPositive(statement.rate) && isPositive(statement.burst) ? none : ["limit: rate and burst must be positive integers"];
    case "setMark":
      return [statement.mask, statement.value].flatMap((number) => checkScalar("mark", number));
    case "counter":
    case "log":
    case "notrack":
    case "reject":
    case "verdict":
      return none;
  }
}

function checkMatch(field: Field, value: Value): readonly string[] {
  const reasons = checkValue(fields[field].type, value);
  return reasons.length === 0 ? none : reasons.map((reason) => `${field}: ${reason}`);
}

/** Below zero where a number is no value of the type at all. */
const largestNumber = Object.fromEntries(
  Object.entries(dataTypes).map(([type, { width, order }]) => [type, width > 4 || order === "text" || type === "ipv4_addr" ? -1 : maximum(type as DataType)]),
) as Readonly<Record<DataType, number>>;

function checkTypes(concatenated: readonly Field[], name: string, set: Typed | undefined): readonly string[] {
  if (set === undefined) return [`there is no ${name}`];
  const { types } = set;
  if (types.length === concatenated.length && concatenated.every((field, at) => fields[field].type === types[at])) return none;
  return [`${name} is of type ${types.join(" . ")}, looked up by ${concatenated.map((field) => fields[field].type).join(" . ")}`];
}

function checkValue(type: DataType, value: Value): readonly string[] {
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
function checkRange(type: DataType, { from, to }: Extract<Value, { kind: "range" }>): readonly string[] {
  if (dataTypes[type].order !== "big") return [`no ranges of ${type}`];
  const problems = [from, to].flatMap((scalar) => checkScalar(type, scalar));
  if (problems.length > 0) return problems;
  return numberOf(from) <= numberOf(to) ? [] : ["the range ends before it begins"];
}

function numberOf(scalar: Extract<Value, { kind: "range" }>["from"]): bigint {
  return typeof scalar === "object" ? scalar.value : BigInt(scalar);
}

function checkScalar(type: DataType, scalar: Extract<Value, { kind: "scalar" }>["value"]): readonly string[] {
  if (typeof scalar === "number" && Number.isInteger(scalar) && scalar >= 0 && scalar <= largestNumber[type]) return none;
  try {
    encodeScalar(type, scalar);
    return none;
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
function checkPorts(statements: readonly Statement[]): readonly string[] {
  const ports = statements.findIndex(readsPort);
  if (ports === -1) return none;
  const protocol = statements.findIndex(readsProtocol);
  const early = protocol === -1 || protocol > ports;
  if (!early && !statements.some(isPortless)) return none;
  const portless = statements.filter(isPortless).map((statement) => `ports are matched, but "${printStatement(statement)}"`);
  return early ? ["ports are matched before the protocol", ...portless] : portless;
}

function readsPort(statement: Statement): boolean {
  const read = readFields(statement);
  return read.includes("th sport") || read.includes("th dport");
}

function readsProtocol(statement: Statement): boolean {
  return readFields(statement).includes("meta l4proto");
}

function isPortless(statement: Statement): boolean {
  if (statement.kind !== "match" || statement.field !== "meta l4proto" || statement.op !== "==") return false;
  return statement.value.kind === "scalar" && !portProtocols.includes(Number(statement.value.value));
}

function isPositive(number: number): boolean {
  return Number.isInteger(number) && number > 0;
}
