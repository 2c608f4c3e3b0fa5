// On every flow of the corpus, and what else its cases' packets can be, `hostward explain` finds its two engines of one mind.

import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../../../rules/compile/compile.ts";
import { disagreement } from "../../../rules/explain/agreement.ts";
import { evaluate } from "../../../rules/explain/evaluate.ts";
import { formatPacket } from "../../../rules/explain/packet.ts";
import { simulate } from "../../../rules/explain/simulate.ts";
import { decisiveStep } from "../../../rules/explain/trace.ts";
import type { Packet } from "../../../rules/explain/types.ts";
import { loadCases } from "../../corpus/case.ts";

const cases = loadCases().flatMap((attempt) => ("loaded" in attempt ? [attempt.loaded] : []));

const states = ["new", "established", "invalid", "untracked"] as const;

/** The flow's packet in each state that a packet like it can have. */
function statesOf(packet: Packet): readonly Packet[] {
  return states.slice(0, packet.dnat === undefined ? 4 : 2).map((state) => ({ ...packet, state }));
}

test("both engines agree on every flow, in every state, by the same rule, which both trees show", () => {
  let judged = 0;
  const differences: string[] = [];
  for (const { name, resolved, rows } of cases) {
    const ruleset = compile(resolved);
    for (const packet of rows.flatMap(({ flow }) => statesOf(flow.packet))) {
      const [meant, compiled] = [evaluate(resolved, packet), simulate(ruleset, packet)];
      const shown = [meant, compiled].every((judgement) => (decisiveStep(judgement) === undefined) === (judgement.decidedBy === undefined));
      const difference = disagreement(meant, compiled) ?? (shown ? undefined : "a tree does not show what decided");
      if (difference !== undefined) differences.push(`${name}: ${formatPacket(packet)}: ${difference}`);
      judged++;
    }
  }
  assert.deepEqual(differences, []);
  assert(judged > 1000, String(judged));
});
