// Whether the graph of chains holds: every target is there, no jump leads back, no way is deeper than the kernel's jump stack, and no rule stands where its
// hook does not allow it. Told by where the chains lead, without their rules. Each chain has a height, a number above that of every chain that it leads to:
// where there is one for each, there is no loop, and no way from a base chain is longer than its height. So what a change must show is little: that what
// has changed still finds all that it leads to below itself.

import type { Findings } from "./carryOver.ts";
import type { ChainFindings, Ways } from "./checkChain.ts";
import type { Chain } from "./types.ts";

/** NFT_JUMP_STACK_SIZE less one; jump and goto both count (nft_chain_validate). */
export const mostJumps = 15;

/** By the names of the chains. */
export type Heights = Map<string, Height>;

interface Height {
  readonly isBase: boolean;
  height: number;
}

export interface ChainGraph {
  readonly chains: Findings<Chain, ChainFindings>;
  /** Where each map leads. */
  readonly targets: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Chains by name, with where they lead. */
type Leading = ReadonlyMap<string, Lead>;

interface Lead {
  readonly chain: Chain;
  readonly ways: Ways;
}

/** Of a chain that is being looked at: what leads to it closes a loop. */
const open = Number.POSITIVE_INFINITY;

/** The least ones; undefined where something is wrong. */
export function heightsOf(graph: ChainGraph): Heights | undefined {
  const heights: Heights = new Map();
  const { things, found } = graph.chains;
  const leading = new Map(things.map((chain, at) => [chain.name, { chain, ways: (found[at] as ChainFindings).ways }]));
  for (const name of leading.keys()) if (!settle(heights, leading, { name, graph })) return undefined;
  return rejectsLate(leading, graph) ? undefined : heights;
}

/**
 * Brings the heights of the graph before up to those of this one, in which these maps lead elsewhere. False where they do not show that it is sound: it may
 * be all the same, and they are of no further use.
 */
export function staySound(heights: Heights, graph: ChainGraph, redirected: ReadonlySet<string>): boolean {
  const { things, found, changed, gone } = graph.chains;
  if (found.some(({ ways }) => ways.rejects)) return false;
  for (const name of gone) heights.delete(name);
  if (gone.length > 0 && leadsToAny(graph, gone)) return false;
  const places = new Set(changed);
  if (redirected.size > 0) for (const [at, { ways }] of found.entries()) if (meets(ways.maps, redirected)) places.add(at);
  const [fresh, others] = [new Map<string, Lead>(), new Map<string, Lead>()];
  for (const at of places) {
    const chain = things[at] as Chain;
    (heights.has(chain.name) ? others : fresh).set(chain.name, { chain, ways: (found[at] as ChainFindings).ways });
  }
  for (const name of fresh.keys()) if (!settle(heights, fresh, { name, graph })) return false;
  for (const lead of others.values()) if (!staysAbove(heights, lead, graph)) return false;
  return true;
}

function meets(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const name of some) if (others.has(name)) return true;
  return false;
}

/** Gives the chain a height, and before it what it leads to and has none yet. */
function settle(heights: Heights, leading: Leading, { name, graph }: { readonly name: string; readonly graph: ChainGraph }): boolean {
  if (heights.has(name)) return true;
  const lead = leading.get(name);
  if (lead === undefined) return false;
  const own = { isBase: lead.chain.kind === "base", height: open };
  heights.set(name, own);
  let height = 0;
  for (const target of targetsOf(lead.ways, graph)) {
    if (!settle(heights, leading, { name: target, graph })) return false;
    const below = heights.get(target) as Height;
    if (below.isBase || below.height === open) return false;
    height = Math.max(height, 1 + below.height);
  }
  own.height = height;
  return !own.isBase || height <= mostJumps;
}

/** Whether all that a chain leads to now is below the height that it had. */
function staysAbove(heights: Heights, { chain, ways }: Lead, graph: ChainGraph): boolean {
  const { isBase, height } = heights.get(chain.name) as Height;
  if (isBase !== (chain.kind === "base")) return false;
  for (const target of targetsOf(ways, graph)) {
    const below = heights.get(target);
    if (below === undefined || below.isBase || below.height >= height) return false;
  }
  return true;
}

function leadsToAny({ chains: { found }, targets }: ChainGraph, names: readonly string[]): boolean {
  const gone = new Set(names);
  return found.some(({ ways }) => meets(gone, ways.targets)) || [...targets.values()].some((to) => meets(gone, to));
}

/** nft_reject_inet has no answer to send in postrouting: the kernel refuses the ruleset (semantics G20). */
function rejectsLate(leading: Leading, graph: ChainGraph): boolean {
  if (!graph.chains.found.some(({ ways }) => ways.rejects)) return false;
  const late = new Set<string>();
  const reaches = (name: string): boolean => {
    const ways = leading.get(name)?.ways;
    if (ways === undefined || late.has(name)) return false;
    late.add(name);
    if (ways.rejects) return true;
    for (const target of targetsOf(ways, graph)) if (reaches(target)) return true;
    return false;
  };
  return graph.chains.things.some((chain) => chain.kind === "base" && chain.hook === "postrouting" && reaches(chain.name));
}

function targetsOf(ways: Ways, { targets }: ChainGraph): Iterable<string> {
  return ways.maps.size === 0 ? ways.targets : [...ways.targets, ...[...ways.maps].flatMap((map) => [...(targets.get(map) ?? [])])];
}
