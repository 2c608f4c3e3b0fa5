// Each case of test/cases under the oracles that need no kernel: what compile prints and lowers is the golden text, and every row of flows.txt
// has the verdict it states both under `evaluate` (the semantics by definition) and under `simulate` (the compiled ruleset).

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compile } from "../../rules/compile/compile.ts";
import { evaluate } from "../../rules/explain/evaluate.ts";
import { simulate } from "../../rules/explain/simulate.ts";
import { optimise } from "../../rules/optimise/optimise.ts";
import { printBytecode } from "../../rules/ruleset/bytecode.ts";
import { checkRuleset } from "../../rules/ruleset/check.ts";
import { printRuleset } from "../../rules/ruleset/print.ts";
import { type Case, loadCases } from "./case.ts";
import { assertFiles, assertGolden } from "./golden.ts";
import { assertJudgement } from "./judgement.ts";

const attempts = loadCases();

test("there are cases, and all of them can be read", () => {
  assert.ok(attempts.length > 0);
  const errors = attempts.flatMap((attempt) => ("error" in attempt ? [`${attempt.name}: ${attempt.error.message}`] : []));
  assert.equal(errors.join("\n"), "");
});

function judgeCase(loaded: Case): void {
  const ruleset = compile(loaded.resolved);

  test("the ruleset is well formed", () => {
    assert.deepEqual(checkRuleset(ruleset), []);
  });

  test("its text is ruleset.nft", () => {
    assertGolden(loaded.folder, "ruleset.nft", printRuleset(ruleset));
  });

  test("its expressions are bytecode.txt", () => {
    assertGolden(loaded.folder, "bytecode.txt", printBytecode(ruleset));
  });

  test("the folder holds a case's files and no others", () => {
    assertFiles(loaded.folder);
  });

  if (loaded.statuses !== undefined) {
    test("endpoints have the stated statuses", () => {
      const actual = loaded.resolved.statuses.map(({ name, state, interfaces }) => ({ name, state, interfaces }));
      assert.deepEqual(actual, loaded.statuses);
    });
  }

  test("every flow has its verdict by definition", () => {
    for (const row of loaded.rows) assertJudgement(row, evaluate(loaded.resolved, row.flow.packet));
  });

  test("every flow has its verdict in the compiled ruleset", () => {
    for (const row of loaded.rows) assertJudgement(row, simulate(ruleset, row.flow.packet));
  });

  test("optimised as far as it goes every flow has it by the same rule", () => {
    const optimised = optimise(ruleset, 1);
    assert.deepEqual(checkRuleset(optimised), []);
    for (const { flow, text } of loaded.rows) {
      const [plain, made] = [simulate(ruleset, flow.packet), simulate(optimised, flow.packet)];
      assert.deepEqual([made.verdict, made.decidedBy], [plain.verdict, plain.decidedBy], text);
    }
  });
}

for (const attempt of attempts) {
  if ("loaded" in attempt) describe(attempt.name, () => judgeCase(attempt.loaded));
}
