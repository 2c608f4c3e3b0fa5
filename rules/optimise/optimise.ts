// A ruleset into one that judges every packet alike, by the same rule, and at a cost that hardly grows with the rules: long lists of rules become a
// verdict map and a tree (gather.ts, tree.ts), and policies of few rules are read as one list (inline.ts). Short lists stay as they are.
//
// What it costs is in kernel-facts: a rule that does not match 15 to 30 ns, a lookup in a map 200 to 300, whatever its size; to load 10 us a rule, 0.7 us
// an element. Nothing is known here of policies, nor of what the kernel holds.

import type { Chain, NftMap, NftSet, Rule, Ruleset } from "../ruleset/types.ts";
import { type Gathered, gather, sameItems } from "./gather.ts";
import { jumpOf, listOf, type Named } from "./inline.ts";
import { longestServed } from "./names.ts";
import { createReferences, type References } from "./references.ts";
import { type Arranged, arrange, byChain, chainsOf } from "./tree.ts";

/** Rules that cost a packet about a microsecond when none of them matches; shorter lists would be many more chains and rules to load. */
export const shortList = 64;

export type Optimise = (ruleset: Ruleset) => Ruleset;

export function optimise(ruleset: Ruleset, least = shortList): Ruleset {
  return createOptimiser(least)(ruleset);
}

/** Of what it made the last time all that has not changed is the same object; the result is that of `optimise`. @param least lists of no more rules stay as they are */
export function createOptimiser(least = shortList): Optimise {
  const memory: Memory = {
    input: undefined,
    chains: new Map(),
    references: createReferences(),
    served: new Map(),
    written: new Map(),
    outcomes: [],
    output: undefined,
  };
  return (ruleset) => {
    advance(memory, ruleset, least);
    return memory.output ?? ruleset;
  };
}

interface Memory {
  input: Ruleset | undefined;
  /** Of the input, by name. */
  readonly chains: Map<string, Chain>;
  readonly references: References;
  readonly served: Map<string, Served>;
  /** In how many lists the rules of each chain are written out in place of a jump to it. */
  readonly written: Map<string, number>;
  /** What became of each chain of the input. */
  outcomes: readonly Outcome[];
  output: Ruleset | undefined;
}

interface Outcome {
  /** Undefined when it is no more. */
  readonly chain: Chain | undefined;
  readonly served: Served | undefined;
}

/** A chain with a list of rules that may be long, and what became of it. */
interface Served {
  readonly source: Chain;
  readonly uses: ReadonlySet<string>;
  readonly inlined: ReadonlySet<string>;
  readonly gathered: Gathered | undefined;
  readonly arranged: Arranged;
  /** The source itself where nothing could be done for it. */
  readonly chain: Chain;
}

function advance(memory: Memory, input: Ruleset, least: number): void {
  const { chains, references, served } = memory;
  const last = memory.input;
  const changed = changedNames(last?.chains ?? [], input.chains);
  const isOtherMaps = last === undefined || !sameItems(last.maps, input.maps);
  memory.input = input;
  if (changed.size === 0 && !isOtherMaps) {
    if (memory.output !== undefined) memory.output = { ...memory.output, table: input.table, sets: input.sets };
    return;
  }
  /** Chains of which something else than their own rules is otherwise. */
  const touched = new Set<string>();
  let hasComeOrGone = false;
  for (const [name, chain] of [...changed]) {
    for (const target of references.replace({ before: chains.get(name)?.rules ?? [], now: chain?.rules ?? [] }, touched)) {
      if (!changed.has(target)) changed.set(target, chains.get(target));
    }
    hasComeOrGone ||= chain === undefined || !chains.has(name);
    if (chain === undefined) chains.delete(name);
    else chains.set(name, chain);
  }
  if (isOtherMaps) references.replaceMaps({ before: last?.maps ?? [], now: input.maps }, touched);
  const serving = { named: namedOf(memory, input.sets), least, touched };
  for (const [name, chain] of changed) serveAgain(memory, { ...serving, name, chain });
  for (const [name, { uses, source }] of served) if (!changed.has(name) && hasAny(uses, changed)) serveAgain(memory, { ...serving, name, chain: source });
  for (const name of changed.keys()) touched.add(name);
  memory.outcomes = outcomesOf(memory, input.chains, hasComeOrGone ? undefined : touched);
  memory.output = outputOf(memory, input);
}

interface Serving {
  readonly name: string;
  /** As it is now; undefined when it is gone. */
  readonly chain: Chain | undefined;
  readonly named: Named;
  readonly least: number;
  /** Takes up the names of chains that become something else. */
  readonly touched: Set<string>;
}

function serveAgain({ served, written }: Memory, { name, chain, named, least, touched }: Serving): void {
  const before = served.get(name);
  const isLong = chain?.kind === "regular" && name.length <= longestServed && (chain.rules.length > least || chain.rules.some(jumpOf));
  const now = isLong ? serve(chain, named, { least, before }) : undefined;
  if (now !== before) touched.add(name);
  const count = (one: string, by: number): void => {
    written.set(one, (written.get(one) ?? 0) + by);
    touched.add(one);
  };
  for (const one of before?.inlined ?? []) if (now?.inlined.has(one) !== true) count(one, -1);
  for (const one of now?.inlined ?? []) if (before?.inlined.has(one) !== true) count(one, 1);
  if (now === undefined) served.delete(name);
  else served.set(name, now);
}

/** Chains that came, went or are others, with what they are now. Both lists are sorted by name. */
function changedNames(before: readonly Chain[], now: readonly Chain[]): Map<string, Chain | undefined> {
  const changed = new Map<string, Chain | undefined>();
  if (before === now) return changed;
  let at = 0;
  for (const chain of now) {
    if (before[at] === chain) {
      at++;
      continue;
    }
    for (let held = before[at]; held !== undefined && held.name < chain.name; held = before[++at]) changed.set(held.name, undefined);
    const held = before[at];
    if (held?.name === chain.name) at++;
    if (held !== chain) changed.set(chain.name, chain);
  }
  for (const gone of before.slice(at)) changed.set(gone.name, undefined);
  return changed;
}

function namedOf({ chains, references }: Memory, sets: readonly NftSet[]): Named {
  let byName: ReadonlyMap<string, NftSet> | undefined;
  return {
    chain: (name) => chains.get(name),
    jumpsTo: (name) => references.jumpsTo(name),
    set: (name) => {
      byName ??= new Map(sets.map((set) => [set.name, set]));
      return byName.get(name);
    },
  };
}

function hasAny(names: ReadonlySet<string>, changed: ReadonlyMap<string, unknown>): boolean {
  if (changed.size < names.size) {
    for (const name of changed.keys()) if (names.has(name)) return true;
    return false;
  }
  for (const name of names) if (changed.has(name)) return true;
  return false;
}

function serve(source: Chain, named: Named, { least, before }: { least: number; before: Served | undefined }): Served {
  const { items, uses, inlined } = listOf(source, named);
  const gathered = items.length <= least ? undefined : gather(source.name, items, least, before?.gathered);
  const place = { chain: source.name, region: {}, level: 0, least, before: byChain(before?.arranged.branches ?? []) };
  const arranged = arrange(gathered?.others ?? items, place);
  const isServed = gathered !== undefined || arranged.branches.length > 0;
  if (!isServed) return { source, uses, inlined: new Set(), gathered, arranged, chain: source };
  const asking = gathered === undefined ? [] : [...gathered.head.map(({ rule }) => rule), ruleTo(gathered, before)];
  const rules = [...asking, ...arranged.rules];
  const stays = before !== undefined && before.chain !== before.source && sameItems(before.chain.rules, rules);
  return { source, uses, inlined, gathered, arranged, chain: stays ? before.chain : { ...source, rules } };
}

/** The rule that asks the map. */
function ruleTo({ map, fields }: Gathered, before: Served | undefined): Rule {
  const held = before?.gathered;
  const known = held?.map.name === map.name ? before?.chain.rules[held.head.length] : undefined;
  return known ?? { statements: [{ kind: "vmap", fields, map: map.name }], origin: { kind: "hostward", name: "index", note: "rules by exact values" } };
}

/** @param touched the only ones that may have become something else; undefined when chains came or went */
function outcomesOf(memory: Memory, chains: readonly Chain[], touched: ReadonlySet<string> | undefined): readonly Outcome[] {
  if (touched === undefined) return chains.map((chain) => outcomeOf(memory, chain));
  const outcomes = [...memory.outcomes];
  for (const name of touched) {
    const at = indexOf(chains, name);
    if (at !== undefined) outcomes[at] = outcomeOf(memory, chains[at] as Chain);
  }
  return outcomes;
}

/** In a list that is sorted by name. */
function indexOf(chains: readonly Chain[], name: string): number | undefined {
  let [from, to] = [0, chains.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((chains[middle] as Chain).name < name) from = middle + 1;
    else to = middle;
  }
  return chains[from]?.name === name ? from : undefined;
}

/** A chain that is written out wherever it was jumped to is no more, unless something else leads to it. */
function outcomeOf({ served, written, references }: Memory, chain: Chain): Outcome {
  const times = written.get(chain.name) ?? 0;
  if (times > 0 && references.to(chain.name) <= times) return gone;
  const found = served.get(chain.name);
  return found === undefined || found.chain === found.source ? { chain, served: undefined } : { chain: found.chain, served: found };
}

const gone: Outcome = { chain: undefined, served: undefined };

/** Undefined where every chain stays as it is. */
function outputOf({ outcomes, output }: Memory, input: Ruleset): Ruleset | undefined {
  const chains: Chain[] = [];
  const parts: Chain[] = [];
  const maps: NftMap[] = [];
  for (const { chain, served } of outcomes) {
    if (chain !== undefined) chains.push(chain);
    if (served === undefined) continue;
    for (const part of chainsOf(served.arranged.branches)) parts.push(part);
    if (served.gathered !== undefined) maps.push(served.gathered.map);
  }
  if (parts.length === 0 && maps.length === 0 && sameItems(chains, input.chains)) return undefined;
  const made = { ...input, chains: merge(chains, parts.sort(byName)), maps: merge(input.maps, maps.sort(byName)) };
  return {
    ...made,
    chains: output !== undefined && sameItems(output.chains, made.chains) ? output.chains : made.chains,
    maps: output !== undefined && sameItems(output.maps, made.maps) ? output.maps : made.maps,
  };
}

/** Two lists that are sorted by name. */
function merge<T extends { readonly name: string }>(some: readonly T[], others: readonly T[]): readonly T[] {
  if (others.length === 0) return some;
  const merged: T[] = [];
  let at = 0;
  for (const other of others) {
    for (let next = some[at]; next !== undefined && next.name < other.name; next = some[++at]) merged.push(next);
    merged.push(other);
  }
  for (const rest of some.slice(at)) merged.push(rest);
  return merged;
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : 1;
}
