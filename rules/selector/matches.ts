// Whether a selector matches a set of labels (semantics S42 to S45).

import type { Selector } from "./ast.ts";

/** An absent label fails every condition but `!=` and `not in`, which it satisfies (S42). Comparison is by value, case counts (S47). */
export function matches(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  switch (selector.kind) {
    case "all":
    case "global":
      return true;
    case "has":
      return labelValue(labels, selector.label) !== undefined;
    case "compare":
      return compares(selector, labelValue(labels, selector.label));
    case "in": {
      const value = labelValue(labels, selector.label);
      return (value !== undefined && selector.values.includes(value)) !== selector.negated;
    }
    case "not":
      return !matches(selector.operand, labels);
    case "and":
      return selector.operands.every((operand) => matches(operand, labels));
    case "or":
      return selector.operands.some((operand) => matches(operand, labels));
  }
}

function compares({ op, value }: Extract<Selector, { kind: "compare" }>, actual: string | undefined): boolean {
  switch (op) {
    case "==":
      return actual === value;
    case "!=":
      return actual !== value;
    case "contains":
      return actual?.includes(value) ?? false;
    case "starts with":
      return actual?.startsWith(value) ?? false;
    case "ends with":
      return actual?.endsWith(value) ?? false;
  }
}

/** A label named like a property that every object has ("constructor") is absent unless it was given. */
function labelValue(labels: Readonly<Record<string, string>>, label: string): string | undefined {
  return Object.hasOwn(labels, label) ? labels[label] : undefined;
}
