// Random selectors in canonical form (built by build.ts) and random labels over the same few names, so that they often meet.

import fc from "fast-check";
import type { Selector } from "../../../rules/selector/ast.ts";
import { all, conjunction, disjunction, global, has, negation, oneOf } from "../../../rules/selector/build.ts";

/** Labels named like operators and like properties of every object are among them (S46). */
const label = fc.constantFrom("a", "b", "in", "not", "notin", "contains", "starts", "has", "all", "global", "a/b.c-d_e", "constructor", "9");

/** What a selector's string can say: anything but both kinds of quote at once. */
const value = fc
  .oneof(fc.constantFrom("", "x", "y", "xy", "has(a)", "'", '"', "&&", "}"), fc.string())
  .filter((text) => !(text.includes("'") && text.includes('"')));

const condition: fc.Arbitrary<Selector> = fc.oneof(
  fc.constantFrom(all, global),
  label.map(has),
  fc.record(
    { kind: fc.constant("compare" as const), op: fc.constantFrom("==", "!=", "contains", "starts with", "ends with"), label, value },
    { noNullPrototype: true },
  ),
  fc.tuple(label, fc.array(value, { maxLength: 4 }), fc.boolean()).map(([name, values, negated]) => oneOf(name, values, negated)),
);

export const selector: fc.Arbitrary<Selector> = fc.letrec<{ node: Selector }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    condition,
    tie("node").map(negation),
    fc.array(tie("node"), { minLength: 1, maxLength: 3 }).map(conjunction),
    fc.array(tie("node"), { minLength: 1, maxLength: 3 }).map(disjunction),
  ),
})).node;

export const labels: fc.Arbitrary<Record<string, string>> = fc.dictionary(label, value, { maxKeys: 6, noNullPrototype: true });
