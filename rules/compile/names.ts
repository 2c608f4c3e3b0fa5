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

/**
 * A tier's chain is the tier as an endpoint sees it at a place. It is named after the first that does, and not after the policies in it, so that a policy
 * that comes or goes changes the chain and does not make another. "/" stands in no name of either.
 */
export function tierChainName(place: Place, tier: string, endpoint: string): string {
  const text = `tier-${place}-${tier}/${endpoint}`;
  const isReadable = readable.test(tier) && readable.test(endpoint) && text.length <= maxNameLength;
  return isReadable ? text : `tier-${place}_${digest([tier, endpoint])}`;
}

/**
 * A hash set or map that is larger than the smallest says how large: its declared size cannot change, so one of another size is another one, which
 * takes its place whole.
 */
export function sizedName(name: string, count: number): string {
  const size = capacity(count);
  return size === capacity(0) ? name : `${name}-${size}`;
}

/**
 * By what the set stands for: of a rule's own list that is the list, of all others the definition and never the members. That it is an interval set shows,
 * since neither kind can become the other.
 */
export function setName(kind: SetKind, flavour: "hash" | "interval", identity: readonly (string | Uint8Array)[]): string {
  return digestedSetName(kind, flavour, digest(identity));
}

/** The same where the digest is known. */
export function digestedSetName(kind: SetKind, flavour: "hash" | "interval", digested: string): string {
  return `${kind}${flavour === "hash" ? "" : "i"}-${digested}`;
}

/** sel: the addresses of a selector; net: a rule's own networks; named: members of named ports; port, proto: a rule's own lists. */
export type SetKind = `${"sel" | "net" | "named"}${Family}` | "port" | "proto";
