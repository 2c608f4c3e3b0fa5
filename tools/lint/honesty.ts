// Nothing left for later and no test that is silently not run: no to-do notes, and a skipped test says why in words.

import { type CallExpression, type Node, SyntaxKind } from "typescript/unstable/ast";
import {
  isCallExpression,
  isIdentifier,
  isNoSubstitutionTemplateLiteral,
  isPropertyAccessExpression,
  isPropertyAssignment,
  isStringLiteral,
} from "typescript/unstable/ast/is";
import type { Check, Finding } from "./finding.ts";
import { lineOf } from "./finding.ts";
import { nodesOf, type Unit } from "./project.ts";

const notes = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"].join("|")})\\b`);
const testFunctions: ReadonlySet<string> = new Set(["test", "it", "describe", "suite"]);

function noteFindings(unit: Unit): readonly Finding[] {
  return unit.text.split("\n").flatMap((line, index): Finding[] => {
    const note = notes.exec(line)?.[1];
    return note === undefined ? [] : [{ path: unit.path, line: index + 1, rule: "note", severity: "error", message: `${note}: do it or open an issue` }];
  });
}

function isText(node: Node | undefined): boolean {
  if (node === undefined) return false;
  return ((isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node)) && node.text.length >= 8) || node.kind === SyntaxKind.TemplateExpression;
}

/** `test.skip(...)` cannot carry a reason; `t.skip(reason)` must; nothing may be marked as to do. */
function objectToCall(call: CallExpression): string | undefined {
  const { expression } = call;
  if (!isPropertyAccessExpression(expression)) return undefined;
  const name = expression.name.text;
  const onTest = isIdentifier(expression.expression) && testFunctions.has(expression.expression.text);
  if (name === "skip" && onTest) return "write { skip: reason } instead: this form has no room for why";
  if (name === "skip" && isIdentifier(expression.expression) && !isText(call.arguments[0])) return "skip needs a reason in words";
  if (name === "only" && onTest) return "runs this test alone";
  return undefined;
}

/** `{ skip: true }` hides a test; `{ skip: "why" }` or an expression that yields a reason or false is fine. */
function objectToOption(node: Node): string | undefined {
  if (!isPropertyAssignment(node) || !isIdentifier(node.name)) return undefined;
  const isOptionOfTest = node.parent !== undefined && isCallExpression(node.parent.parent) && callsTest(node.parent.parent);
  if (!isOptionOfTest) return undefined;
  if (node.name.text === "skip" && node.initializer.kind === SyntaxKind.TrueKeyword) return "skip needs a reason in words";
  if (node.name.text === "only") return "runs this test alone";
  return undefined;
}

function callsTest(call: CallExpression): boolean {
  const { expression } = call;
  return (isIdentifier(expression) && testFunctions.has(expression.text)) || (isPropertyAccessExpression(expression) && expression.name.text === "test");
}

function skipFindings(unit: Unit): readonly Finding[] {
  if (!unit.path.startsWith("test/")) return [];
  const findings: Finding[] = [];
  for (const node of nodesOf(unit.tree)) {
    const message = isCallExpression(node) ? objectToCall(node) : objectToOption(node);
    if (message !== undefined) findings.push({ path: unit.path, line: lineOf(unit, node), rule: "skip", severity: "error", message });
  }
  return findings;
}

export const checkHonesty: Check = (units) => units.flatMap((unit) => [...noteFindings(unit), ...skipFindings(unit)]);
