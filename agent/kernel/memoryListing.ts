// What the kernel in memory holds, in the shapes in which a kernel is read: the listing of a table, and whether its jumps are
// sound. Reads the table only.

import type { Actual, ActualChain, Sized } from "../../rules/diff/types.ts";
import { eachKey, keysOfBytes } from "../../rules/ruleset/chunks.ts";
import { keyWidth, unpackKeys } from "../../rules/ruleset/keys.ts";
import { sortRows } from "../../rules/ruleset/sortRows.ts";
import type { Keys, MapEntry, NftMap, NftSet, Rule, Verdict } from "../../rules/ruleset/types.ts";
import type { MemoryChain, MemorySet, MemoryTable } from "./memoryTable.ts";

const nothing: Actual = { chains: [], sets: [], maps: [] };

/** NFT_JUMP_STACK_SIZE less the base chain itself (nft_chain_validate). */
const MAX_JUMPS = 15;

/** What `known` holds of it is taken from there and not looked at. */
export function listMemory(table: MemoryTable | undefined, known: Actual = nothing): Actual | undefined {
  if (table === undefined) return undefined;
  const sets = [...table.sets].sort(byName);
  return {
    chains: list([...table.chains].sort(byName), known.chains, listChain),
    sets: list(
      sets.filter(([, set]) => !set.map),
      known.sets,
      listSet,
    ),
    maps: list(
      sets.filter(([, set]) => set.map),
      known.maps,
      listMap,
    ),
  };
}

function list<Held, Listed extends { readonly name: string }>(
  held: readonly (readonly [string, Held])[],
  known: readonly Listed[],
  read: (named: readonly [string, Held]) => Listed,
): readonly Listed[] {
  const there = new Map(known.map((thing) => [thing.name, thing]));
  return held.map((named) => there.get(named[0]) ?? read(named));
}

/** Whether a path of jumps from a base chain is longer than the kernel's stack; a loop is such a path. */
export function jumpsTooDeep({ chains, sets }: MemoryTable): boolean {
  const targets = (chain: MemoryChain): MemoryChain[] =>
    chain.rules.flatMap(({ rule }) => verdictsOf(rule, sets)).flatMap((verdict) => ("chain" in verdict ? (chains.get(verdict.chain) ?? []) : []));
  const depths = new Map<MemoryChain, number>();
  /** Jumps below a chain; stops counting beyond the limit. */
  const depthBelow = (chain: MemoryChain, above: number): number => {
    if (above > MAX_JUMPS) return Number.POSITIVE_INFINITY;
    const known = depths.get(chain);
    if (known !== undefined) return known;
    const depth = Math.max(0, ...targets(chain).map((target) => 1 + depthBelow(target, above + 1)));
    depths.set(chain, depth);
    return depth;
  };
  return [...chains.values()].some((chain) => chain.head.kind === "base" && depthBelow(chain, 0) > MAX_JUMPS);
}

function verdictsOf({ statements }: Rule, sets: MemoryTable["sets"]): Verdict[] {
  return statements.flatMap((statement) => {
    if (statement.kind === "verdict") return [statement.verdict];
    if (statement.kind !== "vmap") return [];
    return [...(sets.get(statement.map)?.elements.values() ?? [])].flatMap(({ verdict }) => verdict ?? []);
  });
}

function listChain([name, chain]: readonly [string, MemoryChain]): ActualChain {
  const rules = chain.rules.map(({ rule }) => rule);
  if (chain.head.kind === "regular") return { name, rules };
  return { name, base: { hook: chain.head.hook, priority: chain.head.priority, policy: "accept" }, rules };
}

function listSet([name, { types, flavour, elements, comment, size }]: readonly [string, MemorySet]): NftSet & Sized {
  return { name, types, flavour, keys: packElements(elements, keyWidth(types) * (flavour === "hash" ? 1 : 2)), comment, size };
}

function listMap([name, { types, elements, comment, size, counters }]: readonly [string, MemorySet]): NftMap & Sized {
  const keys = packElements(elements, keyWidth(types));
  const held = Array.from(eachKey(keys), (key) => elements.get(key.join()));
  const entries = unpackKeys({ types, flavour: "hash", keys }).map((key, i): MapEntry => {
    const { verdict = { kind: "accept" }, origin } = held[i] ?? {};
    return { key, verdict, ...(origin ? { origin } : {}) };
  });
  return { name, types, entries, ...(counters ? { counters } : {}), comment, size };
}

function packElements(elements: MemorySet["elements"], width: number): Keys {
  const bytes = new Uint8Array(width * elements.size);
  let at = 0;
  for (const { key } of elements.values()) {
    bytes.set(key, at);
    at += width;
  }
  return keysOfBytes(width, sortRows(bytes, width));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
