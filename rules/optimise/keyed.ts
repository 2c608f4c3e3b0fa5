// A rule that asks for single values and decides as what a verdict map has in its place: an entry for each combination of its values.

import type { MapEntry, Origin, Scalar, Verdict } from "../ruleset/types.ts";
import { type Dimension, dimensions, type Spans, scalarOf } from "./span.ts";

/** Entries that one rule may become. */
const mostKeys = 64;

export interface Keyed {
  /** Which fields the keys are of: a bit a dimension. */
  readonly shape: number;
  /** The text is the key's: as sorted as the keys. */
  readonly entries: readonly { readonly text: string; readonly entry: MapEntry }[];
}

/** Undefined where there is more than single values. The spans are all that the rule asks. */
export function keyedBy(spans: Spans, verdict: Verdict, origin: Origin): Keyed | undefined {
  const asked: Dimension[] = [];
  let shape = 0;
  let rows: readonly (readonly string[])[] = [[]];
  for (const [bit, dimension] of dimensions.entries()) {
    const list = spans[dimension];
    if (list === undefined) continue;
    if (list.length * rows.length > mostKeys || list.some(({ from, to }) => from !== to)) return undefined;
    asked.push(dimension);
    shape |= 1 << bit;
    rows = rows.flatMap((row) => list.map(({ from }) => [...row, from]));
  }
  if (shape === 0) return undefined;
  const entries = rows.map((row) => {
    const key = row.map((text, at): Scalar => scalarOf(asked[at] as Dimension, text));
    return { text: row.join(""), entry: { key, verdict, origin } };
  });
  return { shape, entries };
}
