// Verdict maps that come, go and change, entry by entry. An entry holds the chain that it goes to: it is deleted before its chain,
// also when its map goes as well, because kernels before 6.4 let go of the chains of a deleted map only after the commit.

import { originComment } from "../ruleset/comment.ts";
import { capacity } from "../ruleset/keys.ts";
import type { MapEntry, NftMap } from "../ruleset/types.ts";
import { pairUp } from "./pairs.ts";
import type { Actual, Operation } from "./types.ts";

export type ActualMap = Actual["maps"][number];

export interface MapChange {
  readonly wanted: NftMap;
  /** Entries of keys that are wanted no more. */
  readonly gone: readonly MapEntry[];
  /** What was there under keys that now lead elsewhere, or stand for another rule. */
  readonly replaced: readonly MapEntry[];
  /** Entries in their place, and entries of new keys. */
  readonly added: readonly MapEntry[];
  /** Whether the map holds all at once, those that are gone and those that come. */
  readonly hasRoom: boolean;
}

/** As for sets: also the declared size is as the wanted content would have it. */
export function canStay(held: ActualMap, wanted: ActualMap): boolean {
  return held.types.join() === wanted.types.join() && held.counters === wanted.counters && sizeOf(held) === sizeOf(wanted);
}

function sizeOf({ size, entries }: ActualMap): number {
  return size ?? capacity(entries.length);
}

/** Undefined when it has those entries. */
export function changeOf(held: ActualMap, wanted: NftMap): MapChange | undefined {
  if (held.entries === wanted.entries) return undefined;
  const { changed, gone, fresh } = pairUp(held.entries, wanted.entries, keyText);
  const others = changed.filter(([a, b]) => !isSameEntry(a, b));
  const added = [...others.map(([, entry]) => entry), ...fresh];
  if (added.length + gone.length === 0) return undefined;
  return { wanted, gone, replaced: others.map(([entry]) => entry), added, hasRoom: held.entries.length + fresh.length <= sizeOf(held) };
}

export function addMaps(maps: readonly NftMap[]): Operation[] {
  return maps.flatMap((map): Operation[] => [{ verb: "add", object: "map", map }, ...addEntries(map, map.entries)]);
}

export function addEntries(map: NftMap, entries: readonly MapEntry[]): Operation[] {
  return entries.length === 0 ? [] : [{ verb: "add", object: "entries", map, entries }];
}

export function deleteEntries(map: NftMap, entries: readonly MapEntry[]): Operation[] {
  return entries.length === 0 ? [] : [{ verb: "delete", object: "entries", map, entries }];
}

/** Their entries too. No rule may use them any longer. */
export function deleteMaps(maps: readonly ActualMap[]): Operation[] {
  return maps.flatMap((map): Operation[] => [...deleteEntries(map, map.entries), { verb: "delete", object: "map", name: map.name }]);
}

/** The comment is the origin's text, which is all that a kernel knows of it. */
function isSameEntry(a: MapEntry, b: MapEntry): boolean {
  return sameVerdict(a, b) && commentText(a) === commentText(b);
}

function sameVerdict({ verdict: a }: MapEntry, { verdict: b }: MapEntry): boolean {
  return a.kind === b.kind && ("chain" in a ? a.chain : "") === ("chain" in b ? b.chain : "");
}

function commentText({ origin }: MapEntry): string {
  return origin === undefined ? "" : originComment(origin);
}

/** Names of interfaces hold no NUL, and of one type all values are written alike. */
function keyText({ key }: MapEntry): string {
  let text = "";
  for (const scalar of key) text += `${typeof scalar === "object" ? scalar.value : scalar}\0`;
  return text;
}
