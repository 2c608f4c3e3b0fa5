// The floors of ARCHITECTURE.md: which folder may import which, that rules/ is pure, and that no import goes in a circle.
// The table is the whole truth: a folder that is not in it may not exist.

import { dirname, join } from "node:path/posix";
import { isExportDeclaration, isImportDeclaration, isStringLiteral } from "typescript/unstable/ast/is";
import type { Check, Finding } from "./finding.ts";
import { lineOf } from "./finding.ts";
import { nodesOf, type Unit } from "./project.ts";

const model = ["rules/net", "rules/selector", "rules/model"];
const pure = [...model, "rules/ruleset", "rules/resolve", "rules/diff", "rules/optimise", "rules/compile", "rules/explain", "rules/lint"];

/** Folder to the folders it may import besides itself; "type X" for types alone. */
const floors: Readonly<Record<string, readonly string[]>> = {
  "rules/net": [],
  "rules/selector": ["rules/net"],
  "rules/ruleset": ["rules/net"],
  "rules/model": ["rules/net", "rules/selector"],
  "rules/resolve": [...model, "rules/ruleset"],
  "rules/diff": ["rules/net", "rules/ruleset"],
  "rules/optimise": ["rules/net", "rules/ruleset"],
  "rules/compile": [...model, "rules/resolve", "rules/ruleset"],
  "rules/explain": [...model, "rules/resolve", "rules/ruleset"],
  "rules/lint": [...model, "rules/resolve", "rules/ruleset"],
  native: ["type rules/net", "type rules/ruleset"],
  agent: [...pure, "native"],
  "agent/cli": [...pure, "native", "agent"],
  "agent/main.ts": [...pure, "native", "agent", "agent/cli"],
  bin: ["agent", "agent/main.ts", "agent/cli"],
  tools: ["*"],
  test: ["*"],
  bench: ["*"],
};

/** The longest entry of the table that a path lies in. */
function floorOf(path: string): string | undefined {
  const entries = Object.keys(floors).filter((entry) => path === entry || path.startsWith(`${entry}/`));
  return entries.toSorted((a, b) => b.length - a.length)[0];
}

interface Import {
  readonly from: Unit;
  readonly line: number;
  /** As written. */
  readonly specifier: string;
  /** Path from the root for a relative import. */
  readonly target: string | undefined;
  readonly typeOnly: boolean;
}

function importsOf(unit: Unit): readonly Import[] {
  const found: Import[] = [];
  for (const node of nodesOf(unit.tree)) {
    if (!isImportDeclaration(node) && !isExportDeclaration(node)) continue;
    const { moduleSpecifier } = node;
    if (moduleSpecifier === undefined || !isStringLiteral(moduleSpecifier)) continue;
    const specifier = moduleSpecifier.text;
    const target = specifier.startsWith(".") ? join(dirname(unit.path), specifier) : undefined;
    const typeOnly = /^(import|export)\s+type\b/.test(node.getText(unit.tree));
    found.push({ from: unit, line: lineOf(unit, node), specifier, target, typeOnly });
  }
  return found;
}

/** What is wrong with one import, or undefined. */
function objection(item: Import): string | undefined {
  const floor = floorOf(item.from.path);
  if (floor === undefined) return undefined;
  if (item.target === undefined) return floor.startsWith("rules/") ? `rules/ is pure: ${item.specifier} is not part of it` : undefined;
  const goal = floorOf(item.target);
  const allowed = floors[floor] ?? [];
  if (goal === undefined || goal === floor || allowed.includes("*") || allowed.includes(goal)) return undefined;
  if (!allowed.includes(`type ${goal}`)) return `${floor} must not know ${goal} (${item.specifier})`;
  return item.typeOnly ? undefined : `${floor} may use types of ${goal} only: write \`import type\` (${item.specifier})`;
}

function unknownFolders(units: readonly Unit[]): readonly Finding[] {
  const strangers = units.filter((unit) => floorOf(unit.path) === undefined);
  return strangers.map(({ path }) => ({ path, line: 1, rule: "floor", severity: "error", message: "lies in no floor of tools/lint/floors.ts" }));
}

/** Each circle once, as the path that closes it, found by walking from every file in order. */
function cyclesOf(imports: readonly Import[]): readonly Finding[] {
  const outgoing = Map.groupBy(imports, (item) => item.from.path);
  const finished = new Set<string>();
  const findings: Finding[] = [];
  const walk = (path: string, trail: readonly Import[]): void => {
    const start = trail.findIndex((item) => item.from.path === path);
    const [first] = start < 0 ? [] : trail.slice(start);
    if (first !== undefined) {
      const circle = [...trail.slice(start).map((item) => item.from.path), path].join(" -> ");
      findings.push({ path, line: first.line, rule: "cycle", severity: "error", message: circle });
      return;
    }
    if (finished.has(path)) return;
    for (const item of outgoing.get(path) ?? []) if (item.target !== undefined) walk(item.target, [...trail, item]);
    finished.add(path);
  };
  for (const path of outgoing.keys()) walk(path, []);
  return findings;
}

export const checkFloors: Check = (units) => {
  const imports = units.flatMap(importsOf);
  const wrong = imports.flatMap((item): Finding[] => {
    const message = objection(item);
    return message === undefined ? [] : [{ path: item.from.path, line: item.line, rule: "floor", severity: "error", message }];
  });
  return [...unknownFolders(units), ...wrong, ...cyclesOf(imports)];
};
