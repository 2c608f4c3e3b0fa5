// Kinds of Kubernetes' own: NetworkPolicy, alone or staged by Calico, is kept as the policy of pods that it is (semantics E24), and EndpointSlice
// says where a service is (M42). New versions of Kubernetes add fields, so others than those read are let pass.

import { parseAddress } from "../net/address.ts";
import type { Address } from "../net/types.ts";
import type { Selector } from "../selector/ast.ts";
import { conjunction, equal, has, negation, oneOf as valueIn } from "../selector/build.ts";
import type { Cursor } from "./cursor.ts";
import { invalid } from "./cursor.ts";
import type { Decoder } from "./decoder.ts";
import { list, oneOf, openObject, optional, refine, required, show, stringMap, text, unread, withDefault } from "./decoder.ts";
import { subdomainName } from "./names.ts";
import { type PassiveSpec, passivePolicy, type Staged, staged } from "./passivePolicy.ts";
import { setOf } from "./policy.ts";
import { envelope, metadata, noneReserved } from "./resource.ts";
import { portNumber, portProtocol } from "./scalars.ts";
import type { Direction, EndpointSlice, Metadata, Resource } from "./types.ts";

interface Expression {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
}

/** A LabelSelector as a selector of Calico's. An empty one is all(). */
const labelSelector: Decoder<Selector> = refine(
  openObject({
    matchLabels: withDefault(
      stringMap(text, () => undefined),
      {},
    ),
    matchExpressions: withDefault(
      list(
        openObject<Expression>({
          key: required(text, "write the key of a label"),
          operator: required(oneOf(["In", "NotIn", "Exists", "DoesNotExist"]), "write In, NotIn, Exists or DoesNotExist"),
          values: withDefault(list(text), []),
        }),
      ),
      [],
    ),
  }),
  ({ matchLabels, matchExpressions }) =>
    conjunction([...Object.entries(matchLabels).map(([key, value]) => equal(key, value)), ...matchExpressions.map(condition)]),
);

/** Unlike Calico's "not in", Kubernetes' NotIn also holds for a label that is absent, and so does this: S42. */
function condition({ key, operator, values }: Expression): Selector {
  switch (operator) {
    case "In":
    case "NotIn":
      return valueIn(key, values, operator === "NotIn");
    case "Exists":
      return has(key);
    case "DoesNotExist":
      return negation(has(key));
  }
}

interface PodPolicy {
  readonly podSelector: Selector;
  readonly policyTypes: readonly ("Ingress" | "Egress")[];
  readonly ingress: readonly undefined[];
  readonly egress: readonly undefined[];
}

/** Its rules speak of pods alone and are not looked into. */
const podRules = withDefault(list(unread.decoder), []);

const podPolicyFields = {
  podSelector: withDefault(labelSelector, conjunction([])),
  policyTypes: withDefault(setOf(["Ingress", "Egress"]), []),
  ingress: podRules,
  egress: podRules,
} as const;

/** Order of Kubernetes' policies in the tier "default" (E24). */
const orderOfPodPolicies = 1000;

function podPolicy(fields: Decoder<PodPolicy>): Decoder<PassiveSpec> {
  return refine(fields, (given, _at, written) => ({
    tier: "default",
    order: orderOfPodPolicies,
    selector: given.podSelector,
    types: typesOf(given),
    spec: written as PassiveSpec["spec"],
  }));
}

/** Kubernetes' default differs from Calico's: ingress in any case. */
function typesOf({ policyTypes, egress }: PodPolicy): readonly Direction[] {
  const given = (["ingress", "egress"] as const).filter((direction) => policyTypes.some((type) => type.toLowerCase() === direction));
  if (given.length > 0) return given;
  return egress.length === 0 ? ["ingress"] : ["ingress", "egress"];
}

const scope = "namespace";

export const kubernetesNetworkPolicy = passivePolicy("KubernetesNetworkPolicy", {
  scope,
  name: subdomainName,
  spec: podPolicy(openObject<PodPolicy>(podPolicyFields)),
});

export const stagedKubernetesNetworkPolicy = passivePolicy("StagedKubernetesNetworkPolicy", {
  scope,
  name: subdomainName,
  spec: podPolicy(openObject<PodPolicy & Staged>({ ...podPolicyFields, ...staged })),
});

interface GivenSlice {
  readonly apiVersion: undefined;
  readonly kind: undefined;
  readonly metadata: Metadata;
  readonly addressType: "IPv4" | "IPv6" | "FQDN";
  readonly endpoints: readonly { readonly addresses: readonly string[] }[];
  readonly ports: readonly { readonly protocol: number; readonly port: number | undefined }[];
}

const TCP = 6;
const serviceLabel = "kubernetes.io/service-name";

const slice = openObject<GivenSlice>({
  ...envelope(metadata(subdomainName, scope, noneReserved)),
  addressType: required(oneOf(["IPv4", "IPv6", "FQDN"]), "write IPv4, IPv6 or FQDN"),
  endpoints: withDefault(list(openObject({ addresses: withDefault(list(text), []) })), []),
  ports: withDefault(list(openObject({ protocol: withDefault(portProtocol, TCP), port: optional(portNumber) })), []),
});

export const endpointSlice: Decoder<Resource> = refine(slice, (given, at): EndpointSlice | typeof invalid => {
  const before = at.errors;
  const addresses =
    given.addressType === "FQDN" ? [] : given.endpoints.flatMap((endpoint, index) => addressesOf(endpoint.addresses, ["endpoints", index, "addresses"], at));
  if (at.errors > before) return invalid;
  const ports = given.ports.flatMap(({ protocol, port }) => (port === undefined ? [] : [{ protocol, port }]));
  return { kind: "EndpointSlice", metadata: given.metadata, place: at.place(), service: given.metadata.labels[serviceLabel], addresses, ports };
});

function addressesOf(texts: readonly string[], path: readonly (string | number)[], at: Cursor): readonly Address[] {
  return texts.flatMap((written, index) => {
    const parsed = parseAddress(written);
    if (parsed === undefined) at.report({ code: "field-value", path: [...path, index], message: `expected an IPv4 or IPv6 address, got ${show(written)}` });
    return parsed ?? [];
  });
}
