// A rule into kernel expressions: the very ones that nft 1.0.6 generates for the rule's printed text, so that `nft list` shows the same for
// what hostward sends and for what `nft -f` loads. Knows registers and comparisons; the bytes of messages are native/codec's.

import { joinAdjacent, withoutFalseJoins } from "./adjacent.ts";
import { logPrefixText } from "./comment.ts";
import { withDependencies } from "./dependencies.ts";
import type { CmpOp, Expression } from "./expression.ts";
import { dataTypes, fields, paddedWidth } from "./fields.ts";
import { encodeScalar } from "./keys.ts";
import type { DataType, Field, Rule, Scalar, Statement, Value } from "./types.ts";
import { encodeUtf8 } from "./utf8.ts";

/** Where a lone value is loaded; a verdict map and a verdict write NFT_REG_VERDICT. */
const REGISTER = 1;

/** LOGLEVEL_INFO. */
const LOG_INFO = 6;

/** NFT_REJECT_ICMPX_ADMIN_PROHIBITED. */
const ADMIN_PROHIBITED = 3;

const seconds = { second: 1n, minute: 60n, hour: 3600n, day: 86400n } as const;

export function lowerRule(rule: Rule): readonly Expression[] {
  return lowerStatements(rule.statements);
}

export function lowerStatements(statements: readonly Statement[]): readonly Expression[] {
  const expressions: Expression[] = [];
  for (const statement of withDependencies(withoutFalseJoins(statements)).statements) {
    for (const expression of lowerStatement(statement)) expressions.push(expression);
  }
  return joinAdjacent(expressions);
}

const counter: readonly Expression[] = [{ kind: "counter", packets: 0n, bytes: 0n }];

function lowerStatement(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case "match":
      return lowerMatch(statement.field, statement.op, statement.value);
    case "lookup":
      return [...loadAll(statement.fields), { kind: "lookup", set: statement.set, sreg: REGISTER, invert: statement.op === "not in" }];
    case "vmap":
      return [...loadAll(statement.fields), { kind: "vmap", map: statement.map, sreg: REGISTER }];
    case "counter":
      return counter;
    case "limit":
      return [{ kind: "limit", rate: BigInt(statement.rate), unit: seconds[statement.per], burst: statement.burst, type: "packets", invert: false }];
    case "log":
      return [{ kind: "log", prefix: logPrefixText(statement.prefix), level: LOG_INFO }];
    case "notrack":
      return [{ kind: "notrack" }];
    case "setMark":
      return lowerSetMark(statement.mask, statement.value);
    case "reject":
      return [statement.with === "tcp reset" ? { kind: "reject", type: "tcpReset", code: 0 } : { kind: "reject", type: "icmpx", code: ADMIN_PROHIBITED }];
    case "verdict":
      return [{ kind: "verdict", verdict: statement.verdict }];
  }
}

function lowerMatch(field: Field, op: "==" | "!=", value: Value): readonly Expression[] {
  const { type } = fields[field];
  const equal = op === "==" ? "eq" : "neq";
  if (value.kind === "scalar" && typeof value.value === "number" && dataTypes[type].width === 1) return compareByte(field, equal, value.value);
  switch (value.kind) {
    case "scalar":
      return [load(field), compare(equal, encodeScalar(type, value.value))];
    case "range":
      return [load(field), ...lowerRange(op, encodeScalar(type, value.from), encodeScalar(type, value.to))];
    case "prefix":
      return lowerPrefix(field, equal, encodeScalar(type, { family: value.prefix.family, value: value.prefix.address }), value.prefix.length);
    case "startsWith":
      return [load(field), compare(equal, encodeUtf8(value.text))];
    case "bits":
      return [load(field), and(encodeScalar(type, value.mask)), compare(op === "==" ? "neq" : "eq", zeros(type))];
  }
}

/** Protocols and types: few values, which nearly every rule compares with one of, so that each comparison is made once. */
function compareByte(field: Field, equal: "eq" | "neq", value: number): readonly Expression[] {
  const known = bytewise[equal][field];
  const expressions = known[value] ?? [load(field), compare(equal, encodeScalar(fields[field].type, value))];
  known[value] = expressions;
  return expressions;
}

function perField<T>(make: () => T): Readonly<Record<Field, T>> {
  return Object.fromEntries(Object.keys(fields).map((field) => [field, make()])) as Readonly<Record<Field, T>>;
}

const bytewise = { eq: perField((): (readonly Expression[])[] => []), neq: perField((): (readonly Expression[])[] => []) };

function lowerRange(op: "==" | "!=", from: Uint8Array, to: Uint8Array): Expression[] {
  if (op === "!=") return [{ kind: "range", op: "neq", sreg: REGISTER, from, to }];
  return [compare("gte", from), compare("lte", to)];
}

/** A prefix of whole bytes is compared by a shorter load, any other by a mask; /0 keeps the mask, since nothing can be loaded. */
function lowerPrefix(field: Field, equal: "eq" | "neq", address: Uint8Array, length: number): Expression[] {
  if (length > 0 && length % 8 === 0) return [loadInto(field, length / 8, REGISTER), compare(equal, address.slice(0, length / 8))];
  const mask = address.map((_, i) => 0xff00 >> Math.min(8, Math.max(0, length - 8 * i)));
  return [load(field), and(mask), compare(equal, address)];
}

/** Replacing all bits takes no load. Bits of the value outside the mask are set as well: that is what `| value` does. */
function lowerSetMark(mask: number, value: number): Expression[] {
  const set: Expression = { kind: "metaSet", key: "mark", sreg: REGISTER };
  if (mask === 0xffff_ffff) return [{ kind: "immediate", dreg: REGISTER, data: encodeScalar("mark", value) }, set];
  const kept = encodeScalar("mark", ~(mask | value) >>> 0);
  return [load("meta mark"), and(kept, encodeScalar("mark", value)), set];
}

/** Fields of a concatenation fill consecutive words. */
function loadAll(concatenated: readonly Field[]): readonly Expression[] {
  const [first, ...others] = concatenated;
  if (first !== undefined && others.length === 0) return [load(first)];
  let word = 0;
  return concatenated.map((field) => {
    const expression = loadInto(field, widthOf(field), register(word));
    word += paddedWidth(fields[field].type) / 4;
    return expression;
  });
}

/** Word n of the register file, written as the kernel dumps it (nft_dump_register): 1 to 4 at multiples of 16 bytes, else NFT_REG32_00 up. */
function register(word: number): number {
  return word % 4 === 0 ? 1 + word / 4 : 8 + word;
}

/** The whole field into the register: made once, since nearly every match begins with one. */
const whole = Object.fromEntries(Object.keys(fields).map((field) => [field, loadInto(field as Field, widthOf(field as Field), REGISTER)])) as Readonly<
  Record<Field, Expression>
>;

function widthOf(field: Field): number {
  return dataTypes[fields[field].type].width;
}

function load(field: Field): Expression {
  return whole[field];
}

function loadInto(field: Field, length: number, dreg: number): Expression {
  const source = fields[field].load;
  switch (source.kind) {
    case "meta":
      return { kind: "meta", key: source.key, dreg };
    case "ct":
      return { kind: "ct", key: source.key, dreg };
    case "payload":
      return { kind: "payload", base: source.base, offset: source.offset, length, dreg };
  }
}

function compare(op: CmpOp, data: Uint8Array): Expression {
  return { kind: "cmp", op, sreg: REGISTER, data };
}

function and(mask: Uint8Array, xor: Uint8Array = new Uint8Array(mask.length)): Expression {
  return { kind: "bitwise", sreg: REGISTER, dreg: REGISTER, length: mask.length, mask, xor };
}

function zeros(type: DataType): Uint8Array {
  return encodeScalar(type, 0 satisfies Scalar);
}
