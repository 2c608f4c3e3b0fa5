// What is remembered of a rule between batches: the same bytes as from nothing, wherever and however the rule is sent again.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { encodeOperations, type Placing } from "../../../agent/kernel/operations.ts";
import type { BatchOptions } from "../../../native/codec/batch.ts";
import type { Batch, Operation } from "../../../rules/diff/types.ts";
import type { Rule } from "../../../rules/ruleset/types.ts";
import { batch, rule } from "./operations.ts";
import { everyStatement } from "./rulesets.ts";

const placing: Placing = { handlesOf: () => [7, 8, 9], asksEcho: () => false };

function encode(batch: Batch, options: BatchOptions = {}): Uint8Array {
  const encoding = encodeOperations(batch, options, placing);
  assert.ok(encoding.ok);
  return encoding.encoded.bytes;
}

const rules: readonly Rule[] = everyStatement("hostward").chains.flatMap((chain) => chain.rules);

/** The ways in which a rule can be sent. */
const ways: readonly (readonly [string, (rule: Rule) => Batch])[] = [
  ["behind the others", (rule) => batch({ verb: "add", object: "rule", chain: "here", rule })],
  ["in another chain of another table", (rule) => ({ table: "shield", operations: [{ verb: "add", object: "rule", chain: "elsewhere", rule }] })],
  ["in front of another", (rule) => batch({ verb: "add", object: "rule", chain: "here", rule, before: 1 })],
  ["in another's place", (rule) => batch({ verb: "replace", object: "rule", chain: "here", rule, at: 2 })],
];

describe("a rule that was sent before is sent again as one that was not", () => {
  for (const [first, sendFirst] of ways) {
    for (const [then, sendThen] of ways) {
      test(`${first}, then ${then}`, () => {
        for (const each of rules) {
          const known = structuredClone(each);
          encode(sendFirst(known));
          assert.deepEqual(encode(sendThen(known)), encode(sendThen(structuredClone(each))));
        }
      });
    }
  }

  test("under the numbers and the generation of the batch that it is in now", () => {
    const sent = batch({ verb: "add", object: "rule", chain: "here", rule: structuredClone(rules[0] as Rule) });
    const options = { firstSequence: 77, generation: 5 };
    encode(sent, { firstSequence: 1, generation: 4 });
    assert.deepEqual(encode(sent, options), encode(structuredClone(sent), options));
  });
});

test("a rule that no message can carry is refused every time", () => {
  const bad: Operation = { verb: "add", object: "rule", chain: "here", rule: rule({ kind: "verdict", verdict: { kind: "jump", chain: "a\0" } }) };
  for (let attempt = 1; attempt <= 2; attempt++) {
    const encoding = encodeOperations(batch(bad), {});
    assert.ok(!encoding.ok);
    assert.equal(encoding.operation, bad);
    assert.match(encoding.error?.message ?? "", /NUL/);
  }
});

describe("the work for a rule", () => {
  const rows: readonly (readonly [string, number, number])[] = [
    ["is done once, as long as batches are no larger than most", 4096, 1],
    ["is done each time in a larger batch, whose rules would take much memory", 4097, 2],
  ];
  for (const [name, operations, times] of rows) {
    test(name, () => {
      let looks = 0;
      const watched: Rule = {
        get statements() {
          looks++;
          return rule().statements;
        },
        origin: rule().origin,
      };
      const add: Operation = { verb: "add", object: "rule", chain: "here", rule: watched };
      const flush: Operation = { verb: "flush", object: "chain", name: "here" };
      const sent = batch(add, ...Array<Operation>(operations - 1).fill(flush));
      encode(sent);
      encode(sent);
      assert.equal(looks, times);
    });
  }
});
