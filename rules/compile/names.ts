// What things are called in the table. A name is readable where what it names allows it, else a digest, and two different things
// never share one: after the prefix stands "-" before a readable part and "_" before a digest, and no prefix starts another.
// The same thing has the same name in every ruleset, whatever else there is. Kernel limits: NFT_NAME_MAXLEN is 256 with the final zero.

import type { Family } from "../net/types.ts";
import { capacity } from "../ruleset/keys.ts";
import { digest } from "./hash.ts";
import type { Place, Voice } from "./stages.ts";

/** Bytes; a readable name is ASCII, so also characters. */
export const maxNameLength = 255;

/** nft takes more (upper case, "_", "/"), but Kubernetes names do not have it, and "_" marks a digest. */
const readable = /^[a-z0-9][a-z0-9.-]*$/;

function nameOf(prefix: string, name: string): string {
  const text = `${prefix}-${name}`;
  return readable.test(name) && text.length <= maxNameLength ? text : `${prefix}_${digest([name])}`;
}

export function endpointChainName(place: Place, endpoint: string): string {
  return nameOf(`ep-${place}`, endpoint);
}

/** Policies and profiles. Further kinds of policy have a namespace or a kind that no readable name shows, so they take the digest. */
export function rulesChainName(voice: Voice, kind: string, name: string): string {
  if (kind === "GlobalNetworkPolicy") return nameOf(`pol-${voice}`, name);
  if (kind === "Profile") return nameOf(`profile-${voice}`, name);
  return `pol-${voice}_${digest([kind, name])}`;
}

/** A tier's chain is the tier as one endpoint sees it: `identity` tells the policies in it. */
export function tierChainName(voice: Voice, tier: string, identity: string): string {
  const content = digest([tier, identity]);
  const text = `tier-${voice}-${tier}-${content}`;
  return readable.test(tier) && text.length <= maxNameLength ? text : `tier-${voice}_${content}`;
}

/**
 * A hash set or map that is larger than the smallest says how large: its declared size cannot change, so one of another size is another one, which
 * takes its place whole.
 */
export function sizedName(name: string, count: number): string {
  const size = capacity(count);
  return size === capacity(0) ? name : `${name}-${size}`;
}

/** Hash sets by what they stand for, since their members change in place; interval sets by the members too (kernel-facts, Hole B). */
export function setName(kind: SetKind, flavour: "hash" | "interval", identity: readonly (string | Uint8Array)[]): string {
  return `${kind}${flavour === "hash" ? "" : "i"}-${digest(identity)}`;
}

/** sel: the addresses of a selector; net: a rule's own networks; named: members of named ports; port, proto: a rule's own lists. */
export type SetKind = `${"sel" | "net" | "named"}${Family}` | "port" | "proto";
