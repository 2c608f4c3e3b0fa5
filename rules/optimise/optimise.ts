// A ruleset into one that judges every packet alike, by the same rule, and at a cost that hardly grows with the rules: long lists of rules become a
// verdict map and a tree (gather.ts, tree.ts), and policies of few rules are read as one list (inline.ts). Short lists stay as they are.
//
// What it costs is in kernel-facts: a rule that does not match 15 to 30 ns, a lookup in a map 200 to 300, whatever its size; to load 10 us a rule, 0.7 us
// an element. Nothing is known here of policies, nor of what the kernel holds.

import type { Chain, NftMap, NftSet, Rule, Ruleset, Verdict } from "../ruleset/types.ts";
import { type Gathered, gather, sameItems } from "./gather.ts";
import { jumpOf, listOf, type Named } from "./inline.ts";
import { longestServed } from "./names.ts";
import { type Arranged, arrange, byChain, chainsOf } from "./tree.ts";

/** Rules that cost about two lookups when none of them matches. */
export const shortList = 32;

export type Optimise = (ruleset: Ruleset) => Ruleset;

export function optimise(ruleset: Ruleset, least = shortList): Ruleset {
  return createOptimiser(least)(ruleset);
}

/** Of what it made the last time all that has not changed is the same object; the result is that of `optimise`. @param least lists of no more rules stay as they are */
export function createOptimiser(least = shortList): Optimise {
  let last: State = { input: undefined, chains: new Map(), jumps: new Map(), served: new Map(), output: undefined };
  return (ruleset) => {
    last = advance(last, ruleset, least);
    return last.output ?? ruleset;
  };
}

interface State {
  readonly input: Ruleset | undefined;
  /** Of the input, by name. */
  readonly chains: Map<string, Chain>;
  /** How many rules jump to each chain. */
  readonly jumps: Map<string, number>;
  readonly served: ReadonlyMap<string, Served>;
  readonly output: Ruleset | undefined;
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

function advance(last: State, input: Ruleset, least: number): State {
  const changed = changedNames(last.input?.chains ?? [], input.chains);
  if (last.input !== undefined && changed.size === 0 && sameItems(last.input.maps, input.maps)) {
    return { ...last, input, output: last.output && { ...last.output, table: input.table, sets: input.sets } };
  }
  const { chains, jumps } = last;
  for (const [name, chain] of [...changed]) {
    for (const target of recount(jumps, chains.get(name)?.rules ?? [], chain?.rules ?? [])) if (!changed.has(target)) changed.set(target, chains.get(target));
    if (chain === undefined) chains.delete(name);
    else chains.set(name, chain);
  }
  const named = namedOf({ chains, jumps, sets: input.sets });
  const served = new Map<string, Served>();
  for (const chain of input.chains) {
    if (chain.kind !== "regular" || chain.name.length > longestServed) continue;
    if (chain.rules.length <= least && !chain.rules.some(jumpOf)) continue;
    const before = last.served.get(chain.name);
    const stays = before !== undefined && !changed.has(chain.name) && !hasAny(before.uses, changed);
    served.set(chain.name, stays ? before : serve(chain, named, { least, before }));
  }
  const isPlain = [...served.values()].every(({ chain, source }) => chain === source);
  return { input, chains, jumps, served, output: isPlain ? undefined : outputOf(input, served) };
}

/** Counts the jumps of the rules anew, and returns the chains that are now jumped to from one place and were from several, or the other way round. */
function recount(jumps: Map<string, number>, before: readonly Rule[], now: readonly Rule[]): readonly string[] {
  let start = 0;
  while (start < before.length && before[start] === now[start]) start++;
  let end = 0;
  while (end < Math.min(before.length, now.length) - start && before.at(-1 - end) === now.at(-1 - end)) end++;
  const crossed: string[] = [];
  const count = (rules: readonly Rule[], by: number): void => {
    for (const rule of rules) {
      const target = jumpOf(rule);
      if (target === undefined) continue;
      const held = jumps.get(target) ?? 0;
      jumps.set(target, held + by);
      if (held > 1 !== held + by > 1) crossed.push(target);
    }
  };
  count(before.slice(start, before.length - end), -1);
  count(now.slice(start, now.length - end), 1);
  return crossed;
}

/** Chains that came, went or are others, with what they are now. Both lists are sorted by name. */
function changedNames(before: readonly Chain[], now: readonly Chain[]): Map<string, Chain | undefined> {
  const changed = new Map<string, Chain | undefined>();
  if (before === now) return changed;
  let at = 0;
  for (const chain of now) {
    for (let held = before[at]; held !== undefined && held.name < chain.name; held = before[++at]) changed.set(held.name, undefined);
    const held = before[at];
    if (held?.name === chain.name) at++;
    if (held !== chain) changed.set(chain.name, chain);
  }
  for (const gone of before.slice(at)) changed.set(gone.name, undefined);
  return changed;
}

function namedOf({ chains, jumps, sets }: Pick<State, "chains" | "jumps"> & { readonly sets: readonly NftSet[] }): Named {
  let byName: ReadonlyMap<string, NftSet> | undefined;
  return {
    chain: (name) => chains.get(name),
    jumpsTo: (name) => jumps.get(name) ?? 0,
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

/** Chains that are written out wherever they were jumped to are no more, unless something else leads to them. */
function outputOf(input: Ruleset, served: ReadonlyMap<string, Served>): Ruleset {
  const inlined = new Set([...served.values()].flatMap(({ inlined: names }) => [...names]));
  const stays = input.chains.filter(({ name }) => !inlined.has(name)).map((chain) => partsOf(chain, served));
  const wanted = inlined.size === 0 ? inlined : targetsOf([...input.maps, ...stays.flatMap(({ maps, chains }) => [...maps, ...chains])]);
  const kept = input.chains.filter(({ name }) => inlined.has(name) && wanted.has(name)).map((chain) => partsOf(chain, served));
  const parts = [...stays, ...kept];
  return { ...input, chains: byName(parts.flatMap(({ chains }) => chains)), maps: byName([...input.maps, ...parts.flatMap(({ maps }) => maps)]) };
}

interface Parts {
  readonly chains: readonly Chain[];
  readonly maps: readonly NftMap[];
}

function partsOf(chain: Chain, served: ReadonlyMap<string, Served>): Parts {
  const found = served.get(chain.name);
  if (found === undefined) return { chains: [chain], maps: [] };
  return { chains: [found.chain, ...chainsOf(found.arranged.branches)], maps: found.gathered === undefined ? [] : [found.gathered.map] };
}

const targets = new WeakMap<Chain | NftMap, readonly string[]>();

function targetsOf(things: readonly (Chain | NftMap)[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const thing of things) {
    const known = targets.get(thing) ?? [...verdictsOf(thing)].flatMap((verdict) => ("chain" in verdict ? [verdict.chain] : []));
    targets.set(thing, known);
    for (const name of known) found.add(name);
  }
  return found;
}

function verdictsOf(thing: Chain | NftMap): readonly Verdict[] {
  if ("entries" in thing) return thing.entries.map(({ verdict }) => verdict);
  return thing.rules.flatMap(({ statements }) => statements.flatMap((statement) => (statement.kind === "verdict" ? [statement.verdict] : [])));
}

function byName<T extends { readonly name: string }>(things: readonly T[]): T[] {
  return things.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
