// What a compiler remembers from one pass to the next: every chain, set and map that it made, and the rules of every policy, each beside what it was made
// of. What it is made of is compared by reference. All of it is of one PolicySettings: other settings are another memory.

import type { MemberSet, Members, Resolved, ResolvedEndpoint, ResolvedRules, ResolvedTier } from "../resolve/types.ts";
import type { Chain, MapEntry, NftMap, NftSet, Rule, Ruleset } from "../ruleset/types.ts";
import { type Entry, Registry } from "./registry.ts";
import { type Place, places, type Stages, stagesOf, type Voice, voices } from "./stages.ts";

export interface Memory {
  readonly settings: Resolved["settings"];
  readonly tunnelPeers: Resolved["tunnelPeers"];
  readonly stages: Stages;
  pass: number;
  /** Of the pass before, and what it made of it. */
  resolved: Resolved | undefined;
  ruleset: Ruleset | undefined;
  readonly chains: Registry<Chain, ChainEntry>;
  readonly sets: Registry<NftSet, SetEntry>;
  readonly maps: Registry<NftMap>;
  /** The rules that no user wrote, by what they are for. */
  readonly built: Map<string, Built>;
  /** The entries of each map and what they were made of, by the map's name without its size. */
  readonly entries: Map<string, { readonly inputs: readonly unknown[]; readonly entries: readonly MapEntry[] }>;
  readonly endpoints: Readonly<Record<Place, WeakMap<ResolvedEndpoint, ChainEntry>>>;
  readonly tiers: Readonly<Record<Voice, WeakMap<ResolvedTier, TierMemory>>>;
  readonly policies: Readonly<Record<Voice, WeakMap<ResolvedRules, PolicyMemory>>>;
  /** How many were ever made. */
  policyCount: number;
  readonly memberSets: WeakMap<MemberSet, MemberSetMemory>;
}

export interface ChainEntry extends Entry<Chain> {
  /** What it stands for, in full. */
  identity: string;
  /** The rule that leads to it and back; always of the same origin. */
  jump: Rule | undefined;
  /** The policy or the tier whose rules it has. */
  madeOf: PolicyMemory | TierMemory | undefined;
  /** Of an endpoint: those that it jumps to. */
  tiers: readonly TierMemory[];
}

export interface SetEntry extends Entry<NftSet> {
  /** Of a set that is named by its definition, where its members are from; of one that is named by content nothing. */
  readonly source: Source | undefined;
}

export interface Source {
  readonly id: string;
  readonly family: 4 | 6;
  members: Members;
}

/** Rules with what they were made of. They stay while that does, and while the sets that they look up keep their names. */
export interface Built {
  readonly inputs: readonly unknown[];
  readonly rules: readonly Rule[];
  readonly sets: readonly SetEntry[];
  wantedIn: number;
}

/** The rules of a policy or profile in one voice. */
export interface PolicyMemory {
  readonly owner: ResolvedRules;
  /** Another one for each. */
  readonly number: number;
  readonly hasPass: boolean;
  rules: readonly Rule[];
  sets: readonly SetEntry[];
  /** The passes that compiled them last, and that last found them to be as they would be compiled. */
  compiledIn: number;
  checkedIn: number;
  /** Their own chain; none yet, or written into their tiers'. */
  chain: ChainEntry | undefined;
}

/** A tier in one voice. */
export interface TierMemory {
  readonly tier: ResolvedTier;
  readonly policies: readonly PolicyMemory[];
  /** Equal for tiers with equal policies. */
  readonly hash: number;
  /** In the pass `foundIn`. */
  chain: ChainEntry | undefined;
  foundIn: number;
}

export interface MemberSetMemory {
  /** Of the id. */
  readonly digest: string;
  readonly entries: Partial<Record<"sel4" | "sel6" | "named4" | "named6", SetEntry>>;
}

export function createMemory({ settings, tunnelPeers }: Resolved): Memory {
  return {
    settings,
    tunnelPeers,
    stages: stagesOf(settings),
    pass: 0,
    resolved: undefined,
    ruleset: undefined,
    chains: new Registry(),
    sets: new Registry(),
    maps: new Registry(),
    built: new Map(),
    entries: new Map(),
    endpoints: keyed(places, () => new WeakMap()),
    tiers: keyed(voices, () => new WeakMap()),
    policies: keyed(voices, () => new WeakMap()),
    policyCount: 0,
    memberSets: new WeakMap(),
  };
}

export function keyed<K extends string, V>(keys: readonly K[], make: () => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, make()])) as Record<K, V>;
}
