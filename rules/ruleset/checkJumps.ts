// What is wrong with the graph of chains, told by its rules: targets that are not there, loops, ways deeper than the kernel's jump stack, rules where their
// hook does not allow them. Whether anything is, heights.ts tells for less.

import { originComment } from "./comment.ts";
import { mostJumps } from "./heights.ts";
import type { Chain, NftMap, Rule, Ruleset, Verdict } from "./types.ts";

export function describeJumps({ chains, maps: list }: Ruleset): string[] {
  const maps = new Map(list.map((map) => [map.name, map]));
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
  const deep = chains.filter((chain) => chain.kind === "base" && depth(chain.name) > mostJumps);
  return deep.map(({ name }) => `chain ${name}: jumps ${depth(name)} deep, the kernel takes ${mostJumps}`);
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
