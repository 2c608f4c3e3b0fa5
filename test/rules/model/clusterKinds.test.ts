// What a cluster's operator has besides host policy: it loads without a word, is kept to be shown, and never judges a host.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readManifest } from "../../../agent/sources/manifest.ts";
import type { PassivePolicy, Resource } from "../../../rules/model/types.ts";
import { formatAddress } from "../../../rules/net/address.ts";
import { prefixesOf } from "../../../rules/net/networks.ts";
import { formatPrefix } from "../../../rules/net/prefix.ts";
import { printSelector } from "../../../rules/selector/print.ts";
import { checkMessages, resource } from "./wrong.ts";

function read(manifest: string): readonly Resource[] {
  const { resources, problems, ignored } = readManifest(manifest, "f");
  assert.deepEqual([problems, ignored], [[], []]);
  return resources;
}

function one<K extends Resource["kind"]>(kind: K, manifest: string): Extract<Resource, { kind: K }> {
  const [only] = read(manifest);
  assert.equal(only?.kind, kind);
  return only as Extract<Resource, { kind: K }>;
}

function passive(manifest: string): Omit<PassivePolicy, "place" | "metadata" | "selector"> & { readonly selector: string; readonly namespace: string } {
  const [only] = read(manifest);
  assert(only !== undefined && "spec" in only);
  const { place: _, metadata, selector, ...rest } = only;
  return { ...rest, selector: printSelector(selector), namespace: metadata.namespace };
}

test("a NetworkPolicy selects in its namespace only, and everything in a rule is allowed there (semantics 1.3)", () => {
  const spec = {
    tier: "apps",
    order: 5,
    selector: "role == 'db'",
    egress: [{ action: "Allow", http: { methods: ["GET"] }, destination: { services: { name: "dns" } } }],
  };
  const manifest = `apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: apps.db, namespace: prod}\nspec: ${JSON.stringify(spec)}`;
  assert.deepEqual(passive(manifest), {
    kind: "NetworkPolicy",
    namespace: "prod",
    tier: "apps",
    order: 5,
    selector: 'projectcalico.org/namespace == "prod" && role == "db"',
    types: ["egress"],
    spec,
  });
});

test("a NetworkPolicy without a namespace is in the one called default", () => {
  assert.equal(passive(resource("NetworkPolicy", "order: 1")).namespace, "default");
});

test("a staged policy has its action in the spec, and its namespace where it has one (row 24)", () => {
  const global = passive(resource("StagedGlobalNetworkPolicy", "stagedAction: Learn\ndoNotTrack: true\napplyOnForward: true"));
  assert.deepEqual([global.namespace, global.selector, global.spec["stagedAction"]], ["", "all()", "Learn"]);
  const namespaced = passive(resource("StagedNetworkPolicy", "stagedAction: Delete\ntier: t"));
  assert.deepEqual([namespaced.namespace, namespaced.tier], ["default", "t"]);
});

test("Kubernetes' NetworkPolicy is known by another name than Calico's, at order 1000 (E24)", () => {
  const spec = {
    podSelector: {
      matchLabels: { role: "db" },
      matchExpressions: [
        { key: "a", operator: "In", values: ["x"] },
        { key: "b", operator: "DoesNotExist" },
      ],
    },
    egress: [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }],
  };
  const manifest = `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db}\nspec: ${JSON.stringify(spec)}`;
  assert.deepEqual(passive(manifest), {
    kind: "KubernetesNetworkPolicy",
    namespace: "default",
    tier: "default",
    order: 1000,
    selector: 'projectcalico.org/namespace == "default" && role == "db" && a in {"x"} && !has(b)',
    types: ["ingress", "egress"],
    spec,
  });
});

const podTypes: readonly (readonly [sentence: string, spec: string, types: readonly string[]])[] = [
  ["ingress by default", "{podSelector: {}}", ["ingress"]],
  ["what policyTypes says", "{podSelector: {}, policyTypes: [Egress]}", ["egress"]],
];

for (const [sentence, spec, types] of podTypes) {
  test(`a staged Kubernetes policy judges ${sentence}`, () => {
    const { kind, types: found } = passive(`apiVersion: projectcalico.org/v3\nkind: StagedKubernetesNetworkPolicy\nmetadata: {name: x}\nspec: ${spec}`);
    assert.deepEqual([kind, found], ["StagedKubernetesNetworkPolicy", types]);
  });
}

test("a NetworkSet belongs to a namespace, of either version (R42)", () => {
  for (const version of ["projectcalico.org/v3", "crd.projectcalico.org/v1"]) {
    const set = one("NetworkSet", `apiVersion: ${version}\nkind: NetworkSet\nmetadata: {name: x, namespace: prod}\nspec: {nets: [10.1.2.3/8, "::1"]}`);
    assert.deepEqual([set.metadata.namespace, prefixesOf(set.nets).map(formatPrefix)], ["prod", ["10.0.0.0/8", "::1/128"]]);
  }
});

const slice = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-abc, namespace: prod, labels: {kubernetes.io/service-name: web}, generateName: web-}
addressType: IPv4
endpoints:
- {addresses: [10.1.0.1], conditions: {ready: true, serving: true}, nodeName: n, targetRef: {kind: Pod}}
- {addresses: [10.1.0.2], conditions: {ready: false}, zone: z, hints: {forZones: []}, newField: 1}
ports:
- {name: http, port: 8080, protocol: TCP}
- {name: dns, port: 53, protocol: UDP, appProtocol: x}
- {name: any}
`;

test("an EndpointSlice has addresses, ready or not, and the ports that have a number (M42)", () => {
  const { service, addresses, ports, metadata } = one("EndpointSlice", slice);
  assert.deepEqual([metadata.namespace, service, addresses.map(formatAddress)], ["prod", "web", ["10.1.0.1", "10.1.0.2"]]);
  assert.deepEqual(ports, [
    { protocol: 6, port: 8080 },
    { protocol: 17, port: 53 },
  ]);
});

test("an EndpointSlice of names has no address, one without ports no port, one without the label no service", () => {
  const slice = one(
    "EndpointSlice",
    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: x}\naddressType: FQDN\nendpoints: [{addresses: [a.example]}]\nports: null",
  );
  assert.deepEqual([slice.addresses, slice.ports, slice.service], [[], [], undefined]);
});

test("lists of these kinds are their items", () => {
  const manifest = `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitems:\n- {metadata: {name: x}, spec: {podSelector: {}}}`;
  assert.deepEqual(
    read(manifest).map(({ kind }) => kind),
    ["KubernetesNetworkPolicy"],
  );
});

test("what Calico derives for its copies of Kubernetes' policies is a name", () => {
  for (const name of ["knp.default.a.b.c", "ossg.default.x", "tier.x"]) read(resource("NetworkPolicy", "order: 1", name));
});

checkMessages([
  [
    "a slip in a policy of pods, since it is one in the cluster too",
    resource("NetworkPolicy", "ingress:\n- action: Alow"),
    ['7:13: error field-value NetworkPolicy/default/x spec.ingress[0].action: expected Allow, Deny, Log or Pass, got "Alow"; did you mean Allow?'],
  ],
  [
    "a field of a GlobalNetworkPolicy in one of a namespace",
    resource("NetworkPolicy", "preDNAT: true"),
    [
      "6:3: error unknown-field NetworkPolicy/default/x spec.preDNAT: there is no such field; the fields here are tier, order, selector, serviceAccountSelector, types, performanceHints, ingress, egress",
    ],
  ],
  [
    "an unknown staged action",
    resource("StagedGlobalNetworkPolicy", "stagedAction: Remove"),
    ['6:17: error field-value StagedGlobalNetworkPolicy/x spec.stagedAction: expected Set, Delete, Learn or Ignore, got "Remove"'],
  ],
  [
    "a staged deletion that says more (semantics 1.4)",
    resource("StagedNetworkPolicy", "stagedAction: Delete\nselector: all()"),
    [
      "6:17: error field-conflict StagedNetworkPolicy/default/x spec.stagedAction: a policy that stages a deletion has no other field than its tier; remove the other fields",
    ],
  ],
  [
    "the combinations that a GlobalNetworkPolicy can not have (R20) in a staged one",
    resource("StagedGlobalNetworkPolicy", "preDNAT: true"),
    [
      "6:12: error field-conflict StagedGlobalNetworkPolicy/x spec.preDNAT: preDNAT needs applyOnForward: true, because it judges packets before their route is known; add applyOnForward: true",
    ],
  ],
  [
    "two dots in the name of a policy",
    resource("NetworkPolicy", "order: 1", "a.b.c"),
    [
      '4:9: error field-value NetworkPolicy/default/a.b.c metadata.name: expected a policy name (lower-case letters, digits and "-", beginning and ending with a letter or digit; at most one dot, or more after "knp.default."), got "a.b.c"',
    ],
  ],
  [
    "a namespace that can not be",
    "apiVersion: projectcalico.org/v3\nkind: NetworkSet\nmetadata: {name: x, namespace: A_b}\n",
    [
      '3:32: error field-value metadata.namespace: expected a DNS name (parts of lower-case letters, digits and "-", beginning and ending with a letter or digit, joined by dots), got "A_b"; write "a-b"',
    ],
  ],
  [
    "a label on a NetworkSet that its namespace gives it (R5)",
    "apiVersion: projectcalico.org/v3\nkind: NetworkSet\nmetadata:\n  name: x\n  labels: {projectcalico.org/namespace: a}\n",
    [
      '5:12: error label-reserved NetworkSet/default/x metadata.labels["projectcalico.org/namespace"]: Calico itself sets this label, on sets that belong to a namespace; remove this label',
    ],
  ],
  [
    "an address of a slice that is none",
    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: x}\naddressType: IPv4\nendpoints: [{addresses: [10.0.0.1, a.example]}]\n",
    ['5:36: error field-value EndpointSlice/default/x endpoints[0].addresses[1]: expected an IPv4 or IPv6 address, got "a.example"'],
  ],
  [
    "an older version of a kind of Kubernetes",
    "apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice\nmetadata: {name: x}\n",
    [
      '1:13: error api-version EndpointSlice/default/x apiVersion: expected discovery.k8s.io/v1 for the kind EndpointSlice, got "discovery.k8s.io/v1beta1"; write apiVersion: discovery.k8s.io/v1',
    ],
  ],
  [
    "a kind of Kubernetes under Calico's version",
    "apiVersion: projectcalico.org/v3\nkind: EndpointSlice\nmetadata: {name: x}\n",
    [
      '1:13: error api-version EndpointSlice/default/x apiVersion: expected discovery.k8s.io/v1 for the kind EndpointSlice, got "projectcalico.org/v3"; write apiVersion: discovery.k8s.io/v1',
    ],
  ],
  [
    "a policy without version, of which there are two",
    "kind: NetworkPolicy\nmetadata: {name: x}\n",
    ["1:1: error api-version NetworkPolicy/default/x: apiVersion is missing; write apiVersion: projectcalico.org/v3 or networking.k8s.io/v1"],
  ],
]);
