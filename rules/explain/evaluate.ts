// The policy semantics by definition: Resolved and a packet in, verdict, deciding rule and the whole path out. Written from semantics 3 (above all
// its table 3.9) and on purpose ignorant of how the compiler lays its chains out: it is what they are judged by. Here is the way of a packet from
// hook to hook; what one endpoint's chain says at one of them is judgeChain.ts.

import { isWorkloadInterface } from "../resolve/interfaces.ts";
import { hostToWorkload } from "../resolve/origins.ts";
import type { Resolved } from "../resolve/types.ts";
import type { Origin } from "../ruleset/types.ts";
import { judgeEstablished, judgeFromWorkload } from "./builtinSteps.ts";
import { judgeChain, type Passage } from "./judgeChain.ts";
import { accept, goOn, inTurn, type Outcome } from "./outcome.ts";
import type { Judgement, Packet, Step } from "./types.ts";

/** What hostward does with the packet; other tables may still drop what it allows (section 0, row 25). */
export function evaluate(resolved: Resolved, packet: Packet): Judgement {
  const path: Step[] = [];
  let decidedBy: Origin | undefined;
  let traveller: Traveller = { packet, admitted: false };
  for (const { judge, after } of stopsOf(packet)) {
    const outcome = judge(resolved, traveller);
    path.push(outcome.step);
    if (outcome.effect === "deny") return { verdict: "deny", decidedBy: outcome.by, path };
    if (outcome.effect === "allow" || outcome.effect === "accept") decidedBy = outcome.by;
    traveller = after?.(traveller, outcome.effect === "allow") ?? traveller;
  }
  return { verdict: "allow", decidedBy, path };
}

/** A packet on its way, and what it carries from hook to hook. */
interface Traveller {
  readonly packet: Packet;
  /** A rule of an untracked or pre-DNAT policy has allowed it: normal policy and the incoming half of forward policy are spared (E21, P10, P23, P43). */
  readonly admitted: boolean;
}

interface Stop {
  readonly judge: (resolved: Resolved, traveller: Traveller) => Outcome;
  /** What the packet is when the next hook sees it. */
  readonly after?: (traveller: Traveller, allowed: boolean) => Traveller;
}

/** In the order of table 3.9. */
function stopsOf({ in: from, out: to, routed }: Packet): readonly Stop[] {
  if (from === undefined) return to === undefined ? [] : sentThrough(to, routed ?? to);
  const received: readonly Stop[] = [beforeConntrack({ link: from, direction: "ingress" }), beforeNat(from)];
  if (to === undefined) return [...received, { judge: (resolved, traveller) => enterHost(resolved, traveller, from) }];
  return [...received, halfway({ link: from, direction: "ingress" }), halfway({ link: to, direction: "egress" })];
}

/**
 * Untracked policy sees the interface of the first route and the destination as sent (G41), and what it allows is not translated and leaves there;
 * normal policy judges where the new destination's interface is known (P50-P52).
 */
function sentThrough(link: string, routed: string): readonly Stop[] {
  const first = beforeConntrack({ link: routed, direction: "egress" });
  return [
    { judge: first.judge, after: (traveller, allowed) => translate(admitUntracked(traveller, allowed)) },
    { judge: (resolved, traveller) => leaveHost(resolved, traveller, traveller.packet.dnat === undefined ? routed : link) },
  ];
}

/** Semantics 3.1 and 3.2: not even an established connection is spared (P11). */
function beforeConntrack(passage: Passage): Stop {
  return { judge: (resolved, { packet }) => judgeChain("untracked", { resolved, packet, passage }), after: admitUntracked };
}

/** Untracked is also untranslated. Over loopback a packet brings its connection along and keeps it (nft_notrack_eval). */
function admitUntracked({ packet, admitted }: Traveller, allowed: boolean): Traveller {
  if (!allowed) return { packet, admitted };
  return { packet: packet.in === "lo" && packet.state !== "invalid" ? packet : { ...packet, state: "untracked", dnat: undefined }, admitted: true };
}

/** Semantics 3.3: for this host or not, and before any DNAT (P20). */
function beforeNat(link: string): Stop {
  const judge = (resolved: Resolved, { packet, admitted }: Traveller) =>
    inTurn(`before DNAT, in through ${link}`, [
      () => judgeEstablished(packet),
      () => (admitted ? goOn(spared) : judgeChain("preDNAT", { resolved, packet, passage: { link, direction: "ingress" } })),
    ]);
  const after = ({ packet, admitted }: Traveller, allowed: boolean) => translate(route({ packet, admitted: admitted || allowed }));
  return { judge, after };
}

const spared = "an untracked or pre-DNAT policy has allowed it";

function translate({ packet, admitted }: Traveller): Traveller {
  if (packet.dnat === undefined) return { packet, admitted };
  return { packet: { ...packet, destination: packet.dnat.address, destinationPort: packet.dnat.port ?? packet.destinationPort }, admitted };
}

/** A forwarded packet has lost a hop by the time it is judged (ip_forward, ip6_forward). */
function route({ packet, admitted }: Traveller): Traveller {
  return packet.out === undefined ? { packet, admitted } : { packet: { ...packet, hopLimit: packet.hopLimit - 1 }, admitted };
}

/** Semantics 3.4. Workloads come before what earlier policy has allowed: pre-DNAT allow does not open the host to them (P23). */
function enterHost(resolved: Resolved, { packet, admitted }: Traveller, link: string): Outcome {
  return inTurn(`local in through ${link}`, [
    () => judgeEstablished(packet),
    () => (isWorkloadInterface(link, resolved.settings) ? judgeFromWorkload(resolved.settings, packet, link) : goOn("not a workload interface")),
    () => (admitted ? goOn(spared) : judgeChain("normal", { resolved, packet, passage: { link, direction: "ingress" } })),
  ]);
}

/** Semantics 3.5: the endpoint it came in by, then the one it leaves by, workload interfaces under the wildcard included (P42). */
function halfway(passage: Passage): Stop {
  const { link, direction } = passage;
  const judge = (resolved: Resolved, { packet, admitted }: Traveller) =>
    inTurn(`forwarded, ${direction === "ingress" ? "in" : "out"} through ${link}`, [
      () => judgeEstablished(packet),
      () => (admitted && direction === "ingress" ? goOn(spared) : judgeChain("forward", { resolved, packet, passage })),
    ]);
  return { judge };
}

/** Semantics 3.6. Workloads before endpoints: what leaves to one is always allowed, be it invalid, denied or DNATed (section 0, row 7). */
function leaveHost(resolved: Resolved, { packet, admitted }: Traveller, link: string): Outcome {
  return inTurn(`local out through ${link}`, [
    () => judgeEstablished(packet),
    () =>
      isWorkloadInterface(link, resolved.settings) ? accept(hostToWorkload, "host to local workload is always allowed") : goOn("not a workload interface"),
    () => (admitted ? goOn(spared) : judgeChain("normal", { resolved, packet, passage: { link, direction: "egress" } })),
  ]);
}
