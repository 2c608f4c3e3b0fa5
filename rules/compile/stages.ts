// A stage is a place in a packet's way where the policy of an endpoint is judged: which list, which direction, and how its chains
// say deny. The same policy at two stages is the same chain only where both say everything alike; the token in the names tells.

import type { Direction } from "../model/types.ts";
import type { ListName, PolicySettings } from "../resolve/types.ts";
import type { Verdict } from "../ruleset/types.ts";
import type { StageToken } from "./names.ts";

export interface Stage {
  readonly token: StageToken;
  readonly list: ListName;
  readonly direction: Direction;
  readonly deny: Verdict;
  /** The map from interface to endpoint; egress stages have a chain of that name around it. */
  readonly dispatch: string;
}

export interface Stages {
  /** To a local process. */
  readonly input: Stage;
  /** From a local process. */
  readonly output: Stage;
  /** From a local process to a destination that DNAT has changed; the same as `output` unless that one rejects. */
  readonly postrouting: Stage;
}

/** The chain that answers instead of dropping in silence; its name is not "reject", a keyword of nft. */
export const rejectChain = "rejected";

/** Section 0 row 14. The kernel refuses `reject` in postrouting (nft_reject_inet_validate), so there a second copy of the chains drops (G20). */
export function stagesOf({ denyAction }: PolicySettings): Stages {
  const drop: Verdict = { kind: "drop" };
  const deny: Verdict = denyAction === "Reject" ? { kind: "goto", chain: rejectChain } : drop;
  const input: Stage = { token: "in", list: "normal", direction: "ingress", deny, dispatch: "ingress" };
  const output: Stage = { token: "out", list: "normal", direction: "egress", deny, dispatch: "egress" };
  const postrouting: Stage = denyAction === "Reject" ? { ...output, token: "post", deny: drop, dispatch: "egress-post" } : output;
  return { input, output, postrouting };
}
