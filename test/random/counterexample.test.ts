// What a random test prints of a failure is a case that the corpus reads: the same policy, the same packets.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { compile } from "../../rules/compile/compile.ts";
import { evaluate } from "../../rules/explain/evaluate.ts";
import { resolve } from "../../rules/resolve/resolve.ts";
import { printRuleset } from "../../rules/ruleset/print.ts";
import { loadCases } from "../corpus/case.ts";
import { caseFlows, caseInput } from "./counterexample.ts";
import { deliverable } from "./packets.ts";
import { readWorld, world } from "./worlds.ts";

test("the corpus reads what a random test prints", () => {
  const samples = fc.sample(fc.tuple(world, fc.array(deliverable, { minLength: 5, maxLength: 5, size: "max" })), 30);
  const root = mkdtempSync(join(tmpdir(), "hostward-random-"));
  try {
    for (const [index, [given, packets]] of samples.entries()) {
      const resolved = resolve(readWorld(given));
      mkdirSync(join(root, `case-${index}`));
      writeFileSync(join(root, `case-${index}/input.yaml`), caseInput(given));
      writeFileSync(join(root, `case-${index}/flows.txt`), caseFlows(packets.map((packet) => ({ packet, verdict: evaluate(resolved, packet).verdict }))));
    }
    const attempts = loadCases(root);
    assert.equal(attempts.length, samples.length);
    for (const attempt of attempts) {
      const { loaded } = "loaded" in attempt ? attempt : assert.fail(attempt.error);
      const [given, packets] = samples[Number(attempt.name.slice(5))] ?? assert.fail(attempt.name);
      assert.equal(printRuleset(compile(loaded.resolved)), printRuleset(compile(resolve(readWorld(given)))));
      assert.deepEqual(
        loaded.rows.map(({ flow }) => flow.packet),
        packets,
      );
    }
  } finally {
    rmSync(root, { recursive: true });
  }
});
