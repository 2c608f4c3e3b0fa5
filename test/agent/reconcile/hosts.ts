// Resources and interfaces of a small host, for the tests of passes, as values: no manifests are read here.

import type { PassInput } from "../../../agent/reconcile/pass.ts";
import { createStore, type Store } from "../../../agent/store/store.ts";
import { anyone } from "../../../rules/model/entity.ts";
import type { HostEndpoint, Policy, Resource, Rule } from "../../../rules/model/types.ts";
import { defaultPolicySettings } from "../../../rules/resolve/settings.ts";
import type { Interface } from "../../../rules/resolve/types.ts";

export const eth0: Interface = { name: "eth0", addresses: [{ family: 4, value: 0x0a000001n }], up: true };

function metadata(name: string) {
  return { name, namespace: "", labels: {}, annotations: {} };
}

export function endpoint(name: string, interfaceName = "eth0", node = "host1"): HostEndpoint {
  const target = { kind: "name", interfaceName } as const;
  return {
    kind: "HostEndpoint",
    metadata: metadata(name),
    place: { source: "endpoint.yaml", line: 1 },
    node,
    target,
    expectedIPs: [],
    profiles: [],
    ports: [],
  };
}

function allowTcp(port: number, index: number): Rule {
  const place = { source: "policy.yaml", line: 10 + index };
  const destination = { ...anyone, ports: { ranges: [{ from: port, to: port }], names: [] } };
  const unrestricted = { family: undefined, notProtocol: undefined, icmp: undefined, notIcmp: undefined, annotations: {} };
  return { action: "Allow", protocol: 6, ...unrestricted, source: anyone, destination, place };
}

/** Ingress to these TCP ports, for every endpoint. */
export function policy(name: string, ...ports: readonly number[]): Policy {
  return {
    kind: "GlobalNetworkPolicy",
    metadata: metadata(name),
    place: { source: "policy.yaml", line: 1 },
    tier: "default",
    order: 1,
    selector: { kind: "all" },
    hasSelector: true,
    types: ["ingress"],
    list: "normal",
    applyOnForward: false,
    ingress: ports.map(allowTcp),
    egress: [],
  };
}

export function storeOf(...resources: readonly Resource[]): Store {
  const store = createStore();
  store.update({ source: { resources, problems: [] }, interfaces: [eth0] });
  return store;
}

export function inputOf(store: Store): PassInput {
  return { node: "host1", snapshot: store.snapshot(), settings: defaultPolicySettings };
}
