// The chains that endpoints share and no user writes: essentials, failsafes, the answer of a reject, and what workloads may send
// to the host. When an endpoint's chain goes through which of them is endpoint.ts's.

import type { Direction } from "../model/types.ts";
import { formatPrefix } from "../net/prefix.ts";
import type { Failsafe, Prefix } from "../net/types.ts";
import { essentials, failsafe, workloadNeighbours, workloadToHost } from "../resolve/origins.ts";
import { nfproto } from "../ruleset/fields.ts";
import { packKeys } from "../ruleset/keys.ts";
import type { DataType, Origin, Rule, Statement } from "../ruleset/types.ts";
import { addressField, networkMatch } from "./addresses.ts";
import { equals, inSet } from "./alternatives.ts";
import { type Context, namedSet, regularChain } from "./context.ts";
import { accept, counted, drop } from "./effects.ts";
import { rejectChain } from "./stages.ts";

const TCP = 6;

/** RFC 2710 and 3810: listener query, report, done, version 2 report. */
const mldTypes = [130, 131, 132, 143];
/** RFC 4861: solicitation and advertisement of routers and of neighbours. A sender off the link cannot make a hop limit of 255. */
const discoveryTypes = { from: 133, to: 136 };
/** What Calico lets workloads send to the host before any policy (semantics 3.7). */
const workloadTypes = [130, 131, 132, 133, 135, 136];

/** Section 0 row 4. Conntrack calls these packets untracked, so no conntrack rule lets them through (P59, G12). */
export function essentialsChain(context: Context): string {
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
export function failsafeChain(context: Context, direction: Direction): string | undefined {
  const { failsafeInbound, failsafeOutbound } = context.resolved.settings;
  const failsafes = direction === "ingress" ? failsafeInbound : failsafeOutbound;
  if (failsafes.length === 0) return undefined;
  const name = direction === "ingress" ? "failsafe-in" : "failsafe-out";
  const everywhere = failsafes.filter(({ net }) => net === undefined);
  const origin = failsafe(direction);
  return builtinChain(context, name, () => [
    ...(everywhere.length === 0 ? [] : [{ statements: [failsafeIn(context, name, everywhere), ...counted(accept)], origin }]),
    ...withNets(failsafes).map(([entry, net]) => failsafeWithNet(entry, net, origin)),
  ]);
}

/** How a stage with reject denies: TCP gets a reset, everything else an unreachable of its family. */
export function rejectedChain(context: Context): string {
  const origin: Origin = { kind: "hostward", name: "reject" };
  return builtinChain(context, rejectChain, () => [
    { statements: [equals("meta l4proto", TCP), { kind: "reject", with: "tcp reset" }], origin },
    { statements: [{ kind: "reject", with: "icmpx admin-prohibited" }], origin },
  ]);
}

/** Section 0 rows 6 and 26. Return would hand the packet to what follows the base chain, which in nftables is its policy: accept (P56). */
export function workloadToHostChain(context: Context): string {
  const decision = context.resolved.settings.endpointToHostAction === "Drop" ? drop : accept;
  return builtinChain(context, "workload-to-host", () => [
    { statements: [icmpv6In(context, "workload-neighbours", workloadTypes), ...counted(accept)], origin: workloadNeighbours },
    { statements: counted(decision), origin: workloadToHost },
  ]);
}

function builtinChain(context: Context, name: string, rules: () => readonly Rule[]): string {
  return regularChain(context, { name, identity: name }, rules);
}

function icmpv6In(context: Context, name: string, types: readonly number[]): Statement {
  const keys = packKeys(
    ["icmpv6_type"],
    types.map((type) => [type]),
  );
  return inSet(["icmpv6 type"], namedSet(context, { name, types: ["icmpv6_type"], flavour: "hash", keys, comment: "neighbour discovery and MLD" }));
}

/** Always a set, also for one port: another port is then one element more. */
function failsafeIn(context: Context, name: string, failsafes: readonly Failsafe[]): Statement {
  const types: readonly DataType[] = ["inet_proto", "inet_service"];
  const keys = packKeys(
    types,
    failsafes.map(({ protocol, port }) => [protocol, port]),
  );
  return inSet(["meta l4proto", "th dport"], namedSet(context, { name, types, flavour: "hash", keys, comment: "failsafe ports" }));
}

/** Sorted and once each: the order in which they are configured changes nothing. */
function withNets(failsafes: readonly Failsafe[]): readonly (readonly [Failsafe, Prefix])[] {
  const keyed = failsafes.flatMap((entry) =>
    entry.net === undefined ? [] : [[`${entry.protocol}:${formatPrefix(entry.net)}:${entry.port}`, [entry, entry.net]] as const],
  );
  return [...new Map(keyed.toSorted(([a], [b]) => (a < b ? -1 : 1))).values()];
}

/** A failsafe port that only one network may use, or be reached at; of its family only (R50). */
function failsafeWithNet({ protocol, port }: Failsafe, net: Prefix, origin: Origin): Rule {
  const field = addressField(origin.direction === "ingress" ? "source" : "destination", net.family);
  const peer = net.length === 0 ? equals("meta nfproto", net.family === 4 ? nfproto.ipv4 : nfproto.ipv6) : networkMatch(field, net);
  return { statements: [equals("meta l4proto", protocol), equals("th dport", port), peer, ...counted(accept)], origin };
}
