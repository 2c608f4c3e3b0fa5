// The chains that endpoints share and no user writes: essentials, failsafes, tunnels between hosts, the answer of a reject, and what
// workloads may send to the host. When an endpoint's chain goes through which of them is endpoint.ts's.

import type { Direction } from "../model/types.ts";
import { formatPrefix } from "../net/prefix.ts";
import type { Failsafe, Family, Prefix } from "../net/types.ts";
import { encapsulation, essentials, failsafe, failsafeReplies, workloadNeighbours, workloadToHost } from "../resolve/origins.ts";
import { nfproto } from "../ruleset/fields.ts";
import { packKeys } from "../ruleset/keys.ts";
import type { DataType, Field, Origin, Rule, Statement } from "../ruleset/types.ts";
import { addressField, networkMatch, type Side } from "./addresses.ts";
import { equals, inSet } from "./alternatives.ts";
import { built, type Context, chainOf } from "./context.ts";
import { accept, counted, drop } from "./effects.ts";
import type { ChainEntry } from "./memory.ts";
import { namedSet, selectorSet } from "./sets.ts";
import { rejectChain } from "./stages.ts";

const IPIP = 4;
const TCP = 6;
const UDP = 17;

const families = [4, 6] as const;

/** RFC 2710 and 3810: listener query, report, done, version 2 report. */
const mldTypes = [130, 131, 132, 143];
/** RFC 4861: solicitation and advertisement of routers and of neighbours. A sender off the link cannot make a hop limit of 255. */
const discoveryTypes = { from: 133, to: 136 };
/** What Calico lets workloads send to the host before any policy (semantics 3.7). */
const workloadTypes = [130, 131, 132, 133, 135, 136];

/** Section 0 row 4. Conntrack calls these packets untracked, so no conntrack rule lets them through (P59, G12). */
export function essentialsChain(context: Context): ChainEntry {
  return builtinChain(context, "essentials", () => [
    { statements: [icmpv6In(context, "essentials-mld", mldTypes), ...counted(accept)], origin: essentials },
    {
      statements: [
        { kind: "match", field: "icmpv6 type", op: "==", value: { kind: "range", ...discoveryTypes } },
        equals("ip6 hoplimit", 255),
        ...counted(accept),
      ],
      origin: essentials,
    },
  ]);
}

/** The failsafe ports of one direction (R50, P3); undefined when there are none. */
export function failsafeChain(context: Context, direction: Direction): ChainEntry | undefined {
  const name = direction === "ingress" ? "failsafe-in" : "failsafe-out";
  return portsChain(context, { name, of: direction, port: "th dport", peer: peerOf(direction), origin: failsafe(direction) });
}

/** Where no conntrack helps, what answers for the failsafe ports of the other direction, by its source port (P13, P15). */
export function failsafeRepliesChain(context: Context, direction: Direction): ChainEntry | undefined {
  const [name, of] = direction === "ingress" ? (["replies-in", "egress"] as const) : (["replies-out", "ingress"] as const);
  return portsChain(context, { name, of, port: "th sport", peer: peerOf(direction), origin: failsafeReplies(direction) });
}

/** The allow half of tunnels between hosts (section 0 row 27); undefined while there are none. */
export function encapsulationChain(context: Context, direction: Direction): ChainEntry | undefined {
  const { settings, tunnelPeers } = context.resolved;
  const { vxlan, ipip, wireguard } = settings.encapsulation;
  const ports = [...new Set([...vxlan, ...wireguard])];
  if (tunnelPeers === undefined || (!ipip && ports.length === 0)) return undefined;
  const fromPeers = (family: Family) => inSet([addressField(peerOf(direction), family)], selectorSet(context, tunnelPeers, family));
  const rule = (matches: readonly Statement[]): Rule => ({ statements: [...matches, ...counted(accept)], origin: encapsulation(direction) });
  const name = direction === "ingress" ? "tunnels-in" : "tunnels-out";
  return builtinChain(context, name, () => [
    ...(ipip ? [rule([equals("meta l4proto", IPIP), fromPeers(4)])] : []),
    ...(ports.length === 0 ? [] : families.map((family) => rule([portIn(context, ports), fromPeers(family)]))),
  ]);
}

/** Always a set, as for failsafes. */
function portIn(context: Context, ports: readonly number[]): Statement {
  return protocolAndPortIn(context, { name: "tunnel-ports", port: "th dport", rows: ports.map((port) => [UDP, port]), comment: "ports of tunnels" });
}

function peerOf(direction: Direction): Side {
  return direction === "ingress" ? "source" : "destination";
}

/** How a stage with reject denies: TCP gets a reset, everything else an unreachable of its family. */
export function rejectedChain(context: Context): ChainEntry {
  const origin: Origin = { kind: "hostward", name: "reject" };
  return builtinChain(context, rejectChain, () => [
    { statements: [equals("meta l4proto", TCP), { kind: "reject", with: "tcp reset" }], origin },
    { statements: [{ kind: "reject", with: "icmpx admin-prohibited" }], origin },
  ]);
}

/** Section 0 rows 6 and 26. Return would hand the packet to what follows the base chain, which in nftables is its policy: accept (P56). */
export function workloadToHostChain(context: Context): ChainEntry {
  const decision = context.resolved.settings.endpointToHostAction === "Drop" ? drop : accept;
  return builtinChain(context, "workload-to-host", () => [
    { statements: [icmpv6In(context, "workload-neighbours", workloadTypes), ...counted(accept)], origin: workloadNeighbours },
    { statements: counted(decision), origin: workloadToHost },
  ]);
}

function builtinChain(context: Context, name: string, rules: () => readonly Rule[]): ChainEntry {
  return chainOf(context, { name, identity: name }, () => built(context, name, rules));
}

function icmpv6In(context: Context, name: string, types: readonly number[]): Statement {
  const keys = packKeys(
    ["icmpv6_type"],
    types.map((type) => [type]),
  );
  return inSet(["icmpv6 type"], namedSet(context, { name, types: ["icmpv6_type"], flavour: "hash", keys, comment: "neighbour discovery and MLD" }));
}

interface FailsafePorts {
  readonly name: string;
  /** Which of the two lists. */
  readonly of: Direction;
  readonly port: Field;
  readonly peer: Side;
  readonly origin: Origin;
}

function portsChain(context: Context, ports: FailsafePorts): ChainEntry | undefined {
  const { failsafeInbound, failsafeOutbound } = context.resolved.settings;
  const failsafes = ports.of === "ingress" ? failsafeInbound : failsafeOutbound;
  if (failsafes.length === 0) return undefined;
  const everywhere = failsafes.filter(({ net }) => net === undefined).map(({ protocol, port }) => [protocol, port]);
  const set = { ...ports, name: ports.of === "ingress" ? "failsafe-in" : "failsafe-out", rows: everywhere, comment: "failsafe ports" };
  return builtinChain(context, ports.name, () => [
    ...(everywhere.length === 0 ? [] : [{ statements: [protocolAndPortIn(context, set), ...counted(accept)], origin: ports.origin }]),
    ...withNets(failsafes).map(([entry, net]) => failsafeWithNet(entry, net, ports)),
  ]);
}

interface PortRows {
  readonly name: string;
  readonly port: Field;
  readonly rows: readonly (readonly number[])[];
  readonly comment: string;
}

/** Always a set, also for one port: another port is then one element more. */
function protocolAndPortIn(context: Context, { name, port, rows, comment }: PortRows): Statement {
  const types: readonly DataType[] = ["inet_proto", "inet_service"];
  return inSet(["meta l4proto", port], namedSet(context, { name, types, flavour: "hash", keys: packKeys(types, rows), comment }));
}

/** Sorted and once each: the order in which they are configured changes nothing. */
function withNets(failsafes: readonly Failsafe[]): readonly (readonly [Failsafe, Prefix])[] {
  const keyed = failsafes.flatMap((entry) =>
    entry.net === undefined ? [] : [[`${entry.protocol}:${formatPrefix(entry.net)}:${entry.port}`, [entry, entry.net]] as const],
  );
  return [...new Map(keyed.toSorted(([a], [b]) => (a < b ? -1 : 1))).values()];
}

/** A failsafe port that only one network may use, or be reached at; of its family only (R50). */
function failsafeWithNet({ protocol, port }: Failsafe, net: Prefix, { port: field, peer, origin }: FailsafePorts): Rule {
  const isPeer = net.length === 0 ? equals("meta nfproto", net.family === 4 ? nfproto.ipv4 : nfproto.ipv6) : networkMatch(addressField(peer, net.family), net);
  return { statements: [equals("meta l4proto", protocol), equals(field, port), isPeer, ...counted(accept)], origin };
}
