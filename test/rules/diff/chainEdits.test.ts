// One chain becomes another, each rule a letter: which operations, and that every rule that could stay keeps what it has counted.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { diff } from "../../../rules/diff/diff.ts";
import type { Actual, Operation } from "../../../rules/diff/types.ts";
import { identityOf, ruleIdentity } from "../../../rules/ruleset/identity.ts";
import { lowerRule } from "../../../rules/ruleset/lower.ts";
import type { Rule, Ruleset, Statement } from "../../../rules/ruleset/types.ts";
import { type Model, modelOf, run } from "./model.ts";

/** A small letter counts, a capital does not. */
function ruleOf(letter: string): Rule {
  const counter: readonly Statement[] = letter === letter.toLowerCase() ? [{ kind: "counter" }] : [];
  return { statements: [...counter, { kind: "verdict", verdict: { kind: "accept" } }], origin: { kind: "test", name: letter } };
}

function rulesetOf(letters: string): Ruleset {
  return { table: "hostward", chains: [{ kind: "regular", name: "c", rules: [...letters].map(ruleOf) }], sets: [], maps: [] };
}

/** As hostward left it; `read`: as a kernel lists it. */
function actualOfLetters(letters: string, read = false): Actual {
  const comment = (letter: string) => `test ${letter}`;
  const held = (letter: string) => ({ kind: "held", identity: identityOf(lowerRule(ruleOf(letter)), comment(letter)) }) as const;
  return { chains: [{ name: "c", rules: [...letters].map((letter) => (read ? held(letter) : ruleOf(letter))) }], sets: [], maps: [] };
}

function edit(from: string, to: string, read = false): { readonly operations: readonly Operation[]; readonly before: Model; readonly after: Model } {
  const transaction = diff(actualOfLetters(from, read), rulesetOf(to));
  const model = modelOf(actualOfLetters(from, read));
  const before = structuredClone(model);
  const slots = model.chains.get("c")?.slots ?? [];
  before.chains.set("c", { base: undefined, slots: [...slots], found: undefined });
  return { operations: transaction.batches.flatMap((batch) => batch.operations), before, after: run(model, transaction) };
}

/** Short forms: +b@1 inserted before index 1, +b at the end, b=1 in place of index 1, -1 deleted, flush. */
function short(operation: Operation): string {
  if (operation.object === "chain") return operation.verb;
  assert(operation.object === "rule");
  const name = operation.verb === "delete" ? "" : operation.rule.origin.name;
  if (operation.verb === "add") return `+${name}${operation.before === undefined ? "" : `@${operation.before}`}`;
  return operation.verb === "replace" ? `${name}=${operation.at}` : `-${operation.at}`;
}

const rows: readonly (readonly [title: string, from: string, to: string, operations: string])[] = [
  ["nothing differs", "abc", "abc", ""],
  ["a rule more at the end", "abc", "abcx", "+x"],
  ["a rule more at the beginning", "abc", "xabc", "+x@0"],
  ["rules more in the middle, in their order", "abc", "axyzbc", "+x@1 +y@1 +z@1"],
  ["a rule less", "abc", "ac", "-1"],
  ["one rule is another", "abc", "axc", "x=1"],
  ["one rule is two others", "abc", "axyc", "x=1 +y@2"],
  ["two rules are one other", "abcd", "axd", "x=1 -2"],
  ["the last is two others", "abc", "abxy", "x=2 +y"],
  ["changes apart from each other", "abcdef", "xbcyef", "x=0 y=3"],
  ["what comes is there before anything goes", "abcdef", "bcdefx", "+x -0"],
  ["a rule moves up", "abcd", "dabc", "+d@0 -3"],
  ["a rule moves down", "abcd", "bcda", "+a -0"],
  ["two rules change places", "abcd", "acbd", "+c@1 -2"],
  ["an order is turned round: one stays", "abc", "cba", "+c@0 +b@0 -1 -2"],
  ["like rules stay as many as there shall be", "aaa", "aa", "-2"],
  ["like rules come", "ab", "aab", "+a@1"],
  ["an empty chain is filled", "", "ab", "+a +b"],
  ["a chain is emptied", "ab", "", "flush"],
  ["nothing stays: the chain is filled anew", "abc", "xyz", "flush +x +y +z"],
  ["one that counts stays, whatever it costs", "abcdefgh", "hstuvwxyz", "+s +t +u +v +w +x +y +z -0 -1 -2 -3 -4 -5 -6"],
  ["rules that do not count are made anew where that is cheaper", "AB", "AXYZ", "flush +A +X +Y +Z"],
  ["and stay where that is cheaper", "ABCDEFGH", "ABCDEFGX", "X=7"],
];

describe("one chain becomes another", () => {
  for (const [title, from, to, operations] of rows) {
    test(`${title}: ${from} to ${to}`, () => {
      const { after, before, operations: all } = edit(from, to);
      assert.equal(lettersOf(after), to);
      assert.equal(all.map(short).join(" "), operations);
      assert.equal(survivors(before, after), longestCommon(stateful(from), stateful(to)));
    });
  }

  test("of rules that a kernel listed as well", () => {
    for (const [, from, to] of rows) {
      const { after, operations } = edit(from, to, true);
      assert.deepEqual(
        after.chains.get("c")?.slots.map(({ rule }) => ("identity" in rule ? rule.identity : ruleIdentity(rule))),
        [...to].map((letter) => ruleIdentity(ruleOf(letter))),
      );
      assert.equal(operations.length === 0, from === to);
    }
  });

  test("from any to any, and of different rules that count as many stay as can", () => {
    const letters = (options: fc.StringConstraints) => fc.string({ unit: fc.constantFrom(..."abcdefghijABCDEFGHIJ"), ...options });
    const different = fc.uniqueArray(fc.constantFrom(..."abcdefghijklmnop"), { maxLength: 14 }).map((list) => list.join(""));
    fc.assert(
      fc.property(letters({ maxLength: 14 }), letters({ maxLength: 14 }), (from, to) => {
        assert.equal(lettersOf(edit(from, to).after), to);
      }),
    );
    fc.assert(
      fc.property(different, different, (from, to) => {
        const { before, after } = edit(from, to);
        assert.equal(lettersOf(after), to);
        assert.equal(survivors(before, after), longestCommon(from, to));
      }),
    );
  });
});

function lettersOf(model: Model): string {
  return (model.chains.get("c")?.slots ?? []).map(({ rule }) => ("origin" in rule ? rule.origin.name : "?")).join("");
}

function stateful(letters: string): string {
  return letters.replaceAll(/[A-Z]/g, "");
}

/** Rules that count and are the very ones that were there. */
function survivors(before: Model, after: Model): number {
  const there = new Set(before.chains.get("c")?.slots);
  const kept = (after.chains.get("c")?.slots ?? []).filter((slot) => there.has(slot));
  return kept.filter(({ rule }) => "statements" in rule && rule.statements.some(({ kind }) => kind === "counter")).length;
}

/** By the textbook's table. */
function longestCommon(a: string, b: string): number {
  let row: readonly number[] = Array.from({ length: b.length + 1 }, () => 0);
  for (const letter of a) {
    const next = [0];
    for (let at = 0; at < b.length; at++) {
      next.push(letter === b[at] ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
