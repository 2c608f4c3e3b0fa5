// What an untracked or pre-DNAT policy has allowed is remembered in one bit of the packet mark until the later hooks have seen it (section 0 row 20).
// A mark outlives its packet: a tunnel keeps it on what it wraps and unwraps, loopback from output to prerouting (P71), and others set
// marks too. So the first chain that a packet meets in either hook by which it enters the stack clears the bit (G17), and only those chains
// that follow one of ours look at it.

import { invariant } from "../net/invariant.ts";
import type { PolicySettings } from "../resolve/types.ts";
import type { Origin, Rule, Statement } from "../ruleset/types.ts";
import { verdict } from "./effects.ts";

const clearing: Origin = { kind: "hostward", name: "mark", note: "nothing is allowed yet" };
const sparing: Origin = { kind: "hostward", name: "mark", note: "allowed by untracked or pre-DNAT policy" };

/** The lowest bit of the mask. */
function bitOf({ markMask }: PolicySettings): number {
  const bit = (markMask & -markMask) >>> 0;
  invariant(bit !== 0, "no bit of the packet mark may be used");
  return bit;
}

export function setMark(settings: PolicySettings): Statement {
  const bit = bitOf(settings);
  return { kind: "setMark", mask: bit, value: bit };
}

export function clearMark(settings: PolicySettings): Rule {
  return { statements: [{ kind: "setMark", mask: bitOf(settings), value: 0 }], origin: clearing };
}

/** In a base chain or one that it goes to: return ends it, and the rule that allowed the packet stays the one that decided. */
export function spareMarked(settings: PolicySettings): Rule {
  return {
    statements: [{ kind: "match", field: "meta mark", op: "==", value: { kind: "bits", mask: bitOf(settings) } }, verdict({ kind: "return" })],
    origin: sparing,
  };
}
