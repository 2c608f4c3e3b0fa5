// What a selector means to all labels that could ever be: whether any could match it, and whether one selector matches all that another does.
// Decided by looking for labels that match, condition by condition; knows nothing of which labels exist.

import type { Labels } from "../model/types.ts";
import type { Selector } from "../selector/ast.ts";
import { conjunction, negation } from "../selector/build.ts";
import { matches } from "../selector/matches.ts";

/**
 * Labels that the selector matches; "impossible" when there are none, whatever text a label's value may be; "undecided" when looking would take too long.
 * Values found may be longer, or of other characters, than a label may have: "impossible" is certain, the other answers are not a promise.
 */
export type Example = { readonly kind: "labels"; readonly labels: Labels } | { readonly kind: "impossible" | "undecided" };

export function exampleOf(selector: Selector): Example {
  const known = examples.get(selector);
  if (known !== undefined) return known;
  const search: Search = { steps: 0 };
  const demands = satisfy([{ selector, wanted: true }], new Map(), search);
  const example: Example =
    demands === undefined ? { kind: search.steps > mostSteps ? "undecided" : "impossible" } : { kind: "labels", labels: labelsFor(demands) };
  examples.set(selector, example);
  return example;
}

export function isImpossible(selector: Selector): boolean {
  return exampleOf(selector).kind === "impossible";
}

/** True only if `wide` certainly matches all that `narrow` does. */
export function implies(narrow: Selector, wide: Selector): boolean {
  return isImpossible(conjunction([narrow, negation(wide)]));
}

/** Trees are immutable, and the same ones are asked about in every pass. */
const examples = new WeakMap<Selector, Example>();

/** Some milliseconds; a selector of 1024 characters that people write needs a few dozen. */
const mostSteps = 5000;

interface Search {
  steps: number;
}

/** A part of the selector, and whether it shall hold. */
interface Goal {
  readonly selector: Selector;
  readonly wanted: boolean;
}

type Condition = Extract<Selector, { readonly label: string }>;

interface Demand {
  readonly condition: Condition;
  readonly wanted: boolean;
}

/** By label. Every list of demands in it can be met. */
type Demands = ReadonlyMap<string, readonly Demand[]>;

/** The demands of one way to reach all goals; undefined when there is none, or when the search grew too long. Alternatives are tried last. */
function satisfy(goals: readonly Goal[], given: Demands, search: Search): Demands | undefined {
  const open = [...goals];
  const alternatives: (readonly Goal[])[] = [];
  const demands = new Map(given);
  for (let goal = open.pop(); goal !== undefined; goal = open.pop()) {
    if (++search.steps > mostSteps) return undefined;
    const parts = partsOf(goal);
    if (parts.kind === "impossible") return undefined;
    if (parts.kind === "every") open.push(...parts.goals);
    if (parts.kind === "some") alternatives.push(parts.goals);
    if (parts.kind === "demand" && !demand(demands, parts.demand)) return undefined;
  }
  const [first, ...rest] = alternatives.toSorted((a, b) => a.length - b.length);
  if (first === undefined) return demands;
  const later = rest.map((choice): Goal => ({ selector: { kind: "or", operands: choice.map(asSelector) }, wanted: true }));
  for (const choice of first) {
    const found = satisfy([choice, ...later], demands, search);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Parts =
  | { readonly kind: "every" | "some"; readonly goals: readonly Goal[] }
  | { readonly kind: "demand"; readonly demand: Demand }
  | { readonly kind: "impossible" };

/** De Morgan: what is not to hold of an "or" is every of its operands. */
function partsOf({ selector, wanted }: Goal): Parts {
  switch (selector.kind) {
    case "all":
    case "global":
      return wanted ? { kind: "every", goals: [] } : { kind: "impossible" };
    case "not":
      return { kind: "every", goals: [{ selector: selector.operand, wanted: !wanted }] };
    case "and":
    case "or":
      return { kind: (selector.kind === "and") === wanted ? "every" : "some", goals: selector.operands.map((operand) => ({ selector: operand, wanted })) };
    case "has":
    case "compare":
    case "in":
      return { kind: "demand", demand: { condition: selector, wanted } };
  }
}

function asSelector({ selector, wanted }: Goal): Selector {
  return wanted ? selector : { kind: "not", operand: selector };
}

/** False when no value of the label, nor its absence, meets the new demand together with the earlier ones. */
function demand(demands: Map<string, readonly Demand[]>, added: Demand): boolean {
  const { label } = added.condition;
  const all = [...(demands.get(label) ?? []), added];
  demands.set(label, all);
  return valueFor(all) !== undefined;
}

function labelsFor(demands: Demands): Labels {
  return Object.fromEntries([...demands].flatMap(([label, all]) => Object.entries(valueFor(all)?.labels ?? {}).map(([, value]) => [label, value])));
}

/** The label with a value that meets all demands on it, or without it; undefined when neither does. */
function valueFor(demands: readonly Demand[]): { readonly labels: Labels } | undefined {
  const label = demands[0]?.condition.label ?? "";
  const candidates = [{}, ...(namedValues(demands) ?? [freshValue(demands)]).map((value) => ({ [label]: value }))];
  const labels = candidates.find((candidate) => demands.every(({ condition, wanted }) => matches(condition, candidate) === wanted));
  return labels === undefined ? undefined : { labels };
}

/** The only values that a demand for equality leaves; undefined without such a demand. */
function namedValues(demands: readonly Demand[]): readonly string[] | undefined {
  for (const { condition, wanted } of demands) {
    if (condition.kind === "in" && condition.negated !== wanted) return condition.values;
    if (condition.kind === "compare" && ((condition.op === "==" && wanted) || (condition.op === "!=" && !wanted))) return [condition.value];
  }
  return undefined;
}

/**
 * If any value meets the demands, this one does: the longest beginning asked for, all that it shall contain, and the longest ending, kept apart by a
 * character that no demand mentions. So it contains, begins and ends with nothing but what every such value must.
 */
function freshValue(demands: readonly Demand[]): string {
  const wanted = (op: "starts with" | "contains" | "ends with") =>
    demands.flatMap(({ condition, wanted: holds }) => (holds && condition.kind === "compare" && condition.op === op ? [condition.value] : []));
  const longest = (values: readonly string[]) => values.reduce((best, value) => (value.length > best.length ? value : best), "");
  const parts = [longest(wanted("starts with")), ...wanted("contains"), longest(wanted("ends with"))];
  return parts.join(unmentioned(demands));
}

/** From the private use area, of which a selector of any length leaves something. */
function unmentioned(demands: readonly Demand[]): string {
  const texts = demands.flatMap(({ condition }) => (condition.kind === "compare" ? [condition.value] : condition.kind === "in" ? condition.values : []));
  for (let code = 0xe000; ; code++) {
    const character = String.fromCodePoint(code);
    if (!texts.some((text) => text.includes(character))) return character;
  }
}
