// What a rule is to the kernel, as one text: its lowered expressions and its comment. Equal texts are equal rules, whether hostward made them or a
// kernel listed them, so that a rule that stays is known by more than its comment, which anybody may write. What the rule has counted is no part of it.

import { originComment } from "./comment.ts";
import type { Expression } from "./expression.ts";
import { lowerRule } from "./lower.ts";
import type { Rule, Verdict } from "./types.ts";

/** A rule, or what a kernel has in the place of one and only the identity is known of. */
export type Identifiable = Rule | { readonly identity: string };

/** An expression that hostward has no word for, by the kernel's name: a stranger's. */
type Listed = Expression | { readonly kind: "unknown"; readonly name: string };

/** Stands between the words of an identity; neither names nor prefixes hold it, and the first word of an expression says how many follow. */
const separator = "\0";

const known = new WeakMap<Rule, string>();

const hexadecimal = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function ruleIdentity(rule: Rule): string {
  const held = known.get(rule);
  if (held !== undefined) return held;
  const identity = identityOf(lowerRule(rule), originComment(rule.origin));
  known.set(rule, identity);
  return identity;
}

/** Of a rule as the kernel lists it. One with an unknown expression has the identity of no rule of ours. */
export function identityOf(expressions: readonly Listed[], comment: string): string {
  let text = "";
  for (const expression of expressions) text += expressionText(expression) + separator;
  return `${text}comment${separator}${comment}`;
}

/** By reference first: rules of a chain that did not change are the same objects. */
export function sameRule(a: Identifiable, b: Identifiable): boolean {
  return a === b || identityText(a) === identityText(b);
}

export function identityText(rule: Identifiable): string {
  return "identity" in rule ? rule.identity : ruleIdentity(rule);
}

/** What the rule says of itself; of one that a stranger wrote, perhaps nothing. */
export function commentOf(rule: Identifiable): string {
  return "identity" in rule ? rule.identity.slice(rule.identity.lastIndexOf(separator) + 1) : originComment(rule.origin);
}

function expressionText(expression: Listed): string {
  switch (expression.kind) {
    case "meta":
    case "ct":
      return `${expression.kind}\0${expression.key}\0${expression.dreg}`;
    case "metaSet":
      return `metaSet\0${expression.key}\0${expression.sreg}`;
    case "payload":
      return `payload\0${expression.base}\0${expression.offset}\0${expression.length}\0${expression.dreg}`;
    case "cmp":
      return `cmp\0${expression.op}\0${expression.sreg}\0${hex(expression.data)}`;
    case "range":
      return `range\0${expression.op}\0${expression.sreg}\0${hex(expression.from)}\0${hex(expression.to)}`;
    case "bitwise":
      return `bitwise\0${expression.sreg}\0${expression.dreg}\0${expression.length}\0${hex(expression.mask)}\0${hex(expression.xor)}`;
    case "lookup":
      return `lookup\0${expression.set}\0${expression.sreg}\0${expression.invert}`;
    case "vmap":
      return `vmap\0${expression.map}\0${expression.sreg}`;
    case "immediate":
      return `immediate\0${expression.dreg}\0${hex(expression.data)}`;
    case "verdict":
      return verdictText(expression.verdict);
    default:
      return effectText(expression);
  }
}

type Loading = "meta" | "ct" | "metaSet" | "payload" | "cmp" | "range" | "bitwise" | "lookup" | "vmap" | "immediate" | "verdict";

function effectText(expression: Exclude<Listed, { readonly kind: Loading }>): string {
  switch (expression.kind) {
    case "counter":
    case "notrack":
      return expression.kind;
    case "limit":
      return `limit\0${expression.rate}\0${expression.unit}\0${expression.burst}\0${expression.type}\0${expression.invert}`;
    case "log":
      return `log\0${expression.prefix}\0${expression.level}`;
    case "reject":
      return `reject\0${expression.type}\0${expression.code}`;
    case "objref":
      return `objref\0${expression.objectType}\0${expression.name}`;
    case "fib":
      return `fib\0${expression.result}\0${expression.flags}\0${expression.dreg}`;
    case "unknown":
      return `unknown\0${expression.name}`;
  }
}

function verdictText(verdict: Verdict): string {
  return verdict.kind === "jump" || verdict.kind === "goto" ? `${verdict.kind}\0${verdict.chain}` : verdict.kind;
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexadecimal[byte];
  return text;
}
