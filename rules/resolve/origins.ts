// The origins of what hostward adds around the user's policy: one label for each built-in step, used by compile for the rules it
// makes and by evaluate for its judgements, so that the two can be compared. No rules and no policy are in here.

import type { Direction } from "../model/types.ts";
import type { Origin } from "../ruleset/types.ts";

/**
 * The order of the steps at local in and local out (semantics 3.4, 3.6, 3.7, section 0):
 * 1. established or related accepts, on every interface: replies of host -> workload flows need it too;
 * 2. in through a workload interface: workloadNeighbours accepts ICMPv6 130-133, 135, 136 (3.7), then workloadToHost does the
 *    endpointToHostAction; out through one: hostToWorkload accepts, DNATed or not, whatever governs (row 7);
 * 3. lo under the wildcard: loopback accepts, unless policeLoopback (row 3);
 * 4. the endpoint's chain: encapsulation accepts, conntrackInvalid drops, essentials and failsafe accept, tiers (tierEnd denies), profiles
 *    (missingProfile denies), defaultDeny.
 */
export const conntrackEstablished: Origin = { kind: "hostward", name: "conntrack", note: "established, related" };
export const conntrackInvalid: Origin = { kind: "hostward", name: "conntrack", note: "invalid" };
export const essentials: Origin = { kind: "hostward", name: "essentials", note: "neighbour discovery, MLD" };
export const loopback: Origin = { kind: "hostward", name: "loopback" };
export const workloadToHost: Origin = { kind: "hostward", name: "workload", note: "workload to host" };
export const hostToWorkload: Origin = { kind: "hostward", name: "workload", note: "host to workload" };
export const workloadNeighbours: Origin = { kind: "hostward", name: "workload", note: "neighbour discovery, MLD" };

/** The list of failsafe ports of one direction (R50). */
export function failsafe(direction: Direction): Origin {
  return { kind: "failsafe", name: direction === "ingress" ? "inbound" : "outbound", direction };
}

/** In an untracked chain what answers for the failsafe ports of the other direction (P13, P15). */
export function failsafeReplies(direction: Direction): Origin {
  return { kind: "failsafe", name: direction === "ingress" ? "outbound" : "inbound", direction, note: "replies" };
}

/** Outer packets of tunnels from and to known hosts, before anything else of an endpoint's normal chain (section 0 row 27, semantics 3.8). */
export function encapsulation(direction: Direction): Origin {
  return { kind: "hostward", name: "encapsulation", direction, note: "tunnels between hosts" };
}

/** The deny at the end of a tier that has a policy in this direction (E11). */
export function tierEnd(name: string, direction: Direction): Origin {
  return { kind: "Tier", name, direction, note: "end of tier" };
}

/** The deny that stands for a profile that does not exist (E17). */
export function missingProfile(name: string, direction: Direction): Origin {
  return { kind: "Profile", name, direction, note: "missing profile" };
}

/** The last rule of an endpoint's chain (E14, E15). */
export function defaultDeny(direction: Direction): Origin {
  return { kind: "hostward", name: "default-deny", direction, note: "end of profiles" };
}

/** One rule of a policy or profile; the index counts from 0 in the direction's list. */
export function ruleOrigin(kind: string, name: string, at: { readonly direction: Direction; readonly index: number }): Origin {
  return { kind, name, direction: at.direction, index: at.index };
}
