// What must hold of the graph of chains: every target is there, no jump leads back, no way is deeper than the kernel's jump stack, and no rule
// stands where its hook does not allow it. Whether it holds is told by where the chains lead, without their rules; only what is wrong is
// looked for in them.

import type { ChainFindings, Ways } from "./checkChain.ts";
import { originComment } from "./comment.ts";
import type { Chain, NftMap, Rule, Verdict } from "./types.ts";

/** NFT_JUMP_STACK_SIZE less one; jump and goto both count (nft_chain_validate). */
const MAX_DEPTH = 15;

/** The chains with what is known of each, and where each map leads. */
export interface ChainGraph {
  readonly chains: readonly Chain[];
  readonly found: readonly Pick<ChainFindings, "ways">[];
  readonly maps: ReadonlyMap<string, ReadonlySet<string>>;
}

/** All that is wrong; `maps` are those of the ruleset. */
export function checkJumps(graph: ChainGraph, maps: readonly NftMap[]): readonly string[] {
  return isSound(graph) ? [] : describe(graph.chains, new Map(maps.map((map) => [map.name, map])));
}

interface Node {
  readonly chain: Chain;
  readonly ways: Ways;
  /** Jumps to the end of the longest way; `open` while it is being walked. */
  depth: number | undefined | "open";
  isLate: boolean;
}

function isSound({ chains, found, maps }: ChainGraph): boolean {
  const nodes = new Map<string, Node>();
  for (const [at, chain] of chains.entries()) nodes.set(chain.name, { chain, ways: (found[at] as ChainFindings).ways, depth: undefined, isLate: false });
  const walk = (node: Node): number => {
    if (node.depth !== undefined) return node.depth === "open" ? Number.POSITIVE_INFINITY : node.depth;
    node.depth = "open";
    let depth = 0;
    for (const target of targetsOf(node.ways, maps)) {
      const next = nodes.get(target);
      depth = Math.max(depth, next?.chain.kind === "regular" ? 1 + walk(next) : Number.POSITIVE_INFINITY);
    }
    node.depth = depth;
    return depth;
  };
  for (const node of nodes.values()) {
    const depth = walk(node);
    if (depth === Number.POSITIVE_INFINITY || (node.chain.kind === "base" && depth > MAX_DEPTH)) return false;
  }
  if (!found.some(({ ways }) => ways.rejects)) return true;
  const late = chains.filter((chain) => chain.kind === "base" && chain.hook === "postrouting");
  return !late.some(({ name }) => leadsToReject(name, nodes, maps));
}

function leadsToReject(name: string, nodes: ReadonlyMap<string, Node>, maps: ChainGraph["maps"]): boolean {
  const node = nodes.get(name);
  if (node === undefined || node.isLate) return false;
  node.isLate = true;
  if (node.ways.rejects) return true;
  for (const target of targetsOf(node.ways, maps)) if (leadsToReject(target, nodes, maps)) return true;
  return false;
}

function targetsOf(ways: Ways, maps: ChainGraph["maps"]): Iterable<string> {
  return ways.maps.size === 0 ? ways.targets : [...ways.targets, ...[...ways.maps].flatMap((map) => [...(maps.get(map) ?? [])])];
}

/** What is wrong, by its rules. */
function describe(chains: readonly Chain[], maps: ReadonlyMap<string, NftMap>): string[] {
  const byName = new Map(chains.map((chain) => [chain.name, chain]));
  const graph: Graph = { byName, edges: new Map(chains.map((chain) => [chain.name, edgesOf(chain, maps)])) };
  const edges = [...graph.edges.values()].flat();
  const lost = edges.filter(({ target }) => byName.get(target)?.kind !== "regular");
  const broken = [...lost.map((edge) => `${edge.label}: ${edge.target} is no chain to jump to`), ...loops(graph)];
  return broken.length > 0 ? broken : [...depths(chains, graph), ...rejects(chains, graph)];
}

interface Edge {
  readonly target: string;
  /** Chain and origin of the rule that jumps. */
  readonly label: string;
}

interface Graph {
  readonly byName: ReadonlyMap<string, Chain>;
  readonly edges: ReadonlyMap<string, readonly Edge[]>;
}

function edgesOf(chain: Chain, maps: ReadonlyMap<string, NftMap>): Edge[] {
  return chain.rules.flatMap((rule) => {
    const label = labelOf(chain, rule);
    return verdictsOf(rule, maps).flatMap((verdict) => (verdict.kind === "jump" || verdict.kind === "goto" ? [{ target: verdict.chain, label }] : []));
  });
}

function verdictsOf(rule: Rule, maps: ReadonlyMap<string, NftMap>): Verdict[] {
  return rule.statements.flatMap((statement) => {
    if (statement.kind === "verdict") return [statement.verdict];
    return statement.kind === "vmap" ? (maps.get(statement.map)?.entries ?? []).map(({ verdict }) => verdict) : [];
  });
}

function labelOf(chain: Chain, rule: Rule): string {
  return `chain ${chain.name} (${originComment(rule.origin)})`;
}

/** Depth first; an edge to a chain that is still being walked closes a loop. */
function loops({ edges }: Graph): string[] {
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const walk = (name: string): void => {
    state.set(name, "open");
    for (const { target, label } of edges.get(name) ?? []) {
      if (state.get(target) === "open") found.push(`${label}: the jump to ${target} is a loop`);
      if (state.get(target) === undefined) walk(target);
    }
    state.set(name, "done");
  };
  for (const name of edges.keys()) if (state.get(name) === undefined) walk(name);
  return found;
}

function depths(chains: readonly Chain[], { edges }: Graph): string[] {
  const known = new Map<string, number>();
  const depth = (name: string): number => {
    const below = known.get(name) ?? (edges.get(name) ?? []).reduce((most, { target }) => Math.max(most, 1 + depth(target)), 0);
    known.set(name, below);
    return below;
  };
  const deep = chains.filter((chain) => chain.kind === "base" && depth(chain.name) > MAX_DEPTH);
  return deep.map(({ name }) => `chain ${name}: jumps ${depth(name)} deep, the kernel takes ${MAX_DEPTH}`);
}

/** nft_reject_inet has no answer to send in postrouting: the kernel refuses the ruleset (semantics G20). */
function rejects(chains: readonly Chain[], graph: Graph): string[] {
  const reached = new Set<string>();
  const walk = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const { target } of graph.edges.get(name) ?? []) walk(target);
  };
  for (const chain of chains) if (chain.kind === "base" && chain.hook === "postrouting") walk(chain.name);
  const rules = chains.filter(({ name }) => reached.has(name)).flatMap((chain) => chain.rules.map((rule) => ({ chain, rule })));
  const bad = rules.filter(({ rule }) => rule.statements.some((statement) => statement.kind === "reject"));
  return bad.map(({ chain, rule }) => `${labelOf(chain, rule)}: no reject in postrouting`);
}
