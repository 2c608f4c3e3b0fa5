// What the kinds of `hostward get` may be called.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findKind, kinds } from "../../../agent/cli/kinds.ts";

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

test("no name stands for two kinds", () => {
  const names = kinds.flatMap((kind) => kind.names);
  assert.equal(new Set(names).size, names.length);
});
