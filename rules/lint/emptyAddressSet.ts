// A rule whose selector stands for no address (semantics S32): it selects HostEndpoints of any node by their expectedIPs and network sets by
// their nets, and there are none with such labels. And one whose service has no endpoints (M42).

import type { Problem } from "../model/problem.ts";
import type { EndpointSlice, Rule, ServiceReference } from "../model/types.ts";
import { countNetworks } from "../net/networks.ts";
import { protocolName } from "../net/protocol.ts";
import { conjunction, negation } from "../selector/build.ts";
import { printSelector } from "../selector/print.ts";
import { isImpossible } from "./satisfiable.ts";
import { aboutRule, type Peer, type RuleSite, type World } from "./world.ts";

export function emptyAddressSet(world: World): Problem[] {
  return world.rules.flatMap((site) => [...ofSide(world, site, "source"), ...ofSide(world, site, "destination")]);
}

function ofSide({ peersSelectedBy, slicesOf }: World, site: RuleSite, side: "source" | "destination"): Problem[] {
  const { selector, notSelector, services } = site.rule[side];
  if (services !== undefined) return slicesOf(services).some((slice) => counts(slice, site.rule, side)) ? [] : [withoutEndpoints(site, side, services)];
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

/** A source is the addresses, a destination those with the ports of the rule's protocol. */
function counts({ addresses, ports }: EndpointSlice, { protocol }: Rule, side: "source" | "destination"): boolean {
  return addresses.length > 0 && (side === "source" || ports.some((port) => protocol === undefined || port.protocol === protocol));
}

function withoutEndpoints(site: RuleSite, side: "source" | "destination", { namespace, name }: ServiceReference): Problem {
  const { protocol } = site.rule;
  const kind = side === "source" || protocol === undefined ? "endpoints" : `endpoints with ${protocolName(protocol)} ports`;
  const message = `the service '${name}' in namespace '${namespace}' has no ${kind}: the rule never matches`;
  return aboutRule(site, { code: "empty-address-set", field: `${side}.services`, message, hint: "add its EndpointSlices, or name the addresses with nets" });
}

const hint = "give a GlobalNetworkSet or HostEndpoint these labels, or name the addresses with nets";

function hasAddress({ resource }: Peer): boolean {
  return (resource.kind === "HostEndpoint" ? resource.expectedIPs.length : countNetworks(resource.nets)) > 0;
}

function why(peers: readonly Peer[]): string {
  const [first, ...more] = peers.map(({ resource }) => `${resource.kind} '${resource.metadata.name}'`);
  if (first === undefined) return "no HostEndpoint and no network set has such labels";
  const others = more.length === 0 ? " has" : ` and ${more.length} more have`;
  return `${first}${others} such labels, but no addresses`;
}
