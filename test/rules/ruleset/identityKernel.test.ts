// A rule keeps its identity on its way through the kernel: every statement there is and every rule of the corpus, sent, dumped and decoded.

import "../../lab/enter.ts";
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { openNetlinkKernel } from "../../../agent/kernel/netlink.ts";
import { readMessages } from "../../../native/codec/message.ts";
import { decodeRule, rulesRequest } from "../../../native/codec/rule.ts";
import { NetlinkSocket } from "../../../native/index.ts";
import { compile } from "../../../rules/compile/compile.ts";
import { diff } from "../../../rules/diff/diff.ts";
import { commentOf, identityOf, ruleIdentity } from "../../../rules/ruleset/identity.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { everyStatement } from "../../agent/kernel/rulesets.ts";
import { loadCases } from "../../corpus/case.ts";

describe("the identity of a rule in the kernel", () => {
  const kernel = openNetlinkKernel();
  const socket = new NetlinkSocket("netfilter");
  after(() => {
    kernel.close();
    socket.close();
  });

  async function listed(ruleset: Ruleset): Promise<ReadonlyMap<string, readonly string[]>> {
    for (const batch of diff(undefined, ruleset).batches) await kernel.commit(batch);
    const dump = await socket.dump(rulesRequest(ruleset.table, 1));
    await kernel.commit({ table: ruleset.table, operations: [{ verb: "delete", object: "table" }] });
    const rules = [...readMessages(dump)].map(({ attributes }) => decodeRule(attributes));
    const chains = Map.groupBy(rules, ({ chain }) => chain);
    return new Map([...chains].map(([chain, list]) => [chain, list.map(({ expressions, comment }) => identityOf(expressions, comment))]));
  }

  async function assertKept(ruleset: Ruleset): Promise<void> {
    const identities = await listed(ruleset);
    for (const { name, rules } of ruleset.chains) {
      assert.deepEqual(identities.get(name) ?? [], rules.map(ruleIdentity), name);
      for (const [at, identity] of (identities.get(name) ?? []).entries()) assert.equal(commentOf({ identity }), commentOf(rules[at] ?? assert.fail(name)));
    }
  }

  test("every statement", () => assertKept(everyStatement("hostward")));

  test("every rule of the corpus", async (context) => {
    const rulesets = loadCases().flatMap((attempt) => ("loaded" in attempt ? compile(attempt.loaded.resolved) : []));
    for (const ruleset of rulesets) await assertKept(ruleset);
    assert(rulesets.length > 100);
    context.diagnostic(`${rulesets.flatMap(({ chains }) => chains).flatMap(({ rules }) => rules).length} rules`);
  });
});
