// One endpoint's chain of one of the four lists: who governs the interface there, and what stands around the policies (the table of semantics 3.0,
// in the order of P1). When a packet meets which chain is evaluate.ts, the loop over tiers and rules judgeList.ts.

import type { Direction } from "../model/types.ts";
import { defaultDeny, loopback } from "../resolve/origins.ts";
import type { ListName, Resolved, ResolvedEndpoint } from "../resolve/types.ts";
import { judgeEncapsulation, judgeEssentials, judgeFailsafeReplies, judgeFailsafes, judgeInvalid } from "./builtinSteps.ts";
import { judgeProfile, judgeTier } from "./judgeList.ts";
import { accept, deny, goOn, inTurn, type Outcome, type Stage } from "./outcome.ts";
import type { Packet } from "./types.ts";

export interface Passage {
  readonly link: string;
  readonly direction: Direction;
}

export interface Arrival {
  readonly resolved: Resolved;
  /** As the hook sees it. */
  readonly packet: Packet;
  readonly passage: Passage;
}

/** Continue means that the packet goes on unjudged: nothing governs the interface in this list, or no rule of the list decided. */
export function judgeChain(list: ListName, arrival: Arrival): Outcome {
  const { resolved, passage } = arrival;
  const { link, direction } = passage;
  const governor = governorOf(resolved, list, link);
  if (governor === undefined) return goOn(list === "normal" || list === "forward" ? `nothing governs ${link}` : `no ${titles[list]} governs ${link}`);
  if (governor.governs.kind === "wildcard" && link === "lo" && !resolved.settings.policeLoopback) {
    return accept(loopback, "loopback is exempt from the wildcard");
  }
  const { name } = governor.endpoint.metadata;
  return inTurn(`${link} is governed by HostEndpoint ${name}: ${titles[list]}, ${direction}`, [
    ...builtinStages(list, arrival),
    ...policyStages(list, governor, arrival),
  ]);
}

const titles: Readonly<Record<ListName, string>> = {
  normal: "normal policy",
  forward: "forward policy",
  preDNAT: "pre-DNAT policy",
  untracked: "untracked policy",
};

/**
 * H12: an interface with an endpoint of its own is governed by that alone, any other by the wildcard. H13: for pre-DNAT policy only endpoints that
 * have some count, so an interface's own endpoint without any leaves it to the wildcard. H14: untracked policy is of named endpoints alone.
 */
function governorOf({ endpoints }: Resolved, list: ListName, link: string): ResolvedEndpoint | undefined {
  const early = list === "preDNAT" || list === "untracked";
  const eligible = endpoints.filter(({ lists }) => !early || lists[list].ingress.length > 0 || lists[list].egress.length > 0);
  const named = eligible.find(({ governs }) => governs.kind === "interfaces" && governs.names.includes(link));
  return named ?? (list === "untracked" ? undefined : eligible.find(({ governs }) => governs.kind === "wildcard"));
}

/**
 * What is judged before any policy. Essentials stand in every chain, both directions (section 0, row 4). In an untracked chain they are accepted
 * as they are, without notrack: conntrack leaves them alone anyway. In a forward chain the hop limit of 255 is only met by neighbour discovery that
 * is bridged (br_netfilter), not routed, and of that a bridge's hosts live; MLD that is routed is ignored by whoever gets it (RFC 2710, section 3).
 */
function builtinStages(list: ListName, { resolved, packet, passage }: Arrival): readonly Stage[] {
  const { settings } = resolved;
  const invalid: Stage = () => judgeInvalid(settings, packet);
  const essentials: Stage = () => judgeEssentials(settings, packet);
  const failsafes: Stage = () => judgeFailsafes(settings, packet, passage.direction);
  const tunnels: readonly Stage[] = resolved.tunnelPeers === undefined ? [] : [() => judgeEncapsulation(resolved, packet, passage.direction)];
  switch (list) {
    case "normal":
      return [...tunnels, invalid, essentials, failsafes];
    case "preDNAT":
      return [invalid, essentials, failsafes];
    case "forward":
      return [invalid, essentials];
    case "untracked":
      return [essentials, failsafes, () => judgeFailsafeReplies(settings, packet, passage.direction)];
  }
}

/** Profiles and the default deny are the normal list's alone (E19). */
function policyStages(list: ListName, { lists, profiles }: ResolvedEndpoint, { resolved, packet, passage }: Arrival): Stage[] {
  const { direction } = passage;
  const judged = { packet, direction, sets: resolved.sets };
  const stages: Stage[] = [];
  for (const tier of lists[list][direction]) stages.push(() => judgeTier(tier, judged));
  if (list !== "normal") return stages;
  for (const profile of profiles) stages.push(() => judgeProfile(profile, judged));
  stages.push(() => deny(defaultDeny(direction), "no policy or profile allowed it"));
  return stages;
}
