// Which kinds there are: those that hostward decodes, and Calico's others, with what becomes of them.

import type { Decoder } from "./decoder.ts";
import { hostEndpoint } from "./hostEndpoint.ts";
import { networkSet } from "./networkSet.ts";
import { policy } from "./policy.ts";
import { profile } from "./profile.ts";
import { tier } from "./tier.ts";
import type { Resource } from "./types.ts";

/** Both read alike. */
export const apiVersions: readonly string[] = ["projectcalico.org/v3", "crd.projectcalico.org/v1"];

export const decoders: ReadonlyMap<string, Decoder<Resource>> = new Map<Resource["kind"], Decoder<Resource>>([
  ["GlobalNetworkPolicy", policy],
  ["GlobalNetworkSet", networkSet],
  ["HostEndpoint", hostEndpoint],
  ["Profile", profile],
  ["Tier", tier],
]);

/** Kinds whose names mean this and nothing else in any API group: under another group it is a slip, not another project's kind. */
export const unmistakable: ReadonlySet<string> = new Set(["HostEndpoint", "GlobalNetworkPolicy", "GlobalNetworkSet"]);

/** Calico's kinds that would matter to hosts and are not enforced: why, and what to do instead. */
export const unenforcedKinds: ReadonlyMap<string, { readonly why: string; readonly hint: string }> = new Map([
  ["StagedGlobalNetworkPolicy", { why: "a staged policy is a draft and is never enforced", hint: "make it a GlobalNetworkPolicy to enforce it" }],
  ["NetworkSet", { why: "sets that belong to a namespace are not read, so rules do not see their networks", hint: "make it a GlobalNetworkSet" }],
  ["FelixConfiguration", { why: "hostward has a configuration of its own", hint: "set the same names in hostward's configuration file" }],
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
  "NetworkPolicy",
  "Node",
  "StagedKubernetesNetworkPolicy",
  "StagedNetworkPolicy",
  "WorkloadEndpoint",
];
