// Makes selector trees in canonical form: what parser.ts reads and what rewrite.ts changes goes through here, so that two texts of one
// meaning share a set more often (semantics S36, S47). Canonical: no "and" directly in an "and" (nor "or" in "or"), none with fewer than
// two operands, no double negation, the values of "in" sorted and without duplicates.

import type { Selector } from "./ast.ts";

export const all: Selector = { kind: "all" };
export const global: Selector = { kind: "global" };

export function has(label: string): Selector {
  return { kind: "has", label };
}

export function equal(label: string, value: string): Selector {
  return { kind: "compare", op: "==", label, value };
}

export function oneOf(label: string, values: readonly string[], negated = false): Selector {
  return { kind: "in", label, negated, values: [...new Set(values)].sort() };
}

/** True when all operands are; no operands is all(). */
export function conjunction(operands: readonly Selector[]): Selector {
  return combine("and", operands);
}

/** True when one of the operands is; at least one operand. */
export function disjunction(operands: readonly Selector[]): Selector {
  return combine("or", operands);
}

export function negation(operand: Selector): Selector {
  return operand.kind === "not" ? operand.operand : { kind: "not", operand };
}

function combine(kind: "and" | "or", operands: readonly Selector[]): Selector {
  const flat = operands.flatMap((operand) => (operand.kind === kind ? operand.operands : [operand]));
  const [first = all] = flat;
  return flat.length < 2 ? first : { kind, operands: flat };
}
