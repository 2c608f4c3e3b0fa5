// Verdict maps that come, go and change, entry by entry. An entry holds the chain that it goes to: it is deleted before its chain,
// also when its map goes as well, because kernels before 6.4 let go of the chains of a deleted map only after the commit.

import { printEntry } from "../ruleset/print.ts";
import type { MapEntry, NftMap } from "../ruleset/types.ts";
import type { Actual, Operation } from "./types.ts";

type ActualMap = Actual["maps"][number];

/** Entries that are wanted no more or lead elsewhere, and maps that are wanted no more or cannot become what is wanted. */
export function deleteMaps(before: Actual, after: Actual): Operation[] {
  const wanted = new Map(after.maps.map((map) => [map.name, map]));
  return before.maps.flatMap((held): Operation[] => {
    const map = wanted.get(held.name);
    const stays = map !== undefined && canStay(held, map);
    const stale = stays ? entriesNotIn(held, map) : held.entries;
    return [...entries("delete", held, stale), ...(stays ? [] : [{ verb: "delete", object: "map", name: held.name } as const])];
  });
}

/** The maps that are not there as they are wanted, and the entries that are not. The chains they lead to are there. */
export function addMaps(before: Actual, after: Actual): Operation[] {
  const there = new Map(before.maps.map((map) => [map.name, map]));
  return after.maps.flatMap((map): Operation[] => {
    const held = there.get(map.name);
    const stays = held !== undefined && canStay(held, map);
    return [...(stays ? [] : [{ verb: "add", object: "map", map } as const]), ...entries("add", map, stays ? entriesNotIn(map, held) : map.entries)];
  });
}

/**
 * The wanted maps with the entries of keys that are held and wanted no more, and the maps wanted no more; `wanted` itself when there are none.
 * Where a map has no room for both, what is no more wanted goes at once.
 */
export function mapsInTransit(held: readonly ActualMap[], wanted: readonly ActualMap[]): readonly ActualMap[] {
  const byName = new Map(held.map((map) => [map.name, map]));
  const names = new Set(wanted.map(({ name }) => name));
  const stale = held.filter(({ name }) => !names.has(name));
  const extended = wanted.map((map) => withEntries(map, byName.get(map.name)));
  return stale.length === 0 && extended.every((map, at) => map === wanted[at]) ? wanted : [...extended, ...stale];
}

function withEntries(map: ActualMap, held: ActualMap | undefined): ActualMap {
  const keys = new Set(map.entries.map(keyText));
  const others = (held?.entries ?? []).filter((entry) => !keys.has(keyText(entry)));
  return others.length === 0 || map.entries.length + others.length > map.size ? map : { ...map, entries: [...map.entries, ...others] };
}

/** Of interface names, which hold neither newlines nor other types. */
function keyText({ key }: MapEntry): string {
  return key.join("\n");
}

/** Entries of the one map that the other has not, or has with another verdict. */
export function entriesNotIn(map: NftMap, other: NftMap): readonly MapEntry[] {
  const known = new Set(other.entries.map((entry) => printEntry(other.types, entry)));
  return map.entries.filter((entry) => !known.has(printEntry(map.types, entry)));
}

/** As for hash sets: also the declared size is as the wanted content would have it. */
export function canStay(held: ActualMap, wanted: ActualMap): boolean {
  return held.types.join() === wanted.types.join() && held.size === wanted.size;
}

function entries(verb: "add" | "delete", map: NftMap, list: readonly MapEntry[]): Operation[] {
  return list.length === 0 ? [] : [{ verb, object: "entries", map, entries: list }];
}
