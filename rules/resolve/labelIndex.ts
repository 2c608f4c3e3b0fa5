// Finds the labelled things that a selector matches without trying each: one necessary condition of the selector narrows the
// field to the things with that label, and only those are tried. What a selector means is matches.ts; this must never change it.

import type { Labels } from "../model/types.ts";
import type { Selector } from "../selector/ast.ts";
import { matches } from "../selector/matches.ts";

interface Labelled {
  readonly labels: Labels;
}

export interface LabelIndex<T extends Labelled> {
  readonly all: readonly T[];
  readonly byLabel: ReadonlyMap<string, LabelEntry<T>>;
}

interface LabelEntry<T> {
  readonly having: T[];
  readonly byValue: Map<string, T[]>;
}

export function indexLabels<T extends Labelled>(items: readonly T[]): LabelIndex<T> {
  const byLabel = new Map<string, LabelEntry<T>>();
  for (const item of items) {
    for (const [label, value] of Object.entries(item.labels)) {
      const entry = byLabel.get(label) ?? { having: [], byValue: new Map<string, T[]>() };
      byLabel.set(label, entry);
      entry.having.push(item);
      const equal = entry.byValue.get(value) ?? [];
      entry.byValue.set(value, equal);
      equal.push(item);
    }
  }
  return { all: items, byLabel };
}

/** The items that the selector matches, each once, in no particular order. */
export function selectLabelled<T extends Labelled>(index: LabelIndex<T>, selector: Selector): readonly T[] {
  if (selector.kind === "all") return index.all;
  return superset(index, selector).filter((item) => matches(selector, item.labels));
}

/** Items without duplicates that contain all that the selector can match; everything when no condition narrows it. */
function superset<T extends Labelled>(index: LabelIndex<T>, selector: Selector): readonly T[] {
  switch (selector.kind) {
    case "all":
    case "global":
    case "not":
      return index.all;
    case "has":
      return index.byLabel.get(selector.label)?.having ?? [];
    case "compare":
      if (selector.op === "!=") return index.all;
      if (selector.op === "==") return withValue(index, selector.label, selector.value);
      return index.byLabel.get(selector.label)?.having ?? [];
    case "in":
      if (selector.negated) return index.all;
      return [...new Set(selector.values)].flatMap((value) => withValue(index, selector.label, value));
    case "and":
      return selector.operands.map((operand) => superset(index, operand)).reduce((least, next) => (next.length < least.length ? next : least), index.all);
    case "or":
      return union(index, selector.operands);
  }
}

function withValue<T extends Labelled>(index: LabelIndex<T>, label: string, value: string): readonly T[] {
  return index.byLabel.get(label)?.byValue.get(value) ?? [];
}

function union<T extends Labelled>(index: LabelIndex<T>, operands: readonly Selector[]): readonly T[] {
  const found = new Set<T>();
  for (const operand of operands) {
    const items = superset(index, operand);
    if (items === index.all) return index.all;
    for (const item of items) found.add(item);
  }
  return [...found];
}
