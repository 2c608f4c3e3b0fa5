// A long list of rules becomes short ones: rules that send a packet on by the part of a field that its value lies in, and a chain for each part with the
// rules that can still match there. As often as it takes, each time by the field that tells the rules apart. The list is the end of its chain, so a
// part is gone to and never come back from: where it ends, and where a rule in it returns, is where the chain would have.

import { sameItems } from "../net/listChanges.ts";
import type { RegularChain, Rule, Value } from "../ruleset/types.ts";
import type { Item, Region } from "./item.ts";
import { commonBits, regionName } from "./names.ts";
import { bitsOf, type Dimension, type Span, scalarOf } from "./span.ts";
import { type Part, type Split, split } from "./split.ts";

/** Most selective first: what tells few rules apart is left to the next. */
const order: readonly Dimension[] = ["th dport", "ip saddr", "ip daddr", "ip6 saddr", "ip6 daddr", "meta l4proto", "meta nfproto"];

/** Chains between the one that is served and the last: the kernel's jump stack holds 16, and endpoint, tier, policy and reject want theirs twice. */
const mostLevels = 5;

/** A list of rules as it is written. */
export interface Arranged {
  readonly rules: readonly Rule[];
  /** Of the parts that the rules lead to. */
  readonly branches: readonly Branch[];
}

export interface Branch {
  /** That leads to the chain, by this field. */
  readonly rule: Rule;
  readonly field: Dimension;
  /** Of the place of the items. */
  readonly level: number;
  readonly items: readonly Item[];
  readonly chain: RegularChain;
  readonly branches: readonly Branch[];
}

/** Where a list stands. */
export interface Place {
  /** The chain that is served. */
  readonly chain: string;
  readonly region: Region;
  readonly level: number;
  /** A list of no more rules stays as it is. */
  readonly least: number;
  /** What was made for the chain the last time, by name: what has not changed is not made again. */
  readonly before: ReadonlyMap<string, Branch>;
}

export function arrange(items: readonly Item[], place: Place): Arranged {
  const found = items.length <= place.least || place.level >= mostLevels ? undefined : firstSplit(items, place);
  if (found === undefined) return { rules: items.map(({ rule }) => rule), branches: [] };
  const branches = found.parts.map((part) => branch(found, part, place));
  const others = arrange(found.others, place);
  return { rules: [...branches.map(({ rule }) => rule), ...others.rules], branches: [...branches, ...others.branches] };
}

export function byChain(branches: readonly Branch[], found = new Map<string, Branch>()): ReadonlyMap<string, Branch> {
  for (const branch of branches) byChain(branch.branches, found.set(branch.chain.name, branch));
  return found;
}

export function chainsOf(branches: readonly Branch[]): RegularChain[] {
  return branches.flatMap(({ chain, branches: further }) => [chain, ...chainsOf(further)]);
}

function firstSplit(items: readonly Item[], { region, least }: Place): Split | undefined {
  for (const field of order) {
    const found = split(items, field, region, least);
    if (found !== undefined) return found;
  }
  return undefined;
}

function branch({ field, protocol }: Split, { region, span, items }: Part, place: Place): Branch {
  const name = regionName(place.chain, region);
  const before = place.before.get(name);
  const rule = before?.field === field ? before.rule : ruleTo(name, { field, protocol, span });
  const level = place.level + 1;
  if (before?.level === level && sameItems(before.items, items)) return before.rule === rule ? before : { ...before, rule, field };
  const { rules, branches } = arrange(items, { ...place, region, level });
  const chain: RegularChain = before !== undefined && sameItems(before.chain.rules, rules) ? before.chain : { kind: "regular", name, rules };
  return { rule, field, level, items, chain, branches };
}

/** The name of a part tells its values, so a rule to a chain of the same name by the same field is the same rule. */
function ruleTo(chain: string, { field, protocol, span }: { field: Dimension; protocol: Span | undefined; span: Span }): Rule {
  return {
    statements: [
      ...(protocol === undefined ? [] : [{ kind: "match", field: "meta l4proto", op: "==", value: valueIn("meta l4proto", protocol) } as const]),
      { kind: "match", field, op: "==", value: valueIn(field, span) },
      { kind: "verdict", verdict: { kind: "goto", chain } },
    ],
    origin: { kind: "hostward", name: "index" },
  };
}

function valueIn(field: Dimension, { from, to }: Span): Value {
  const [first, last] = [scalarOf(field, from), scalarOf(field, to)];
  if (from === to) return { kind: "scalar", value: first };
  if (typeof first !== "object") return { kind: "range", from: first, to: last };
  const length = commonBits(from, to, bitsOf(field));
  return { kind: "prefix", prefix: { family: first.family, address: first.value, length } };
}
