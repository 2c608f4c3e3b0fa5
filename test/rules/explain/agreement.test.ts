// On every flow of the corpus, and what else its cases' packets can be, `hostward explain` finds its two engines of one mind.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../../../rules/compile/compile.ts";
import { disagreement } from "../../../rules/explain/agreement.ts";
import { evaluate } from "../../../rules/explain/evaluate.ts";
import { simulate } from "../../../rules/explain/simulate.ts";
import { decisiveStep } from "../../../rules/explain/trace.ts";
import { loadCases } from "../../corpus/case.ts";

const cases = loadCases().flatMap((attempt) => ("loaded" in attempt ? [attempt.loaded] : []));

test("both engines agree on every flow, in every state, by the same rule, which both trees show", () => {
  let judged = 0;
  const differences: string[] = [];
  for (const { name, resolved, rows } of cases) {
    const ruleset = compile(resolved);
    for (const { flow, text } of rows) {
      const states = flow.packet.dnat === undefined ? (["new", "established", "invalid", "untracked"] as const) : (["new", "established"] as const);
      for (const state of states) {
        const packet = { ...flow.packet, state };
        const [meant, compiled] = [evaluate(resolved, packet), simulate(ruleset, packet)];
        judged++;
        const difference = disagreement(meant, compiled);
        if (difference !== undefined) differences.push(`${name}: ${text} (${state}): ${difference}`);
        for (const judgement of [meant, compiled]) assert.equal(decisiveStep(judgement) === undefined, judgement.decidedBy === undefined, `${name}: ${text}`);
      }
    }
  }
  assert.deepEqual(differences, []);
  assert(judged > 1000, String(judged));
});
