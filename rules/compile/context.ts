// What one run of compile has made so far: chains, sets and maps by name, each made once however many endpoints use it.
// A name with a second meaning would be a collision of digests and ends the run; nothing is known here of what things mean.

import { invariant } from "../net/invariant.ts";
import type { Family } from "../net/types.ts";
import type { PortMember, Resolved } from "../resolve/types.ts";
import type { Chain, Keys, NftMap, NftSet, Rule, Ruleset } from "../ruleset/types.ts";
import { sizedName } from "./names.ts";

export interface Context {
  readonly resolved: Resolved;
  readonly chains: Map<string, { readonly identity: string; readonly chain: Chain }>;
  readonly sets: Map<string, NftSet>;
  readonly maps: Map<string, NftMap>;
  /** Names of the sets already made for a selector's id or an array of port members: packing and hashing them is done once. */
  readonly known: Readonly<Record<Family, Map<string | readonly PortMember[], string>>>;
}

export function createContext(resolved: Resolved): Context {
  return { resolved, chains: new Map(), sets: new Map(), maps: new Map(), known: { 4: new Map(), 6: new Map() } };
}

/** Adds the chain unless it is there. `identity` is what it stands for, in full. Returns its name. */
export function regularChain(context: Context, { name, identity }: { name: string; identity: string }, rules: () => readonly Rule[]): string {
  const known = context.chains.get(name);
  if (known === undefined) context.chains.set(name, { identity, chain: { kind: "regular", name, rules: rules() } });
  else invariant(known.identity === identity, `chain ${name} would stand for "${known.identity}" and for "${identity}"`);
  return name;
}

export function addChain(context: Context, chain: Chain): void {
  invariant(!context.chains.has(chain.name), `chain ${chain.name} is made twice`);
  context.chains.set(chain.name, { identity: chain.name, chain });
}

/** Adds the set unless it is there. Returns the name by which to look it up. */
export function namedSet(context: Context, set: NftSet): string {
  const name = set.flavour === "hash" ? sizedName(set.name, set.keys.count) : set.name;
  const known = context.sets.get(name);
  if (known === undefined) context.sets.set(name, { ...set, name });
  else invariant(known.comment === set.comment && sameBytes(known.keys, set.keys), `set ${name} would stand for "${known.comment}" and for "${set.comment}"`);
  return name;
}

/** Adds the map. Returns the name by which to look it up. */
export function namedMap(context: Context, map: NftMap): string {
  const name = sizedName(map.name, map.entries.length);
  invariant(!context.maps.has(name), `map ${name} is made twice`);
  context.maps.set(name, { ...map, name });
  return name;
}

export function rulesetOf(context: Context, table: string): Ruleset {
  const chains = [...context.chains.values()].map(({ chain }) => chain);
  return { table, chains: byName(chains), sets: byName([...context.sets.values()]), maps: byName([...context.maps.values()]) };
}

/** Names are ASCII, so `<` is the order of their bytes. */
function byName<T extends { readonly name: string }>(things: readonly T[]): T[] {
  return things.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function sameBytes(a: Keys, b: Keys): boolean {
  return a.width === b.width && a.bytes.length === b.bytes.length && a.bytes.every((byte, at) => byte === b.bytes[at]);
}
