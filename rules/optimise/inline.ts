// The rules of a chain as a packet comes to them: a jump to a chain is read as that chain's rules, so that many policies of a few rules each are one
// list. Only where that is the same: nothing in the chain may return to where it was jumped from before its end.

import type { Chain, NftSet, Rule, Statement } from "../ruleset/types.ts";
import { type Item, itemOf, itemOfJump } from "./item.ts";

/** Rules of a chain that is written out in several that jump to it: more would multiply those of policies that many endpoints share. */
const mostShared = 4;

/** The chains and sets of a ruleset by name. */
export interface Named {
  chain(name: string): Chain | undefined;
  set(name: string): NftSet | undefined;
  /** How many rules jump to the chain. */
  jumpsTo(name: string): number;
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
    const facts = factsOf(led, named);
    uses.add(led.name);
    for (const name of facts.gotos) uses.add(name);
    if (canInline(led, facts, named)) {
      inlined.add(led.name);
      for (const item of facts.items) items.push(item);
    } else items.push(jumpItem(rule, led, facts.items));
  }
  return { items, uses, inlined };
}

/** Of a rule that does nothing else. */
export function jumpOf({ statements }: Rule): string | undefined {
  const only = statements[0];
  return statements.length === 1 && only?.kind === "verdict" && only.verdict.kind === "jump" ? only.verdict.chain : undefined;
}

/** What may be known of a chain by itself. */
interface Facts {
  readonly items: readonly Item[];
  /** No rule of it returns, or may. */
  readonly stays: boolean;
  readonly gotos: readonly string[];
  /** No packet comes to its end. */
  readonly decides: boolean;
}

const known = new WeakMap<Chain, Facts>();

function factsOf(chain: Chain, named: Named): Facts {
  const held = known.get(chain);
  if (held !== undefined) return held;
  const items = chain.rules.map((rule) => itemOf(rule, named.set));
  const gotos: string[] = [];
  let stays = chain.kind === "regular";
  let decides = decidesAll(chain.rules.at(-1));
  for (const rule of chain.rules) {
    for (const statement of rule.statements) {
      /** It may lead anywhere, also back. */
      if (statement.kind === "vmap") [stays, decides] = [false, false];
      if (statement.kind !== "verdict") continue;
      const { verdict } = statement;
      if (verdict.kind === "return" || verdict.kind === "jump") stays = false;
      if (verdict.kind !== "accept" && verdict.kind !== "drop") decides = false;
      if (verdict.kind === "goto") gotos.push(verdict.chain);
    }
  }
  const facts = { items, stays, gotos, decides };
  known.set(chain, facts);
  return facts;
}

function canInline(chain: Chain, { stays, gotos }: Facts, named: Named): boolean {
  if (!stays || (chain.rules.length > mostShared && named.jumpsTo(chain.name) > 1)) return false;
  return gotos.every((name) => {
    const led = named.chain(name);
    return led !== undefined && factsOf(led, named).decides;
  });
}

function decidesAll(rule: Rule | undefined): boolean {
  const asks = rule?.statements.some(({ kind }) => kind === "match" || kind === "lookup" || kind === "limit") ?? true;
  return !asks && isFinal(rule?.statements.at(-1));
}

/** A TCP reset is for TCP alone, which the rule need not say. */
function isFinal(statement: Statement | undefined): boolean {
  if (statement?.kind === "reject") return statement.with !== "tcp reset";
  return statement?.kind === "verdict" && (statement.verdict.kind === "accept" || statement.verdict.kind === "drop");
}

/** By the rule that jumps, as long as it leads to that chain. */
const jumps = new WeakMap<Rule, { readonly led: Chain; readonly item: Item }>();

function jumpItem(rule: Rule, led: Chain, items: readonly Item[]): Item {
  const held = jumps.get(rule);
  if (held?.led === led) return held.item;
  const item = itemOfJump(rule, items);
  jumps.set(rule, { led, item });
  return item;
}
