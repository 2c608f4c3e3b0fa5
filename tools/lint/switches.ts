// A switch over a union without `default` names every member, so that a new kind of statement, verdict or problem is missed nowhere.
// The compiler sees this only where a value must be returned; this check sees the other switches too.

import { type Node, type SwitchStatement, SyntaxKind } from "typescript/unstable/ast";
import { isCaseClause, isSwitchStatement } from "typescript/unstable/ast/is";
import type { Type } from "typescript/unstable/sync";
import type { Check, Finding } from "./finding.ts";
import { lineOf } from "./finding.ts";
import { nodesOf, type Unit } from "./project.ts";

function membersOf(unit: Unit, node: Node): readonly string[] {
  const type = unit.checker.getTypeAtLocation(node);
  if (type === undefined) return [];
  const members: readonly Type[] = type.isUnionType() ? type.getTypes() : [type];
  return members.map((member) => unit.checker.typeToString(member));
}

/** Literal members alone can be named by cases: `string` cannot be exhausted. */
function isLiteral(member: string): boolean {
  return /^(".*"|-?\d+n?|true|false|null|undefined)$/.test(member);
}

function missedBy(unit: Unit, node: SwitchStatement): readonly string[] {
  const { clauses } = node.caseBlock;
  if (clauses.some((clause) => clause.kind === SyntaxKind.DefaultClause)) return [];
  const members = membersOf(unit, node.expression);
  if (!members.every(isLiteral)) return [];
  const named = new Set(clauses.flatMap((clause) => (isCaseClause(clause) ? membersOf(unit, clause.expression) : [])));
  return members.filter((member) => !named.has(member));
}

function switchFindings(unit: Unit): readonly Finding[] {
  return [...nodesOf(unit.tree)].filter(isSwitchStatement).flatMap((node): Finding[] => {
    const missed = missedBy(unit, node);
    if (missed.length === 0) return [];
    return [{ path: unit.path, line: lineOf(unit, node), rule: "switch", severity: "error", message: `no case for ${missed.join(", ")}` }];
  });
}

export const checkSwitches: Check = (units) => units.flatMap(switchFindings);
