// Interval sets in place and by detour: which batches change them, and in which order with the rules (inFlight.ts and model.ts fail on the wrong one).

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { actualOf, diff } from "../../../rules/diff/diff.ts";
import type { Operation } from "../../../rules/diff/types.ts";
import { packPrefixes } from "../../../rules/ruleset/keys.ts";
import type { Chain, NftSet, Rule, Ruleset, Statement } from "../../../rules/ruleset/types.ts";
import { prefix } from "../resolve/resources.ts";
import { applied, expected } from "./model.ts";

function intervals(name: string, ...networks: readonly string[]): NftSet {
  return { name, types: ["ipv4_addr"], flavour: "interval", keys: packPrefixes(4, networks.map(prefix)), comment: "" };
}

function rule(name: string, ...statements: readonly Statement[]): Rule {
  return { statements: [...statements, { kind: "counter" }, { kind: "verdict", verdict: { kind: "accept" } }], origin: { kind: "test", name } };
}

const uses = (set: string): Statement => ({ kind: "lookup", fields: ["ip saddr"], op: "in", set });

interface Form {
  readonly sets: readonly NftSet[];
  readonly rules?: readonly Rule[];
  readonly more?: readonly Chain[];
}

/** A base chain with one rule for each set, or with these rules. */
function ruleset({ sets, rules = sets.map(({ name }) => rule(name, uses(name))), more = [] }: Form): Ruleset {
  return { table: "hostward", chains: [{ kind: "base", name: "input", hook: "input", priority: 0, rules }, ...more], sets, maps: [] };
}

/** Each batch as its operations in short: what happens to which set, and whether rules change. */
function batches(from: Ruleset, to: Ruleset): readonly string[] {
  const transaction = diff(actualOf(from), to);
  assert.deepEqual(applied(actualOf(from), transaction), expected(to));
  return transaction.batches.map(({ operations }) => [...new Set(operations.map(short))].join(", "));
}

function short(operation: Operation): string {
  if (operation.object === "elements") return `${operation.verb} ${operation.keys.count} in ${operation.set.name}`;
  if (operation.object === "set") return `${operation.verb} set ${operation.verb === "add" ? operation.set.name : operation.name}`;
  return operation.object === "rule" || operation.verb === "flush" ? "rules" : `${operation.verb} ${operation.object}`;
}

const other = rule("other");
const many = Array.from({ length: 1024 }, (_, i) => `172.${16 + (i >> 7)}.${2 * (i & 127)}.0/24`);

describe("an interval set", () => {
  const before = { sets: [intervals("a", "10.0.0.0/8", "192.0.2.0/24")] };
  const own = rule("a", uses("a"));
  const rows: readonly (readonly [title: string, from: Form, to: Form, batches: readonly string[]])[] = [
    ["gains a range in place", before, { sets: [intervals("a", "10.0.0.0/8", "192.0.2.0/24", "172.16.0.0/12")] }, ["add 1 in a"]],
    ["loses a range in place", before, { sets: [intervals("a", "10.0.0.0/8")] }, ["delete 1 in a"]],
    ["exchanges ranges that are apart", before, { sets: [intervals("a", "10.0.0.0/8", "192.0.4.0/24")] }, ["delete 1 in a, add 1 in a"]],
    ["exchanges ranges that touch", before, { sets: [intervals("a", "10.0.0.0/8", "192.0.3.0/24")] }, ["delete 1 in a, add 1 in a"]],
    ["becomes empty in place", before, { sets: [intervals("a")] }, ["delete 2 in a"]],
    [
      "takes a detour where a range gives way to a part of it",
      before,
      { sets: [intervals("a", "10.1.0.0/16", "192.0.2.0/24")] },
      ["add set detour1-a, add 2 in detour1-a", "rules, delete set a", "add set a, add 2 in a", "rules, delete set detour1-a"],
    ],
    [
      "takes a detour where a range gives way to a wider one",
      { sets: [intervals("a", "10.1.0.0/16")] },
      { sets: [intervals("a", "10.0.0.0/8")] },
      ["add set detour1-a, add 1 in detour1-a", "rules, delete set a", "add set a, add 1 in a", "rules, delete set detour1-a"],
    ],
    [
      "takes a detour by a name that is free",
      { sets: [intervals("a", "10.0.0.0/8"), intervals("detour1-a", "10.0.0.0/8")] },
      { sets: [intervals("a", "10.1.0.0/16")] },
      ["add set detour2-a, add 1 in detour2-a", "rules, delete set a, delete set detour1-a", "add set a, add 1 in a", "rules, delete set detour2-a"],
    ],
    [
      "is left alone while another takes a detour",
      { sets: [intervals("a", "10.0.0.0/8"), intervals("b", "10.0.0.0/8")] },
      { sets: [intervals("a", "10.1.0.0/16"), intervals("b", "10.0.0.0/8")] },
      ["add set detour1-a, add 1 in detour1-a", "rules, delete set a", "add set a, add 1 in a", "rules, delete set detour1-a"],
    ],
    [
      "takes a detour when any rule changes as well",
      { ...before, rules: [own, other] },
      { sets: [intervals("a", "10.0.0.0/8", "198.51.100.0/24")], rules: [other, own] },
      ["add set detour1-a, add 2 in detour1-a", "rules, delete set a", "add set a, add 2 in a", "rules, delete set detour1-a"],
    ],
    [
      "that is large gains before, and loses after, rules that have nothing to do with it",
      { sets: [intervals("a", "10.0.0.0/8", ...many)], rules: [own, other] },
      { sets: [intervals("a", ...many, "198.51.100.0/24")], rules: [other, own] },
      ["add 1 in a", "rules", "delete 1 in a"],
    ],
    [
      "takes a detour when a rule that uses it changes as well",
      { ...before, rules: [own] },
      { sets: [intervals("a", "10.0.0.0/8")], rules: [rule("changed", uses("a"))] },
      ["add set detour1-a, add 1 in detour1-a", "rules, delete set a", "add set a, add 1 in a", "rules, delete set detour1-a"],
    ],
    [
      "takes a detour when a new chain uses it as well",
      { ...before, rules: [own, other] },
      {
        sets: [intervals("a", "10.0.0.0/8")],
        rules: [own, { ...other, statements: [{ kind: "verdict", verdict: { kind: "jump", chain: "new" } }] }],
        more: [{ kind: "regular", name: "new", rules: [rule("new", uses("a"))] }],
      },
      ["add set detour1-a, add 1 in detour1-a, add chain, rules", "rules, delete set a", "add set a, add 1 in a", "rules, delete set detour1-a"],
    ],
    ["that no rule uses may come and go", { sets: [], rules: [] }, { sets: [intervals("a", "10.0.0.0/8")], rules: [] }, ["add set a, add 1 in a"]],
  ];
  for (const [title, from, to, expectedBatches] of rows) {
    test(title, () => assert.deepEqual(batches(ruleset(from), ruleset(to)), expectedBatches));
  }

  test("leaves the counters of its rules alone when it changes in place", () => {
    const transaction = diff(actualOf(ruleset(before)), ruleset({ sets: [intervals("a", "192.0.2.0/24")] }));
    assert(transaction.batches.every(({ operations }) => operations.every(({ object }) => object === "elements")));
  });
});
