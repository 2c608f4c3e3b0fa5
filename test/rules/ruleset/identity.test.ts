// The identity of rules: what must change it, what must not, and that it cannot be forged by a comment or a name.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Expression } from "../../../rules/ruleset/expression.ts";
import { commentOf, identityOf, ruleIdentity, sameRule } from "../../../rules/ruleset/identity.ts";
import { lowerRule } from "../../../rules/ruleset/lower.ts";
import type { Rule, Statement } from "../../../rules/ruleset/types.ts";

const origin = { kind: "GlobalNetworkPolicy", name: "web", direction: "ingress", index: 2 } as const;
const counter: Statement = { kind: "counter" };
const drop: Statement = { kind: "verdict", verdict: { kind: "drop" } };
const port = (value: number): Statement => ({ kind: "match", field: "th dport", op: "==", value: { kind: "scalar", value } });
const tcp: Statement = { kind: "match", field: "meta l4proto", op: "==", value: { kind: "scalar", value: 6 } };
const log = (prefix: string): Statement => ({ kind: "log", prefix });
const inSet = (set: string): Statement => ({ kind: "lookup", fields: ["ip saddr"], op: "in", set });
const mark = (value: number): Statement => ({ kind: "setMark", mask: 0xff, value });
const leap = (kind: "jump" | "goto", chain: string): Statement => ({ kind: "verdict", verdict: { kind, chain } });

function rule(...statements: readonly Statement[]): Rule {
  return { statements, origin };
}

function held(expressions: readonly Expression[], comment = "GlobalNetworkPolicy web ingress rule 2"): { readonly identity: string } {
  return { identity: identityOf(expressions, comment) };
}

describe("rules are the same", () => {
  test("when they say the same in other objects", () => assert(sameRule(rule(tcp, port(80), drop), rule({ ...tcp }, port(80), { ...drop }))));

  test("when a kernel lists the expressions and the comment", () => {
    const ours = rule(tcp, port(80), counter, drop);
    assert(sameRule(ours, held(lowerRule(ours))));
  });

  test("whatever a counter has counted", () => {
    const counted = lowerRule(rule(counter, drop)).map((one) => (one.kind === "counter" ? { ...one, packets: 7n, bytes: 4096n } : one));
    assert(sameRule(rule(counter, drop), held(counted)));
  });

  test("where a protocol that one rule spells out is implied in the other", () => {
    const family: Statement = { kind: "match", field: "meta nfproto", op: "==", value: { kind: "scalar", value: 2 } };
    assert(sameRule(rule(inSet("s"), drop), rule(family, inSet("s"), drop)));
  });
});

describe("rules are not the same", () => {
  const rows: readonly (readonly [title: string, a: Rule, b: Rule])[] = [
    ["with another value", rule(tcp, port(80), drop), rule(tcp, port(81), drop)],
    ["with another operator", rule(tcp, drop), rule({ ...tcp, op: "!=" } as Statement, drop)],
    ["with another verdict", rule(counter, drop), rule(counter, leap("jump", "drop"))],
    ["with another target", rule(leap("jump", "a")), rule(leap("jump", "b"))],
    ["with goto for jump", rule(leap("jump", "a")), rule(leap("goto", "a"))],
    ["with another set", rule(inSet("a"), drop), rule(inSet("b"), drop)],
    ["with a negated lookup", rule(inSet("a"), drop), rule({ ...inSet("a"), op: "not in" } as Statement, drop)],
    ["with another log prefix", rule(log("a"), drop), rule(log("b"), drop)],
    ["with another mark", rule(mark(1), drop), rule(mark(2), drop)],
    ["with a counter more", rule(drop), rule(counter, drop)],
    ["with the same statements in another order", rule(counter, log("a")), rule(log("a"), counter)],
    ["with another origin", rule(drop), { statements: [drop], origin: { ...origin, index: 3 } }],
  ];
  for (const [title, a, b] of rows) {
    test(title, () => {
      assert(!sameRule(a, b));
      assert.notEqual(ruleIdentity(a), ruleIdentity(b));
    });
  }

  test("where a stranger copied the comment", () => assert(!sameRule(rule(drop), held(lowerRule(rule(leap("jump", "a")))))));

  test("where a stranger's comment looks like the rest of a rule", () => {
    const ours = rule(counter, drop);
    const [first = assert.fail()] = lowerRule(ours);
    const rest = ruleIdentity(ours).slice("counter\0".length);
    assert(!sameRule(ours, held([first], rest)));
  });

  test("where a stranger's rule has an expression that we have no word for", () => {
    const identity = identityOf([...lowerRule(rule(counter, drop)), { kind: "unknown", name: "queue" }], "GlobalNetworkPolicy web ingress rule 2");
    assert(!sameRule(rule(counter, drop), { identity }));
  });
});

describe("what a rule says of itself", () => {
  test("is its origin", () => assert.equal(commentOf(rule(drop)), "GlobalNetworkPolicy web ingress rule 2"));
  test("is the comment that a kernel lists", () => assert.equal(commentOf(held([], "mine")), "mine"));
  test("may be nothing", () => assert.equal(commentOf(held(lowerRule(rule(drop)), "")), ""));
});
