// Our listing against `nft --debug=netlink` of our printed text: what lower makes is what nft makes, for every statement, value and field.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { printBytecode } from "../../../rules/ruleset/bytecode.ts";
import { checkRuleset } from "../../../rules/ruleset/check.ts";
import { checkRule } from "../../../rules/ruleset/checkRule.ts";
import { printRule, printRuleset } from "../../../rules/ruleset/print.ts";
import type { Rule, Ruleset } from "../../../rules/ruleset/types.ts";
import { nft, nftListing, oracleMissing, parseListing } from "./nft.ts";
import { accept, address, allFields, anyRule, effects, ending, ladder, lookups, match, matchesOf, named, rule, ruleset } from "./rulesets.ts";

const skip = oracleMissing() ?? false;

/** Rules are compared one by one, so that a difference names its rule. */
function assertSameListing(whole: Ruleset): void {
  const theirs = nftListing(printRuleset(whole));
  const ours = parseListing(printBytecode(whole));
  const texts = whole.chains.flatMap((chain) => chain.rules.map(printRule));
  assert.equal(ours.rules.length, texts.length);
  assert.equal(theirs.rules.length, texts.length);
  texts.forEach((text, i) => {
    assert.equal(ours.rules[i], theirs.rules[i], text);
  });
  assert.deepEqual(new Map([...ours.sets].sort()), new Map([...theirs.sets].sort()));
}

/** Without the real root nft cannot raise its send buffer, and a batch of more than 208 KB is EMSGSIZE. */
const rulesAtOnce = 200;

function assertSameRules(rules: readonly Rule[]): void {
  for (let at = 0; at < rules.length; at += rulesAtOnce) assertSameListing(ruleset(rules.slice(at, at + rulesAtOnce)));
}

const passing = (rules: readonly Rule[]): Rule[] => rules.filter((each) => checkRule(each, named).length === 0);

test("every field with every kind of value, both operators", { skip }, () => {
  assertSameRules(passing(allFields.flatMap((field) => matchesOf(field).map((statement) => rule(statement, accept)))));
});

test("ports of a named protocol, and every pair of ports with either operator: nft joins neighbours", { skip }, () => {
  const ports = [...matchesOf("th sport"), ...matchesOf("th dport")];
  const pairs = ports.flatMap((a) => ports.map((b) => rule(match("meta l4proto", 6), a, b)));
  assertSameRules(passing(pairs));
});

test("every pair of fields, in both orders: protocols are implied once, and only where they are not known", { skip }, () => {
  const first = allFields.flatMap((field) => matchesOf(field).slice(0, 2));
  const pairs = first.flatMap((a) => first.map((b) => rule(a, b, accept)));
  assertSameRules(passing(pairs));
});

test("every lookup of every set and map, alone and behind an address of either family", { skip }, () => {
  const before = [[], [match("ip saddr", address("1.2.3.4"))], [match("ip6 saddr", address("::1"))], [match("meta l4proto", 17)]];
  assertSameRules(passing(before.flatMap((some) => lookups.map((lookup) => rule(...some, lookup)))));
});

test("every effect and every verdict, alone and together", { skip }, () => {
  const rules = [...effects.map((effect) => rule(effect)), ...ending.flatMap((end) => [rule(end), ...effects.map((effect) => rule(effect, end))])];
  const protocols = [6, 17].flatMap((protocol) => ending.map((end) => rule(match("meta l4proto", protocol), { kind: "counter" }, end)));
  assertSameRules(passing([...rules, ...protocols]));
});

test("random rules", { skip }, () => {
  fc.assert(
    fc.property(fc.array(anyRule, { minLength: 60, maxLength: 60 }), (rules) => assertSameListing(ruleset(rules))),
    { numRuns: 8 },
  );
});

test("nft refuses every rule whose protocols exclude each other", { skip }, () => {
  const first = allFields.filter((field) => !field.startsWith("th ")).flatMap((field) => matchesOf(field).slice(0, 1));
  const refused = first.flatMap((a) => first.map((b) => rule(a, b, accept))).filter((each) => checkRule(each, named).length > 0);
  assert.ok(refused.length > 20);
  for (const each of refused) {
    const { status } = nft(["--check", "--file", "-"], printRuleset({ ...ruleset([each]), sets: [], maps: [] }));
    assert.notEqual(status, 0, printRule(each));
  }
});

test("a kernel takes the whole ruleset, and a second load after delete table lists the same", { skip }, () => {
  const whole = ruleset(passing([...lookups, ...effects, ...ending].map((statement) => rule(statement))));
  assert.deepEqual(checkRuleset(whole), []);
  const list = "list table inet hostward\n";
  const replace = `table inet hostward\ndelete table inet hostward\n${printRuleset(whole)}`;
  const [first, second] = [nft(["--file", "-"], `${replace}${list}`), nft(["--file", "-"], `${replace}${list}`)];
  assert.equal(first.stderr, "");
  assert.ok(first.stdout.includes("set h-if {"), first.stdout);
  assert.deepEqual(second, first);
});

test("the kernel takes fifteen jumps and refuses sixteen, as the check says", { skip }, () => {
  for (const depth of [15, 16]) {
    const { status } = nft(["--check", "--file", "-"], printRuleset(ladder(depth)));
    assert.equal(status === 0, checkRuleset(ladder(depth)).length === 0, `depth ${depth}`);
  }
});
