// GlobalNetworkPolicy (semantics 1.2): its list, its types (R21) and its effective selector (S10, S11). The checks between fields are R20.
// The fields that other kinds of policy have as well are exported for them.

import type { Selector } from "../selector/ast.ts";
import { all, conjunction, has } from "../selector/build.ts";
import { namespaceLabel, namespacePrefix, prefixLabels, replaceCondition, serviceAccountLabel, serviceAccountPrefix } from "../selector/rewrite.ts";
import type { Cursor } from "./cursor.ts";
import type { Check, Decoder } from "./decoder.ts";
import { boolean, check, list, number, object, oneOf, optional, refine, required, withDefault, withoutEffect } from "./decoder.ts";
import { policyName, tierName } from "./names.ts";
import { noneReserved, resource } from "./resource.ts";
import { ruleLists } from "./rule.ts";
import { localSelector } from "./scalars.ts";
import type { Direction, Policy, Resource, Rule } from "./types.ts";

type Spec = Pick<Policy, "tier" | "order" | "selector" | "hasSelector" | "types" | "list" | "applyOnForward" | "ingress" | "egress">;

/** The fields that every kind of Calico's policies has. */
export interface CommonFields {
  readonly tier: string;
  readonly order: number;
  readonly selector: Selector | undefined;
  readonly serviceAccountSelector: Selector | undefined;
  readonly types: readonly ("Ingress" | "Egress")[];
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
  /** Hints to Calico's own dataplanes; they never change what is enforced. */
  readonly performanceHints: readonly string[];
}

/** Those of kinds that belong to no namespace. */
export interface GlobalFields extends CommonFields {
  readonly namespaceSelector: Selector | undefined;
  readonly doNotTrack: boolean;
  readonly preDNAT: boolean;
  readonly applyOnForward: boolean;
}

export const commonFields = {
  tier: withDefault(tierName, "default"),
  order: withDefault(number, Number.POSITIVE_INFINITY),
  selector: optional(localSelector),
  serviceAccountSelector: optional(localSelector),
  types: withDefault(setOf(["Ingress", "Egress"]), []),
  performanceHints: withoutEffect(withDefault(setOf(["AssumeNeededOnEveryNode"]), [])),
} as const;

export const globalFields = {
  ...commonFields,
  namespaceSelector: optional(localSelector),
  doNotTrack: withDefault(boolean, false),
  preDNAT: withDefault(boolean, false),
  applyOnForward: withDefault(boolean, false),
} as const;

/** R20 a to d. */
export const globalChecks: readonly Check<GlobalFields>[] = [
  check(["preDNAT", "doNotTrack"], checkOneList),
  check(["preDNAT", "egress"], checkPreDnatRules),
  check(["preDNAT", "types"], checkPreDnatTypes),
  check(["preDNAT", "doNotTrack", "applyOnForward"], checkApplyOnForward),
];

const spec: Decoder<Spec> = refine(object<GlobalFields>({ ...globalFields, ...ruleLists.judging }, globalChecks), (given) => ({
  tier: given.tier,
  order: given.order,
  selector: effectiveSelector(given),
  hasSelector: [given.selector, given.namespaceSelector, given.serviceAccountSelector].some((selector) => selector !== undefined),
  types: effectiveTypes(given),
  list: given.preDNAT ? "preDNAT" : given.doNotTrack ? "untracked" : "normal",
  applyOnForward: given.applyOnForward,
  ingress: given.ingress,
  egress: given.egress,
}));

export function setOf<const W extends string>(words: readonly W[]): Decoder<readonly W[]> {
  return list(oneOf(words), { unique: { by: (word) => word, severity: "error", hint: "write it once" } });
}

/** The same three lists for all policies. */
const onlyIngress: readonly Direction[] = ["ingress"];
const onlyEgress: readonly Direction[] = ["egress"];
const bothDirections: readonly Direction[] = ["ingress", "egress"];

/** Absent types follow from the rules (R21): this is where raw manifests would otherwise mean something else than what Calico's clients store. */
export function effectiveTypes({ types, ingress, egress }: Pick<CommonFields, "types"> & Record<Direction, readonly unknown[]>): readonly Direction[] {
  const isSaid = types.length > 0;
  const judgesOut = isSaid ? types.includes("Egress") : egress.length > 0;
  const judgesIn = isSaid ? types.includes("Ingress") : ingress.length > 0;
  if (!judgesOut) return onlyIngress;
  return judgesIn ? bothDirections : onlyEgress;
}

/** S10: either of the two other selectors asks for pods. Calico says so in its documents; the has() makes it true for `!has(x)` as well. */
export function effectiveSelector({
  selector = all,
  namespaceSelector,
  serviceAccountSelector,
}: Pick<CommonFields, "selector" | "serviceAccountSelector"> & Partial<Pick<GlobalFields, "namespaceSelector">>): Selector {
  let effective = selector;
  if (namespaceSelector !== undefined) effective = narrowed(effective, prefixLabels(namespaceSelector, namespacePrefix), namespaceLabel);
  if (serviceAccountSelector !== undefined) effective = narrowed(effective, prefixLabels(serviceAccountSelector, serviceAccountPrefix), serviceAccountLabel);
  return effective;
}

function narrowed(selector: Selector, other: Selector, label: string): Selector {
  return conjunction([has(label), replaceCondition(conjunction([selector, other]), "all", has(label))]);
}

function checkOneList({ preDNAT, doNotTrack }: Pick<GlobalFields, "preDNAT" | "doNotTrack">, at: Cursor): void {
  if (preDNAT && doNotTrack)
    at.report({ code: "field-conflict", path: ["preDNAT"], message: "preDNAT and doNotTrack can not both be true", hint: "write two policies" });
}

function checkPreDnatRules({ preDNAT, egress }: Pick<GlobalFields, "preDNAT" | "egress">, at: Cursor): void {
  if (!preDNAT || egress.length === 0) return;
  const message = "a preDNAT policy has no egress rules: it judges packets as they arrive, before any DNAT";
  at.report({ code: "field-conflict", path: ["egress"], message, hint: "move the egress rules to a policy without preDNAT" });
}

function checkPreDnatTypes({ preDNAT, types }: Pick<GlobalFields, "preDNAT" | "types">, at: Cursor): void {
  const index = types.indexOf("Egress");
  if (preDNAT && index !== -1)
    at.report({ code: "field-conflict", path: ["types", index], message: "a preDNAT policy has no type Egress", hint: 'write types: ["Ingress"]' });
}

function checkApplyOnForward({ preDNAT, doNotTrack, applyOnForward }: Pick<GlobalFields, "preDNAT" | "doNotTrack" | "applyOnForward">, at: Cursor): void {
  if (applyOnForward || !(preDNAT || doNotTrack)) return;
  const field = preDNAT ? "preDNAT" : "doNotTrack";
  const message = `${field} needs applyOnForward: true, because it judges packets before their route is known`;
  at.report({ code: "field-conflict", path: [field], message, hint: "add applyOnForward: true" });
}

export const policy: Decoder<Resource> = resource<Spec, Policy>({
  name: policyName,
  scope: "cluster",
  reserved: noneReserved,
  spec: required(spec, "without one the policy would apply to every endpoint and deny everything"),
  make: (metadata, fields, place) => ({ kind: "GlobalNetworkPolicy", metadata, place, ...fields }),
});
