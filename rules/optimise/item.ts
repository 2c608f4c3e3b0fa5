// What may be known of a rule without a packet: which packets it can match, whether that is all that it asks, and whether a packet that it matches
// goes on to the rule behind it. Whatever is not understood of a rule makes it match more packets here, never fewer.

import { trimmed } from "../net/listChanges.ts";
import { readFields } from "../ruleset/dependencies.ts";
import { fields, nfproto } from "../ruleset/fields.ts";
import type { Field, NftSet, Rule, Statement } from "../ruleset/types.ts";
import { shapeOf } from "./keyed.ts";
import {
  anything,
  contains,
  type Dimension,
  dimensions,
  eitherOf,
  isDimension,
  onlyValue,
  othersThan,
  overlap,
  type Span,
  type Spans,
  spanOf,
  spansOf,
} from "./span.ts";

/** A rule, as one that a packet comes to in a list of rules. */
export interface Item {
  readonly rule: Rule;
  /** Undefined: both. */
  readonly family: 4 | 6 | undefined;
  readonly spans: Spans;
  /** The dimensions of the spans. */
  readonly asks: readonly Dimension[];
  /** The spans are all that it asks. */
  readonly isExact: boolean;
  /** A packet that it matches does not come to the next. */
  readonly isFinal: boolean;
  /** Of a rule that asks for single values, counts and decides, and does nothing else: what a map has its keys of (keyed.ts). */
  readonly shape: number | undefined;
  /** Its single port of a single protocol; or that protocol; or empty. */
  readonly place: string;
  /** Places of all rules that may match a packet of this one; undefined: any. */
  readonly places: readonly string[] | undefined;
}

/** The part of all packets that some chain is for: one span a dimension. */
export type Region = Readonly<Partial<Record<Dimension, Span>>>;

export type SetOf = (name: string) => NftSet | undefined;

/** Rules are values that never change, and neither do the sets of which more than the name is used. */
const known = new WeakMap<Rule, Item>();

export function itemOf(rule: Rule, setOf: SetOf): Item {
  const held = known.get(rule);
  if (held !== undefined) return held;
  const item = readRule(rule, setOf);
  known.set(rule, item);
  return item;
}

/** A rule that jumps, told by what it leads to: any of these rules. */
export function itemOfJump(rule: Rule, items: readonly Item[]): Item {
  const [first] = items;
  const spans = anything();
  for (const dimension of dimensions) {
    const all = items.reduce<readonly Span[] | undefined>((sum, item) => eitherOf(sum, item.spans[dimension]), []);
    if (all !== undefined && first !== undefined) spans[dimension] = all;
  }
  const family = items.every((item) => item.family === first?.family) ? first?.family : undefined;
  const asks = trimmed(dimensions.filter((dimension) => spans[dimension] !== undefined));
  return { rule, family, spans, asks, isExact: false, isFinal: false, shape: undefined, place: placeOf(spans), places: placesOf(spans) };
}

/** Whether no packet can match both. */
export function isDisjoint(one: Item, other: Item): boolean {
  if (one.family !== undefined && other.family !== undefined && one.family !== other.family) return true;
  for (const dimension of one.asks) {
    const [some, others] = [one.spans[dimension], other.spans[dimension]];
    if (some !== undefined && others !== undefined && !overlap(some, others)) return true;
  }
  return false;
}

/** Whether it ends the way of every packet of the region. */
export function endsAll({ isExact, isFinal, asks, spans }: Item, region: Region): boolean {
  if (!isExact || !isFinal) return false;
  for (const dimension of asks) {
    const [asked, given] = [spans[dimension], region[dimension]];
    if (given === undefined || asked === undefined || !contains(asked, given)) return false;
  }
  return true;
}

interface Reading {
  family: 4 | 6 | undefined;
  readonly spans: ReturnType<typeof anything>;
  readonly asks: Dimension[];
  isExact: boolean;
}

function readRule(rule: Rule, setOf: SetOf): Item {
  const { statements } = rule;
  const reading: Reading = { family: undefined, spans: anything(), asks: [], isExact: true };
  let effects = 0;
  let isLimited = false;
  for (const statement of statements) {
    readStatement(statement, setOf, reading);
    if (statement.kind !== "match" && statement.kind !== "lookup") effects++;
    if (statement.kind === "limit") isLimited = true;
  }
  const last = statements.at(-1);
  const { family, spans, asks, isExact } = reading;
  const isFinal = isLast(last) && !isLimited;
  const decides = effects === 2 && statements.at(-2)?.kind === "counter" && isFinal && last?.kind === "verdict";
  const shape = decides && isExact ? shapeOf(spans) : undefined;
  return { rule, family, spans, asks: trimmed(asks), isExact, isFinal, shape, place: placeOf(spans), places: placesOf(spans) };
}

function placeOf({ "meta l4proto": protocols, "th dport": ports }: Spans): string {
  const protocol = onlyValue(protocols);
  return protocol === undefined ? "" : protocol + (onlyValue(ports) ?? "");
}

function placesOf({ "meta l4proto": protocols, "th dport": ports }: Spans): readonly string[] | undefined {
  if (protocols === undefined || ports === undefined) return undefined;
  const places = [""];
  for (const protocol of protocols) {
    places.push(protocol.from);
    for (const port of ports) places.push(protocol.from + port.from);
  }
  return trimmed(places);
}

/** A TCP reset is for TCP alone, which the rule need not say (dependencies.ts). */
function isLast(statement: Statement | undefined): boolean {
  if (statement?.kind === "reject") return statement.with !== "tcp reset";
  return statement?.kind === "verdict" && statement.verdict.kind !== "jump";
}

function readStatement(statement: Statement, setOf: SetOf, reading: Reading): void {
  const asking = readFields(statement);
  const field = asking[0];
  if (field === undefined) return;
  for (const one of asking) reading.family ??= familyOf(one);
  const spans = asking.length === 1 && isDimension(field) ? asked(statement, field, setOf) : undefined;
  if (spans === undefined || !isDimension(field) || reading.spans[field] !== undefined) {
    reading.isExact = false;
    return;
  }
  reading.spans[field] = spans;
  reading.asks.push(field);
  if (field === "meta nfproto") reading.family ??= familyNamed(spans);
}

function familyNamed([span, more]: readonly Span[]): 4 | 6 | undefined {
  if (span === undefined || span.from !== span.to || more !== undefined) return undefined;
  const value = Number.parseInt(span.from, 16);
  if (value === nfproto.ipv4) return 4;
  return value === nfproto.ipv6 ? 6 : undefined;
}

function asked(statement: Statement, field: Dimension, setOf: SetOf): readonly Span[] | undefined {
  if (statement.kind === "match") {
    const span = spanOf(fields[field].type, statement.value);
    return span === undefined ? undefined : wanted([span], field, statement.op === "==");
  }
  const set = statement.kind === "lookup" ? setOf(statement.set) : undefined;
  const spans = set === undefined ? undefined : spansOf(set);
  return spans === undefined || statement.kind !== "lookup" ? undefined : wanted(spans, field, statement.op === "in");
}

/** A rule that asks for no value matches nothing, which is not worth telling. */
function wanted(spans: readonly Span[], field: Dimension, isAny: boolean): readonly Span[] | undefined {
  const found = isAny ? spans : othersThan(spans, field);
  return found.length === 0 ? undefined : found;
}

/** That an address can be read tells the family; an ICMP header is read of any packet of that protocol, whatever carries it (dependencies.ts). */
function familyOf(field: Field): 4 | 6 | undefined {
  const { header } = fields[field];
  if (header === "ip") return 4;
  return header === "ip6" ? 6 : undefined;
}
