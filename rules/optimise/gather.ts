// Rules that ask for exact values of the same fields, count and decide become the entries of one verdict map, which is asked before all other rules of
// their chain but the first few, where those are of another kind (a list of who is denied). Only such rules are taken that no rule left behind comes
// before for any packet: then the first rule that matches is the same.
//
// A packet that is on its way while a commit lands keeps to its rules, but looks the map up as it is then. It is judged as before or as after, because
// there is one map a chain, which holds the whole truth about its packets, and because the rules before it are part of its name: a map
// that comes behind others is another one, and rules that ask it come with them.

import { sameItems } from "../net/listChanges.ts";
import { fields } from "../ruleset/fields.ts";
import type { MapEntry, NftMap } from "../ruleset/types.ts";
import { type Item, isDisjoint } from "./item.ts";
import { entriesOf } from "./keyed.ts";
import { mapName } from "./names.ts";
import { type Dimension, dimensions } from "./span.ts";

/** Rules left behind that one rule is compared with; where there are more of its kind it is left behind as well. */
const mostCompared = 32;

/** Rules that are passed before the map. */
const longestHead = 8;

export interface Gathered {
  readonly map: NftMap;
  readonly fields: readonly Dimension[];
  /** In the order of the entries. */
  readonly texts: readonly string[];
  /** The rules before the map. */
  readonly head: readonly Item[];
  /** The other rules, in their order. */
  readonly others: readonly Item[];
}

/** Undefined where no kind of rule comes to `least`. @param before what came of the chain's rules the last time */
export function gather(chain: string, items: readonly Item[], least: number, before: Gathered | undefined): Gathered | undefined {
  const shape = commonShape(items, least);
  if (shape === undefined) return undefined;
  const taken = new Map<string, MapEntry>();
  const head = headOf(items);
  const others = leaveBehind(items.slice(head.length), shape, taken);
  if (taken.size < least) return undefined;
  const asked = fieldsOf(shape);
  const texts = sortedTexts(taken, before?.texts ?? []);
  const entries = texts.map((text) => taken.get(text) as MapEntry);
  const name = mapName(chain, { fields: asked, head: head.map(({ rule }) => rule), entries });
  if (before !== undefined && before.map.name === name && sameItems(before.map.entries, entries)) return { ...before, head, others };
  const types = asked.map((field) => fields[field].type);
  return { map: { name, types, entries, counters: true, comment: `rules by ${asked.join(" . ")}` }, fields: asked, texts, head, others };
}

/** Up to the first that the map could hold; none where those are many. */
function headOf(items: readonly Item[]): readonly Item[] {
  const first = items.findIndex(({ shape }) => shape !== undefined);
  return first > longestHead ? [] : items.slice(0, first);
}

/** That of the most rules. */
function commonShape(items: readonly Item[], least: number): number | undefined {
  const counts: number[] = new Array(1 << dimensions.length).fill(0);
  for (const { shape } of items) if (shape !== undefined) counts[shape] = (counts[shape] ?? 0) + 1;
  const most = Math.max(...counts);
  return most < least ? undefined : counts.indexOf(most);
}

/** Puts entries into `taken` and returns the rules that have none. Of two rules with one key the first has the entry: the other is never reached. */
function leaveBehind(items: readonly Item[], shape: number, taken: Map<string, MapEntry>): Item[] {
  const others: Item[] = [];
  const places = new Map<string, Item[]>();
  for (const item of items) {
    if (item.shape === shape && comesFirst(item, others, places) && takeKeys(item, taken)) continue;
    others.push(item);
    const there = places.get(item.place);
    if (there === undefined) places.set(item.place, [item]);
    else there.push(item);
  }
  return others;
}

/** False where there is none to take. */
function takeKeys({ rule, spans }: Item, taken: Map<string, MapEntry>): boolean {
  const before = taken.size;
  for (const { text, entry } of entriesOf(rule, spans)) if (!taken.has(text)) taken.set(text, entry);
  return taken.size > before;
}

/** Of the rules left behind those that may match a packet of this one, which are of its ports, its protocols, or any, are told apart from it. */
function comesFirst(item: Item, others: readonly Item[], places: ReadonlyMap<string, readonly Item[]>): boolean {
  if (item.places === undefined) return isApart(item, others);
  for (const place of item.places) {
    const there = places.get(place);
    if (there !== undefined && !isApart(item, there)) return false;
  }
  return true;
}

function isApart(item: Item, others: readonly Item[]): boolean {
  if (others.length > mostCompared) return false;
  for (const other of others) if (!isDisjoint(item, other)) return false;
  return true;
}

function fieldsOf(shape: number): readonly Dimension[] {
  return dimensions.filter((_, bit) => (shape & (1 << bit)) !== 0);
}

/** Nearly sorted already, by what was there before. Fields are as wide as each other's, so the order is that of the keys' bytes. */
function sortedTexts(taken: ReadonlyMap<string, unknown>, before: readonly string[]): readonly string[] {
  const kept = before.filter((text) => taken.has(text));
  if (kept.length === taken.size) return kept.length === before.length ? before : kept;
  const known = new Set(kept);
  const fresh = [...taken.keys()].filter((text) => !known.has(text)).sort();
  return [...kept, ...fresh].sort();
}
