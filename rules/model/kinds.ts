// Which kinds there are: those that hostward decodes, and Calico's others, with what becomes of them.

import type { Decoder } from "./decoder.ts";
import { hostEndpoint } from "./hostEndpoint.ts";
import { endpointSlice, kubernetesNetworkPolicy, stagedKubernetesNetworkPolicy } from "./kubernetes.ts";
import { globalNetworkSet, networkSet } from "./networkSet.ts";
import { networkPolicy, stagedGlobalNetworkPolicy, stagedNetworkPolicy } from "./passivePolicy.ts";
import { policy } from "./policy.ts";
import { profile } from "./profile.ts";
import type { Scope } from "./resource.ts";
import { tier } from "./tier.ts";
import type { Resource } from "./types.ts";

export interface Kind {
  /** As the manifest has it. */
  readonly written: string;
  /** As everything else here knows it; two kinds of the same name are told apart. */
  readonly kind: Resource["kind"];
  /** All read alike; the first is to be recommended. */
  readonly apiVersions: readonly string[];
  readonly scope: Scope;
  readonly decoder: Decoder<Resource>;
}

export const calicoVersions: readonly string[] = ["projectcalico.org/v3", "crd.projectcalico.org/v1"];

function ofCalico(kind: Resource["kind"], scope: Scope, decoder: Decoder<Resource>): Kind {
  return { written: kind, kind, apiVersions: calicoVersions, scope, decoder };
}

export const kinds: readonly Kind[] = [
  ofCalico("GlobalNetworkPolicy", "cluster", policy),
  ofCalico("GlobalNetworkSet", "cluster", globalNetworkSet),
  ofCalico("HostEndpoint", "cluster", hostEndpoint),
  ofCalico("NetworkPolicy", "namespace", networkPolicy),
  ofCalico("NetworkSet", "namespace", networkSet),
  ofCalico("Profile", "cluster", profile),
  ofCalico("StagedGlobalNetworkPolicy", "cluster", stagedGlobalNetworkPolicy),
  ofCalico("StagedKubernetesNetworkPolicy", "namespace", stagedKubernetesNetworkPolicy),
  ofCalico("StagedNetworkPolicy", "namespace", stagedNetworkPolicy),
  ofCalico("Tier", "cluster", tier),
  { written: "EndpointSlice", kind: "EndpointSlice", apiVersions: ["discovery.k8s.io/v1"], scope: "namespace", decoder: endpointSlice },
  { written: "NetworkPolicy", kind: "KubernetesNetworkPolicy", apiVersions: ["networking.k8s.io/v1"], scope: "namespace", decoder: kubernetesNetworkPolicy },
];

export function findKind(apiVersion: string, written: string): Kind | undefined {
  return kinds.find((kind) => kind.written === written && kind.apiVersions.includes(apiVersion));
}

/** Kinds whose names mean this and nothing else in any API group: under another group it is a slip, not another project's kind. */
export const unmistakable: ReadonlySet<string> = new Set([
  "HostEndpoint",
  "GlobalNetworkPolicy",
  "GlobalNetworkSet",
  "StagedGlobalNetworkPolicy",
  "StagedKubernetesNetworkPolicy",
  "StagedNetworkPolicy",
]);

/** Calico's kinds that would matter to hosts and are not enforced: why, and what to do instead. */
export const unenforcedKinds: ReadonlyMap<string, { readonly why: string; readonly hint: string }> = new Map([
  ["FelixConfiguration", { why: "settings are not manifests", hint: "give it to hostward as the settings file (--config), or set the same names there" }],
]);

/** Calico's kinds that say nothing about host endpoints. */
export const unrelatedKinds: readonly string[] = [
  "BGPConfiguration",
  "BGPFilter",
  "BGPPeer",
  "BlockAffinity",
  "CalicoNodeStatus",
  "ClusterInformation",
  "IPAMBlock",
  "IPAMConfig",
  "IPAMConfiguration",
  "IPAMHandle",
  "IPPool",
  "IPReservation",
  "KubeControllersConfiguration",
  "Node",
  "WorkloadEndpoint",
];
