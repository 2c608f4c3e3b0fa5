// The rules of a chain as a packet comes to them: a jump to a short chain is read as that chain's rules, so that many policies of a few rules each
// are one list. Only where that is the same: nothing in the chain may return to where it was jumped from before its end.

import type { Chain, NftSet, Rule, Verdict } from "../ruleset/types.ts";
import { type Item, itemOf, itemOfJump } from "./item.ts";

/** Rules of a chain that is written out in each that jumps to it: more would multiply those of policies that many endpoints share. */
const mostInlined = 4;

/** The chains and sets of a ruleset by name. */
export interface Named {
  chain(name: string): Chain | undefined;
  set(name: string): NftSet | undefined;
}

export interface Listed {
  readonly items: readonly Item[];
  /** Chains that were looked into: the list holds as long as they stay as they are. */
  readonly uses: ReadonlySet<string>;
  /** Those of them that are written out. */
  readonly inlined: ReadonlySet<string>;
}

export function listOf(chain: Chain, named: Named): Listed {
  const items: Item[] = [];
  const uses = new Set<string>();
  const inlined = new Set<string>();
  for (const rule of chain.rules) {
    const target = jumpOf(rule);
    const led = target === undefined ? undefined : named.chain(target);
    if (led === undefined) {
      items.push(itemOf(rule, named.set));
      continue;
    }
    uses.add(led.name);
    for (const name of gotosOf(led)) uses.add(name);
    if (canInline(led, named)) {
      inlined.add(led.name);
      for (const one of led.rules) items.push(itemOf(one, named.set));
    } else items.push(jumpItem(rule, led, named));
  }
  return { items, uses, inlined };
}

/** The most rules that the list can have. */
export function longestList(chain: Chain): number {
  return chain.rules.length * mostInlined;
}

/** Of a rule that does nothing else. */
function jumpOf({ statements: [only, more] }: Rule): string | undefined {
  return only?.kind === "verdict" && only.verdict.kind === "jump" && more === undefined ? only.verdict.chain : undefined;
}

function canInline(chain: Chain, named: Named): boolean {
  if (chain.kind !== "regular" || chain.rules.length > mostInlined) return false;
  const stays = chain.rules.every((rule) => verdictsOf(rule).every(({ kind }) => kind !== "return" && kind !== "jump"));
  return stays && gotosOf(chain).every((name) => neverEnds(named.chain(name)));
}

/** A packet is decided there, so that it does not matter where it would have come back to. */
function neverEnds(chain: Chain | undefined): boolean {
  const last = chain?.rules.at(-1)?.statements ?? [];
  const decides = last.every(({ kind }) => kind !== "match" && kind !== "lookup" && kind !== "limit") && isFinal(last.at(-1));
  return decides && (chain?.rules ?? []).every((rule) => verdictsOf(rule).every(({ kind }) => kind === "accept" || kind === "drop"));
}

function isFinal(statement: Rule["statements"][number] | undefined): boolean {
  if (statement?.kind === "reject") return statement.with !== "tcp reset";
  return statement?.kind === "verdict" && (statement.verdict.kind === "accept" || statement.verdict.kind === "drop");
}

/** A map may lead anywhere, also back. */
function verdictsOf({ statements }: Rule): readonly Verdict[] {
  return statements.flatMap((statement): Verdict[] => {
    if (statement.kind === "verdict") return [statement.verdict];
    return statement.kind === "vmap" ? [{ kind: "return" }] : [];
  });
}

function gotosOf(chain: Chain): string[] {
  return chain.rules.flatMap(verdictsOf).flatMap((verdict) => (verdict.kind === "goto" ? [verdict.chain] : []));
}

/** By the rule that jumps, as long as it leads to that chain. */
const jumps = new WeakMap<Rule, { readonly led: Chain; readonly item: Item }>();

function jumpItem(rule: Rule, led: Chain, named: Named): Item {
  const known = jumps.get(rule);
  if (known?.led === led) return known.item;
  const item = itemOfJump(
    rule,
    led.rules.map((one) => itemOf(one, named.set)),
  );
  jumps.set(rule, { led, item });
  return item;
}
