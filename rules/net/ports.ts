// Ports: the value of a rule's `ports` entry into a range or a name (semantics 1.6), and the union of ranges.

import type { PortRange } from "./types.ts";

/** `problem` says what was expected, without naming the value: "expected …". */
export type ParsedPort =
  | { readonly kind: "range"; readonly range: PortRange }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "bad"; readonly problem: string; readonly hint?: string };

/** A number 1-65535, the same as text, an inclusive range `"min:max"`, or a port name. */
export function parsePort(value: unknown): ParsedPort {
  if (typeof value === "number") return range(value, value);
  if (typeof value !== "string") return bad('expected a port number, a range "min:max" or a port name');
  const numbers = /^([0-9]+)(?::([0-9]+))?$/.exec(value);
  if (numbers !== null) return range(Number(numbers[1]), Number(numbers[2] ?? numbers[1]));
  const dashed = /^([0-9]+)\s*-\s*([0-9]+)$/.exec(value);
  if (dashed !== null) return bad('expected a port number, a range "min:max" or a port name', `write the range with a colon: "${dashed[1]}:${dashed[2]}"`);
  return isPortName(value) ? { kind: "name", name: value } : bad(`expected a port number, a range "min:max" or a port name (${portNameRule})`);
}

/** The Kubernetes rule for port names (IANA service names, RFC 6335 section 5.1). */
export function isPortName(text: string): boolean {
  return text.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text) && /[a-z]/.test(text);
}

/** For messages: what isPortName accepts. */
export const portNameRule = 'at most 15 of a-z, 0-9 and single "-" inside, at least one letter';

/** The union, sorted; ranges that touch become one. */
export function mergePorts(ranges: readonly PortRange[]): PortRange[] {
  const merged: PortRange[] = [];
  for (const next of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || next.from > last.to + 1) merged.push(next);
    else if (next.to > last.to) merged[merged.length - 1] = { from: last.from, to: next.to };
  }
  return merged;
}

function range(from: number, to: number): ParsedPort {
  if (![from, to].every((port) => Number.isInteger(port) && port >= 1 && port <= 65535)) return bad("expected ports from 1 to 65535");
  if (from > to) return bad("expected the lower port first", `write "${to}:${from}"`);
  return { kind: "range", range: { from, to } };
}

function bad(problem: string, hint?: string): ParsedPort {
  return { kind: "bad", problem, ...(hint === undefined ? {} : { hint }) };
}
