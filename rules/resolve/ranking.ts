// Policies in the order of evaluation (semantics E3), kept sorted as they come and go: a policy is its rank there, and any choice of policies sorts as
// numbers.

import type { Policy, Tier } from "../model/types.ts";
import { comparePolicies, compareTiers, type TierSlot } from "./order.ts";
import { type OwnedRules, ownedRules } from "./ruleBook.ts";

export interface RankedPolicy {
  readonly policy: Policy;
  readonly slot: TierSlot;
  readonly rules: OwnedRules;
  /** Of this moment. */
  rank: number;
}

export interface PolicyChanges {
  readonly removed: readonly Policy[];
  readonly added: readonly Policy[];
}

export interface RankingChanges {
  readonly gone: readonly RankedPolicy[];
  readonly come: readonly RankedPolicy[];
}

/** More changes than so many are sorted in with all others rather than one by one. */
const oneByOne = 100;

export class Ranking {
  #ranked: RankedPolicy[] = [];
  readonly #byPolicy = new Map<Policy, RankedPolicy>();
  readonly #slots = new Map<string, TierSlot>();

  /** All, in order. */
  get ranked(): readonly RankedPolicy[] {
    return this.#ranked;
  }

  /** Of changed policies the rules go on from those of the version before; policies of a tier that changed go and come as they are. */
  change({ removed, added }: PolicyChanges, tiers: ReadonlyMap<string, Tier>): RankingChanges {
    const gone = new Set(removed.flatMap((policy) => this.#byPolicy.get(policy) ?? []));
    const before = new Map(Array.from(gone, ({ policy, rules }) => [policy.metadata.name, rules]));
    const moved = this.#policiesOfChangedTiers(tiers).filter((entry) => !gone.has(entry));
    const come = [
      ...moved.map(({ policy, rules }) => this.#enter(policy, rules, tiers)),
      ...added.map((policy) => this.#enter(policy, ownedRules(policy, before.get(policy.metadata.name)), tiers)),
    ];
    for (const entry of moved) gone.add(entry);
    for (const { policy } of gone) this.#byPolicy.delete(policy);
    for (const entry of come) this.#byPolicy.set(entry.policy, entry);
    this.#replace(gone, come);
    return { gone: [...gone], come };
  }

  #policiesOfChangedTiers(tiers: ReadonlyMap<string, Tier>): readonly RankedPolicy[] {
    const stale = new Set([...this.#slots.values()].filter(({ name, tier }) => tiers.get(name) !== tier));
    for (const { name } of stale) this.#slots.delete(name);
    return stale.size === 0 ? [] : this.#ranked.filter(({ slot }) => stale.has(slot));
  }

  #enter(policy: Policy, rules: OwnedRules, tiers: ReadonlyMap<string, Tier>): RankedPolicy {
    return { policy, slot: this.#slotOf(policy.tier, tiers), rules, rank: 0 };
  }

  #replace(gone: ReadonlySet<RankedPolicy>, come: readonly RankedPolicy[]): void {
    if (gone.size + come.length > oneByOne) {
      this.#ranked = [...this.#ranked.filter((entry) => !gone.has(entry)), ...come].sort(compareRanked);
      this.#number(0, this.#ranked.length);
      return;
    }
    const places: number[] = [];
    for (const { rank } of [...gone].sort((a, b) => b.rank - a.rank)) {
      this.#ranked.splice(rank, 1);
      places.push(rank);
    }
    for (const entry of come) {
      const place = placeOf(this.#ranked, entry);
      this.#ranked.splice(place, 0, entry);
      places.push(place);
    }
    if (places.length > 0) this.#number(Math.min(...places), gone.size === come.length ? Math.max(...places) + places.length : this.#ranked.length);
  }

  /** Those of these places: what stands before and behind has kept its rank. */
  #number(from: number, to: number): void {
    for (let rank = from; rank < Math.min(to, this.#ranked.length); rank++) (this.#ranked[rank] as RankedPolicy).rank = rank;
  }

  #slotOf(name: string, tiers: ReadonlyMap<string, Tier>): TierSlot {
    const slot = this.#slots.get(name) ?? { name, tier: tiers.get(name) };
    this.#slots.set(name, slot);
    return slot;
  }
}

function placeOf(ranked: readonly RankedPolicy[], entry: RankedPolicy): number {
  let low = 0;
  let high = ranked.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareRanked(ranked[middle] as RankedPolicy, entry) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareRanked(a: RankedPolicy, b: RankedPolicy): number {
  return (a.slot === b.slot ? 0 : compareTiers(a.slot, b.slot)) || comparePolicies(a.policy, b.policy);
}
