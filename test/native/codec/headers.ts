// The numbers that the installed kernel headers give to names: enum members and simple #defines, read from the text so that no
// compiler is needed.

import { readFileSync } from "node:fs";

const files = ["netlink.h", "netfilter.h", "netfilter/nfnetlink.h", "netfilter/nf_tables.h"];

/** Names to values of linux/netlink.h, netfilter.h, nfnetlink.h and nf_tables.h below `root`. */
export function readHeaders(root = "/usr/include/linux"): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const file of files) {
    const text = readFileSync(`${root}/${file}`, "utf8")
      .replaceAll(/\/\*[\s\S]*?\*\//g, " ")
      .replaceAll(/\\\n/g, " ");
    for (const [, name = "", expression = ""] of text.matchAll(/^[ \t]*#define[ \t]+(\w+)[ \t]+(.+)$/gm)) define(values, name, expression);
    for (const [, body = ""] of text.replaceAll(/^[ \t]*#.*$/gm, "").matchAll(/enum\s*\w*\s*\{([^}]*)\}/g)) enumerate(values, body);
    for (const [, name = "", expression = ""] of text.matchAll(/^[ \t]*#define[ \t]+(\w+)[ \t]+(.+)$/gm)) define(values, name, expression);
  }
  return values;
}

function enumerate(values: Map<string, number>, body: string): void {
  let next = 0;
  for (const member of body.split(",").map((text) => text.trim())) {
    const [name = "", expression] = member.split("=").map((text) => text.trim());
    if (name === "") continue;
    next = expression === undefined ? next : (evaluate(values, expression) ?? next);
    values.set(name, next);
    next++;
  }
}

function define(values: Map<string, number>, name: string, expression: string): void {
  const value = values.has(name) ? undefined : evaluate(values, expression);
  if (value !== undefined) values.set(name, value);
}

/** Sums, bit-ors, shifts and complements of numbers and known names; undefined for anything else. */
function evaluate(values: ReadonlyMap<string, number>, expression: string): number | undefined {
  const text = expression.replaceAll(/[()\s]/g, "");
  for (const [operator, apply] of operators) {
    const at = text.lastIndexOf(operator);
    if (at <= 0) continue;
    const left = evaluate(values, text.slice(0, at));
    const right = evaluate(values, text.slice(at + operator.length));
    return left === undefined || right === undefined ? undefined : apply(left, right);
  }
  if (/^-?(0x[0-9a-fA-F]+|\d+)U?$/.test(text)) return Number(text.replace("U", ""));
  return values.get(text);
}

const operators: readonly (readonly [string, (a: number, b: number) => number])[] = [
  ["|", (a, b) => a | b],
  ["+", (a, b) => a + b],
  ["<<", (a, b) => a << b],
];
