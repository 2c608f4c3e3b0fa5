// What the chains and maps of the index are called: by the chain that they serve and their place in it, never by their content, so that a change of
// one rule is a change of few things. No other name holds a "/".

import { ruleIdentity } from "../ruleset/identity.ts";
import { capacity } from "../ruleset/keys.ts";
import type { NftMap, Rule } from "../ruleset/types.ts";
import type { Region } from "./item.ts";
import { bitsOf, type Dimension, type Span } from "./span.ts";

/** A chain with a longer name stays as it is: the names of its parts could pass the kernel's 255 bytes. */
export const longestServed = 120;

const labels: Readonly<Record<Dimension, string>> = {
  "meta nfproto": "family",
  "ip saddr": "from4",
  "ip daddr": "to4",
  "ip6 saddr": "from6",
  "ip6 daddr": "to6",
  "meta l4proto": "proto",
  "th dport": "port",
};

interface MapPlace {
  readonly fields: readonly Dimension[];
  /** The rules before it. */
  readonly head: readonly Rule[];
  readonly entries: NftMap["entries"];
}

/** As for every map, the name of one that is larger than the least tells how large: its size cannot change. */
export function mapName(chain: string, { fields, head, entries }: MapPlace): string {
  const size = capacity(entries.length);
  const behind = head.length === 0 ? "" : `_${checksum(head.map(ruleIdentity).join("\n"))}`;
  return `${chain}/${fields.map((field) => labels[field]).join(".")}${behind}${size === capacity(0) ? "" : `-${size}`}`;
}

/** FNV-1a. Two texts with the same only cost packets in flight the new name: nothing else hangs on it. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** `tier-in-default/port.1f4-11`: the first eleven bits of the port are those of 0x1f40. */
export function regionName(chain: string, region: Region): string {
  const parts = (Object.entries(region) as [Dimension, Span][]).map(([dimension, { from, to }]) => {
    const bits = commonBits(from, to, bitsOf(dimension));
    return `/${labels[dimension]}.${from.slice(0, Math.ceil(bits / 4))}-${bits}`;
  });
  return chain + parts.join("");
}

/** How many leading bits the two have in common, of that many. */
export function commonBits(one: string, other: string, bits: number): number {
  for (let digit = 0; digit < one.length; digit++) {
    const difference = Number.parseInt(one.charAt(digit), 16) ^ Number.parseInt(other.charAt(digit), 16);
    if (difference !== 0) return 4 * digit + Math.clz32(difference) - 28;
  }
  return bits;
}
