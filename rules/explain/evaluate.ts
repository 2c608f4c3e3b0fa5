// The policy semantics by definition: Resolved and a packet in, verdict, deciding rule and the whole path out. Written from
// semantics 3.4, 3.6, 3.7 and 4.2, and on purpose ignorant of how the compiler lays its chains out: it is what they are judged by.

import type { Direction } from "../model/types.ts";
import { prefixContains } from "../net/prefix.ts";
import { isWorkloadInterface } from "../resolve/interfaces.ts";
import {
  conntrackEstablished,
  conntrackInvalid,
  defaultDeny,
  essentials,
  failsafe,
  hostToWorkload,
  loopback,
  workloadNeighbours,
  workloadToHost,
} from "../resolve/origins.ts";
import type { Resolved, ResolvedEndpoint } from "../resolve/types.ts";
import { judgeProfile, judgeTier } from "./judgeList.ts";
import { allow, deny, goOn, inTurn, type Outcome } from "./outcome.ts";
import type { Judgement, Packet } from "./types.ts";

const ICMPV6 = 58;

/** What hostward does with the packet; other tables may still drop what it allows (section 0, row 25). */
export function evaluate(resolved: Resolved, packet: Packet): Judgement {
  const outcome = travel(resolved, packet);
  if (outcome.effect === "allow" || outcome.effect === "deny") return { verdict: outcome.effect, decidedBy: outcome.by, path: [outcome.step] };
  return { verdict: "allow", decidedBy: undefined, path: [outcome.step] };
}

function travel(resolved: Resolved, packet: Packet): Outcome {
  if (packet.in !== undefined && packet.out !== undefined) return goOn("forwarded: no enforced list judges it");
  if (packet.in !== undefined) return enterHost(resolved, afterNat(packet), packet.in);
  if (packet.out !== undefined) return leaveHost(resolved, afterNat(packet), packet.out);
  return goOn("neither received nor sent through an interface");
}

/** NAT comes before every hook that normal policy uses; egress of DNATed traffic is judged where its interface is final (P50-P52). */
function afterNat(packet: Packet): Packet {
  if (packet.dnat === undefined) return packet;
  return { ...packet, destination: packet.dnat.address, destinationPort: packet.dnat.port ?? packet.destinationPort };
}

/** Semantics 3.4. */
function enterHost(resolved: Resolved, packet: Packet, link: string): Outcome {
  return inTurn(`local in through ${link}`, [
    () => acceptEstablished(packet),
    () => (isWorkloadInterface(link, resolved.settings) ? fromWorkload(resolved, packet, link) : goOn("not a workload interface")),
    () => byGovernor(resolved, packet, { link, direction: "ingress" }),
  ]);
}

/** Semantics 3.6. Workloads first: what leaves to one is always allowed, be it invalid, denied or DNATed (section 0, row 7). */
function leaveHost(resolved: Resolved, packet: Packet, link: string): Outcome {
  return inTurn(`local out through ${link}`, [
    () => acceptEstablished(packet),
    () => (isWorkloadInterface(link, resolved.settings) ? allow(hostToWorkload, "host to local workload is always allowed") : goOn("not a workload interface")),
    () => byGovernor(resolved, packet, { link, direction: "egress" }),
  ]);
}

/** Also on interfaces that nothing governs and from workloads, whose replies to the host it lets in. */
function acceptEstablished({ state }: Packet): Outcome {
  if (state === "established" || state === "related") return allow(conntrackEstablished, `conntrack state is ${state}`);
  return goOn(`conntrack state is ${state}`);
}

/** Semantics 3.7: endpoints' policy has no say here (P55). */
function fromWorkload({ settings }: Resolved, packet: Packet, link: string): Outcome {
  const neighbours = [130, 131, 132, 133, 135, 136];
  const type = icmpv6Type(packet);
  if (type !== undefined && neighbours.includes(type)) return allow(workloadNeighbours, `ICMPv6 type ${type} of a workload`);
  const action = settings.endpointToHostAction;
  const text = `${link} is a workload interface and endpointToHostAction is ${action}`;
  return action === "Drop" ? deny(workloadToHost, text) : allow(workloadToHost, text);
}

interface Passage {
  readonly link: string;
  readonly direction: Direction;
}

/** H12: an interface with an endpoint of its own is governed by that alone, any other by the wildcard. */
function byGovernor(resolved: Resolved, packet: Packet, passage: Passage): Outcome {
  const { link } = passage;
  const named = resolved.endpoints.find(({ governs }) => governs.kind === "interfaces" && governs.names.includes(link));
  const governor = named ?? resolved.endpoints.find(({ governs }) => governs.kind === "wildcard");
  if (governor === undefined) return goOn(`nothing governs ${link}`);
  if (named === undefined && link === "lo" && !resolved.settings.policeLoopback) return allow(loopback, "loopback is exempt from the wildcard");
  return normalChain(governor, resolved, packet, passage);
}

/** Semantics 3.0, the normal chain, in the order of P1. */
function normalChain(governor: ResolvedEndpoint, resolved: Resolved, packet: Packet, { link, direction }: Passage): Outcome {
  const judged = { packet, direction, sets: resolved.sets };
  return inTurn(`${link} is governed by HostEndpoint ${governor.endpoint.metadata.name}: normal policy, ${direction}`, [
    () => (packet.state === "invalid" ? deny(conntrackInvalid, "conntrack state is invalid") : goOn("conntrack state is valid")),
    () => judgeEssentials(resolved, packet),
    () => judgeFailsafes(resolved, packet, direction),
    ...governor.lists.normal[direction].map((tier) => () => judgeTier(tier, judged)),
    ...governor.profiles.map((profile) => () => judgeProfile(profile, judged)),
    () => deny(defaultDeny(direction), "no policy or profile allowed it"),
  ]);
}

/** Section 0, row 4: MLD with any hop limit, neighbour discovery only from the link itself (RFC 4861, section 11.2). */
function judgeEssentials({ settings }: Resolved, packet: Packet): Outcome {
  const type = icmpv6Type(packet) ?? 0;
  const listener = (type >= 130 && type <= 132) || type === 143;
  const neighbour = type >= 133 && type <= 136 && packet.hopLimit === 255;
  if (settings.allowEssentials && (listener || neighbour)) return allow(essentials, `ICMPv6 type ${type}`);
  return goOn("not an essential of IPv6");
}

function icmpv6Type({ source, protocol, icmp }: Packet): number | undefined {
  return source.family === 6 && protocol === ICMPV6 ? icmp?.type : undefined;
}

/** R50: the peer is who a failsafe's net is about, the source of what arrives and the destination of what leaves. */
function judgeFailsafes({ settings }: Resolved, packet: Packet, direction: Direction): Outcome {
  const list = direction === "ingress" ? settings.failsafeInbound : settings.failsafeOutbound;
  const peer = direction === "ingress" ? packet.source : packet.destination;
  const { protocol, destinationPort } = packet;
  const open = list.some(
    (entry) => entry.protocol === protocol && entry.port === destinationPort && (entry.net === undefined || prefixContains(entry.net, peer)),
  );
  return open ? allow(failsafe(direction), `port ${destinationPort} is a failsafe`) : goOn("not a failsafe port");
}
