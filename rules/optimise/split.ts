// A list of rules that tell each other apart by one field becomes several lists, each for a part of the field's values: halves of halves, each of the
// values that begin with the same bits. So where one half ends depends on nothing but the field, and one rule more touches one part.

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
  /** In their order; behind one that ends the way of every packet here there is none. */
  readonly items: readonly Item[];
}

/** Halvings, and so at most 16 parts: a packet passes half of them on its way to its own. */
const halvings = 4;

/**
 * Undefined where the field does not tell the rules apart well enough. Rules that say nothing of the field are in every part, so there may
 * be few of them only, and parts are not made smaller than twice as many.
 */
export function split(items: readonly Item[], field: Dimension, region: Region, least: number): Split | undefined {
  const protocol = field === "th dport" ? usualProtocol(items) : undefined;
  if (field === "th dport" && protocol === undefined) return undefined;
  const met = items.filter((item) => isOfFamily(item, field) && (protocol === undefined || meets(item.spans["meta l4proto"] ?? [protocol], protocol)));
  const asking = met.filter(({ spans }) => spans[field] !== undefined);
  const silent = met.length - asking.length;
  if (met.length <= least || asking.length <= silent) return undefined;
  const inside = protocol === undefined ? region : { ...region, "meta l4proto": protocol };
  const parts = halve({ field, region: inside, least: Math.max(least, 2 * silent) }, commonSpan(asking, field, region[field]), { items: met, halvings });
  const longest = parts.reduce((most, part) => Math.max(most, part.items.length), 0);
  const total = parts.reduce((sum, part) => sum + part.items.length, 0);
  const others = items.filter(({ spans }) => spans[field] === undefined || (protocol !== undefined && onlyValue(spans["meta l4proto"]) !== protocol.from));
  const isWorthIt = 4 * longest <= 3 * met.length && total <= 2 * met.length && others.length < items.length;
  return isWorthIt ? { field, protocol, parts, others } : undefined;
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
  readonly least: number;
}

function halve(halving: Halving, span: Span, { items, halvings: left }: { readonly items: readonly Item[]; readonly halvings: number }): readonly Part[] {
  const { field, least } = halving;
  const region = { ...halving.region, [field]: span };
  const met = upToLast(
    items.filter(({ spans: { [field]: spans } }) => spans === undefined || meets(spans, span)),
    region,
  );
  if (met.every(({ spans }) => spans[field] === undefined)) return [];
  if (met.length <= least || left === 0 || span.from === span.to) return [{ region, span, items: met }];
  return halvesOf(span, field).flatMap((half) => halve(halving, half, { items: met, halvings: left - 1 }));
}

function upToLast(items: readonly Item[], region: Region): readonly Item[] {
  const last = items.findIndex((item) => endsAll(item, region));
  return last === -1 ? items : items.slice(0, last + 1);
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
