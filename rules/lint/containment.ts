// Whether one rule certainly matches every packet that another matches, for all hosts, sets and labels there could ever be: from the rules' text alone.
// "No" means "not proven". One entry a field of a rule, so that a new field does not compile until it is thought of here.

import type { Entity, Icmp, Ports, Rule } from "../model/types.ts";
import { prefixRange } from "../net/prefix.ts";
import { intersectRanges, mergeRanges, subtractRanges } from "../net/ranges.ts";
import type { AddressRange, Family, PortRange, Prefix } from "../net/types.ts";
import type { Selector } from "../selector/ast.ts";
import { conjunction, negation } from "../selector/build.ts";
import { implies } from "./satisfiable.ts";

/** Of two rules that stand in one list. */
export function covers(wide: Rule, narrow: Rule): boolean {
  return headerFields.every((field) => field(wide, narrow)) && sides.every((side) => coversSide(sideOf(wide, side), sideOf(narrow, side)));
}

function coversSide(wide: Side, narrow: Side): boolean {
  return sideFields.every((field) => field(wide, narrow));
}

type Header = Exclude<keyof Rule, "action" | "source" | "destination" | "annotations" | "place">;
type Covers<T> = (wide: T, narrow: T) => boolean;

/** By field of the wide rule: whether what it asks for holds for all that the narrow rule matches. Cheap ones first. */
const headerCovers: Readonly<Record<Header, Covers<Rule>>> = {
  protocol: (wide, narrow) => wide.protocol === undefined || wide.protocol === narrow.protocol,
  notProtocol: (wide, narrow) =>
    wide.notProtocol === undefined || wide.notProtocol === narrow.notProtocol || (narrow.protocol ?? wide.notProtocol) !== wide.notProtocol,
  family: (wide, narrow) => wide.family === undefined || wide.family === familyOf(narrow),
  icmp: (wide, narrow) => wide.icmp === undefined || (narrow.icmp !== undefined && includesIcmp(wide.icmp, narrow.icmp)),
  notIcmp: (wide, narrow) => wide.notIcmp === undefined || excludesIcmp(narrow, wide.notIcmp),
};

/** Given, or that of the networks on one side: no address of the other family is in them. */
function familyOf({ family, source, destination }: Rule): Family | undefined {
  const ofSides = [source.nets, destination.nets].map((nets) => new Set(nets?.map((prefix) => prefix.family)));
  return (
    family ??
    ofSides
      .find((families) => families.size === 1)
      ?.values()
      .next().value
  );
}

function includesIcmp(wide: Icmp, narrow: Icmp): boolean {
  return wide.type === narrow.type && (wide.code === undefined || wide.code === narrow.code);
}

function excludesIcmp({ protocol, icmp, notIcmp }: Rule, excluded: Icmp): boolean {
  if (protocol !== undefined && protocol !== 1 && protocol !== 58) return true;
  if (notIcmp !== undefined && includesIcmp(notIcmp, excluded)) return true;
  if (icmp === undefined) return false;
  return icmp.type !== excluded.type || (icmp.code !== undefined && excluded.code !== undefined && icmp.code !== excluded.code);
}

/** One side of a rule, with the family that the rule leaves it. */
interface Side {
  readonly entity: Entity;
  readonly family: Family | undefined;
}

const sides = ["source", "destination"] as const;

function sideOf(rule: Rule, side: (typeof sides)[number]): Side {
  return { entity: rule[side], family: familyOf(rule) };
}

const sideCovers: Readonly<Record<keyof Entity, Covers<Side>>> = {
  ports: coversPorts,
  notPorts: coversNotPorts,
  nets: coversAddresses,
  notNets: () => true, // nets has looked at both: an address is in the one and not in the other.
  selector: (wide, narrow) => impliesOptional(positive(narrow.entity), positive(wide.entity)),
  // Only where it stands alone (S31). An address of a peer that is not excluded may belong to another that is, so nothing but exclusion implies it.
  notSelector: ({ entity: wide }, { entity: narrow }) =>
    wide.selector !== undefined ||
    wide.notSelector === undefined ||
    (narrow.selector === undefined && impliesOptional(wide.notSelector, narrow.notSelector, false)),
  services: ({ entity: { services: wide } }, { entity: { services: narrow } }) =>
    wide === undefined || (wide.namespace === narrow?.namespace && wide.name === narrow.name),
};

const headerFields = Object.values(headerCovers);
const sideFields = Object.values(sideCovers);

/** S31. */
function positive({ selector, notSelector }: Entity): Selector | undefined {
  if (selector === undefined || notSelector === undefined) return selector;
  return conjunction([selector, negation(notSelector)]);
}

/** @param absentIsAll whether an absent wide selector asks for nothing; otherwise it stands for nothing that could be excluded */
function impliesOptional(narrow: Selector | undefined, wide: Selector | undefined, absentIsAll = true): boolean {
  if (wide === undefined) return absentIsAll;
  return narrow !== undefined && (narrow === wide || implies(narrow, wide));
}

function coversAddresses(wide: Side, narrow: Side): boolean {
  const { nets, notNets } = wide.entity;
  if (nets === undefined && notNets === undefined) return true;
  const first = narrow.entity.nets?.[0];
  if (nets !== undefined && first !== undefined && !nets.some((prefix) => holds(prefix, first))) return false;
  return subtractRanges(addressesOf(narrow), addressesOf(wide)).length === 0;
}

/** Whether a prefix of the list holds the other's first address: a quick look before all of them are. */
function holds(prefix: Prefix, other: Prefix): boolean {
  const { from, to } = prefixRange(prefix);
  return prefix.family === other.family && from <= other.address && other.address <= to;
}

const everywhere: readonly AddressRange[] = [
  { family: 4, from: 0n, to: (1n << 32n) - 1n },
  { family: 6, from: 0n, to: (1n << 128n) - 1n },
];

function addressesOf({ entity: { nets, notNets }, family }: Side): readonly AddressRange[] {
  const ranges = nets?.map(prefixRange) ?? everywhere;
  const own = family === undefined ? ranges : ranges.filter((range) => range.family === family);
  return notNets === undefined ? own : subtractRanges(own, notNets.map(prefixRange));
}

/** M20, M24: a numeric port, or a named one of a selected peer. */
function coversPorts(wide: Side, narrow: Side): boolean {
  if (wide.entity.ports === undefined) return true;
  const { ports, notPorts } = narrow.entity;
  if (ports === undefined) return false;
  const numeric = subtractRanges(portIntervals(ports), portIntervals(notPorts));
  return subtractRanges(numeric, portIntervals(wide.entity.ports)).length === 0 && coversNames(wide, narrow, { wide: wide.entity.ports, narrow: ports });
}

/** Every member of the narrow side's named ports is one of the wide side's. Members are of the packet's protocol (M22), so that of the rules says no more. */
function coversNames(wide: Side, narrow: Side, ports: { readonly wide: Ports; readonly narrow: Ports }): boolean {
  if (ports.narrow.names.length === 0) return true;
  const names = new Set(ports.wide.names);
  return ports.narrow.names.every((name) => names.has(name)) && impliesOptional(positive(narrow.entity), positive(wide.entity));
}

/** What the wide rule excludes, the narrow one excludes too, or asks for other ports only. */
function coversNotPorts(wide: Side, narrow: Side): boolean {
  const excluded = wide.entity.notPorts;
  if (excluded === undefined) return true;
  const { ports, notPorts = { ranges: [], names: [] } } = narrow.entity;
  if (excluded.names.length > 0 && !coversNames(narrow, wide, { wide: notPorts, narrow: excluded })) return false;
  const left = subtractRanges(portIntervals(excluded), portIntervals(notPorts));
  if (left.length === 0) return true;
  return ports !== undefined && ports.names.length === 0 && intersectRanges(portIntervals(ports), left).length === 0;
}

/** Ports as intervals, so that there is one arithmetic. */
function portIntervals(ports: Ports | undefined): AddressRange[] {
  const interval = ({ from, to }: PortRange): AddressRange => ({ family: 4, from: BigInt(from), to: BigInt(to) });
  return mergeRanges(ports?.ranges.map(interval) ?? []);
}
