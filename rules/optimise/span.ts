// Which values of a packet's fields a rule asks for, as spans: the first and the last value, in hexadecimal of the field's full width, so that texts
// compare as the numbers do and addresses of both families, ports and protocols are one thing. Knows no rule and no chain.

import { prefixRange } from "../net/prefix.ts";
import { dataTypes, fields, maximum } from "../ruleset/fields.ts";
import { unpackKeys } from "../ruleset/keys.ts";
import type { DataType, NftSet, Scalar, Value } from "../ruleset/types.ts";

/** In the order in which they stand in a concatenation: a port may only be read beside or after its protocol. */
export const dimensions = ["meta nfproto", "ip saddr", "ip daddr", "ip6 saddr", "ip6 daddr", "meta l4proto", "th dport"] as const;
export type Dimension = (typeof dimensions)[number];

/** Inclusive. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

/** Undefined: any. Of one shape for all rules, since they are looked up more than anything else. */
export type Spans = Readonly<Record<Dimension, readonly Span[] | undefined>>;

export function anything(): Record<Dimension, readonly Span[] | undefined> {
  return {
    "meta nfproto": undefined,
    "ip saddr": undefined,
    "ip daddr": undefined,
    "ip6 saddr": undefined,
    "ip6 daddr": undefined,
    "meta l4proto": undefined,
    "th dport": undefined,
  };
}

/** Of a longer list the rule is taken to match anything in that field. */
const longestList = 64;

export function isDimension(field: string): field is Dimension {
  return (dimensions as readonly string[]).includes(field);
}

/** Undefined for what is no list of numbers. */
export function spanOf(type: DataType, value: Value): Span | undefined {
  switch (value.kind) {
    case "scalar":
      return point(hexOf(type, value.value));
    case "range":
      return { from: hexOf(type, value.from), to: hexOf(type, value.to) };
    case "prefix": {
      const { from, to } = prefixRange(value.prefix);
      return { from: hexOf(type, { family: value.prefix.family, value: from }), to: hexOf(type, { family: value.prefix.family, value: to }) };
    }
    case "startsWith":
    case "bits":
      return undefined;
  }
}

const known = new WeakMap<NftSet, readonly Span[]>();

/** Of a set that stays as it is; undefined for any other, and for a long one. */
export function spansOf(set: NftSet): readonly Span[] | undefined {
  const held = known.get(set);
  if (held !== undefined) return held;
  const [type, more] = set.types;
  if (set.fixed !== true || type === undefined || more !== undefined) return undefined;
  if (set.keys.count === 0 || set.keys.count > longestList) return undefined;
  const spans = unpackKeys(set).map(([from, to = from]) => ({ from: hexOf(type, from as Scalar), to: hexOf(type, to as Scalar) }));
  known.set(set, spans);
  return spans;
}

/** All other values of the field. The spans are sorted and apart. */
export function othersThan(spans: readonly Span[], dimension: Dimension): readonly Span[] {
  const digits = bitsOf(dimension) / 4;
  const text = (number: bigint) => number.toString(16).padStart(digits, "0");
  const others: Span[] = [];
  let next = 0n;
  for (const { from, to } of spans) {
    const first = BigInt(`0x${from}`);
    if (first > next) others.push({ from: text(next), to: text(first - 1n) });
    next = BigInt(`0x${to}`) + 1n;
  }
  const end = 1n << BigInt(4 * digits);
  return next < end ? [...others, { from: text(next), to: text(end - 1n) }] : others;
}

/** Any of either list; undefined where that is too many to tell. */
export function eitherOf(one: readonly Span[] | undefined, other: readonly Span[] | undefined): readonly Span[] | undefined {
  if (one === undefined || other === undefined || one.length + other.length > longestList) return undefined;
  return [...one, ...other];
}

// Loops and not methods of arrays: most lists have one span, and with ten thousand rules half of the time goes here.

export function overlap(some: readonly Span[], others: readonly Span[]): boolean {
  for (const one of some) if (meets(others, one)) return true;
  return false;
}

export function meets(spans: readonly Span[], { from, to }: Span): boolean {
  for (let at = 0; at < spans.length; at++) {
    const span = spans[at] as Span;
    if (span.from <= to && from <= span.to) return true;
  }
  return false;
}

export function contains(spans: readonly Span[], { from, to }: Span): boolean {
  for (let at = 0; at < spans.length; at++) {
    const span = spans[at] as Span;
    if (span.from <= from && to <= span.to) return true;
  }
  return false;
}

export function onlyValue(spans: readonly Span[] | undefined): string | undefined {
  if (spans?.length !== 1) return undefined;
  const { from, to } = spans[0] as Span;
  return from === to ? from : undefined;
}

/** The value that the text stands for. */
export function scalarOf(dimension: Dimension, hex: string): Scalar {
  const { type } = fields[dimension];
  if (type === "ipv4_addr") return { family: 4, value: BigInt(`0x${hex}`) };
  return type === "ipv6_addr" ? { family: 6, value: BigInt(`0x${hex}`) } : Number.parseInt(hex, 16);
}

export function bitsOf(dimension: Dimension): number {
  return 8 * dataTypes[fields[dimension].type].width;
}

function point(hex: string): Span {
  return { from: hex, to: hex };
}

function hexOf(type: DataType, scalar: Scalar): string {
  const number = typeof scalar === "object" ? scalar.value : typeof scalar === "number" ? scalar : maximum(type);
  return number.toString(16).padStart(2 * dataTypes[type].width, "0");
}
