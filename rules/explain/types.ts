// A packet as both judges see it: evaluate (the semantics by definition, over Resolved) and simulate (a Ruleset run hook by hook).

import type { Address } from "../net/types.ts";
import type { Origin } from "../ruleset/types.ts";

export interface Packet {
  /** Interface it arrived through; undefined for a packet of a local process. */
  readonly in: string | undefined;
  /** Interface it leaves through; undefined for a packet delivered to this host. Both given: forwarded. */
  readonly out: string | undefined;
  /**
   * Where the route leads before a DNAT in the output hook changes it: what that hook still names as outgoing interface (P50, G41).
   * Only of a local process's translated packet; without it the same as `out`.
   */
  readonly routed?: string;
  readonly source: Address;
  /** As sent, before any DNAT. */
  readonly destination: Address;
  /** IANA protocol number. */
  readonly protocol: number;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  readonly icmp: { readonly type: number; readonly code: number } | undefined;
  /** IPv6 hop limit or IPv4 TTL. */
  readonly hopLimit: number;
  readonly state: "new" | "established" | "related" | "invalid" | "untracked";
  /** What another table's DNAT turns the destination into; seen by every hook after NAT. */
  readonly dnat: { readonly address: Address; readonly port: number | undefined } | undefined;
}

/** A step of the way to the verdict, for the trace: hook, chain, tier, policy or rule, and its parts. */
export interface Step {
  readonly text: string;
  readonly origin?: Origin;
  /** Of a rule whose conditions do not hold: the text says which. */
  readonly missed?: true;
  readonly steps: readonly Step[];
}

export interface Judgement {
  readonly verdict: "allow" | "deny";
  /** The rule that decided; undefined when no rule of hostward did (nothing governs the packet). */
  readonly decidedBy: Origin | undefined;
  readonly path: readonly Step[];
}
