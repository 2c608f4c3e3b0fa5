// A rule whose selector stands for no address (semantics S32): it selects HostEndpoints of any node by their expectedIPs and
// GlobalNetworkSets by their nets, and there are none with such labels.

import type { Problem } from "../model/problem.ts";
import { conjunction, negation } from "../selector/build.ts";
import { printSelector } from "../selector/print.ts";
import { isImpossible } from "./satisfiable.ts";
import { aboutRule, type Peer, type RuleSite, type World } from "./world.ts";

export function emptyAddressSet(world: World): Problem[] {
  return world.rules.flatMap((site) => [...ofSide(world, site, "source"), ...ofSide(world, site, "destination")]);
}

function ofSide({ peersSelectedBy }: World, site: RuleSite, side: "source" | "destination"): Problem[] {
  const { selector, notSelector } = site.rule[side];
  if (selector !== undefined) {
    const positive = notSelector === undefined ? selector : conjunction([selector, negation(notSelector)]);
    const peers = peersSelectedBy(positive);
    if (peers.some(hasAddress) || isImpossible(positive)) return [];
    const message = `${printSelector(positive)} selects no address (${why(peers)}): the rule never matches`;
    return [aboutRule(site, { code: "empty-address-set", field: `${side}.selector`, message, hint })];
  }
  if (notSelector === undefined || isImpossible(notSelector) || peersSelectedBy(notSelector).length > 0) return [];
  const message = `${printSelector(notSelector)} selects nothing: no address is excluded`;
  return [aboutRule(site, { code: "empty-address-set", field: `${side}.notSelector`, message, hint })];
}

const hint = "give a GlobalNetworkSet or HostEndpoint these labels, or name the addresses with nets";

function hasAddress({ resource }: Peer): boolean {
  return (resource.kind === "HostEndpoint" ? resource.expectedIPs : resource.nets).length > 0;
}

function why(peers: readonly Peer[]): string {
  const [first, ...more] = peers.map(({ resource }) => `${resource.kind} '${resource.metadata.name}'`);
  if (first === undefined) return "no HostEndpoint and no GlobalNetworkSet has such labels";
  const others = more.length === 0 ? " has" : ` and ${more.length} more have`;
  return `${first}${others} such labels, but no addresses`;
}
