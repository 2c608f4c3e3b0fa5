// A rule that asks for single values and decides as what a verdict map has in its place: an entry for each combination of its values.

import type { MapEntry, Rule, Scalar } from "../ruleset/types.ts";
import { type Dimension, dimensions, type Spans, scalarOf } from "./span.ts";

/** Entries that one rule may become. */
const mostKeys = 64;

/** Which fields the keys are of: a bit a dimension. Undefined where there is more than single values, or nothing. */
export function shapeOf(spans: Spans): number | undefined {
  let shape = 0;
  let count = 1;
  for (let bit = 0; bit < dimensions.length; bit++) {
    const list = spans[dimensions[bit] as Dimension];
    if (list === undefined) continue;
    for (const { from, to } of list) if (from !== to) return undefined;
    count *= list.length;
    shape |= 1 << bit;
  }
  return shape === 0 || count > mostKeys ? undefined : shape;
}

export interface KeyedEntry {
  /** The key's: as sorted as the keys. */
  readonly text: string;
  readonly entry: MapEntry;
}

/** Made when they are first asked for: most rules stand in lists that no map comes of. */
const known = new WeakMap<Rule, readonly KeyedEntry[]>();

/** Of a rule with a shape, which asks for nothing but the spans and decides. */
export function entriesOf(rule: Rule, spans: Spans): readonly KeyedEntry[] {
  const held = known.get(rule);
  if (held !== undefined) return held;
  const asked = dimensions.filter((dimension) => spans[dimension] !== undefined);
  let rows: readonly (readonly string[])[] = [[]];
  for (const dimension of asked) rows = rows.flatMap((row) => (spans[dimension] ?? []).map(({ from }) => [...row, from]));
  const last = rule.statements.at(-1);
  if (last?.kind !== "verdict") return [];
  const { verdict } = last;
  const entries = rows.map((row) => {
    const key = row.map((text, at): Scalar => scalarOf(asked[at] as Dimension, text));
    return { text: row.join(""), entry: { key, verdict, origin: rule.origin } };
  });
  known.set(rule, entries);
  return entries;
}
