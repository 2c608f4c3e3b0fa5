// Chains and their rules. A base chain is created once and kept: one that is deleted and made anew in the same batch lets everything through until
// late in the commit (kernel-facts, Hole A). A new one starts with policy accept and one that is no longer wanted goes with its rules at once, so
// neither ever decides more than its rules. Of a chain that stays only the rules that differ are touched: the others keep what they counted.

import type { BaseChain, Chain, Rule } from "../ruleset/types.ts";
import { type Alignment, alignRules, type Gap } from "./align.ts";
import { isRefillCheaper } from "./cost.ts";
import type { ActualChain, ActualRule, Operation } from "./types.ts";

/** The chain as the kernel holds it once it is made. */
export function heldChain(chain: Chain): ActualChain {
  return chain.kind === "regular" ? chain : { name: chain.name, base: baseOf(chain), rules: chain.rules };
}

/** The kernel changes neither hook nor priority, and a regular chain never becomes a base chain (nf_tables_updchain). */
export function canStay({ base: held }: ActualChain, chain: Chain): boolean {
  const wanted = chain.kind === "base" ? baseOf(chain) : undefined;
  return held?.hook === wanted?.hook && held?.priority === wanted?.priority && held?.policy === wanted?.policy;
}

function baseOf({ hook, priority }: BaseChain): NonNullable<ActualChain["base"]> {
  return { hook, priority, policy: "accept" };
}

export function addChains(chains: readonly Chain[]): Operation[] {
  return chains.map((chain) => ({ verb: "add", object: "chain", chain }));
}

/** Of a chain they are the same objects every time: a table that is put back again and again leaves no garbage of its rules. */
const appended = new WeakMap<Chain, readonly Operation[]>();

export function appendRules(chains: readonly Chain[]): Operation[] {
  return chains.flatMap((chain) => {
    const known = appended.get(chain);
    if (known !== undefined) return known;
    const operations = chain.rules.map((rule): Operation => ({ verb: "add", object: "rule", chain: chain.name, rule }));
    appended.set(chain, operations);
    return operations;
  });
}

/** Before any of them is deleted, since they may lead to each other. */
export function emptyChains(chains: readonly ActualChain[]): Operation[] {
  return chains.filter(({ rules }) => rules.length > 0).map(({ name }) => flushChain(name));
}

/** No rule and no entry leads to them any longer. */
export function deleteChains(chains: readonly ActualChain[]): Operation[] {
  return chains.map(({ name }) => ({ verb: "delete", object: "chain", name }));
}

export interface ChainChange extends Alignment {
  readonly held: readonly ActualRule[];
  readonly wanted: Chain;
}

/** Undefined when the chain has those rules, whoever made them. */
export function changeOf(held: ActualChain, wanted: Chain): ChainChange | undefined {
  if (held.rules === wanted.rules) return undefined;
  const alignment = alignRules(held.rules, wanted.rules);
  return alignment.gaps.length === 0 ? undefined : { ...alignment, held: held.rules, wanted };
}

export function changeRules(change: ChainChange): Operation[] {
  const { gaps, kept, held, wanted } = change;
  if (held.length === 0) return appendRules([wanted]);
  const stays = kept.map((at) => wanted.rules[at] as Rule);
  if (isRefillCheaper({ held: held.length, wanted: wanted.rules.length, kept: stays })) return [flushChain(wanted.name), ...appendRules([wanted])];
  return [...gaps.flatMap((gap) => fillGap(gap, change)), ...gaps.flatMap((gap) => clearGap(gap, change))];
}

/** Wanted rules take the place of held ones; those for which none is left stand before the rule that stays behind them. */
function fillGap({ from, to, wantedFrom, wantedTo }: Gap, { held, wanted: { name: chain, rules } }: ChainChange): Operation[] {
  return rules.slice(wantedFrom, wantedTo).map((rule, i): Operation => {
    if (from + i < to) return { verb: "replace", object: "rule", chain, at: from + i, rule };
    return { verb: "add", object: "rule", chain, rule, ...(to < held.length ? { before: to } : {}) };
  });
}

/** Held rules for which no wanted one is left. */
function clearGap({ from, to, wantedFrom, wantedTo }: Gap, { held, wanted: { name: chain } }: ChainChange): Operation[] {
  const first = Math.min(to, from + wantedTo - wantedFrom);
  return held.slice(first, to).map((rule, i) => ({ verb: "delete", object: "rule", chain, at: first + i, held: rule }));
}

function flushChain(name: string): Operation {
  return { verb: "flush", object: "chain", name };
}
