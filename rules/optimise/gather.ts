// Rules that ask for exact values of the same fields, count and decide become the entries of one verdict map, which is asked before all other rules of
// their chain. Only such rules are taken that no rule left behind comes before for any packet: then the first rule that matches is the same.
//
// One map a chain: each lookup is atomic, two are not, and a packet that is on its way while a commit lands would meet one map as it was and the other
// as it is. What the map holds for a packet is the whole truth about it, so such a packet is judged as before or as after.

import { fields } from "../ruleset/fields.ts";
import type { MapEntry, NftMap, Scalar } from "../ruleset/types.ts";
import { type Item, isDisjoint } from "./item.ts";
import { mapName } from "./names.ts";
import { type Dimension, dimensions, onlyValue, scalarOf } from "./span.ts";

/** Rules left behind that one rule is compared with; where there are more of its kind it is left behind as well. */
const mostCompared = 32;

/** Entries that one rule may become. */
const mostKeys = 64;

export interface Gathered {
  readonly map: NftMap;
  readonly fields: readonly Dimension[];
  /** In the order of the entries. */
  readonly texts: readonly string[];
  /** The other rules, in their order. */
  readonly others: readonly Item[];
}

/** The rule's entries, and which fields their keys are of: a bit a dimension. */
interface Keyed {
  readonly shape: number;
  readonly entries: readonly { readonly text: string; readonly entry: MapEntry }[];
}

/** Undefined where no kind of rule comes to `least`. @param before what came of the chain's rules the last time */
export function gather(chain: string, items: readonly Item[], least: number, before: Gathered | undefined): Gathered | undefined {
  const shape = commonShape(items, least);
  if (shape === undefined) return undefined;
  const taken = new Map<string, MapEntry>();
  const others = leaveBehind(items, shape, taken);
  if (taken.size < least) return undefined;
  const asked = fieldsOf(shape);
  const texts = sortedTexts(taken, before?.texts ?? []);
  const entries = texts.map((text) => taken.get(text) as MapEntry);
  const name = mapName(chain, asked, entries);
  if (before !== undefined && before.map.name === name && sameItems(before.map.entries, entries)) return { ...before, others };
  const types = asked.map((field) => fields[field].type);
  return { map: { name, types, entries, counters: true, comment: `rules by ${asked.join(" . ")}` }, fields: asked, texts, others };
}

export function sameItems<T>(some: readonly T[], others: readonly T[]): boolean {
  if (some.length !== others.length) return false;
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return false;
  return true;
}

/** That of the most rules. */
function commonShape(items: readonly Item[], least: number): number | undefined {
  const counts = new Map<number, number>();
  for (const item of items) {
    const keyed = keyedOf(item);
    if (keyed !== undefined) counts.set(keyed.shape, (counts.get(keyed.shape) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([one, some], [other, others]) => others - some || one - other);
  return most === undefined || most[1] < least ? undefined : most[0];
}

/** Puts entries into `taken` and returns the rules that have none. Of two rules with one key the first has the entry: the other is never reached. */
function leaveBehind(items: readonly Item[], shape: number, taken: Map<string, MapEntry>): Item[] {
  const others: Item[] = [];
  const places = new Map<string, Item[]>();
  for (const item of items) {
    const keyed = keyedOf(item);
    const free = keyed?.shape === shape ? keyed.entries.filter(({ text }) => !taken.has(text)) : [];
    if (free.length > 0 && othersMet(item, others, places).every((list) => comesFirst(item, list))) {
      for (const { text, entry } of free) taken.set(text, entry);
    } else {
      others.push(item);
      const place = placeOf(item);
      places.set(place, [...(places.get(place) ?? []), item]);
    }
  }
  return others;
}

function comesFirst(item: Item, others: readonly Item[]): boolean {
  return others.length <= mostCompared && others.every((other) => isDisjoint(item, other));
}

/** Of the rules left behind those that may match a packet of this one: of its ports, of its protocols, of any. */
function othersMet({ spans }: Item, others: readonly Item[], places: ReadonlyMap<string, readonly Item[]>): (readonly Item[])[] {
  const { "meta l4proto": protocols, "th dport": ports } = spans;
  if (protocols === undefined || ports === undefined) return [others];
  const names = protocols.flatMap(({ from: protocol }) => [protocol, ...ports.map(({ from: port }) => protocol + port)]);
  return [anywhere, ...names].map((name) => places.get(name) ?? []);
}

const anywhere = "";

function placeOf({ spans }: Item): string {
  const protocol = onlyValue(spans["meta l4proto"]);
  return protocol === undefined ? anywhere : protocol + (onlyValue(spans["th dport"]) ?? "");
}

const keyed = new WeakMap<Item, Keyed | "none">();

/** Undefined of a rule that is more than a decision about single values. */
function keyedOf(item: Item): Keyed | undefined {
  const known = keyed.get(item) ?? keysOf(item) ?? "none";
  keyed.set(item, known);
  return known === "none" ? undefined : known;
}

function keysOf({ rule, spans, isExact, decision }: Item): Keyed | undefined {
  if (!isExact || decision === undefined) return undefined;
  const asked = dimensions.filter((dimension) => spans[dimension] !== undefined);
  const lists = asked.map((dimension) => spans[dimension] ?? []);
  const count = lists.reduce((product, list) => product * list.length, 1);
  if (asked.length === 0 || count > mostKeys || !lists.every((list) => list.every(({ from, to }) => from === to))) return undefined;
  const rows = lists.reduce<readonly (readonly string[])[]>((done, list) => done.flatMap((row) => list.map(({ from }) => [...row, from])), [[]]);
  const entries = rows.map((row) => {
    const key = row.map((text, at): Scalar => scalarOf(asked[at] as Dimension, text));
    return { text: row.join(""), entry: { key, verdict: decision, origin: rule.origin } };
  });
  return { shape: asked.reduce((bits, dimension) => bits | (1 << dimensions.indexOf(dimension)), 0), entries };
}

function fieldsOf(shape: number): readonly Dimension[] {
  return dimensions.filter((_, bit) => (shape & (1 << bit)) !== 0);
}

/** Sorted anew from what was sorted before, which is nearly the same: fields are as wide as each other's, so the order is that of the keys' bytes. */
function sortedTexts(taken: ReadonlyMap<string, unknown>, before: readonly string[]): readonly string[] {
  const kept = before.filter((text) => taken.has(text));
  const known = new Set(kept);
  return [...kept, ...[...taken.keys()].filter((text) => !known.has(text)).sort()].sort();
}
