// A selector tree into its canonical text (semantics S47): the identity of a set, and what traces and plans show.
// parseSelector(printSelector(s)) is s for every canonical tree whose strings do not hold both kinds of quote (no text can say those).

import type { Selector } from "./ast.ts";

export function printSelector(selector: Selector): string {
  switch (selector.kind) {
    case "all":
      return "all()";
    case "global":
      return "global()";
    case "has":
      return `has(${selector.label})`;
    case "compare":
      return `${selector.label} ${selector.op} ${quote(selector.value)}`;
    case "in":
      return `${selector.label} ${selector.negated ? "not in" : "in"} {${selector.values.map(quote).join(", ")}}`;
    case "not":
      return `!${printOperand(selector.operand)}`;
    case "and":
      return selector.operands.map(printOperand).join(" && ");
    case "or":
      return selector.operands.map(printOperand).join(" || ");
  }
}

/** In parentheses where it is a list of others: more than the grammar needs, and what a reader is thankful for. */
function printOperand(selector: Selector): string {
  const text = printSelector(selector);
  return selector.kind === "and" || selector.kind === "or" ? `(${text})` : text;
}

function quote(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
