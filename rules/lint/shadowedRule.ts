// A rule that no packet reaches, because an earlier rule of the same list matches all that it matches and decides. Told only where it is so
// on every host and for ever (containment.ts); what the rules of other policies do before it is another matter.

import type { Problem } from "../model/problem.ts";
import type { Rule } from "../model/types.ts";
import { conjunction, negation } from "../selector/build.ts";
import { covers } from "./containment.ts";
import { isImpossible } from "./satisfiable.ts";
import { aboutRule, type RuleSite, type World } from "./world.ts";

export function shadowedRule({ rules }: World): Problem[] {
  const lists = Map.groupBy(rules, ({ owner, direction }) => owner[direction]);
  return [...lists.values()].flatMap((sites) => {
    const shadows = shadowsIn(sites);
    return sites.flatMap((site) => {
      const by = shadows[site.index];
      return by === undefined ? [] : [shadowed(site, by)];
    });
  });
}

/** Of each rule of a list the index of the first that hides it. Lists are immutable, so each is looked through once. */
const known = new WeakMap<readonly Rule[], readonly (number | undefined)[]>();

function shadowsIn(sites: readonly RuleSite[]): readonly (number | undefined)[] {
  const [first] = sites;
  if (first === undefined) return [];
  const rules = first.owner[first.direction];
  const shadows = known.get(rules) ?? rules.map((_, index) => shadowOf(rules, index));
  known.set(rules, shadows);
  return shadows;
}

function shadowOf(rules: readonly Rule[], index: number): number | undefined {
  const rule = rules[index] as Rule;
  const found = rules.findIndex((candidate, at) => at >= index || (candidate.action !== "Log" && covers(candidate, rule)));
  return found === index || matchesNothing(rule) ? undefined : found;
}

/** Such a rule is covered by any, and has a problem of its own. */
function matchesNothing({ source, destination }: Rule): boolean {
  return [source, destination].some(({ selector, notSelector }) => {
    if (selector === undefined) return false;
    return isImpossible(notSelector === undefined ? selector : conjunction([selector, negation(notSelector)]));
  });
}

function shadowed(site: RuleSite, by: number): Problem {
  const other = site.owner[site.direction][by];
  const line = other?.place.line === undefined ? "" : ` (line ${other.place.line})`;
  const effect =
    other?.action === site.rule.action ? "so this one changes nothing" : `and its action is ${other?.action}, so this ${site.rule.action} never happens`;
  const message = `rule ${by}${line} matches all that this rule matches, ${effect}`;
  const hint = other?.action === site.rule.action ? "remove one of the two" : "put this rule before it, or make that one narrower";
  return aboutRule(site, { code: "rule-shadowed", message, hint });
}
