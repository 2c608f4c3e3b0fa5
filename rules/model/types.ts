// The resources after decode: every string that means something is already that something. Defaults are applied
// (semantics 1.x, R21, R41), so no later floor asks what an absent field means.

import type { Networks } from "../net/networks.ts";
import type { Address, Family, PortRange, Prefix } from "../net/types.ts";
import type { Selector } from "../selector/ast.ts";
import type { Place } from "./problem.ts";

export type Labels = Readonly<Record<string, string>>;

export interface Metadata {
  readonly name: string;
  /** Empty for cluster-scoped kinds, never for the others. */
  readonly namespace: string;
  readonly labels: Labels;
  readonly annotations: Labels;
}

interface Base<K extends string> {
  readonly kind: K;
  readonly metadata: Metadata;
  readonly place: Place;
}

export interface HostEndpoint extends Base<"HostEndpoint"> {
  readonly node: string;
  readonly target: { readonly kind: "wildcard" } | { readonly kind: "name"; readonly interfaceName: string } | { readonly kind: "addresses" };
  readonly expectedIPs: readonly Address[];
  readonly profiles: readonly string[];
  readonly ports: readonly EndpointPort[];
}

export interface EndpointPort {
  readonly name: string;
  /** IANA number: 6, 17 or 132 (G27: always a number). */
  readonly protocol: number;
  readonly port: number;
}

export type Direction = "ingress" | "egress";
export interface Policy extends Base<"GlobalNetworkPolicy"> {
  readonly tier: string;
  /** +Infinity when absent. */
  readonly order: number;
  /** Effective selector (S10, S11): all() when empty; never matches a host endpoint when namespaceSelector or serviceAccountSelector is set. */
  readonly selector: Selector;
  /** False when none of the three selectors was written: it then applies to everything, which its author may not have meant (G9). */
  readonly hasSelector: boolean;
  /** Already derived by R21. */
  readonly types: readonly Direction[];
  readonly list: "normal" | "preDNAT" | "untracked";
  readonly applyOnForward: boolean;
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
}

/** Kubernetes' own NetworkPolicy is known as Calico knows it inside, since Calico has a kind of the same name. */
export type PassivePolicyKind =
  | "StagedGlobalNetworkPolicy"
  | "NetworkPolicy"
  | "StagedNetworkPolicy"
  | "KubernetesNetworkPolicy"
  | "StagedKubernetesNetworkPolicy";

/**
 * A policy that judges no packet of a host: staged ones are drafts (section 0, row 24), and one that belongs to a namespace selects in it only
 * (semantics 1.3), where no host endpoint is (row 16). Kept to be shown.
 */
export interface PassivePolicy extends Base<PassivePolicyKind> {
  readonly tier: string;
  /** +Infinity when absent; of Kubernetes' policies 1000 (E24). */
  readonly order: number;
  /** Effective: of a kind that belongs to a namespace, only in there. */
  readonly selector: Selector;
  readonly types: readonly Direction[];
  /** As written. */
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface Profile extends Base<"Profile"> {
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
  readonly labelsToApply: Labels;
}

export interface Tier extends Base<"Tier"> {
  readonly order: number;
  readonly defaultAction: "Deny" | "Pass";
}

interface NetworkSetOf<K extends string> extends Base<K> {
  /** Masked; a bare address is a /32 or /128 (R42). */
  readonly nets: Networks;
}

/** A NetworkSet belongs to a namespace and has its labels too (rules/resolve/labels.ts). */
export type NetworkSet = NetworkSetOf<"GlobalNetworkSet"> | NetworkSetOf<"NetworkSet">;

/** Some of the endpoints of a service: Kubernetes' EndpointSlice, as far as rules need it (M42). */
export interface EndpointSlice extends Base<"EndpointSlice"> {
  /** In the slice's namespace; undefined when the slice is of none. */
  readonly service: string | undefined;
  /** Ready or not. */
  readonly addresses: readonly Address[];
  /** Those with a number. */
  readonly ports: readonly { readonly protocol: number; readonly port: number }[];
}

export type Resource = HostEndpoint | Policy | PassivePolicy | Profile | Tier | NetworkSet | EndpointSlice;

export type Action = "Allow" | "Deny" | "Log" | "Pass";

export interface Rule {
  readonly action: Action;
  /** Given, or implied by the names ICMP and ICMPv6 (M2), or by numeric 1 and 58 with an icmp field (M33). Undefined: both. */
  readonly family: Family | undefined;
  readonly protocol: number | undefined;
  readonly notProtocol: number | undefined;
  readonly icmp: Icmp | undefined;
  readonly notIcmp: Icmp | undefined;
  readonly source: Entity;
  readonly destination: Entity;
  readonly annotations: Labels;
  readonly place: Place;
}

export interface Icmp {
  readonly type: number;
  readonly code: number | undefined;
}

/** One side of a rule. Undefined: not restricted. An empty list does not occur: decode makes it undefined. */
export interface Entity {
  readonly nets: readonly Prefix[] | undefined;
  readonly notNets: readonly Prefix[] | undefined;
  readonly ports: Ports | undefined;
  readonly notPorts: Ports | undefined;
  /** Effective positive selector over peers: selector AND namespaceSelector AND serviceAccounts (S30). */
  readonly selector: Selector | undefined;
  readonly notSelector: Selector | undefined;
  /** Its endpoints: of a source their addresses, of a destination also their ports (M42). Never together with nets or selectors. */
  readonly services: ServiceReference | undefined;
}

export interface ServiceReference {
  readonly namespace: string;
  readonly name: string;
}

export interface Ports {
  readonly ranges: readonly PortRange[];
  readonly names: readonly string[];
}
