// nft joins comparisons of neighbouring transport fields with the same operator into one load and one comparison (nftables rule.c,
// payload_do_merge). For `==` that is sound and done here as well, so that our expressions are nft's. For `!=` nft 1.0.6 does it too, and
// there not-a and not-b becomes not(a and b): such a rule is written with a range of one value, which is never joined.

import type { Expression } from "./expression.ts";
import { fields } from "./fields.ts";
import type { Statement } from "./types.ts";

type Match = Extract<Statement, { kind: "match" }>;

/** The statements as print and lower must take them: no two that nft would join wrongly. */
export function withoutFalseJoins(statements: readonly Statement[]): readonly Statement[] {
  const first = statements.some((statement) => isUnequalTransport(statement) && offsetOf(statement) === 0);
  if (!first) return statements;
  return statements.map((statement) => (isUnequalTransport(statement) && offsetOf(statement) > 0 ? asRange(statement) : statement));
}

/** Joins a pair of equality comparisons of neighbouring transport fields, in the place of the one at the lower offset. */
export function joinAdjacent(expressions: readonly Expression[]): readonly Expression[] {
  if (!hasTwoTransportLoads(expressions)) return expressions;
  const compared = expressions.map((_, i) => equality(expressions, i));
  for (const low of compared) {
    const high = compared.find((other) => low !== undefined && other !== undefined && other.offset === low.offset + low.data.length);
    if (low === undefined || high === undefined) continue;
    const rest = expressions.map((expression, i) => (i === low.at ? joined(low, high) : [expression]));
    return rest.filter((_, i) => i !== low.at + 1 && i !== high.at && i !== high.at + 1).flat();
  }
  return expressions;
}

/** Which few rules have: most that read a port read one. */
function hasTwoTransportLoads(expressions: readonly Expression[]): boolean {
  let loads = 0;
  for (const expression of expressions) if (expression.kind === "payload" && expression.base === "transport") loads += 1;
  return loads > 1;
}

interface Equality {
  /** Index of the load; the comparison follows it. */
  readonly at: number;
  readonly offset: number;
  readonly data: Uint8Array;
}

function equality(expressions: readonly Expression[], at: number): Equality | undefined {
  const load = expressions[at];
  const compare = expressions[at + 1];
  if (load?.kind !== "payload" || load.base !== "transport" || compare?.kind !== "cmp" || compare.op !== "eq") return undefined;
  return { at, offset: load.offset, data: compare.data };
}

function joined(low: Equality, high: Equality): Expression[] {
  const data = Uint8Array.of(...low.data, ...high.data);
  return [
    { kind: "payload", base: "transport", offset: low.offset, length: data.length, dreg: 1 },
    { kind: "cmp", op: "eq", sreg: 1, data },
  ];
}

function isUnequalTransport(statement: Statement): statement is Match {
  if (statement.kind !== "match" || statement.op !== "!=" || statement.value.kind !== "scalar") return false;
  const { load } = fields[statement.field];
  return load.kind === "payload" && load.base === "transport";
}

function offsetOf(match: Match): number {
  const { load } = fields[match.field];
  return load.kind === "payload" ? load.offset : 0;
}

function asRange(match: Match): Match {
  return match.value.kind === "scalar" ? { ...match, value: { kind: "range", from: match.value.value, to: match.value.value } } : match;
}
