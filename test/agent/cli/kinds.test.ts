// What the kinds of `hostward get` may be called.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findKind, kinds } from "../../../agent/cli/kinds.ts";
import { kinds as modelKinds } from "../../../rules/model/kinds.ts";

const aliases: readonly (readonly [given: string, kind: string | undefined])[] = [
  ["hostendpoint", "HostEndpoint"],
  ["hostendpoints", "HostEndpoint"],
  ["HostEndpoint", "HostEndpoint"],
  ["hep", "HostEndpoint"],
  ["HEPS", "HostEndpoint"],
  ["hostendpoint.projectcalico.org", "HostEndpoint"],
  ["hostendpoints.projectcalico.org", "HostEndpoint"],
  ["HostEndpoints.ProjectCalico.org", "HostEndpoint"],
  ["hostendpoint.p", "HostEndpoint"],
  ["hostendpoints.p", "HostEndpoint"],
  ["hostendpoints.project", "HostEndpoint"],
  ["hostendpoints.crd.projectcalico.org", "HostEndpoint"],
  ["hostendpoints.v3.projectcalico.org", "HostEndpoint"],
  ["gnp", "GlobalNetworkPolicy"],
  ["globalnetworkpolicies.p", "GlobalNetworkPolicy"],
  ["profiles", "Profile"],
  ["tier", "Tier"],
  ["gns", "GlobalNetworkSet"],
  ["GlobalNetworkSets", "GlobalNetworkSet"],
  ["netsets", "NetworkSet"],
  ["np", "NetworkPolicy"],
  ["networkpolicies", "NetworkPolicy"],
  ["networkpolicies.p", "NetworkPolicy"],
  ["networkpolicies.networking.k8s.io", "KubernetesNetworkPolicy"],
  ["networkpolicies.v1.networking.k8s.io", "KubernetesNetworkPolicy"],
  ["netpol", "KubernetesNetworkPolicy"],
  ["sgnp", "StagedGlobalNetworkPolicy"],
  ["stagednetworkpolicy", "StagedNetworkPolicy"],
  ["stagedkubernetesnetworkpolicies.projectcalico.org", "StagedKubernetesNetworkPolicy"],
  ["endpointslices", "EndpointSlice"],
  ["endpointslices.discovery.k8s.io", "EndpointSlice"],
  ["endpointslices.projectcalico.org", undefined],
  ["hostendpoint.", undefined],
  ["hostendpoint.x", undefined],
  ["hostendpoint.projectcalico.org.x", undefined],
  ["hostendpointz", undefined],
  ["pods", undefined],
  ["", undefined],
];

for (const [given, kind] of aliases) {
  test(`${JSON.stringify(given)} is ${kind ?? "no kind"}`, () => assert.equal(findKind(given)?.kind, kind));
}

test("every kind that hostward reads can be got", () => {
  assert.deepEqual(new Set(kinds.map(({ kind }) => kind)), new Set(modelKinds.map(({ kind }) => kind)));
});

test("no name stands for two kinds of a group", () => {
  const names = kinds.flatMap((kind) => kind.names.map((name) => `${name}.${kind.groups?.[0] ?? ""}`));
  assert.equal(new Set(names).size, names.length);
});
