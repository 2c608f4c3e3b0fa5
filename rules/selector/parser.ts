// Selector text into its tree (grammar: semantics 5.8). The result is canonical (build.ts); a fault comes with its offset and what was
// expected there (S48). Recursive, so nesting is limited: no text overflows the stack.

import type { Selector } from "./ast.ts";
import { all, conjunction, disjunction, global, has, negation, oneOf } from "./build.ts";
import { Scanner, SelectorFault } from "./scanner.ts";

/** `offset` counts UTF-16 units from 0; `message` reads "expected …, found …". */
export type ParsedSelector = { readonly ok: true; readonly selector: Selector } | { readonly ok: false; readonly offset: number; readonly message: string };

/** More than any selector of 1024 characters, the longest that a policy may have, can need. */
const deepest = 512;

type Operator = Extract<Selector, { kind: "compare" }>["op"] | "in" | "not in";

/** A word ends where no label character follows (S41); the two words of one operator may be written together. */
const operators: readonly (readonly [op: Operator, pattern: RegExp])[] = [
  ["==", /==/y],
  ["!=", /!=/y],
  ["in", /in(?![\w./-])/y],
  ["not in", /not[ \t]*in(?![\w./-])/y],
  ["contains", /contains(?![\w./-])/y],
  ["starts with", /starts[ \t]*with(?![\w./-])/y],
  ["ends with", /ends[ \t]*with(?![\w./-])/y],
];

/** Empty text is all(). */
export function parseSelector(text: string): ParsedSelector {
  try {
    const scanner = new Scanner(text);
    if (scanner.atEnd()) return { ok: true, selector: all };
    const selector = parseOr(scanner, 0);
    if (!scanner.atEnd()) scanner.fail(`expected "&&", "||" or the end, found ${scanner.found()}`);
    return { ok: true, selector };
  } catch (error) {
    if (error instanceof SelectorFault) return { ok: false, offset: error.offset, message: error.message };
    throw error;
  }
}

function parseOr(scanner: Scanner, depth: number): Selector {
  const operands = [parseAnd(scanner, depth)];
  while (scanner.take("||")) operands.push(parseAnd(scanner, depth));
  return disjunction(operands);
}

function parseAnd(scanner: Scanner, depth: number): Selector {
  const operands = [parseUnary(scanner, depth)];
  while (scanner.take("&&")) operands.push(parseUnary(scanner, depth));
  return conjunction(operands);
}

/** "!" binds to the one condition that follows (S44). A loop: any number of them is no depth. */
function parseUnary(scanner: Scanner, depth: number): Selector {
  let negated = false;
  while (scanner.take("!")) negated = !negated;
  const operand = parsePrimary(scanner, depth);
  return negated ? negation(operand) : operand;
}

function parsePrimary(scanner: Scanner, depth: number): Selector {
  if (scanner.take("(")) {
    if (depth === deepest) scanner.fail(`parentheses nested more than ${deepest} deep`);
    const selector = parseOr(scanner, depth + 1);
    scanner.expect(")", '"&&", "||" or ")"');
    return selector;
  }
  // S40: the parenthesis follows the name at once; with a space between, the name is a label.
  if (scanner.take("has(")) return parseHas(scanner);
  if (scanner.take("all(")) return closed(scanner, all);
  if (scanner.take("global(")) return closed(scanner, global);
  const label = scanner.takeLabel();
  if (label === "") scanner.fail(`expected a condition (a label, "has(", "all()", "!" or "("), found ${scanner.found()}`);
  return parseComparison(scanner, label);
}

function parseHas(scanner: Scanner): Selector {
  const label = scanner.takeLabel();
  if (label === "") scanner.fail(`expected a label, found ${scanner.found()}`);
  return closed(scanner, has(label));
}

function closed(scanner: Scanner, selector: Selector): Selector {
  scanner.expect(")");
  return selector;
}

function parseComparison(scanner: Scanner, label: string): Selector {
  const op = operators.find(([, pattern]) => scanner.takeWord(pattern))?.[0];
  if (op === undefined) scanner.fail(operatorExpected(label, scanner.found()));
  if (op === "in" || op === "not in") return oneOf(label, parseSet(scanner), op === "not in");
  return { kind: "compare", op, label, value: parseString(scanner, "a string in quotes") };
}

function operatorExpected(label: string, found: string): string {
  const spaced = ["has", "all", "global"].includes(label) && found === '"("' ? `; ${label}( is written without a space` : "";
  return `expected an operator (${operators.map(([op]) => op).join(", ")}) after the label "${label.slice(0, 60)}", found ${found}${spaced}`;
}

function parseSet(scanner: Scanner): string[] {
  scanner.expect("{", 'a set like {"a", "b"}');
  const values: string[] = [];
  while (!scanner.take("}")) {
    values.push(parseString(scanner, 'a string in quotes or "}"'));
    if (scanner.take("}")) break;
    scanner.expect(",", '"," or "}"');
  }
  return values;
}

function parseString(scanner: Scanner, what: string): string {
  return scanner.takeString() ?? scanner.fail(`expected ${what}, found ${scanner.found()}`);
}
