// What a compiler remembers from one pass to the next: every chain, set and map that it made, and the rules of every policy, each beside what it was made
// of. What it is made of is compared by reference. All of it is of one PolicySettings: other settings are another memory.

import type { MemberSet, Members, Resolved, ResolvedEndpoint, ResolvedRule, ResolvedRules, ResolvedTier } from "../resolve/types.ts";
import type { Chain, MapEntry, NftMap, NftSet, Rule, Ruleset } from "../ruleset/types.ts";
import { type Held, Holding } from "./holding.ts";
import { type Entry, Registry } from "./registry.ts";
import { type Place, type Stages, stagesOf, type Voice, voices } from "./stages.ts";

export interface Memory {
  readonly settings: Resolved["settings"];
  readonly tunnelPeers: Resolved["tunnelPeers"];
  readonly stages: Stages;
  pass: number;
  /** Of the pass before, and what it made of it. */
  endpoints: readonly ResolvedEndpoint[] | undefined;
  memberSets: readonly MemberSet[];
  ruleset: Ruleset | undefined;
  readonly holding: Holding;
  /** Holds the base chains and what they lead to. */
  readonly root: Held;
  readonly chains: Registry<Chain, ChainEntry>;
  readonly sets: Registry<NftSet, SetEntry>;
  readonly maps: Registry<NftMap, AskedEntry<NftMap>>;
  /** The rules that no user wrote, by what they are for. */
  readonly built: Map<string, Built>;
  /** The entries of each map and what they were made of, by the map's name without its size. */
  readonly entries: Map<string, { readonly inputs: readonly unknown[]; readonly entries: readonly MapEntry[] }>;
  readonly endpointChains: WeakMap<ResolvedEndpoint, EndpointChains>;
  readonly tiers: Readonly<Record<Voice, WeakMap<ResolvedTier, TierMemory>>>;
  readonly policies: Readonly<Record<Voice, WeakMap<ResolvedRules, PolicyMemory>>>;
  /** How many were ever made. */
  policyCount: number;
  /** Which sets each MemberSet is, by its id. */
  readonly definitions: Map<string, Definition>;
}

/** Has one meaning in a pass. */
export interface AskedEntry<T extends { readonly name: string }> extends Entry<T> {
  /** The last pass that asked for it. */
  askedIn: number;
}

export interface ChainEntry extends AskedEntry<Chain> {
  /** What it stands for, in full. */
  readonly identity: string;
  /** The rule that leads to it and back; always of the same origin. */
  jump: Rule | undefined;
  /** Of an endpoint or a tier: which object. */
  madeOf: ResolvedEndpoint | TierMemory | undefined;
  /** Whose rules it has. */
  policy: PolicyMemory | undefined;
  /** Of an endpoint: its tiers, and the chains that it jumps to for them. */
  tiers: readonly TierMemory[];
  tierChains: readonly ChainEntry[];
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
export interface Built extends Held {
  readonly inputs: readonly unknown[];
  rules: readonly Rule[];
}

/** The rules of a policy or profile in one voice. */
export interface PolicyMemory extends Held {
  readonly owner: ResolvedRules;
  /** Another one for each. */
  readonly number: number;
  /** One for each of the owner's; none before they are compiled. */
  compiled: readonly CompiledRule[] | undefined;
  /** Their own chain; none when they are written into their tiers'. */
  chain: ChainEntry | undefined;
}

/** One rule of a policy as it is written, and what it uses. */
export interface CompiledRule {
  readonly of: ResolvedRule;
  readonly made: readonly Rule[];
  readonly uses: readonly Held[];
}

/** A tier in one voice. */
export interface TierMemory extends Held {
  readonly tier: ResolvedTier;
  readonly policies: readonly PolicyMemory[];
  /** Equal for tiers with equal policies. */
  readonly hash: number;
  /** In the pass `foundIn`. */
  chain: ChainEntry | undefined;
  foundIn: number;
  /** Where its own chain was asked for, if it has one: the name that this gives is not put together again. */
  askedAt: Place | undefined;
  askedBy: string;
}

/** An endpoint and the chains that were made of it. */
export interface EndpointChains {
  readonly resolved: ResolvedEndpoint;
  readonly at: Partial<Record<Place, ChainEntry>>;
}

/** What the id of a MemberSet defines. */
export interface Definition {
  /** Of the id. */
  readonly digest: string;
  readonly entries: Record<DefinedKind, SetEntry | undefined>;
}

export type DefinedKind = "sel4" | "sel6" | "named4" | "named6";

export function createMemory({ settings, tunnelPeers }: Resolved): Memory {
  return {
    settings,
    tunnelPeers,
    stages: stagesOf(settings),
    pass: 0,
    endpoints: undefined,
    memberSets: [],
    ruleset: undefined,
    holding: new Holding(),
    root: { holders: 1, holds: [] },
    chains: new Registry(),
    sets: new Registry(),
    maps: new Registry(),
    built: new Map(),
    entries: new Map(),
    endpointChains: new WeakMap(),
    tiers: keyed(voices, () => new WeakMap()),
    policies: keyed(voices, () => new WeakMap()),
    policyCount: 0,
    definitions: new Map(),
  };
}

export function keyed<K extends string, V>(keys: readonly K[], make: () => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, make()])) as Record<K, V>;
}
