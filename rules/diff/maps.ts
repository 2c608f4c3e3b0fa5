// Verdict maps that come, go and change, entry by entry. An entry holds the chain that it goes to: it is deleted before its chain,
// also when its map goes as well, because kernels before 6.4 let go of the chains of a deleted map only after the commit.

import { capacity } from "../ruleset/keys.ts";
import { printEntry } from "../ruleset/print.ts";
import type { MapEntry, NftMap, Ruleset } from "../ruleset/types.ts";
import type { Actual, Operation } from "./types.ts";

type ActualMap = Actual["maps"][number];

/** Entries that are wanted no more or lead elsewhere, and maps that are wanted no more or cannot become what is wanted. */
export function deleteMaps(before: Actual, desired: Ruleset): Operation[] {
  const wanted = new Map(desired.maps.map((map) => [map.name, map]));
  return before.maps.flatMap((held): Operation[] => {
    const map = wanted.get(held.name);
    const stays = canStay(held, map);
    const stale = stays ? entriesNotIn(held, map) : held.entries;
    return [...entries("delete", held, stale), ...(stays ? [] : [{ verb: "delete", object: "map", name: held.name } as const])];
  });
}

/** The maps that are not there as they are wanted, and the entries that are not. The chains they lead to are there. */
export function addMaps(before: Actual, desired: Ruleset): Operation[] {
  const there = new Map(before.maps.map((map) => [map.name, map]));
  return desired.maps.flatMap((map): Operation[] => {
    const held = there.get(map.name);
    const stays = held !== undefined && canStay(held, map);
    return [...(stays ? [] : [{ verb: "add", object: "map", map } as const]), ...entries("add", map, stays ? entriesNotIn(map, held) : map.entries)];
  });
}

/** Entries of the one map that the other has not, or has with another verdict. */
export function entriesNotIn(map: NftMap, other: NftMap): readonly MapEntry[] {
  const known = new Set(other.entries.map((entry) => printEntry(other.types, entry)));
  return map.entries.filter((entry) => !known.has(printEntry(map.types, entry)));
}

/** As for hash sets: also the declared size is as the wanted content would have it. */
export function canStay(held: ActualMap, wanted: NftMap | undefined): wanted is NftMap {
  return wanted !== undefined && held.types.join() === wanted.types.join() && held.size === capacity(wanted.entries.length);
}

function entries(verb: "add" | "delete", map: NftMap, list: readonly MapEntry[]): Operation[] {
  return list.length === 0 ? [] : [{ verb, object: "entries", map, entries: list }];
}
