// Which rules of a chain stay where they are as it becomes another: the common beginning and end, and between them the longest rising run of rules
// with the same identity. Rules that move against that run are seen as gone and new.

import { identityText, sameRule } from "../ruleset/identity.ts";
import type { ActualRule } from "./types.ts";

/** A stretch of a chain between rules that stay: the held rules of [from, to) give way to the wanted ones of [wantedFrom, wantedTo). */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly wantedFrom: number;
  readonly wantedTo: number;
}

export interface Alignment {
  /** In order, each with rules on at least one side. */
  readonly gaps: readonly Gap[];
  /** Indices of the wanted rules that stay. */
  readonly kept: readonly number[];
}

/** Linear but for the middle, which costs n log n. */
export function alignRules(held: readonly ActualRule[], wanted: readonly ActualRule[]): Alignment {
  const shorter = Math.min(held.length, wanted.length);
  let start = 0;
  while (start < shorter && isSameAt(held, start, wanted, start)) start++;
  let end = 0;
  while (end < shorter - start && isSameAt(held, held.length - 1 - end, wanted, wanted.length - 1 - end)) end++;
  const matches = matchRules(held.slice(start, held.length - end), wanted.slice(start, wanted.length - end));
  const stays = [
    ...Array.from({ length: start }, (_, i) => [i, i] as const),
    ...matches.map(([from, to]) => [start + from, start + to] as const),
    ...Array.from({ length: end }, (_, i) => [held.length - end + i, wanted.length - end + i] as const),
  ];
  return { gaps: gapsBetween(stays, held.length, wanted.length), kept: stays.map(([, at]) => at) };
}

type Match = readonly [held: number, wanted: number];

function isSameAt(held: readonly ActualRule[], at: number, wanted: readonly ActualRule[], wantedAt: number): boolean {
  return sameRule(held[at] as ActualRule, wanted[wantedAt] as ActualRule);
}

/** The nth rule of an identity with the nth of it on the other side, as many as keep their order. */
function matchRules(held: readonly ActualRule[], wanted: readonly ActualRule[]): readonly Match[] {
  const places = new Map<string, number[]>();
  for (let at = held.length - 1; at >= 0; at--) {
    const identity = identityText(held[at] as ActualRule);
    const known = places.get(identity);
    if (known === undefined) places.set(identity, [at]);
    else known.push(at);
  }
  const matches = wanted.flatMap((rule, at): Match[] => {
    const place = places.get(identityText(rule))?.pop();
    return place === undefined ? [] : [[place, at]];
  });
  return longestRising(matches);
}

/** Patience sorting: of all runs of some length the one that ends lowest is remembered, each match with the one before it in its run. */
function longestRising(matches: readonly Match[]): readonly Match[] {
  const ends: number[] = [];
  const previous: (number | undefined)[] = [];
  for (const [index, [place]] of matches.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((matches[ends[middle] as number] as Match)[0] < place) low = middle + 1;
      else high = middle;
    }
    previous.push(ends[low - 1]);
    ends[low] = index;
  }
  const run: Match[] = [];
  for (let index = ends.at(-1); index !== undefined; index = previous[index]) run.push(matches[index] as Match);
  return run.reverse();
}

function gapsBetween(stays: readonly Match[], heldLength: number, wantedLength: number): Gap[] {
  const gaps: Gap[] = [];
  let from = 0;
  let wantedFrom = 0;
  for (const [to, wantedTo] of [...stays, [heldLength, wantedLength] as const]) {
    if (to > from || wantedTo > wantedFrom) gaps.push({ from, to, wantedFrom, wantedTo });
    from = to + 1;
    wantedFrom = wantedTo + 1;
  }
  return gaps;
}
