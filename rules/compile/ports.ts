// The port conditions of a rule, both sides (semantics M20-M28). A packet has ports when its protocol is TCP, UDP or SCTP;
// any other fails a positive port condition and passes a negated one.

import { invariant } from "../net/invariant.ts";
import { mergePorts } from "../net/ports.ts";
import { hasPorts } from "../net/protocol.ts";
import type { Family, PortRange } from "../net/types.ts";
import type { ResolvedEntity, ResolvedRule } from "../resolve/types.ts";
import type { Field, Statement, Value } from "../ruleset/types.ts";
import { addressField, type Side } from "./addresses.ts";
import { type Alternatives, allOf, always, inSet, never, notInSet } from "./alternatives.ts";
import type { Context } from "./context.ts";
import { namedPortSet, portSet, protocolSet } from "./sets.ts";

const sides = ["source", "destination"] as const;
const portFields: Readonly<Record<Side, Field>> = { source: "th sport", destination: "th dport" };

/** IANA numbers of TCP, UDP and SCTP. */
const protocolsWithPorts = [6, 17, 132];

/** What the rule requires otherwise: its protocol, and the family it is compiled for. */
export interface Scope {
  readonly protocol: number | undefined;
  readonly family: Family | undefined;
}

/** Members of named ports are addresses: a rule that has any is compiled for each family. */
export function restrictsNamedPorts({ namedPorts, notNamedPorts }: ResolvedEntity): boolean {
  return namedPorts !== undefined || notNamedPorts !== undefined;
}

export function portConditions(context: Context, rule: ResolvedRule, scope: Scope): Alternatives {
  const positive = hasPositive(rule.source) || hasPositive(rule.destination);
  if (!positive && !hasNegative(rule.source) && !hasNegative(rule.destination)) return always;
  const withPorts = allOf(sides.map((side) => portsOf(context, rule[side], { side, family: scope.family })));
  const withoutPorts = positive ? never : always;
  if (scope.protocol !== undefined) return hasPorts(scope.protocol) ? withPorts : withoutPorts;
  const set = protocolSet(context, protocolsWithPorts);
  return [...allOf([[[inSet(["meta l4proto"], set)]], withPorts]), ...allOf([[[notInSet(["meta l4proto"], set)]], withoutPorts])];
}

function hasPositive({ ports, namedPorts }: ResolvedEntity): boolean {
  return ports !== undefined || namedPorts !== undefined;
}

function hasNegative({ notPorts, notNamedPorts }: ResolvedEntity): boolean {
  return notPorts !== undefined || notNamedPorts !== undefined;
}

interface At {
  readonly side: Side;
  readonly family: Family | undefined;
}

function portsOf(context: Context, entity: ResolvedEntity, at: At): Alternatives {
  const positive = hasPositive(entity) ? required(context, entity, at) : always;
  return hasNegative(entity) ? allOf([positive, excluded(context, entity, at)]) : positive;
}

/** M24: one of the numbers or one of the names. The second alternative leaves out what the first has taken. */
function required(context: Context, { ports, namedPorts }: ResolvedEntity, at: At): Alternatives {
  const named = namedPorts === undefined ? undefined : namedPortMatch(context, namedPorts, { ...at, positive: true });
  if (ports === undefined) return named === undefined ? always : [[named]];
  const numbered = portMatch(context, ports, { side: at.side, positive: true });
  return named === undefined ? [[numbered]] : [[numbered], [portMatch(context, ports, { side: at.side, positive: false }), named]];
}

/** None of the numbers and none of the names. */
function excluded(context: Context, { notPorts, notNamedPorts }: ResolvedEntity, at: At): Alternatives {
  const numbered = notPorts === undefined ? [] : [portMatch(context, notPorts, { side: at.side, positive: false })];
  const named = notNamedPorts === undefined ? [] : [namedPortMatch(context, notNamedPorts, { ...at, positive: false })];
  return [[...numbered, ...named]];
}

function portMatch(context: Context, ports: readonly PortRange[], { side, positive }: { side: Side; positive: boolean }): Statement {
  const field = portFields[side];
  const union = ports.length === 1 ? ports : mergePorts(ports);
  const [first] = union;
  if (first === undefined || union.length > 1) return (positive ? inSet : notInSet)([field], portSet(context, union));
  const value: Value = first.from === first.to ? { kind: "scalar", value: first.from } : { kind: "range", from: first.from, to: first.to };
  return { kind: "match", field, op: positive ? "==" : "!=", value };
}

function namedPortMatch(context: Context, id: string, { side, family, positive }: At & { positive: boolean }): Statement {
  invariant(family !== undefined, "a rule with named ports is compiled for one family at a time");
  return (positive ? inSet : notInSet)([addressField(side, family), "meta l4proto", portFields[side]], namedPortSet(context, id, family));
}
