// What is optimised judges every packet as what it was made of, by the same rule, and is a ruleset that a kernel takes; HOSTWARD_FUZZ_SECONDS gives a
// longer budget, FUZZ_SEED repeats a run.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sameOrigin } from "../../../rules/explain/agreement.ts";
import { formatPacket } from "../../../rules/explain/packet.ts";
import { simulate } from "../../../rules/explain/simulate.ts";
import type { Packet } from "../../../rules/explain/types.ts";
import { optimise } from "../../../rules/optimise/optimise.ts";
import { checkRuleset } from "../../../rules/ruleset/check.ts";
import { printRuleset } from "../../../rules/ruleset/print.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { packet, policies, rulesetOf, rulesOf } from "./lists.ts";

const leastPackets = 100_000;
const seconds = Number(process.env["HOSTWARD_FUZZ_SECONDS"] ?? "0");
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1e9);

interface Tally {
  packets: number;
  withMap: number;
  withTree: number;
  rulesets: number;
}

function assertEqual(plain: Ruleset, made: Ruleset, one: Packet): void {
  const [meant, found] = [simulate(plain, one), simulate(made, one)];
  const same = meant.verdict === found.verdict && sameOrigin(meant.decidedBy, found.decidedBy);
  if (!same) assert.fail(`${formatPacket(one)}: ${JSON.stringify(meant)} and ${JSON.stringify(found)}\n${printRuleset(plain)}${printRuleset(made)}`);
}

test("every packet has the same verdict by the same rule", { timeout: (seconds + 200) * 1000 }, (context) => {
  const ends = performance.now() + seconds * 1000;
  const tally: Tally = { packets: 0, withMap: 0, withTree: 0, rulesets: 0 };
  const packets = fc.array(packet, { minLength: 60, maxLength: 60, size: "max" });
  const property = fc.property(policies, fc.nat(3), fc.integer({ min: 1, max: 8 }), packets, (lists, jumping, least, some) => {
    const plain = rulesetOf({ policies: rulesOf(lists) }, (policy) => policy % 4 < jumping);
    assert.deepEqual(checkRuleset(plain), []);
    const made = optimise(plain, least);
    assert.deepEqual(checkRuleset(made), []);
    tally.rulesets += 1;
    tally.withMap += made.maps.length > 0 ? 1 : 0;
    tally.withTree += made.chains.some(({ name }) => name.includes("/")) ? 1 : 0;
    tally.packets += some.length;
    for (const one of some) assertEqual(plain, made, one);
  });
  for (let chunk = 0; tally.packets < leastPackets || performance.now() < ends; chunk++) {
    const result = fc.check(property, { seed: seed + chunk, numRuns: 100 });
    if (result.failed) assert.fail(`FUZZ_SEED=${seed + chunk}: ${String(result.errorInstance)}`);
  }
  context.diagnostic(`FUZZ_SEED=${seed}: ${JSON.stringify(tally)}`);
  assert.ok(tally.withMap > tally.rulesets / 4 && tally.withTree > tally.rulesets / 4);
});
