// The compiler against the definition: on random policy of all lists and packets at all hooks, running the ruleset gives the verdict of evaluate
// and the rule it names.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compile } from "../../../rules/compile/compile.ts";
import { evaluate } from "../../../rules/explain/evaluate.ts";
import { simulate } from "../../../rules/explain/simulate.ts";
import { checkRuleset } from "../../../rules/ruleset/check.ts";
import * as arbitrary from "./arbitrary.ts";

const packetsEach = 40;

describe("compile", () => {
  test("the ruleset does with every packet what the semantics say, by the same rule, whatever mark it brings along", () => {
    const verdicts = { allow: 0, deny: 0 };
    fc.assert(
      fc.property(
        arbitrary.resolved,
        fc.array(arbitrary.packet, { minLength: 1, maxLength: packetsEach, size: "max" }),
        arbitrary.mark,
        (policy, packets, mark) => {
          const ruleset = compile(policy);
          for (const one of packets) {
            const expected = evaluate(policy, one);
            const found = simulate(ruleset, one, mark);
            verdicts[expected.verdict]++;
            assert.equal(found.verdict, expected.verdict, describePacket(one));
            assert.deepEqual(found.decidedBy, expected.decidedBy, describePacket(one));
          }
        },
      ),
      { numRuns: 300 },
    );
    assert(verdicts.allow > 1000 && verdicts.deny > 1000, `one-sided: ${JSON.stringify(verdicts)}`);
  });

  test("whatever the policy, the kernel would take the ruleset", () => {
    fc.assert(
      fc.property(arbitrary.resolved, (policy) => {
        assert.deepEqual(checkRuleset(compile(policy)), []);
      }),
      { numRuns: 300 },
    );
  });
});

function describePacket(one: object): string {
  return JSON.stringify(one, (_, value) => (typeof value === "bigint" ? `0x${value.toString(16)}` : value));
}
