// One rule as the user wrote it becomes one rule with nothing left to look up: selectors are address sets, named ports are
// members, the log prefix is expanded and the origin attached. Numeric lists pass as they are; compile merges what overlaps.

import type { Direction, Entity, Policy, Profile, Rule } from "../model/types.ts";
import type { Selector } from "../selector/ast.ts";
import { conjunction, negation } from "../selector/build.ts";
import { expandLogPrefix } from "./logPrefix.ts";
import { ruleOrigin } from "./origins.ts";
import type { Peers } from "./peers.ts";
import type { Services } from "./services.ts";
import type { ResolvedEntity, ResolvedRule, ResolvedRules } from "./types.ts";

export interface RuleContext {
  readonly peers: Peers;
  readonly services: Services;
  /** The setting's text, not yet expanded. */
  readonly logPrefix: string;
}

/** The rules of a policy or profile in one direction. */
export function resolveRules(owner: Policy | Profile, direction: Direction, context: RuleContext): ResolvedRules {
  const { kind, metadata } = owner;
  const tier = owner.kind === "Profile" ? "" : owner.tier;
  const logPrefix = expandLogPrefix(context.logPrefix, { kind, namespace: metadata.namespace, name: metadata.name, tier });
  const rules = owner[direction].map(
    (rule, index): ResolvedRule => ({
      action: rule.action,
      family: rule.family,
      protocol: rule.protocol,
      notProtocol: rule.notProtocol,
      icmp: rule.icmp,
      notIcmp: rule.notIcmp,
      source: resolveSource(rule, context),
      destination: resolveDestination(rule, context),
      logPrefix: rule.action === "Log" ? logPrefix : undefined,
      origin: ruleOrigin(kind, metadata.name, { direction, index }),
    }),
  );
  return { kind, name: metadata.name, direction, rules };
}

/** M42: a service as a source is where its endpoints are, whatever they listen on. */
function resolveSource({ source, protocol }: Rule, { peers, services }: RuleContext): ResolvedEntity {
  const resolved = resolveEntity(source, protocol, peers);
  return source.services === undefined ? resolved : { ...resolved, set: services.addressSet(source.services) };
}

function resolveDestination({ destination, protocol }: Rule, { peers, services }: RuleContext): ResolvedEntity {
  const resolved = resolveEntity(destination, protocol, peers);
  return destination.services === undefined ? resolved : { ...resolved, namedPorts: services.ports(destination.services, protocol) };
}

/**
 * S31: selector and notSelector are one positive set; notSelector alone is a negated set, which addresses of no known peer pass.
 * M24: where all ports are named, their members already tell the selector's peers apart, so it is not matched again.
 */
function resolveEntity(entity: Entity, protocol: number | undefined, peers: Peers): ResolvedEntity {
  const { nets, notNets, ports, notPorts, notSelector } = entity;
  const selector = positiveSelector(entity);
  const onlyNamedPorts = ports !== undefined && ports.ranges.length === 0;
  const members = (names: readonly string[] | undefined) =>
    names === undefined || names.length === 0 ? undefined : peers.namedPorts({ names, selector, protocol });
  return {
    nets,
    notNets,
    ports: ports === undefined || onlyNamedPorts ? undefined : ports.ranges,
    namedPorts: members(ports?.names),
    notPorts: notPorts === undefined || notPorts.ranges.length === 0 ? undefined : notPorts.ranges,
    notNamedPorts: members(notPorts?.names),
    set: selector === undefined || onlyNamedPorts ? undefined : peers.addressSet(selector),
    notSet: selector !== undefined || notSelector === undefined ? undefined : peers.addressSet(notSelector),
  };
}

function positiveSelector({ selector, notSelector }: Entity): Selector | undefined {
  if (selector === undefined || notSelector === undefined) return selector;
  return conjunction([selector, negation(notSelector)]);
}
