// Caps on the longest, not on the average: lines of a file and of a function, parameters, depth of nesting.
// Past the aim a line in the report; past the limit the run fails.

import type { Node } from "typescript/unstable/ast";
import { SyntaxKind } from "typescript/unstable/ast";
import { isCallExpression, isIdentifier, isIfStatement } from "typescript/unstable/ast/is";
import type { Check, Finding } from "./finding.ts";
import { lineOf } from "./finding.ts";
import { nodesOf, type Unit } from "./project.ts";

interface Cap {
  readonly rule: string;
  readonly aim: number;
  readonly limit: number;
}

const fileLines: Cap = { rule: "file-lines", aim: 300, limit: 450 };
const functionLines: Cap = { rule: "function-lines", aim: 40, limit: 60 };
const parameters: Cap = { rule: "parameters", aim: 4, limit: 4 };
const nesting: Cap = { rule: "nesting", aim: 3, limit: 4 };

function measure(cap: Cap, value: number, place: { readonly path: string; readonly line: number }): readonly Finding[] {
  if (value <= cap.aim) return [];
  const severity = value > cap.limit ? "error" : "report";
  return [{ ...place, rule: cap.rule, severity, message: `${value}, aim ${cap.aim}, limit ${cap.limit}` }];
}

const functionKinds: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]);

const nestingKinds: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.IfStatement,
  SyntaxKind.ForStatement,
  SyntaxKind.ForInStatement,
  SyntaxKind.ForOfStatement,
  SyntaxKind.WhileStatement,
  SyntaxKind.DoStatement,
  SyntaxKind.SwitchStatement,
  SyntaxKind.TryStatement,
]);

/** The callback of describe() or suite() is a heading over tests, not a function to read in one go. */
function isSuiteBody(node: Node): boolean {
  const { parent } = node;
  return isCallExpression(parent) && isIdentifier(parent.expression) && ["describe", "suite"].includes(parent.expression.text);
}

function linesOf(unit: Unit, node: Node): number {
  const at = (position: number) => unit.tree.getLineAndCharacterOfPosition(position).line;
  return at(node.end) - at(node.getStart(unit.tree)) + 1;
}

/** `else if` continues a chain, it does not nest. */
function isElseIf(node: Node): boolean {
  return isIfStatement(node.parent) && node.parent.elseStatement === node;
}

/** Deepest chain of control statements in a function's own body; functions inside it are measured by themselves. */
function depthOf(node: Node): number {
  let deepest = 0;
  node.forEachChild((child) => {
    if (functionKinds.has(child.kind)) return;
    const own = nestingKinds.has(child.kind) && !isElseIf(child) ? 1 : 0;
    deepest = Math.max(deepest, own + depthOf(child));
  });
  return deepest;
}

function parametersOf(node: Node): number {
  const { parameters: list } = node as { readonly parameters?: readonly Node[] };
  return list?.length ?? 0;
}

function capsOf(unit: Unit): readonly Finding[] {
  const lines = unit.text.split("\n").length - 1;
  const findings = [...measure(fileLines, lines, { path: unit.path, line: 1 })];
  for (const node of nodesOf(unit.tree)) {
    if (!functionKinds.has(node.kind)) continue;
    const place = { path: unit.path, line: lineOf(unit, node) };
    if (!isSuiteBody(node)) findings.push(...measure(functionLines, linesOf(unit, node), place));
    findings.push(...measure(parameters, parametersOf(node), place), ...measure(nesting, depthOf(node), place));
  }
  return findings;
}

export const checkCaps: Check = (units) => units.flatMap(capsOf);
