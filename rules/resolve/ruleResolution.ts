// One rule as the user wrote it becomes one rule with nothing left to look up: selectors, services and named ports are sets by their ids, the log
// prefix is expanded and the origin attached. Numeric lists pass as they are; compile merges what overlaps. Members of sets are not known here.

import type { Direction, Entity, Policy, Profile, Rule } from "../model/types.ts";
import type { Selector } from "../selector/ast.ts";
import { conjunction, negation } from "../selector/build.ts";
import { addressDefinition, type Definition, namedPortDefinition, serviceAddressDefinition, servicePortDefinition } from "./definitions.ts";
import { expandLogPrefix } from "./logPrefix.ts";
import { ruleOrigin } from "./origins.ts";
import type { ResolvedEntity, ResolvedRule } from "./types.ts";

/** Told of every set that a rule refers to; returns its id. */
export type Refer = (definition: Definition) => string;

export interface RulePlace {
  readonly direction: Direction;
  readonly index: number;
}

export interface RuleContext {
  readonly refer: Refer;
  /** The setting's text, not yet expanded. */
  readonly logPrefix: string;
}

/** The rule at this place of a policy or profile. */
export function resolveRule(owner: Policy | Profile, { direction, index }: RulePlace, { refer, logPrefix }: RuleContext): ResolvedRule {
  const rule = owner[direction][index] as Rule;
  const { kind, metadata } = owner;
  const subject = { kind, namespace: metadata.namespace, name: metadata.name, tier: tierOf(owner) };
  return {
    action: rule.action,
    family: rule.family,
    protocol: rule.protocol,
    notProtocol: rule.notProtocol,
    icmp: rule.icmp,
    notIcmp: rule.notIcmp,
    source: resolveSource(rule, refer),
    destination: resolveDestination(rule, refer),
    logPrefix: rule.action === "Log" ? expandLogPrefix(logPrefix, subject) : undefined,
    origin: ruleOrigin(kind, metadata.name, { direction, index }),
  };
}

/** A profile has none. */
export function tierOf(owner: Policy | Profile): string {
  return owner.kind === "Profile" ? "" : owner.tier;
}

/** M42: a service as a source is where its endpoints are, whatever they listen on. */
function resolveSource({ source, protocol }: Rule, refer: Refer): ResolvedEntity {
  const resolved = resolveEntity(source, protocol, refer);
  return source.services === undefined ? resolved : { ...resolved, set: refer(serviceAddressDefinition(source.services)) };
}

function resolveDestination({ destination, protocol }: Rule, refer: Refer): ResolvedEntity {
  const resolved = resolveEntity(destination, protocol, refer);
  return destination.services === undefined ? resolved : { ...resolved, namedPorts: refer(servicePortDefinition(destination.services, protocol)) };
}

/**
 * S31: selector and notSelector are one positive set; notSelector alone is a negated set, which addresses of no known peer pass.
 * M24: where all ports are named, their members already tell the selector's peers apart, so it is not matched again.
 */
function resolveEntity(entity: Entity, protocol: number | undefined, refer: Refer): ResolvedEntity {
  const { nets, notNets, ports, notPorts, notSelector } = entity;
  const selector = positiveSelector(entity);
  const onlyNamedPorts = ports !== undefined && ports.ranges.length === 0;
  const named = (names: readonly string[] | undefined) =>
    names === undefined || names.length === 0 ? undefined : refer(namedPortDefinition(names, selector, protocol));
  return {
    nets,
    notNets,
    ports: ports === undefined || onlyNamedPorts ? undefined : ports.ranges,
    namedPorts: named(ports?.names),
    notPorts: notPorts === undefined || notPorts.ranges.length === 0 ? undefined : notPorts.ranges,
    notNamedPorts: named(notPorts?.names),
    set: selector === undefined || onlyNamedPorts ? undefined : refer(addressDefinition(selector)),
    notSet: selector !== undefined || notSelector === undefined ? undefined : refer(addressDefinition(notSelector)),
  };
}

function positiveSelector({ selector, notSelector }: Entity): Selector | undefined {
  if (selector === undefined || notSelector === undefined) return selector;
  return conjunction([selector, negation(notSelector)]);
}
