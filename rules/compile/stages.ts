// A stage is a place in a packet's way where the policy of an endpoint is judged: which list, which direction, and how its chains say
// allow and deny. Stages that say both alike share the chains of tiers, policies and profiles; the voice in those names tells.

import type { Direction } from "../model/types.ts";
import type { ListName, PolicySettings } from "../resolve/types.ts";
import type { Statement, Verdict } from "../ruleset/types.ts";
import { accept, counted, countedWith, drop } from "./effects.ts";
import { setMark } from "./mark.ts";

/** Where an endpoint's chains stand; part of their names and of those of the tiers in them. "rejout": of the hooks that can reject, while another one shares "out" and cannot. */
export type Place = "in" | "out" | "rejout" | "fwd-in" | "fwd-out" | "pre" | "raw-in" | "raw-out";

/** How rules speak; part of the names of the chains of policies and profiles. */
export const voices = ["in", "out", "rejout", "pre", "raw-in", "raw-out"] as const;
export type Voice = (typeof voices)[number];

export interface Stage {
  readonly place: Place;
  readonly voice: Voice;
  readonly list: ListName;
  readonly direction: Direction;
  /** What stands behind the matches of an Allow rule. */
  readonly allow: readonly Statement[];
  readonly deny: Verdict;
  /** What stands behind the matches of a Deny rule. */
  readonly denies: readonly Statement[];
  /** The map from interface to endpoint; stages of local processes' packets have a chain of that name around it. */
  readonly dispatch: string;
}

export interface Stages {
  /** Before conntrack. */
  readonly rawIn: Stage;
  readonly rawOut: Stage;
  /** After conntrack, before DNAT. */
  readonly preDnat: Stage;
  /** To a local process. */
  readonly input: Stage;
  /** Forwarded, by the endpoint that a packet came in through, then by the one that it leaves through. */
  readonly forwardIn: Stage;
  readonly forwardOut: Stage;
  /** From a local process. */
  readonly output: Stage;
  /** From a local process to a destination that DNAT has changed; the same as `output` unless that one rejects. */
  readonly postrouting: Stage;
}

/** The chain that answers instead of dropping in silence; its name is not "reject", a keyword of nft. */
export const rejectChain = "rejected";

/**
 * Section 0 row 14: reject where the hook allows it, which prerouting does since Linux 5.9. The kernel refuses it in postrouting
 * (nft_reject_inet_validate), so there the chains of output have a copy that drops (G20). Untracked policy always drops.
 */
export function stagesOf(settings: PolicySettings): Stages {
  const rejects = settings.denyAction === "Reject";
  const deny: Verdict = rejects ? { kind: "goto", chain: rejectChain } : drop;
  const drops = { deny: drop, denies: counted(drop) } as const;
  const allowing = { allow: counted(accept), deny, denies: counted(deny) } as const;
  const ingress = { ...allowing, direction: "ingress", voice: "in" } as const;
  const egress = { ...allowing, direction: "egress", voice: rejects ? "rejout" : "out" } as const;
  const untracked = { list: "untracked", allow: countedWith([{ kind: "notrack" }, setMark(settings)], accept), ...drops } as const;
  const postrouting: Stage = { ...egress, list: "normal", place: "out", voice: "out", ...drops, dispatch: "egress" };
  return {
    rawIn: { ...untracked, direction: "ingress", place: "raw-in", voice: "raw-in", dispatch: "raw-in" },
    rawOut: { ...untracked, direction: "egress", place: "raw-out", voice: "raw-out", dispatch: "raw-out" },
    preDnat: { ...ingress, list: "preDNAT", place: "pre", voice: "pre", allow: countedWith([setMark(settings)], accept), dispatch: "pre-dnat" },
    input: { ...ingress, list: "normal", place: "in", dispatch: "ingress" },
    forwardIn: { ...ingress, list: "forward", place: "fwd-in", dispatch: "forward-in" },
    forwardOut: { ...egress, list: "forward", place: "fwd-out", dispatch: "forward-out" },
    output: rejects ? { ...egress, list: "normal", place: "rejout", dispatch: "egress-reject" } : postrouting,
    postrouting,
  };
}
