// One rule of a policy or profile becomes none, one or several nft rules that between them match the same packets.
// A rule that says nothing about a family is one rule for both; any other is compiled for each family that it can match (M1, M2, M10).

import type { Family } from "../net/types.ts";
import type { ResolvedRule } from "../resolve/types.ts";
import { readFields } from "../ruleset/dependencies.ts";
import { fields, nfproto } from "../ruleset/fields.ts";
import type { Rule, Statement } from "../ruleset/types.ts";
import { addressConditions, restrictsAddresses } from "./addresses.ts";
import { type Alternatives, allOf, always, equals } from "./alternatives.ts";
import type { Context } from "./context.ts";
import { portConditions, restrictsNamedPorts } from "./ports.ts";
import { protocolConditions, requiredProtocol } from "./protocol.ts";

/** `effects` is what a matching packet meets: counter, then log or verdict. */
export function compileRule(context: Context, rule: ResolvedRule, effects: readonly Statement[]): readonly Rule[] {
  return familiesOf(rule).flatMap((family) =>
    conditions(context, rule, family).map((matches) => ({ statements: [...cheapFirst(pinFamily(matches, family)), ...effects], origin: rule.origin })),
  );
}

function familiesOf(rule: ResolvedRule): readonly (Family | undefined)[] {
  if (rule.family !== undefined) return [rule.family];
  const entities = [rule.source, rule.destination];
  const perFamily =
    rule.icmp !== undefined || rule.notIcmp !== undefined || entities.some((entity) => restrictsAddresses(entity) || restrictsNamedPorts(entity));
  return perFamily ? [4, 6] : [undefined];
}

function conditions(context: Context, rule: ResolvedRule, family: Family | undefined): Alternatives {
  return allOf([
    protocolConditions(rule, family),
    portConditions(context, rule, { protocol: requiredProtocol(rule, family), family }),
    family === undefined ? always : addressConditions(context, rule.source, { side: "source", family }),
    family === undefined ? always : addressConditions(context, rule.destination, { side: "destination", family }),
  ]);
}

/** Adds the family unless some field's header says it already. */
function pinFamily(matches: readonly Statement[], family: Family | undefined): readonly Statement[] {
  if (family === undefined || matches.some((match) => readFields(match).some((field) => fields[field].header !== undefined))) return matches;
  return [equals("meta nfproto", family === 4 ? nfproto.ipv4 : nfproto.ipv6), ...matches];
}

/** A comparison costs a tenth of a lookup (kernel-facts). The protocol stays in front, since ports may only be read after it. */
function cheapFirst(matches: readonly Statement[]): readonly Statement[] {
  return matches.toSorted((a, b) => cost(a) - cost(b));
}

function cost(statement: Statement): number {
  const [first] = readFields(statement);
  if (first === "meta nfproto") return 0;
  if (first === "meta l4proto") return 1;
  return statement.kind === "match" ? 2 : 3;
}
