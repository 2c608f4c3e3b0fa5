// A list of rules that tell each other apart by one field becomes several lists, each for a part of the field's values: halves of halves, each of the
// values that begin with the same bits. So where one half ends depends on nothing but the field, and one rule more touches one part.

import { nfproto } from "../ruleset/fields.ts";
import { endsAll, type Item, type Region } from "./item.ts";
import { commonBits } from "./names.ts";
import { bitsOf, type Dimension, meets, onlyValue, type Span } from "./span.ts";

export interface Split {
  readonly field: Dimension;
  /** Of which protocol the field is read; undefined where that does not matter. */
  readonly protocol: Span | undefined;
  readonly parts: readonly Part[];
  /** What packets that belong in no part still have to pass. */
  readonly others: readonly Item[];
}

export interface Part {
  readonly region: Region;
  readonly span: Span;
  /** Of the field's values that are split. */
  readonly share: number;
  /** In their order; behind one that ends the way of every packet here there is none. */
  readonly items: readonly Item[];
}

/** Halvings, and so at most 16 parts: a packet passes half of them on its way to its own. */
const mostHalvings = 4;

/**
 * Undefined where the field does not tell the rules apart well enough. Rules that say nothing of the field are in every part, so there may
 * be few of them only, and parts are not made smaller than twice as many.
 */
export function split(items: readonly Item[], field: Dimension, region: Region, least: number): Split | undefined {
  const protocol = field === "th dport" ? usualProtocol(items) : undefined;
  if ((field === "th dport" && protocol === undefined) || (field === "meta nfproto" && region[field] !== undefined)) return undefined;
  const met: Item[] = [];
  const asking: Item[] = [];
  const others: Item[] = [];
  for (const item of items) {
    const asks = spansIn(item, field) !== undefined;
    const protocols = item.spans["meta l4proto"];
    if (!asks || (protocol !== undefined && onlyValue(protocols) !== protocol.from)) others.push(item);
    if (!isOfFamily(item, field) || (protocol !== undefined && protocols !== undefined && !meets(protocols, protocol))) continue;
    met.push(item);
    if (asks) asking.push(item);
  }
  const silent = met.length - asking.length;
  if (met.length <= least || asking.length <= silent || others.length === items.length) return undefined;
  const halving: Halving = {
    field,
    region: protocol === undefined ? region : { ...region, "meta l4proto": protocol },
    least: Math.max(least, 2 * silent),
  };
  const spans = field === "meta nfproto" ? Object.values(familySpans).flat() : [commonSpan(asking, field, region[field])];
  const parts = spans.flatMap((span) => halve(halving, span, { items: met, share: 1 / spans.length, halvings: 0 }));
  return isWorthIt(parts, met.length) ? { field, protocol, parts, others } : undefined;
}

const familySpans = { 4: pointsOf(nfproto.ipv4), 6: pointsOf(nfproto.ipv6) } as const;

function pointsOf(value: number): readonly Span[] {
  const text = value.toString(16).padStart(2, "0");
  return [{ from: text, to: text }];
}

/** What a rule asks of addresses tells the family. */
function spansIn({ spans, family }: Item, field: Dimension): readonly Span[] | undefined {
  return spans[field] ?? (field === "meta nfproto" && family !== undefined ? familySpans[family] : undefined);
}

/** Most packets have fewer rules before them, be it that the rules are spread or that the values are; and the rules have not become many more. */
function isWorthIt(parts: readonly Part[], count: number): boolean {
  const longest = parts.reduce((most, { items }) => Math.max(most, items.length), 0);
  const total = parts.reduce((sum, { items }) => sum + items.length, 0);
  const usual = parts.reduce((sum, { items, share }) => sum + share * items.length, 0);
  return (4 * longest <= 3 * count || 2 * usual <= count) && total <= 3 * count;
}

/** Other rules match no packet of which the field can be read. */
function isOfFamily({ family }: Item, field: Dimension): boolean {
  if (family === undefined) return true;
  const of = field.startsWith("ip6") ? 6 : field.startsWith("ip ") ? 4 : family;
  return of === family;
}

/** That of the most rules with a port: the rule that leads to a part must name one to read its port. */
function usualProtocol(items: readonly Item[]): Span | undefined {
  const counts = new Map<string, number>();
  for (const { spans } of items) {
    const protocol = spans["th dport"] === undefined ? undefined : onlyValue(spans["meta l4proto"]);
    if (protocol !== undefined) counts.set(protocol, (counts.get(protocol) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([one, some], [other, others]) => others - some || (one < other ? -1 : 1));
  return most === undefined ? undefined : { from: most[0], to: most[0] };
}

interface Halving {
  readonly field: Dimension;
  readonly region: Region;
  /** A part of no more rules is not halved. */
  readonly least: number;
}

function halve(halving: Halving, span: Span, above: Pick<Part, "items" | "share"> & { readonly halvings: number }): readonly Part[] {
  const { field, least } = halving;
  const { share, halvings } = above;
  const region = { ...halving.region, [field]: span };
  const items: Item[] = [];
  let asking = 0;
  for (const item of above.items) {
    const spans = spansIn(item, field);
    if (spans !== undefined && !meets(spans, span)) continue;
    items.push(item);
    if (spans !== undefined) asking++;
    if (endsAll(item, region)) break;
  }
  if (asking === 0) return [];
  if (items.length <= least || halvings === mostHalvings || span.from === span.to) return [{ region, span, share, items }];
  return halvesOf(span, field).flatMap((half) => halve(halving, half, { items, share: share / 2, halvings: halvings + 1 }));
}

/** The values that begin with all the bits that the asked ones have in common, as far as they lie in the region. */
function commonSpan(asking: readonly Item[], field: Dimension, within: Span | undefined): Span {
  let [first, last] = ["g", ""];
  for (const { spans } of asking) {
    for (const { from, to } of spans[field] ?? []) {
      if (from < first) first = from;
      if (to > last) last = to;
    }
  }
  if (within !== undefined && within.from > first) first = within.from;
  if (within !== undefined && within.to < last) last = within.to;
  return spanWith(first, commonBits(first, last, bitsOf(field)), field);
}

function halvesOf({ from, to }: Span, field: Dimension): readonly Span[] {
  const bits = commonBits(from, to, bitsOf(field)) + 1;
  return [spanWith(from, bits, field), spanWith(to, bits, field)];
}

/** All values that begin with so many bits of this one. */
function spanWith(value: string, bits: number, field: Dimension): Span {
  const rest = BigInt(bitsOf(field) - bits);
  const first = (BigInt(`0x${value}`) >> rest) << rest;
  const text = (number: bigint) => number.toString(16).padStart(value.length, "0");
  return { from: text(first), to: text(first + (1n << rest) - 1n) };
}
