// Where hostward's base chains hook in, and in which order against everybody else's. Priorities are its own (G46): two base chains
// at one priority run in an undefined order. Other tools sit at -400 defragmentation, -300 raw, -200 conntrack, -150 mangle,
// -110 kube-proxy's filter, -100 dstnat, 0 filter, 100 srcnat.

import type { Hook } from "../ruleset/types.ts";

export const table = "hostward";

export const hooks = {
  /** After defragmentation, so that every packet has its ports; before conntrack and before everybody's raw chains, so that nothing is lost to them. */
  "raw-in": { hook: "prerouting", priority: -310 },
  "raw-out": { hook: "output", priority: -310 },
  /** After conntrack and before any DNAT: the destination is what the sender wrote. */
  "pre-dnat": { hook: "prerouting", priority: -160 },
  /** After DNAT, so that the destination is the local one; after other filters, so that what they drop costs nothing here. */
  input: { hook: "input", priority: 5 },
  /** Two chains of one hook, so that what the incoming endpoint accepts goes on to the outgoing one. */
  "forward-in": { hook: "forward", priority: 5 },
  "forward-out": { hook: "forward", priority: 6 },
  /** After DNAT in the output hook, so that `ct status` tells whether there was one. */
  output: { hook: "output", priority: 5 },
  /** Before mangle marks and SNAT: the source address is still the process's own. */
  postrouting: { hook: "postrouting", priority: -160 },
} as const satisfies Readonly<Record<string, { readonly hook: Hook; readonly priority: number }>>;
