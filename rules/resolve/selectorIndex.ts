// Finds the selectors that match a set of labels without trying each: every selector that demands something of one label is tried only where that
// label is. What a selector means is matches.ts; this must never change it.

import type { Labels } from "../model/types.ts";
import type { Selector } from "../selector/ast.ts";
import { matches } from "../selector/matches.ts";

interface Selecting {
  readonly selector: Selector;
}

interface LabelEntry<T> {
  /** Those to which any value may do. */
  readonly having: Set<T>;
  readonly byValue: Map<string, Set<T>>;
}

export class SelectorIndex<T extends Selecting> {
  /** Those that may match whatever the labels are. */
  readonly #anywhere = new Set<T>();
  readonly #byLabel = new Map<string, LabelEntry<T>>();

  add(item: T): void {
    for (const place of this.#places(item)) place.add(item);
  }

  delete(item: T): void {
    for (const place of this.#places(item)) place.delete(item);
  }

  /** Those whose selector matches, each once, in no particular order. */
  matching(labels: Labels): T[] {
    const candidates = new Set(this.#anywhere);
    for (const label of Object.keys(labels)) {
      const entry = this.#byLabel.get(label);
      if (entry === undefined) continue;
      for (const item of entry.having) candidates.add(item);
      for (const item of entry.byValue.get(labels[label] as string) ?? []) candidates.add(item);
    }
    return [...candidates].filter(({ selector }) => matches(selector, labels));
  }

  #places({ selector }: T): Set<T>[] {
    const conditions = demanded(selector);
    if (conditions === undefined) return [this.#anywhere];
    return conditions.map(({ label, value }) => {
      const entry = this.#byLabel.get(label) ?? { having: new Set<T>(), byValue: new Map<string, Set<T>>() };
      this.#byLabel.set(label, entry);
      if (value === undefined) return entry.having;
      const place = entry.byValue.get(value) ?? new Set<T>();
      entry.byValue.set(value, place);
      return place;
    });
  }
}

/** That a label is there, with the value if one is given. */
interface Condition {
  readonly label: string;
  readonly value: string | undefined;
}

/** Conditions of which labels fulfil one at least wherever the selector matches; undefined when there are none such. */
function demanded(selector: Selector): readonly Condition[] | undefined {
  switch (selector.kind) {
    case "all":
    case "global":
    case "not":
      return undefined;
    case "has":
      return [{ label: selector.label, value: undefined }];
    case "compare":
      return selector.op === "!=" ? undefined : [{ label: selector.label, value: selector.op === "==" ? selector.value : undefined }];
    case "in":
      return selector.negated ? undefined : selector.values.map((value) => ({ label: selector.label, value }));
    case "and":
      return narrowest(selector.operands.map(demanded));
    case "or": {
      const operands = selector.operands.map(demanded);
      return operands.every((conditions) => conditions !== undefined) ? operands.flat() : undefined;
    }
  }
}

/** Values tell more apart than labels do, few more than many. */
function narrowest(choices: readonly (readonly Condition[] | undefined)[]): readonly Condition[] | undefined {
  const cost = (conditions: readonly Condition[]) => conditions.reduce((sum, { value }) => sum + (value === undefined ? 1000 : 1), 0);
  return choices.reduce((best, next) => (best === undefined || (next !== undefined && cost(next) < cost(best)) ? next : best), undefined);
}
