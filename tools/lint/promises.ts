// A promise that nobody waits for loses its error: as a statement it must be awaited, handled or marked with `void`.
// Asks the checker for the type, so that it sees what a call returns wherever it was declared.

import { type Expression, type Node, SyntaxKind } from "typescript/unstable/ast";
import { isCallExpression, isExpressionStatement, isIdentifier, isPropertyAccessExpression } from "typescript/unstable/ast/is";
import type { Check, Finding } from "./finding.ts";
import { lineOf } from "./finding.ts";
import { nodesOf, type Unit } from "./project.ts";

/** Calls of node:test, also `t.test()`: its runner holds the promise. */
const heldByRunner: ReadonlySet<string> = new Set(["test", "it", "describe", "suite", "before", "after", "beforeEach", "afterEach"]);

function isHandled(expression: Expression): boolean {
  if (!isCallExpression(expression)) return expression.kind !== SyntaxKind.NewExpression;
  if (isIdentifier(expression.expression)) return heldByRunner.has(expression.expression.text);
  if (!isPropertyAccessExpression(expression.expression)) return false;
  const { expression: object, name: member } = expression.expression;
  if (isIdentifier(object) && heldByRunner.has(object.text)) return true;
  const name = member.text;
  return name === "test" || (name === "catch" && expression.arguments.length > 0) || (name === "then" && expression.arguments.length > 1);
}

function candidates(unit: Unit): readonly Expression[] {
  const found: Expression[] = [];
  for (const node of nodesOf(unit.tree)) {
    if (isExpressionStatement(node) && !isHandled(node.expression)) found.push(node.expression);
  }
  return found;
}

function floating(unit: Unit): readonly Node[] {
  const expressions = candidates(unit);
  const types = unit.checker.getTypeAtLocation(expressions);
  return expressions.filter((_, index) => {
    const type = types[index];
    return type !== undefined && unit.checker.getPropertyOfType(type, "then") !== undefined;
  });
}

export const checkPromises: Check = (units) =>
  units.flatMap((unit) =>
    floating(unit).map((node): Finding => {
      return {
        path: unit.path,
        line: lineOf(unit, node),
        rule: "promise",
        severity: "error",
        message: "nobody waits for this promise: await, catch or void it",
      };
    }),
  );
