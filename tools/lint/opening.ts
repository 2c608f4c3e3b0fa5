// A file opens with a comment of up to eight lines that says what it turns into what, and its name is a noun for one idea.
// Tests say it by their own names; what they test carries the opening.

import { basename, extname } from "node:path/posix";
import type { Check, Finding } from "./finding.ts";
import type { Unit } from "./project.ts";

const vague = /^(utils?|helpers?|common|managers?|misc|shared|stuff|lib|index)$/i;

/** Files whose place in the world gives them their name. */
const namedByCustom: ReadonlySet<string> = new Set(["native/index.ts"]);

/** Less than this is a title, not an explanation. */
const shortest = 60;
const mostLines = 8;

function openingOf(unit: Unit): readonly Finding[] {
  if (unit.path.endsWith(".test.ts")) return [];
  const lines = unit.text.replace(/^#!.*\n/, "").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  const opening = lines.slice(0, end < 0 ? undefined : end);
  const length = opening.join("").length;
  if (opening.length <= mostLines && length >= shortest) return [];
  const message = `opens with ${opening.length} comment lines, ${length} characters; up to ${mostLines} lines say what it turns into what, and what it must not know`;
  return [{ path: unit.path, line: 1, rule: "opening", severity: "error", message }];
}

function nameOf(unit: Unit): readonly Finding[] {
  const parts = unit.path.split("/").map((part) => basename(part, extname(part)).replace(/\.test$/, ""));
  const bad = parts.find((part) => vague.test(part));
  if (bad === undefined || namedByCustom.has(unit.path)) return [];
  return [{ path: unit.path, line: 1, rule: "name", severity: "error", message: `"${bad}" says nothing about what is inside` }];
}

export const checkOpenings: Check = (units) => units.flatMap((unit) => [...openingOf(unit), ...nameOf(unit)]);
