// The address conditions of one side of a rule in one family: networks and selector sets, positive and negated (semantics M10-M13).

import { addressBits } from "../net/address.ts";
import { mergePrefixes } from "../net/ranges.ts";
import type { Family, Prefix } from "../net/types.ts";
import type { ResolvedEntity } from "../resolve/types.ts";
import type { Field, Statement, Value } from "../ruleset/types.ts";
import { type Alternatives, allOf, always, inSet, never, notInSet } from "./alternatives.ts";
import type { Context } from "./context.ts";
import { networkSet, selectorSet } from "./sets.ts";

export type Side = "source" | "destination";

const addressFields = {
  source: { 4: "ip saddr", 6: "ip6 saddr" },
  destination: { 4: "ip daddr", 6: "ip6 daddr" },
} as const;

export function addressField(side: Side, family: Family): Field {
  return addressFields[side][family];
}

export function restrictsAddresses({ nets, notNets, set, notSet }: ResolvedEntity): boolean {
  return nets !== undefined || notNets !== undefined || set !== undefined || notSet !== undefined;
}

export function addressConditions(context: Context, entity: ResolvedEntity, { side, family }: { side: Side; family: Family }): Alternatives {
  if (!restrictsAddresses(entity)) return always;
  const field = addressField(side, family);
  const { nets, notNets, set, notSet } = entity;
  const inSelected: Alternatives = set === undefined ? always : [[inSet([field], selectorSet(context, set, family))]];
  if (nets === undefined && notNets === undefined && notSet === undefined) return inSelected;
  return allOf([
    nets === undefined ? always : inNetworks(context, field, ofFamily(nets, family)),
    notNets === undefined ? always : outsideNetworks(context, field, ofFamily(notNets, family)),
    inSelected,
    notSet === undefined ? always : [[notInSet([field], selectorSet(context, notSet, family))]],
  ]);
}

/** A match of the field on one network; a network of one address is written as that address. */
export function networkMatch(field: Field, network: Prefix, op: "==" | "!=" = "=="): Statement {
  const single = network.length === addressBits(network.family);
  const value: Value = single ? { kind: "scalar", value: { family: network.family, value: network.address } } : { kind: "prefix", prefix: network };
  return { kind: "match", field, op, value };
}

/** M10: none left means that no address of this family qualifies. M12: /0 means that every one does. */
function inNetworks(context: Context, field: Field, networks: Networks): Alternatives {
  const [first] = networks.union;
  if (first === undefined) return never;
  if (first.length === 0) return always;
  if (networks.union.length === 1) return [[networkMatch(field, first)]];
  return [[inSet([field], networkSet(context, networks.family, networks.union))]];
}

/** Section 0 row 11: none of this family is no restriction in it. M11: /0 excludes every address. */
function outsideNetworks(context: Context, field: Field, networks: Networks): Alternatives {
  const [first] = networks.union;
  if (first === undefined) return always;
  if (first.length === 0) return never;
  if (networks.union.length === 1) return [[networkMatch(field, first, "!=")]];
  return [[notInSet([field], networkSet(context, networks.family, networks.union))]];
}

interface Networks {
  readonly family: Family;
  readonly union: readonly Prefix[];
}

function ofFamily(networks: readonly Prefix[], family: Family): Networks {
  const own = networks.filter((network) => network.family === family);
  return { family, union: own.length > 1 ? mergePrefixes(own) : own };
}
