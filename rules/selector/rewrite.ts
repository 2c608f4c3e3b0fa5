// Changes to selector trees that give namespaceSelector and serviceAccountSelector their meaning (semantics S10, S30, M41): the labels of
// namespaces and of service accounts are known to endpoints under a prefix, and all() and global() speak of namespaces there.

import type { Selector } from "./ast.ts";
import { conjunction, disjunction, has, negation } from "./build.ts";

export const namespaceLabel = "projectcalico.org/namespace";
export const serviceAccountLabel = "projectcalico.org/serviceaccount";
export const namespacePrefix = "pcns.";
export const serviceAccountPrefix = "pcsa.";

/** The namespaceSelector of a rule's side: all() is "in any namespace", global() "in none" (S30). */
export function ofNamespaces(selector: Selector): Selector {
  const inNamespace = has(namespaceLabel);
  return replaceCondition(replaceCondition(prefixLabels(selector, namespacePrefix), "all", inNamespace), "global", negation(inNamespace));
}

/** The selector of service accounts, on a rule's side (M41). */
export function ofServiceAccounts(selector: Selector): Selector {
  return prefixLabels(selector, serviceAccountPrefix);
}

/** Every condition on a label `x` becomes one on `prefix` + `x`. */
export function prefixLabels(selector: Selector, prefix: string): Selector {
  return rewrite(selector, (condition) => ("label" in condition ? { ...condition, label: prefix + condition.label } : condition));
}

/** Every all() or global() becomes the replacement. */
export function replaceCondition(selector: Selector, kind: "all" | "global", replacement: Selector): Selector {
  return rewrite(selector, (condition) => (condition.kind === kind ? replacement : condition));
}

/** Whether the condition occurs anywhere in the selector. */
export function mentions(selector: Selector, kind: "all" | "global"): boolean {
  switch (selector.kind) {
    case "and":
    case "or":
      return selector.operands.some((operand) => mentions(operand, kind));
    case "not":
      return mentions(selector.operand, kind);
    default:
      return selector.kind === kind;
  }
}

type Condition = Exclude<Selector, { kind: "and" | "or" | "not" }>;

function rewrite(selector: Selector, change: (condition: Condition) => Selector): Selector {
  switch (selector.kind) {
    case "and":
      return conjunction(selector.operands.map((operand) => rewrite(operand, change)));
    case "or":
      return disjunction(selector.operands.map((operand) => rewrite(operand, change)));
    case "not":
      return negation(rewrite(selector.operand, change));
    default:
      return change(selector);
  }
}
