// Of the suite for kernels: single rules inserted, replaced and deleted by the places that they had when the batch began.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Kernel } from "../../../agent/kernel/interface.ts";
import type { Operation } from "../../../rules/diff/types.ts";
import { commentOf } from "../../../rules/ruleset/identity.ts";
import { addChain, addRule, addTable, batch, deleteChain, flush, jump, rule } from "./operations.ts";
import { append, apply, failure, insert, remove, replace, tableOf, type Use } from "./suite.ts";

const rows: readonly (readonly [title: string, edits: readonly Operation[], rules: string])[] = [
  ["behind the last", [append("x")], "a b c d x"],
  ["in front of the first", [insert("x", 0)], "x a b c d"],
  ["in the middle", [insert("x", 2)], "a b x c d"],
  ["several in front of one rule keep their order", [insert("x", 2), insert("y", 2), insert("z", 2)], "a b x y z c d"],
  ["in front of several rules, in any order", [insert("x", 3), insert("y", 1)], "a y b c x d"],
  ["one is deleted", [remove(1)], "a c d"],
  ["all are deleted, one by one", [remove(0), remove(1), remove(2), remove(3)], ""],
  ["one gives way to another", [replace(1, "x")], "a x c d"],
  ["one gives way to its like", [replace(1, "b")], "a b c d"],
  ["all give way to others", [replace(0, "w"), replace(1, "x"), replace(2, "y"), replace(3, "z")], "w x y z"],
  ["in front of a rule that goes", [insert("x", 1), remove(1)], "a x c d"],
  ["behind and in front of rules that go", [insert("x", 2), remove(1), remove(2)], "a x d"],
  ["in front of a rule that stays, behind one that gives way", [replace(1, "x"), insert("y", 2), insert("z", 2)], "a x y z c d"],
  ["behind the last, which gives way", [replace(3, "x"), append("y")], "a b c x y"],
  ["behind the last, which goes", [append("x"), remove(3)], "a b c x"],
  ["a rule moves up", [insert("d", 0), remove(3)], "d a b c"],
  ["a rule moves down", [append("a"), remove(0)], "b c d a"],
  ["everything at once", [replace(0, "w"), insert("x", 2), insert("y", 3), append("z"), remove(1), remove(3)], "w x c y z"],
  ["a flushed chain is filled", [flush("c"), append("x"), append("y")], "x y"],
];

async function namesOf(kernel: Kernel): Promise<string> {
  const chain = (await tableOf(kernel))?.chains.find(({ name }) => name === "c");
  return (chain?.rules ?? []).map((one) => commentOf(one).replace("test ", "")).join(" ");
}

export function testRuleEdits(use: Use): void {
  for (const [title, edits, rules] of rows) {
    test(title, async () => {
      await apply(use(), addTable, addChain("c"), ...["a", "b", "c", "d"].map(append));
      await apply(use(), ...edits);
      assert.equal(await namesOf(use()), rules);
    });
  }

  test("again and again, by what was committed before", async () => {
    await apply(use(), addTable, addChain("c"), ...["a", "b", "c", "d"].map(append));
    await apply(use(), insert("x", 1), remove(3));
    await apply(use(), replace(1, "y"), insert("z", 3));
    await apply(use(), remove(0), append("w"));
    assert.equal(await namesOf(use()), "y b z c w");
  });

  test("in a chain that somebody else has changed meanwhile", async () => {
    await apply(use(), addTable, addChain("c"), ...["a", "b"].map(append));
    await apply(use(), insert("x", 1));
    await apply(use(), flush("c"), append("e"), append("f"));
    await apply(use(), insert("y", 1));
    assert.equal(await namesOf(use()), "e y f");
  });

  testWrongPlaces(use);
}

function testWrongPlaces(use: Use): void {
  for (const [title, edit] of [
    ["in front of a rule that is not there", insert("x", 4)],
    ["a rule that is not there gives way", replace(4, "x")],
    ["a rule that is not there goes", remove(4)],
  ] as const) {
    test(`${title}: what is known of the chain is not true, and nothing is changed`, async () => {
      await apply(use(), addTable, addChain("c"), ...["a", "b", "c", "d"].map(append));
      assert.equal((await failure(use().commit(batch(append("y"), edit)))).code, "stale");
      assert.equal(await namesOf(use()), "a b c d");
    });
  }

  for (const [title, edits] of [
    ["a rule that the batch has flushed gives way", [flush("c"), replace(0, "x")]],
    ["a rule that the batch has flushed goes", [flush("c"), remove(0)]],
    ["a rule goes twice", [remove(0), remove(0)]],
  ] as const) {
    test(`refused: ${title}`, async () => {
      await apply(use(), addTable, addChain("c"), append("a"));
      const error = await failure(use().commit(batch(...edits)));
      assert.equal(error.errno, "ENOENT");
      assert.equal(error.operation, edits[1]);
      assert.equal(await namesOf(use()), "a");
    });
  }

  test("refused: the rule that takes a place names what is not there", async () => {
    await apply(use(), addTable, addChain("c"), append("a"));
    const asked: Operation = { verb: "replace", object: "rule", chain: "c", at: 0, rule: rule(jump("missing")) };
    const error = await failure(use().commit(batch(asked)));
    assert.equal(error.errno, "ENOENT");
    assert.match(error.message, /^replace rule c index 0 jump missing comment "GlobalNetworkPolicy web ingress rule 3"/);
  });

  test("a chain goes with the rule that led to it, whether deleted or replaced", async () => {
    await apply(use(), addTable, addChain("c"), addChain("x"), addChain("y"), addRule("c", jump("x")), addRule("c", jump("y")));
    await apply(use(), replace(0, "a"), remove(1), deleteChain("x"), deleteChain("y"));
    assert.equal(await namesOf(use()), "a");
  });
}
