// Many networks in one piece of memory, in the order in which they were written: a hundred thousand are two megabytes, not a hundred thousand objects
// to be made, kept and compared. Each is five words: its first address as IPv6, an IPv4 one in ::ffff:0:0/96 (RFC 4291 section 2.5.5.2), and its length
// there. No other network has that place, since the parser makes IPv4 of those in it (semantics G38).

import type { Family, Prefix } from "./types.ts";

/** Host bits are clear, as those of a Prefix. */
export interface Networks {
  readonly words: Uint32Array;
}

export const wordsEach = 5;
const mapped = 0xffff;
/** Of an address: a network of that length, in either family. */
export const hostLength = 128;

export const noNetworks: Networks = { words: new Uint32Array(0) };

export function networksOf(prefixes: readonly Prefix[]): Networks {
  if (prefixes.length === 0) return noNetworks;
  const words = new Uint32Array(wordsEach * prefixes.length);
  let at = 0;
  for (const { family, address, length } of prefixes) {
    if (family === 4) {
      words[at + 2] = mapped;
      words[at + 3] = Number(address);
    } else for (let word = 3, rest = address; word >= 0; word--, rest >>= 32n) words[at + word] = Number(rest & 0xffff_ffffn);
    words[at + 4] = family === 4 ? length + 96 : length;
    at += wordsEach;
  }
  return { words };
}

export function countNetworks({ words }: Networks): number {
  return words.length / wordsEach;
}

export function prefixesOf({ words }: Networks): Prefix[] {
  return Array.from({ length: words.length / wordsEach }, (_, index) => {
    const at = wordsEach * index;
    const word = (place: number): bigint => BigInt(words[at + place] as number);
    const length = words[at + 4] as number;
    if (familyAt(words, at) === 4) return { family: 4, address: word(3), length: length - 96 };
    return { family: 6, address: (word(0) << 96n) | (word(1) << 64n) | (word(2) << 32n) | word(3), length };
  });
}

/** Of the network whose first word is there. */
export function familyAt(words: Uint32Array, at: number): Family {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === mapped ? 4 : 6;
}
