// Every order that decides a verdict: names by their bytes, tiers and policies by E3. Never a locale's order, which would
// differ from host to host.

import type { Policy, Tier } from "../model/types.ts";

/** Order of the UTF-8 bytes, which `<` on strings is not: it compares UTF-16 units and puts surrogates before U+E000. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return byteRank(left) - byteRank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for U+10000 and up, so they rank above every other unit. */
function byteRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** A tier as policies name it; `tier` is undefined when no such Tier exists (E6). */
export interface TierSlot {
  readonly name: string;
  readonly tier: Tier | undefined;
}

/** E3: existing tiers before missing ones, then by order, then by name. */
export function compareTiers(a: TierSlot, b: TierSlot): number {
  if (a.tier === undefined || b.tier === undefined) {
    if (a.tier !== b.tier) return a.tier === undefined ? 1 : -1;
    return compareBytes(a.name, b.name);
  }
  return compareNumbers(a.tier.order, b.tier.order) || compareBytes(a.name, b.name);
}

/** E3, G23: by order, absent last; ties by the text `name/namespace/kind`, in which "a-b" comes before "a". */
export function comparePolicies(a: Policy, b: Policy): number {
  return compareNumbers(a.order, b.order) || compareTies(a, b);
}

/** The names alone decide unless one begins with the other: a sort of many policies makes no texts. */
function compareTies(a: Policy, b: Policy): number {
  const [left, right] = [a.metadata.name, b.metadata.name];
  const isUndecided = left.length < right.length ? right.startsWith(left) : left.startsWith(right);
  return isUndecided ? compareBytes(tieBreaker(a), tieBreaker(b)) : compareBytes(left, right);
}

/** Not by subtraction, which is not a number for two absent (infinite) orders. */
function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function tieBreaker(policy: Policy): string {
  return `${policy.metadata.name}/${policy.metadata.namespace}/${policy.kind}`;
}
