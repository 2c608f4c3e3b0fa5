// What hostward itself says of a packet, whatever the policy: connection state, the essentials of IPv6, failsafe ports, tunnels between hosts,
// workloads to the host.
// Which of these stand in which chain, and in which order, is judgeChain.ts.

import type { Direction } from "../model/types.ts";
import { formatAddress } from "../net/address.ts";
import { prefixContains } from "../net/prefix.ts";
import type { Address, Failsafe } from "../net/types.ts";
import {
  conntrackEstablished,
  conntrackInvalid,
  encapsulation,
  essentials,
  failsafe,
  failsafeReplies,
  workloadNeighbours,
  workloadToHost,
} from "../resolve/origins.ts";
import type { PolicySettings, Resolved } from "../resolve/types.ts";
import { l4proto } from "../ruleset/fields.ts";
import { hasAddress } from "./membership.ts";
import { accept, deny, goOn, type Outcome } from "./outcome.ts";
import type { Packet } from "./types.ts";

/** Everywhere once conntrack has run: also on interfaces that nothing governs and from workloads, whose replies to the host it lets in (3.3, P46, P72). */
export function judgeEstablished({ state }: Packet): Outcome {
  if (state === "established" || state === "related") return accept(conntrackEstablished, `conntrack state is ${state}`);
  return goOn(`conntrack state is ${state}`);
}

/** P73: in endpoints' chains only, and before what a failsafe or a policy would allow; disableConntrackInvalidCheck leaves it to those. */
export function judgeInvalid({ invalidCheck }: PolicySettings, { state }: Packet): Outcome {
  if (state !== "invalid") return goOn("conntrack state is valid");
  return invalidCheck ? deny(conntrackInvalid, "conntrack state is invalid") : goOn("conntrack state is invalid, which is not checked");
}

/** Section 0, row 4: MLD with any hop limit, neighbour discovery only from the link itself (RFC 4861, section 11.2). */
export function judgeEssentials({ allowEssentials }: PolicySettings, packet: Packet): Outcome {
  const type = icmpv6Type(packet) ?? 0;
  const listener = (type >= 130 && type <= 132) || type === 143;
  const neighbour = type >= 133 && type <= 136 && packet.hopLimit === 255;
  if (allowEssentials && (listener || neighbour)) return accept(essentials, `ICMPv6 type ${type}`);
  return goOn("not an essential of IPv6");
}

function icmpv6Type({ source, protocol, icmp }: Packet): number | undefined {
  return source.family === 6 && protocol === l4proto.icmpv6 ? icmp?.type : undefined;
}

/** R50, P3: what comes to an inbound failsafe port, or leaves to an outbound one. */
export function judgeFailsafes(settings: PolicySettings, packet: Packet, direction: Direction): Outcome {
  const list = direction === "ingress" ? settings.failsafeInbound : settings.failsafeOutbound;
  const { protocol, destinationPort: port } = packet;
  if (!isOpen(list, { protocol, port, peer: peerOf(packet, direction) })) return goOn("not a failsafe port");
  return accept(failsafe(direction), `port ${port} is a failsafe`);
}

/** P13, P15: where no conntrack helps, what answers for the failsafes of the other direction is known by its source port. */
export function judgeFailsafeReplies(settings: PolicySettings, packet: Packet, direction: Direction): Outcome {
  const list = direction === "ingress" ? settings.failsafeOutbound : settings.failsafeInbound;
  const { protocol, sourcePort: port } = packet;
  if (!isOpen(list, { protocol, port, peer: peerOf(packet, direction) })) return goOn("not a reply of a failsafe port");
  return accept(failsafeReplies(direction), `port ${port} is a failsafe, which answers`);
}

/** Who a failsafe's net is about: the source of what arrives and the destination of what leaves. */
function peerOf({ source, destination }: Packet, direction: Direction): Address {
  return direction === "ingress" ? source : destination;
}

interface Contact {
  readonly protocol: number;
  readonly port: number | undefined;
  readonly peer: Address;
}

function isOpen(list: readonly Failsafe[], { protocol, port, peer }: Contact): boolean {
  return list.some((entry) => entry.protocol === protocol && entry.port === port && (entry.net === undefined || prefixContains(entry.net, peer)));
}

const IPIP = 4;

/** Semantics 3.8, the allow half, before anything else of the chain: the outer packet comes from a known peer, or goes to one (section 0, row 27). */
export function judgeEncapsulation({ settings, tunnelPeers, sets }: Resolved, packet: Packet, direction: Direction): Outcome {
  const kind = tunnelOf(settings, packet);
  if (kind === undefined) return goOn("no tunnel's packet");
  const peer = peerOf(packet, direction);
  if (tunnelPeers === undefined || !hasAddress(sets, tunnelPeers, peer)) return goOn(`${kind}, but ${formatAddress(peer)} is no known peer`);
  return accept(encapsulation(direction), `${kind}, and ${formatAddress(peer)} is a known peer`);
}

function tunnelOf({ encapsulation: tunnels }: PolicySettings, { protocol, source, destinationPort = 0 }: Packet): "ipip" | "vxlan" | "wireguard" | undefined {
  if (protocol === IPIP && source.family === 4 && tunnels.ipip) return "ipip";
  if (protocol !== l4proto.udp) return undefined;
  if (tunnels.vxlan.includes(destinationPort)) return "vxlan";
  return tunnels.wireguard.includes(destinationPort) ? "wireguard" : undefined;
}

/** Semantics 3.7: endpoints' normal policy has no say here (P55). */
export function judgeFromWorkload({ endpointToHostAction: action }: PolicySettings, packet: Packet, link: string): Outcome {
  const neighbours = [130, 131, 132, 133, 135, 136];
  const type = icmpv6Type(packet);
  if (type !== undefined && neighbours.includes(type)) return accept(workloadNeighbours, `ICMPv6 type ${type} of a workload`);
  const text = `${link} is a workload interface and endpointToHostAction is ${action}`;
  return action === "Drop" ? deny(workloadToHost, text) : accept(workloadToHost, text);
}
