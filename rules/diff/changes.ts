// What differs between the kernel's table and the desired one, object by object: the list that diff.ts puts into an order. What is the same object on
// both sides costs a comparison of references.

import type { Chain, NftMap, NftSet, Ruleset } from "../ruleset/types.ts";
import { type ChainChange, canStay as canChainStay, changeOf as chainChangeOf } from "./chains.ts";
import { type ActualMap, canStay as canMapStay, type MapChange, changeOf as mapChangeOf } from "./maps.ts";
import { pairUp } from "./pairs.ts";
import { type ActualSet, canStay as canSetStay, type SetChange, changeOf as setChangeOf } from "./sets.ts";
import type { Actual, ActualChain } from "./types.ts";

export interface Changes {
  readonly chains: Parts<ActualChain, Chain, ChainChange>;
  readonly sets: Parts<ActualSet, NftSet, SetChange>;
  readonly maps: Parts<ActualMap, NftMap, MapChange>;
  /** Something is there under a name that is wanted and cannot become what is wanted: it is among what is gone and among what is fresh. */
  readonly repairs: boolean;
}

export interface Parts<Held, Wanted, Change> {
  readonly gone: readonly Held[];
  readonly fresh: readonly Wanted[];
  /** Of what stays and differs. */
  readonly changed: readonly Change[];
}

export function changesOf(before: Actual, desired: Ruleset): Changes {
  const chains = partsOf(before.chains, desired.chains, { canStay: canChainStay, changeOf: chainChangeOf });
  const sets = partsOf(before.sets, desired.sets, { canStay: canSetStay, changeOf: setChangeOf });
  const maps = partsOf(before.maps, desired.maps, { canStay: canMapStay, changeOf: mapChangeOf });
  return { chains, sets, maps, repairs: [chains, sets, maps].some(({ hasRepairs }) => hasRepairs) };
}

/** Whether packets meet other rules than before in chains that stand, or another base chain. */
export function switchesRules({ chains }: Changes): boolean {
  const isBase = ({ kind }: Chain) => kind === "base";
  return chains.changed.length > 0 || chains.fresh.some(isBase) || chains.gone.some(({ base }) => base !== undefined);
}

interface Ways<Held, Wanted, Change> {
  readonly canStay: (held: Held, wanted: Wanted) => boolean;
  /** Undefined where nothing differs. */
  readonly changeOf: (held: Held, wanted: Wanted) => Change | undefined;
}

interface Named {
  readonly name: string;
}

function partsOf<Held extends Named, Wanted extends Named, Change>(
  held: readonly Held[],
  wanted: readonly Wanted[],
  { canStay, changeOf }: Ways<Held, Wanted, Change>,
): Parts<Held, Wanted, Change> & { readonly hasRepairs: boolean } {
  const { changed, gone, fresh } = pairUp(held, wanted, ({ name }) => name);
  const stay = changed.filter(([before, after]) => canStay(before, after));
  const others = stay.length === changed.length ? [] : changed.filter(([before, after]) => !canStay(before, after));
  return {
    gone: [...gone, ...others.map(([before]) => before)],
    fresh: [...fresh, ...others.map(([, after]) => after)],
    changed: stay.flatMap(([before, after]) => changeOf(before, after) ?? []),
    hasRepairs: others.length > 0,
  };
}
