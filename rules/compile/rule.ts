// One rule of a policy or profile becomes none, one or several nft rules that between them match the same packets.
// A rule that says nothing about a family is one rule for both; any other is compiled for each family that it can match (M1, M2, M10).

import { trimmed } from "../net/listChanges.ts";
import type { Family } from "../net/types.ts";
import type { ResolvedEntity, ResolvedRule } from "../resolve/types.ts";
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
  const compiled: Rule[] = [];
  for (const family of familiesOf(rule)) {
    for (const matches of conditions(context, rule, family)) {
      compiled.push({ statements: cheapFirst(pinFamily(matches, family)).concat(effects), origin: rule.origin });
    }
  }
  return trimmed(compiled);
}

const ofBoth = [4, 6] as const;
const ofNone = [undefined] as const;

function familiesOf({ family, icmp, notIcmp, source, destination }: ResolvedRule): readonly (Family | undefined)[] {
  if (family !== undefined) return [family];
  const asks = (entity: ResolvedEntity): boolean => restrictsAddresses(entity) || restrictsNamedPorts(entity);
  return icmp !== undefined || notIcmp !== undefined || asks(source) || asks(destination) ? ofBoth : ofNone;
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
  if (family === undefined) return matches;
  for (const match of matches) for (const field of readFields(match)) if (fields[field].header !== undefined) return matches;
  return [equals("meta nfproto", family === 4 ? nfproto.ipv4 : nfproto.ipv6), ...matches];
}

/** A comparison costs a tenth of a lookup (kernel-facts). The protocol stays in front, since ports may only be read after it. */
function cheapFirst(matches: readonly Statement[]): readonly Statement[] {
  for (let at = 1; at < matches.length; at++) {
    if (cost(matches[at - 1] as Statement) > cost(matches[at] as Statement)) return matches.toSorted((a, b) => cost(a) - cost(b));
  }
  return matches;
}

function cost(statement: Statement): number {
  const first = statement.kind === "match" ? statement.field : readFields(statement)[0];
  if (first === "meta nfproto") return 0;
  if (first === "meta l4proto") return 1;
  return statement.kind === "match" ? 2 : 3;
}
