// The protocol and ICMP conditions of a rule in one family (semantics M15, M16, M30-M33, section 0 row 13).
// ICMP of a family is one protocol: a type under any other protocol cannot match, and "not that type" then always does.

import type { Icmp } from "../model/types.ts";
import type { Family } from "../net/types.ts";
import type { ResolvedRule } from "../resolve/types.ts";
import type { Field } from "../ruleset/types.ts";
import { type Alternatives, allOf, always, differs, equals, never } from "./alternatives.ts";

const icmpProtocols = { 4: 1, 6: 58 } as const;
const icmpFields: Readonly<Record<Family, { type: Field; code: Field }>> = {
  4: { type: "icmp type", code: "icmp code" },
  6: { type: "icmpv6 type", code: "icmpv6 code" },
};

/** The protocol that every packet of the rule has: its own, or ICMP when it asks for an ICMP type. */
export function requiredProtocol(rule: ResolvedRule, family: Family | undefined): number | undefined {
  if (rule.protocol !== undefined) return rule.protocol;
  return rule.icmp === undefined || family === undefined ? undefined : icmpProtocols[family];
}

export function protocolConditions(rule: ResolvedRule, family: Family | undefined): Alternatives {
  const positive = family === undefined ? protocolOnly(rule) : icmpConditions(rule, family);
  return rule.notProtocol === undefined ? positive : allOf([[[differs("meta l4proto", rule.notProtocol)]], positive]);
}

/** By number: what nearly every rule asks for, made once. */
const isProtocol: readonly Alternatives[] = Array.from({ length: 256 }, (_, protocol) => [[equals("meta l4proto", protocol)]]);

function protocolOnly({ protocol }: ResolvedRule): Alternatives {
  return protocol === undefined ? always : (isProtocol[protocol] as Alternatives);
}

/** A match of an ICMP field implies the protocol, which is then not written as well. */
function icmpConditions(rule: ResolvedRule, family: Family): Alternatives {
  const { icmp, notIcmp } = rule;
  const protocol = requiredProtocol(rule, family);
  const isIcmp = protocol === icmpProtocols[family];
  if (icmp !== undefined && !isIcmp) return never;
  if (icmp === undefined && (notIcmp === undefined || (protocol !== undefined && !isIcmp))) return protocolOnly(rule);
  const others: Alternatives = isIcmp ? never : [[differs("meta l4proto", icmpProtocols[family])]];
  return allOf([icmp === undefined ? always : typeAndCode(icmp, family), notIcmp === undefined ? always : [...others, ...notTypeAndCode(notIcmp, family)]]);
}

function typeAndCode({ type, code }: Icmp, family: Family): Alternatives {
  const fields = icmpFields[family];
  return [[equals(fields.type, type), ...(code === undefined ? [] : [equals(fields.code, code)])]];
}

/** Not (type and code): another type, or this type with another code. */
function notTypeAndCode({ type, code }: Icmp, family: Family): Alternatives {
  const fields = icmpFields[family];
  const otherType = [differs(fields.type, type)];
  return code === undefined ? [otherType] : [otherType, [equals(fields.type, type), differs(fields.code, code)]];
}
