// A condition as a list of alternatives, each a conjunction of matches: nft rules have no "or", so a condition that needs one
// becomes several rules. Alternatives of one condition exclude each other, so a packet meets at most one of them:
// a Log rule then logs once, and counters of a rule's parts add up to the rule's.

import type { Field, Scalar, Statement } from "../ruleset/types.ts";

/** None: never true. One that is empty: always true. */
export type Alternatives = readonly (readonly Statement[])[];

export const always: Alternatives = [[]];
export const never: Alternatives = [];

/** All conditions at once: every combination of their alternatives. */
export function allOf(conditions: readonly Alternatives[]): Alternatives {
  let all = always;
  for (const condition of conditions) all = both(all, condition);
  return all;
}

/** Most conditions of most rules say nothing; with 10,000 rules half of the time went here. */
function both(left: Alternatives, right: Alternatives): Alternatives {
  if (right === always) return left;
  if (left === always) return right;
  if (left.length === 1 && right.length === 1) return [[...(left[0] as readonly Statement[]), ...(right[0] as readonly Statement[])]];
  return left.flatMap((one) => right.map((other) => [...one, ...other]));
}

export function equals(field: Field, value: Scalar): Statement {
  return { kind: "match", field, op: "==", value: { kind: "scalar", value } };
}

export function differs(field: Field, value: Scalar): Statement {
  return { kind: "match", field, op: "!=", value: { kind: "scalar", value } };
}

export function inSet(fields: readonly Field[], set: string): Statement {
  return { kind: "lookup", fields, op: "in", set };
}

export function notInSet(fields: readonly Field[], set: string): Statement {
  return { kind: "lookup", fields, op: "not in", set };
}
