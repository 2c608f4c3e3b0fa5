// A ruleset into one that judges every packet alike, by the same rule, and at a cost that hardly grows with the rules: long lists of rules become a
// verdict map and a tree (gather.ts, tree.ts), and policies of few rules are read as one list (inline.ts). Short lists stay as they are.
//
// What it costs is in kernel-facts: a rule that does not match 15 to 30 ns, a lookup in a map 200 to 300, whatever its size; to load 10 us a rule, 0.7 us
// an element. Nothing is known here of policies, nor of what the kernel holds.

import { sameItems } from "../net/listChanges.ts";
import { changesByName, withChanges } from "../ruleset/byName.ts";
import type { Chain, NftMap, NftSet, Rule, Ruleset } from "../ruleset/types.ts";
import { type Gathered, gather } from "./gather.ts";
import { jumpOf, listOf, type Named } from "./inline.ts";
import { longestServed } from "./names.ts";
import { References } from "./references.ts";
import { type Arranged, arrange, byChain, chainsOf } from "./tree.ts";
import { Users } from "./users.ts";

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
    references: new References(),
    served: new Map(),
    users: new Users(),
    written: new Map(),
    outcomes: new Map(),
    output: undefined,
  };
  return (ruleset) => {
    memory.output = advance(memory, ruleset, least);
    memory.input = ruleset;
    return memory.output;
  };
}

interface Memory {
  input: Ruleset | undefined;
  /** Of the input, by name. */
  readonly chains: Map<string, Chain>;
  readonly references: References;
  readonly served: Map<string, Served>;
  /** The chains in whose lists each was looked into. */
  readonly users: Users;
  /** In how many lists the rules of each chain are written out in place of a jump to it. */
  readonly written: Map<string, number>;
  /** What became of those chains of the input that became something else, by name. */
  readonly outcomes: Map<string, Outcome>;
  output: Ruleset | undefined;
}

/** Nothing, or a chain of the same name with the chains and the map that it leads to. */
type Outcome = Pick<Ruleset, "chains" | "maps">;

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

function advance(memory: Memory, input: Ruleset, least: number): Ruleset {
  const { chains, references, served, users } = memory;
  const last = memory.input;
  if (input === last && memory.output !== undefined) return memory.output;
  const changed = changesByName(last?.chains ?? [], input.chains);
  const maps = changesByName(last?.maps ?? [], input.maps);
  if (changed.size === 0 && maps.size === 0) return memory.outcomes.size === 0 ? input : { ...input, ...listsOf(memory.output) };
  /** Chains of which something else than their own rules is otherwise. */
  const touched = new Set<string>();
  for (const [name, chain] of [...changed]) {
    for (const target of references.replace({ before: chains.get(name)?.rules ?? [], now: chain?.rules ?? [] }, touched)) {
      if (!changed.has(target)) changed.set(target, chains.get(target));
    }
    if (chain === undefined) chains.delete(name);
    else chains.set(name, chain);
  }
  if (maps.size > 0) references.replaceMaps({ before: last?.maps ?? [], now: input.maps }, touched);
  const serving = { named: namedOf(memory, input.sets), least, touched };
  for (const [name, chain] of changed) serveAgain(memory, { ...serving, name, chain });
  const using = new Set([...changed.keys()].flatMap((name) => [...users.of(name)]));
  for (const name of using) if (!changed.has(name)) serveAgain(memory, { ...serving, name, chain: served.get(name)?.source });
  for (const name of changed.keys()) touched.add(name);
  return outputOf(memory, input, { touched, maps });
}

function listsOf(ruleset: Ruleset | undefined): Outcome {
  return { chains: ruleset?.chains ?? [], maps: ruleset?.maps ?? [] };
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

function serveAgain({ served, users, written }: Memory, { name, chain, named, least, touched }: Serving): void {
  const before = served.get(name);
  const isLong = chain?.kind === "regular" && name.length <= longestServed && (chain.rules.length > least || chain.rules.some(jumpOf));
  const now = isLong ? serve(chain, named, { least, before }) : undefined;
  if (now !== before) touched.add(name);
  users.replace(name, { before: before?.uses, now: now?.uses });
  const count = (one: string, by: number): void => {
    written.set(one, (written.get(one) ?? 0) + by);
    touched.add(one);
  };
  for (const one of before?.inlined ?? []) if (now?.inlined.has(one) !== true) count(one, -1);
  for (const one of now?.inlined ?? []) if (before?.inlined.has(one) !== true) count(one, 1);
  if (now === undefined) served.delete(name);
  else served.set(name, now);
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

/** Undefined where it stays as it is. A chain that is written out wherever it was jumped to is no more, unless something else leads to it. */
function outcomeOf({ served, written, references }: Memory, { name }: Chain): Outcome | undefined {
  const times = written.get(name) ?? 0;
  if (times > 0 && references.to(name) <= times) return listsOf(undefined);
  const found = served.get(name);
  if (found === undefined || found.chain === found.source) return undefined;
  return { chains: [found.chain, ...chainsOf(found.arranged.branches)], maps: found.gathered === undefined ? [] : [found.gathered.map] };
}

interface Difference {
  /** The only chains of the input that may have become something else. */
  readonly touched: ReadonlySet<string>;
  readonly maps: Map<string, NftMap | undefined>;
}

/** The input itself where every chain stays as it is. No name of a part is another chain's. */
function outputOf(memory: Memory, input: Ruleset, { touched, maps }: Difference): Ruleset {
  const { outcomes } = memory;
  const chains = new Map<string, Chain | undefined>();
  for (const name of touched) {
    const held = outcomes.get(name);
    for (const chain of held?.chains ?? []) chains.set(chain.name, undefined);
    for (const map of held?.maps ?? []) maps.set(map.name, undefined);
    const source = memory.chains.get(name);
    const outcome = source === undefined ? undefined : outcomeOf(memory, source);
    if (outcome === undefined) outcomes.delete(name);
    else outcomes.set(name, outcome);
    chains.set(name, outcome === undefined ? source : undefined);
    for (const chain of outcome?.chains ?? []) chains.set(chain.name, chain);
    for (const map of outcome?.maps ?? []) maps.set(map.name, map);
  }
  if (outcomes.size === 0) return input;
  const last = listsOf(memory.output);
  return { ...input, chains: withChanges(last.chains, chains), maps: withChanges(last.maps, maps) };
}
