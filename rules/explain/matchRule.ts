// Does one resolved rule match one packet (semantics 5)? The definition, condition by condition, each with the reason when it
// does not hold. It knows nothing of nftables: what the compiler makes of a rule is judged against this.

import type { Icmp } from "../model/types.ts";
import { formatAddress } from "../net/address.ts";
import { prefixContains } from "../net/prefix.ts";
import { protocolName } from "../net/protocol.ts";
import type { Address, PortRange, Prefix } from "../net/types.ts";
import type { ResolvedEntity, ResolvedRule } from "../resolve/types.ts";
import { hasAddress, hasPort, type MemberSets } from "./membership.ts";
import type { Packet } from "./types.ts";

/** The first condition that the packet fails, in words; undefined when the rule matches. All conditions are ANDed (M13). */
export function mismatch(rule: ResolvedRule, packet: Packet, sets: MemberSets): string | undefined {
  return headerMismatch(rule, packet) ?? sideMismatch(rule.source, sourceOf(packet), sets) ?? sideMismatch(rule.destination, destinationOf(packet), sets);
}

function headerMismatch(rule: ResolvedRule, packet: Packet): string | undefined {
  const { family } = packet.source;
  const protocol = protocolName(packet.protocol);
  if (rule.family !== undefined && rule.family !== family) return `the packet is IPv${family}`;
  if (rule.protocol !== undefined && rule.protocol !== packet.protocol) return `protocol ${protocol} is not ${protocolName(rule.protocol)}`;
  if (rule.notProtocol === packet.protocol) return `protocol ${protocol} is excluded`;
  if (rule.icmp !== undefined && !isIcmp(packet, rule.icmp)) return `not ICMP ${formatIcmp(rule.icmp)}`;
  if (rule.notIcmp !== undefined && isIcmp(packet, rule.notIcmp)) return `ICMP ${formatIcmp(rule.notIcmp)} is excluded`;
  return undefined;
}

/** Section 0, row 13: type and code together. ICMP is the packet's own family's: protocol 1 in IPv6 has no ICMP types (M33). */
function isIcmp(packet: Packet, { type, code }: Icmp): boolean {
  const own = packet.protocol === (packet.source.family === 4 ? 1 : 58);
  return own && packet.icmp?.type === type && (code === undefined || packet.icmp.code === code);
}

function formatIcmp({ type, code }: Icmp): string {
  return code === undefined ? `type ${type}` : `type ${type} code ${code}`;
}

interface Side {
  readonly name: "source" | "destination";
  readonly address: Address;
  readonly protocol: number;
  readonly port: number | undefined;
}

function sourceOf({ source, protocol, sourcePort }: Packet): Side {
  return { name: "source", address: source, protocol, port: sourcePort };
}

function destinationOf({ destination, protocol, destinationPort }: Packet): Side {
  return { name: "destination", address: destination, protocol, port: destinationPort };
}

function sideMismatch(entity: ResolvedEntity, side: Side, sets: MemberSets): string | undefined {
  return addressMismatch(entity, side, sets) ?? portMismatch(entity, side, sets);
}

/** Prefixes of the other family contain no address of this one, so notNets of that family alone restrict nothing (section 0, row 11). */
function addressMismatch({ nets, notNets, set, notSet }: ResolvedEntity, { name, address }: Side, sets: MemberSets): string | undefined {
  const text = `${name} ${formatAddress(address)}`;
  if (nets !== undefined && !contains(nets, address)) return `${text} is in none of nets`;
  if (notNets !== undefined && contains(notNets, address)) return `${text} is in notNets`;
  if (set !== undefined && !hasAddress(sets, set, address)) return `${text} is not selected by ${set}`;
  if (notSet !== undefined && hasAddress(sets, notSet, address)) return `${text} is selected by ${notSet}`;
  return undefined;
}

/** M20, M24, M25: a numeric or a named port of the one list, and none of the other. A packet without ports has none that match. */
function portMismatch({ ports, namedPorts, notPorts, notNamedPorts }: ResolvedEntity, side: Side, sets: MemberSets): string | undefined {
  const text = side.port === undefined ? `the packet has no ${side.name} port` : `${side.name} port ${side.port}`;
  const positive = ports !== undefined || namedPorts !== undefined;
  if (positive && !inRanges(ports ?? [], side.port) && !isMember(sets, namedPorts, side))
    return `${text}${side.port === undefined ? "" : " is in none of ports"}`;
  if (inRanges(notPorts ?? [], side.port) || isMember(sets, notNamedPorts, side)) return `${text} is in notPorts`;
  return undefined;
}

function contains(prefixes: readonly Prefix[], address: Address): boolean {
  return prefixes.some((prefix) => prefixContains(prefix, address));
}

function inRanges(ranges: readonly PortRange[], port: number | undefined): boolean {
  return port !== undefined && ranges.some(({ from, to }) => from <= port && port <= to);
}

function isMember(sets: MemberSets, id: string | undefined, { address, protocol, port }: Side): boolean {
  return id !== undefined && port !== undefined && hasPort(sets, id, { address, protocol, port });
}
