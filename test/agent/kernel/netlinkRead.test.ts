// Every ruleset of the corpus through the running kernel: what is read is what was committed, by the identities of its rules, whether all of it is
// asked for or only some of its parts.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, test } from "node:test";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { compile } from "../../../rules/compile/compile.ts";
import { diff } from "../../../rules/diff/diff.ts";
import { identityText } from "../../../rules/ruleset/identity.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { loadCases } from "../../corpus/case.ts";
import { addChain, addRule, counter, rule } from "./operations.ts";
import { everyStatement } from "./rulesets.ts";

const kernel = openNetlinkKernel();
after(() => kernel.close());

async function withRuleset(ruleset: Ruleset, work: () => Promise<void>): Promise<void> {
  for (const batch of diff(undefined, ruleset).batches) await kernel.commit(batch);
  await work();
  await kernel.commit({ table: ruleset.table, operations: [{ verb: "delete", object: "table" }] });
}

async function assertReadBack(ruleset: Ruleset): Promise<void> {
  const { table, chains, sets, maps } = ruleset;
  const whole = await kernel.read(table);
  const { actual } = whole;
  assert.ok(actual);
  assert.deepEqual(
    actual.chains.map(({ name, rules }) => ({ name, rules: rules.map(identityText) })),
    chains.map(({ name, rules }) => ({ name, rules: rules.map(identityText) })),
  );
  assert.deepEqual(
    actual.sets.map(({ name, keys }) => ({ name, keys })),
    sets.map(({ name, keys }) => ({ name, keys })),
  );
  assert.deepEqual(
    actual.maps.map(({ name, entries }) => ({ name, entries: entries.length })),
    maps.map(({ name, entries }) => ({ name, entries: entries.length })),
  );
  const names = (things: readonly { readonly name: string }[]) => new Set(things.slice(0, 3).map(({ name }) => name));
  const touched = { kind: "parts", chains: names(chains), sets: names([...sets, ...maps]) } as const;
  assert.deepEqual(await kernel.read(table, { actual, touched }), whole);
}

test("a ruleset with every statement is read back", () => withRuleset(everyStatement("hostward"), () => assertReadBack(everyStatement("hostward"))));

test("every ruleset of the corpus is read back", async (context) => {
  const rulesets = loadCases().flatMap((attempt) => ("loaded" in attempt ? compile(attempt.loaded.resolved) : []));
  for (const ruleset of rulesets) await withRuleset(ruleset, () => assertReadBack(ruleset));
  assert.ok(rulesets.length > 100);
  context.diagnostic(`${rulesets.length} rulesets, ${rulesets.flatMap(({ chains }) => chains).flatMap(({ rules }) => rules).length} rules`);
});

test("a rule of a stranger, with words that hostward has not, has the identity of none of ours", async () => {
  const ours = rule(counter);
  const table = "hostward";
  await kernel.commit({ table, operations: [{ verb: "add", object: "table" }, addChain("a"), addRule("a", counter)] });
  const comment = "GlobalNetworkPolicy web ingress rule 3";
  for (const text of ["meta time > 0", "numgen random mod 2 == 0", "counter log flags all", "counter accept", "quota over 5 bytes"])
    assert.equal(spawnSync("nft", ["add", "rule", "inet", table, "a", ...text.split(" "), "comment", `"${comment}"`]).status, 0, text);
  const identities = (await kernel.read(table)).actual?.chains[0]?.rules.map(identityText) ?? [];
  assert.deepEqual(
    identities.map((identity) => identity === identityText(ours)),
    [true, false, false, false, false, false],
  );
  assert.equal(new Set(identities).size, 6);
  await kernel.commit({ table, operations: [{ verb: "delete", object: "table" }] });
});
