// What compile and evaluate read: which endpoint governs which interface, and for each its tiers, policies and profiles in order,
// with every selector turned into addresses. Nothing here is about nftables, and nothing is left to look up.

import type { Action, Direction, HostEndpoint, Icmp, Resource } from "../model/types.ts";
import type { Address, Failsafe, Family, PortRange, Prefix } from "../net/types.ts";
import type { NftSet, Origin } from "../ruleset/types.ts";

/** A link of the host as rtnetlink tells it; addresses as in the local routing table (H3). */
export interface Interface {
  readonly name: string;
  readonly addresses: readonly Address[];
  /** IFF_RUNNING (H5). */
  readonly up: boolean;
}

/** Settings that change what is compiled; names and defaults are FelixConfiguration's (semantics 1.8). */
export interface PolicySettings {
  readonly failsafeInbound: readonly Failsafe[];
  readonly failsafeOutbound: readonly Failsafe[];
  readonly endpointToHostAction: "Drop" | "Return" | "Accept";
  readonly interfacePrefix: readonly string[];
  readonly interfaceExclude: readonly InterfacePattern[];
  readonly denyAction: "Drop" | "Reject";
  readonly markMask: number;
  readonly logPrefix: string;
  readonly policeLoopback: boolean;
  readonly allowEssentials: boolean;
  /** Whether conntrack's INVALID packets are dropped (P73): the opposite of disableConntrackInvalidCheck. */
  readonly invalidCheck: boolean;
  /** Of each Log rule, after its match (M51). */
  readonly logRateLimit: LogRateLimit | undefined;
  readonly encapsulation: Encapsulation;
}

export interface LogRateLimit {
  readonly rate: number;
  readonly per: "second" | "minute" | "hour" | "day";
  /** At least 1. */
  readonly burst: number;
}

/** Tunnels between hosts whose outer packets pass from and to `Resolved.tunnelPeers`, whatever the policy (section 0, row 27). */
export interface Encapsulation {
  /** UDP destination ports; empty when off. */
  readonly vxlan: readonly number[];
  /** IP protocol 4, IPv4 only. */
  readonly ipip: boolean;
  /** UDP destination ports; empty when off. */
  readonly wireguard: readonly number[];
  /** Besides the expectedIPs of other nodes' HostEndpoints. */
  readonly peers: readonly Prefix[];
}

/** One entry of interfaceExclude: an exact name, or a regular expression's source. */
export type InterfacePattern = { readonly kind: "name"; readonly name: string } | { readonly kind: "regex"; readonly source: string };

/** Everything that resolve reads; the order of resources and interfaces does not matter. */
export interface ResolveInput {
  /** This host's name, compared bytewise with spec.node (H1). */
  readonly node: string;
  readonly resources: readonly Resource[];
  readonly interfaces: readonly Interface[];
  readonly settings: PolicySettings;
}

export interface Resolved {
  /** Local endpoints that govern something, sorted by name. At most one of them is the wildcard. */
  readonly endpoints: readonly ResolvedEndpoint[];
  /** Every local HostEndpoint, sorted by name, with what became of it (H18). */
  readonly statuses: readonly EndpointStatus[];
  /** The sets that rules refer to, by id. */
  readonly sets: ReadonlyMap<string, MemberSet>;
  /** Id of the set of addresses that tunnels may come from and go to; undefined while every encapsulation is off. */
  readonly tunnelPeers: string | undefined;
  readonly settings: PolicySettings;
}

export interface EndpointStatus {
  readonly name: string;
  readonly state: "up" | "down" | "error";
  /** The interfaces it governs now, sorted; of the wildcard those whose normal traffic it judges at this moment. */
  readonly interfaces: readonly string[];
  /** True for the winning "*" endpoint. */
  readonly wildcard: boolean;
  /** Interfaces it matches but another endpoint governs (H8, H10, H11): shadowed there. "*" for a losing wildcard. */
  readonly shadowed: readonly { readonly interface: string; readonly by: string }[];
  /** Why, when it is not up: "no interface named ethX". */
  readonly reason?: string;
}

export interface ResolvedEndpoint {
  readonly endpoint: HostEndpoint;
  readonly governs: { readonly kind: "wildcard" } | { readonly kind: "interfaces"; readonly names: readonly string[] };
  readonly lists: Lists;
  readonly profiles: readonly ResolvedProfile[];
}

/** The four lists of policy that judge a packet at different places (semantics 3.9, E2). */
export type ListName = "normal" | "forward" | "preDNAT" | "untracked";

/**
 * Per list and direction the tiers that have at least one policy there, in order (E3, E4). preDNAT has no egress, the wildcard
 * no untracked (H14), and in both the default action is Pass (E5). Endpoints that the same policies select share one object.
 */
export type Lists = Readonly<Record<ListName, Readonly<Record<Direction, readonly ResolvedTier[]>>>>;

export interface ResolvedTier {
  readonly name: string;
  readonly defaultAction: "Deny" | "Pass";
  readonly policies: readonly ResolvedRules[];
}

/** A profile that does not exist denies in both directions (E17): `missing` and no rules. */
export interface ResolvedProfile {
  readonly name: string;
  readonly missing: boolean;
  readonly ingress: ResolvedRules;
  readonly egress: ResolvedRules;
}

/** The rules of one policy or profile in one direction. The same object is shared by all endpoints that use it. */
export interface ResolvedRules {
  readonly kind: string;
  readonly name: string;
  readonly direction: Direction;
  readonly rules: readonly ResolvedRule[];
}

export interface ResolvedRule {
  readonly action: Action;
  readonly family: Family | undefined;
  readonly protocol: number | undefined;
  readonly notProtocol: number | undefined;
  readonly icmp: Icmp | undefined;
  readonly notIcmp: Icmp | undefined;
  readonly source: ResolvedEntity;
  readonly destination: ResolvedEntity;
  /** Log prefix already expanded and cut to 127 bytes. Only for Log. */
  readonly logPrefix: string | undefined;
  readonly origin: Origin;
}

/** All conditions are ANDed; undefined means not restricted. */
export interface ResolvedEntity {
  readonly nets: readonly Prefix[] | undefined;
  readonly notNets: readonly Prefix[] | undefined;
  /** Numeric ports; with `namedPorts` also present a packet needs one or the other (M24). */
  readonly ports: readonly PortRange[] | undefined;
  /** Id of the set of (address, protocol, port) of ports that the rule names, or of the services that are its destination. */
  readonly namedPorts: string | undefined;
  readonly notPorts: readonly PortRange[] | undefined;
  readonly notNamedPorts: string | undefined;
  /** Id of an address set the address must be in. */
  readonly set: string | undefined;
  /** Id of an address set the address must not be in. */
  readonly notSet: string | undefined;
}

/**
 * The addresses a selector stands for, or a service, or the tunnel peers; or the (address, protocol, port) that a named port or a service stands for. The id
 * tells the definition and not the members: the selector's canonical text, so that equal selectors are one set (S36), or a text that is no
 * selector's: "service namespace/name", "tunnel peers", "ports ...". A set of which no member changed is the same object as before.
 */
export interface MemberSet {
  readonly id: string;
  readonly members: Readonly<Record<Family, Members>>;
}

/**
 * hash: exact keys of `types`. interval: of an address set with a prefix among its members: the outermost prefixes (S34, S35) as disjoint ranges that
 * may touch, so that one prefix more is one key more.
 */
export type Members = Pick<NftSet, "types" | "flavour" | "keys">;
