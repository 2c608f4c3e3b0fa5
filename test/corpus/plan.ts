// From a packet as flows.txt describes it to what must be done so that a real one with just that description meets the kernel: which bytes go
// in where, which flow must exist before, which foreign rules (DNAT, notrack) and routes it needs, and where it must be seen if nothing drops it.

import { isUntrackedByKernel } from "../../rules/explain/hooks.ts";
import type { Packet } from "../../rules/explain/types.ts";
import type { Address } from "../../rules/net/types.ts";
import { type Datagram, tcpFlag } from "../lab/datagram.ts";

/** Through which end a packet enters: from the wire of an interface, or from this host (bound to a device, or as the routes say). */
export type Entry = { readonly kind: "wire"; readonly interface: string } | { readonly kind: "host"; readonly device: string | undefined };

export interface Send {
  readonly entry: Entry;
  readonly datagram: Datagram;
}

export interface Route {
  readonly destination: Address;
  readonly device: string;
}

export interface Plan {
  readonly id: number;
  readonly send: Send;
  /** Sent once, in this order, before any ruleset is loaded: they make the flow that the packet belongs to. */
  readonly opening: readonly Send[];
  readonly routes: readonly Route[];
  readonly dnat: { readonly packet: Packet; readonly address: Address; readonly port: number | undefined } | undefined;
  readonly notrack: boolean;
  /** Where it is seen when it passes: delivered here (`out` empty), or leaving. */
  readonly seen: { readonly state: string; readonly in: string; readonly out: string };
}

/** Packets of an opening are not to be mistaken for the packet itself. */
export const openingId = 0xf000;

const tcp = 6;
const icmpEcho: Readonly<Record<number, { readonly request: number; readonly reply: number }>> = {
  1: { request: 8, reply: 0 },
  58: { request: 128, reply: 129 },
};

function datagramOf(packet: Packet, id: number): Datagram {
  const { source, destination, protocol, sourcePort, destinationPort, icmp, hopLimit, state } = packet;
  return {
    ...{ source, destination, protocol, hopLimit, id },
    ...(sourcePort === undefined ? {} : { sourcePort }),
    ...(destinationPort === undefined ? {} : { destinationPort }),
    ...(icmp === undefined ? {} : { icmp }),
    ...(state === "invalid" ? { invalid: true } : {}),
    ...(protocol === tcp && state === "established" ? { tcp: { flags: tcpFlag.ack, sequence: 5001, acknowledgement: 1001 } } : {}),
  };
}

function reversed(datagram: Datagram): Datagram {
  const { source, destination, sourcePort, destinationPort, icmp, protocol } = datagram;
  const echo = icmpEcho[protocol];
  const ports = sourcePort === undefined || destinationPort === undefined ? {} : { sourcePort: destinationPort, destinationPort: sourcePort };
  const answer = icmp === undefined || echo === undefined ? {} : { icmp: { type: icmp.type === echo.request ? echo.reply : echo.request, code: 0 } };
  return { ...datagram, source: destination, destination: source, ...ports, ...answer };
}

/** Entry of a packet that takes the path of `packet`, or of one that comes back along it. */
function entryOf({ in: from, out: to, dnat }: Packet): Entry {
  if (from !== undefined) return { kind: "wire", interface: from };
  // A bound socket would keep its device after DNAT; unbound, the kernel routes anew as it does for any process.
  return { kind: "host", device: dnat === undefined ? to : undefined };
}

function entryBack({ in: from, out: to }: Packet): Entry {
  return to === undefined ? { kind: "host", device: from } : { kind: "wire", interface: to };
}

/** First packets of a flow in which `packet` is a later one, sent from its other end; an echo request has to come from its own end. */
function openEstablished(packet: Packet, datagram: Datagram): readonly Send[] {
  const there: Send = { entry: entryOf(packet), datagram: { ...datagram, id: openingId } };
  const back: Send = { entry: entryBack(packet), datagram: { ...reversed(datagram), id: openingId } };
  if (packet.icmp !== undefined) return packet.icmp.type === icmpEcho[packet.protocol]?.request ? [there, back] : [back, there];
  if (packet.protocol !== tcp) return [back, there];
  const withFlags = (send: Send, flags: number, numbers: { readonly sequence: number; readonly acknowledgement: number }): Send => {
    return { ...send, datagram: { ...send.datagram, tcp: { flags, ...numbers } } };
  };
  return [
    withFlags(back, tcpFlag.syn, { sequence: 1000, acknowledgement: 0 }),
    withFlags(there, tcpFlag.syn | tcpFlag.ack, { sequence: 5000, acknowledgement: 1001 }),
    withFlags(back, tcpFlag.ack, { sequence: 1001, acknowledgement: 5001 }),
  ];
}

/** The flow that an ICMP error is about: UDP from the error's destination to its source. */
function quotedFlow({ source, destination, hopLimit }: Packet, id: number): Datagram {
  return { source: destination, destination: source, protocol: 17, sourcePort: 40000 + (id % 1000), destinationPort: 33434, hopLimit, id: openingId };
}

/**
 * Where the packet is not bound to its device: after DNAT, and before it in the output hook. What goes to this host's own addresses goes through lo
 * without a route of ours.
 */
function routesOf({ in: from, out: to, destination, dnat, routed = to }: Packet): readonly Route[] {
  if (to === undefined || routed === undefined) return [];
  if (from !== undefined) return [{ destination: dnat?.address ?? destination, device: to }];
  if (dnat === undefined) return [];
  const staysPut = dnat.address.value === destination.value;
  if (staysPut && routed !== to) throw new Error(`one destination has one route: via=${routed} with dnat= to the same address is not implemented`);
  const first = routed === "lo" || staysPut ? [] : [{ destination, device: routed }];
  return [...first, { destination: dnat.address, device: to }];
}

export function planPacket(packet: Packet, id: number): Plan {
  const datagram = datagramOf(packet, id);
  const isRelated = packet.state === "related";
  const quoted = quotedFlow(packet, id);
  if (isRelated && packet.icmp === undefined) throw new Error("only an ICMP error can be related");
  if (packet.state === "established" && packet.dnat !== undefined) throw new Error("an established flow with dnat= is not implemented");
  const opening = isRelated ? [{ entry: entryBack(packet), datagram: quoted }] : [];
  const { dnat } = packet;
  return {
    id,
    send: { entry: entryOf(packet), datagram: isRelated ? { ...datagram, quoted } : datagram },
    opening: packet.state === "established" ? openEstablished(packet, datagram) : opening,
    routes: routesOf(packet),
    dnat: dnat === undefined ? undefined : { packet, ...dnat },
    notrack: packet.state === "untracked" && !isUntrackedByKernel(packet),
    seen: { state: packet.state, in: packet.in ?? "", out: packet.out ?? "" },
  };
}
