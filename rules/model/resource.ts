// What all kinds have in common: apiVersion, kind, metadata, spec, status. Each kind adds its rule for names, its reserved labels and its spec.

import { namespaceLabel, namespacePrefix, serviceAccountLabel, serviceAccountPrefix } from "../selector/rewrite.ts";
import type { Cursor } from "./cursor.ts";
import { invalid } from "./cursor.ts";
import type { Decoder, Field } from "./decoder.ts";
import { object, optional, refine, required, text, unread, withDefault, withoutEffect } from "./decoder.ts";
import { annotationMap, labelMap, subdomainName } from "./names.ts";
import type { Place } from "./problem.ts";
import type { Metadata, Resource } from "./types.ts";

export interface ResourceRules<S, R extends Resource> {
  readonly name: Decoder<string>;
  readonly scope: Scope;
  /** Why a label key may not be used on this kind. */
  readonly reserved: (key: string) => string | undefined;
  readonly spec: Field<S>;
  readonly make: (metadata: Metadata, spec: S, place: Place) => R;
  /** A last look at the whole, for what neither metadata nor spec can tell alone. */
  readonly review?: (resource: R, at: Cursor) => void;
}

/** Whether resources of a kind belong to namespaces. */
export type Scope = "cluster" | "namespace";

export function resource<S, R extends Resource>({ name, scope, reserved, spec, make, review }: ResourceRules<S, R>): Decoder<Resource> {
  const fields = { ...envelope(metadata(name, scope, reserved)), spec, status: unread };
  return refine(object<{ apiVersion: undefined; kind: undefined; metadata: Metadata; spec: S; status: undefined }>(fields), (whole, at) => {
    const made = make(whole.metadata, whole.spec, at.place());
    const before = at.errors;
    review?.(made, at);
    return at.errors === before ? made : invalid;
  });
}

/** Labels that Calico derives from namespaces and service accounts: on another thing they would make it a target of pods' policies (G30). */
export function derivedLabel(key: string): string | undefined {
  const derived = key === namespaceLabel || key === serviceAccountLabel || key.startsWith(namespacePrefix) || key.startsWith(serviceAccountPrefix);
  return derived ? "Calico itself sets this label, on workloads only: here it would change what namespaced policies select" : undefined;
}

/** No label is reserved on policies, tiers and profiles: nothing selects them. */
export function noneReserved(): undefined {
  return undefined;
}

/** What decode.ts has looked at before it chose the decoder. */
const alreadyRead: Field<undefined> = optional(() => undefined);

/** What every object of the API has. */
export function envelope(decoder: Decoder<Metadata>) {
  return { apiVersion: alreadyRead, kind: alreadyRead, metadata: required(decoder, "every resource has a metadata.name") };
}

/** Where a resource is that belongs to a namespace and names none. */
export const defaultNamespace = "default";

export function metadata(name: Decoder<string>, scope: Scope, reserved: ResourceRules<never, never>["reserved"]): Decoder<Metadata> {
  const fields = {
    name: required(name, "give the resource a name"),
    namespace: scope === "namespace" ? optional(subdomainName) : withoutEffect(optional(text)),
    labels: withDefault(labelMap(reserved), {}),
    annotations: withoutEffect(withDefault(annotationMap, {})),
    ...writtenByServers,
  };
  return refine(object(fields), ({ name, namespace, labels, annotations }, at) => {
    if (scope === "namespace") return { name, namespace: namespace ?? defaultNamespace, labels, annotations };
    if (namespace !== undefined && namespace !== "") {
      const message = "the namespace is ignored: this kind belongs to none";
      at.report({ code: "namespace-ignored", severity: "warning", path: ["namespace"], message, hint: "remove the field" });
    }
    return { name, namespace: "", labels, annotations };
  });
}

/** Fields of Kubernetes' ObjectMeta that an exported object has and a manifest need not. */
const writtenByServers = {
  creationTimestamp: unread,
  deletionGracePeriodSeconds: unread,
  deletionTimestamp: unread,
  finalizers: unread,
  generateName: unread,
  generation: unread,
  managedFields: unread,
  ownerReferences: unread,
  resourceVersion: unread,
  selfLink: unread,
  uid: unread,
};
