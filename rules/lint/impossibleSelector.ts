// A selector that contradicts itself, so that no labels could ever match it: of a policy, or of one side of a rule.

import type { Problem } from "../model/problem.ts";
import { conjunction, negation } from "../selector/build.ts";
import { printSelector } from "../selector/print.ts";
import { isImpossible } from "./satisfiable.ts";
import { about, aboutRule, type RuleSite, type World } from "./world.ts";

export function impossibleSelector({ policies, rules }: World): Problem[] {
  const ofPolicies = policies.filter(({ selector }) => isImpossible(selector));
  return [
    ...ofPolicies.map((policy) => {
      const message = `no labels can match ${printSelector(policy.selector)}: the policy has no effect`;
      return about(policy, { code: "selector-impossible", field: "spec.selector", message, hint: remedy });
    }),
    ...rules.flatMap((site) => [...ofSide(site, "source"), ...ofSide(site, "destination")]),
  ];
}

const remedy = "one of its conditions can never hold, or excludes another: remove it, or join them with || instead of &&";

function ofSide(site: RuleSite, side: "source" | "destination"): Problem[] {
  const { selector, notSelector } = site.rule[side];
  if (selector !== undefined && isImpossible(selector)) {
    const message = `no labels can match ${printSelector(selector)}: the rule never matches`;
    return [aboutRule(site, { code: "selector-impossible", field: `${side}.selector`, message, hint: remedy })];
  }
  if (notSelector === undefined) return [];
  if (isImpossible(notSelector)) {
    const message = `no labels can match ${printSelector(notSelector)}: nothing is excluded`;
    return [aboutRule(site, { code: "selector-impossible", field: `${side}.notSelector`, message, hint: remedy })];
  }
  if (selector === undefined || !isImpossible(conjunction([selector, negation(notSelector)]))) return [];
  const message = `excludes all that the selector ${printSelector(selector)} could match: the rule never matches`;
  return [aboutRule(site, { code: "selector-impossible", field: `${side}.notSelector`, message, hint: "make the one wider or the other narrower" })];
}
