// The kinds of Calico's policies that judge no packet of a host (semantics 1.3, 1.4): read like a GlobalNetworkPolicy, so that a slip is told
// before it matters, and kept as they are written. What an http match or a service means is left to Calico.

import type { Selector } from "../selector/ast.ts";
import { all, conjunction, equal } from "../selector/build.ts";
import { namespaceLabel } from "../selector/rewrite.ts";
import type { Cursor } from "./cursor.ts";
import type { Check, Decoder } from "./decoder.ts";
import { check, object, oneOf, refine, withDefault } from "./decoder.ts";
import { namespacedPolicyName, policyName } from "./names.ts";
import { type CommonFields, commonFields, effectiveSelector, effectiveTypes, type GlobalFields, globalChecks, globalFields } from "./policy.ts";
import { noneReserved, resource, type Scope } from "./resource.ts";
import { ruleLists } from "./rule.ts";
import type { PassivePolicy, PassivePolicyKind, Resource } from "./types.ts";

export type PassiveSpec = Pick<PassivePolicy, "tier" | "order" | "selector" | "types" | "spec">;

export interface Staged {
  readonly stagedAction: "Set" | "Delete" | "Learn" | "Ignore";
}

export const staged = { stagedAction: withDefault(oneOf(["Set", "Delete", "Learn", "Ignore"]), "Set") } as const;

/** What is to be deleted is told by its name and tier alone. */
const deletesOnly: Check<Staged & CommonFields> = check(
  ["stagedAction", "selector", "serviceAccountSelector", "order", "types", "ingress", "egress"],
  ({ stagedAction, selector, serviceAccountSelector, order, types, ingress, egress }, at: Cursor) => {
    const isBare = [selector, serviceAccountSelector].every((given) => given === undefined) && order === Number.POSITIVE_INFINITY;
    if (stagedAction !== "Delete" || (isBare && [types, ingress, egress].every(({ length }) => length === 0))) return;
    const message = "a policy that stages a deletion has no other field than its tier";
    at.report({ code: "field-conflict", path: ["stagedAction"], message, hint: "remove the other fields" });
  },
);

const everywhere = object<Staged & GlobalFields>({ ...staged, ...globalFields, ...ruleLists.passive }, [...globalChecks, deletesOnly]);
const inNamespace = object<CommonFields>({ ...commonFields, ...ruleLists.passive });
const stagedInNamespace = object<Staged & CommonFields>({ ...staged, ...commonFields, ...ruleLists.passive }, [deletesOnly]);

function passive(kind: PassivePolicyKind, scope: Scope, fields: Decoder<CommonFields & Partial<GlobalFields>>): Decoder<Resource> {
  const spec: Decoder<PassiveSpec> = refine(fields, (given, _at, written) => ({
    tier: given.tier,
    order: given.order,
    selector: effectiveSelector(given),
    types: effectiveTypes(given),
    spec: written as PassiveSpec["spec"],
  }));
  return passivePolicy(kind, { scope, name: scope === "cluster" ? policyName : namespacedPolicyName, spec });
}

/** Of any of these kinds; the selector of one that belongs to a namespace selects there only. */
export function passivePolicy(kind: PassivePolicyKind, { scope, name, spec }: { scope: Scope; name: Decoder<string>; spec: Decoder<PassiveSpec> }) {
  const nothing: PassiveSpec = { tier: "default", order: Number.POSITIVE_INFINITY, selector: all, types: ["ingress"], spec: {} };
  return resource<PassiveSpec, PassivePolicy>({
    name,
    scope,
    reserved: noneReserved,
    spec: withDefault(spec, nothing),
    make: (metadata, fields, place) => {
      return { kind, metadata, place, ...fields, selector: scope === "cluster" ? fields.selector : within(metadata.namespace, fields.selector) };
    },
  });
}

function within(namespace: string, selector: Selector): Selector {
  const inNamespace = equal(namespaceLabel, namespace);
  return selector.kind === "all" ? inNamespace : conjunction([inNamespace, selector]);
}

export const stagedGlobalNetworkPolicy = passive("StagedGlobalNetworkPolicy", "cluster", everywhere);
export const networkPolicy = passive("NetworkPolicy", "namespace", inNamespace);
export const stagedNetworkPolicy = passive("StagedNetworkPolicy", "namespace", stagedInNamespace);
