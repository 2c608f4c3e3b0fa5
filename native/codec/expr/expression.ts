// An expression to and from one element of NFTA_RULE_EXPRESSIONS: its kernel name beside a nest of its own attributes. Picks
// the codec of each kind; a kind without one does not compile. What the kernel dumps and Expression cannot say becomes
// "unknown" with the kernel's name, so that foreign rules can be listed.

import type { Expression } from "../../../rules/ruleset/expression.ts";
import { NFTA_EXPR_DATA, NFTA_EXPR_NAME, NFTA_LIST_ELEM } from "../constants.ts";
import { AttributeReader } from "../reader.ts";
import { AttributeWriter } from "../writer.ts";
import { bitwise } from "./bitwise.ts";
import { cmp } from "./cmp.ts";
import type { ExpressionCodec, ExpressionOf } from "./codec.ts";
import { counter } from "./counter.ts";
import { ct } from "./ct.ts";
import { fib } from "./fib.ts";
import { immediate } from "./immediate.ts";
import { limit } from "./limit.ts";
import { log } from "./log.ts";
import { lookup } from "./lookup.ts";
import { meta } from "./meta.ts";
import { notrack } from "./notrack.ts";
import { objref } from "./objref.ts";
import { payload } from "./payload.ts";
import { range } from "./range.ts";
import { reject } from "./reject.ts";

export interface UnknownExpression {
  readonly kind: "unknown";
  /** NFTA_EXPR_NAME. */
  readonly name: string;
}

const NO_BYTES = new Uint8Array(0);

type Kind = Expression["kind"];

const codecOf: { readonly [K in Kind]: Pick<ExpressionCodec<ExpressionOf<K>>, "name" | "encode"> } = {
  meta,
  metaSet: meta,
  payload,
  cmp,
  range,
  bitwise,
  lookup,
  vmap: lookup,
  immediate,
  verdict: immediate,
  ct,
  counter,
  limit,
  log,
  reject,
  notrack,
  objref,
  fib,
};

type Decode = (reader: AttributeReader) => Expression | undefined;
const codecs = [bitwise, cmp, counter, ct, fib, immediate, limit, log, lookup, meta, notrack, objref, payload, range, reject];
const decoders: ReadonlyMap<string, Decode> = new Map(codecs.map(({ name, decode }): [string, Decode] => [name, decode]));

/** What stands before the attributes of an expression, but for the two lengths: the same for all of a name. */
const heads: ReadonlyMap<string, Uint8Array> = new Map(codecs.map(({ name }): [string, Uint8Array] => [name, headOf(name)]));

function headOf(name: string): Uint8Array {
  const writer = new AttributeWriter(64);
  writer.begin(NFTA_LIST_ELEM);
  writer.text(NFTA_EXPR_NAME, name);
  writer.begin(NFTA_EXPR_DATA);
  return writer.finish();
}

/** Writes one element of a list of expressions. */
export function encodeExpression<K extends Kind>(writer: AttributeWriter, expression: ExpressionOf<K>): void {
  const kind: K = expression.kind;
  const codec = codecOf[kind];
  const head = heads.get(codec.name) ?? headOf(codec.name);
  const element = writer.length;
  writer.copy(head);
  codec.encode(writer, expression);
  writer.end(element + head.length - 4);
  writer.end(element);
}

/** Nearly all expressions of a large table are one of a few, which are decoded once: the last of each hash. A power of two. */
const slots = 1024;
const remembered: ({ readonly payload: Uint8Array; readonly expression: Expression | UnknownExpression } | undefined)[] = new Array(slots).fill(undefined);

/** Reads the current attribute, an element of a list of expressions or one that holds a single one. What it returns may be the same object for equal bytes. */
export function decodeExpression(reader: AttributeReader): Expression | UnknownExpression {
  const slot = reader.hash() & (slots - 1);
  const known = remembered[slot];
  if (known && reader.is(known.payload)) return known.expression;
  const payload = reader.data();
  const expression = readExpression(reader);
  if (!reader.failure) remembered[slot] = { payload, expression };
  return expression;
}

function readExpression(reader: AttributeReader): Expression | UnknownExpression {
  let name = "";
  let expression: Expression | undefined;
  let hasData = false;
  reader.enter();
  while (reader.next()) {
    if (reader.type === NFTA_EXPR_NAME) name = reader.text();
    else if (reader.type === NFTA_EXPR_DATA) {
      hasData = true;
      reader.enter();
      expression = decoders.get(name)?.(reader);
      reader.leave();
    }
  }
  reader.leave();
  // An expression without attributes, such as notrack, is dumped without its data nest.
  if (!hasData) expression = decoders.get(name)?.(new AttributeReader(NO_BYTES));
  return expression ?? { kind: "unknown", name };
}
