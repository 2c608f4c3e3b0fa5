// Random documents and settings, the way from them to the ruleset, and random packets: what the policy means (evaluate) and what was compiled
// (simulate) must say the same of every packet, by the same rule. HOSTWARD_FUZZ_SECONDS gives a longer budget, FUZZ_SEED repeats a run.
// A difference is printed as a corpus case, made as small as fast-check can.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compile } from "../../rules/compile/compile.ts";
import { disagreement } from "../../rules/explain/agreement.ts";
import { evaluate } from "../../rules/explain/evaluate.ts";
import { formatPacket } from "../../rules/explain/packet.ts";
import { simulate } from "../../rules/explain/simulate.ts";
import type { Packet } from "../../rules/explain/types.ts";
import { optimise } from "../../rules/optimise/optimise.ts";
import { resolve } from "../../rules/resolve/resolve.ts";
import { checkRuleset } from "../../rules/ruleset/check.ts";
import type { Ruleset } from "../../rules/ruleset/types.ts";
import { fuzzSeconds, seed } from "../chance.ts";
import { packet } from "../rules/compile/arbitrary.ts";
import { describeCase } from "./counterexample.ts";
import { deliverable } from "./packets.ts";
import { readWorld, type World, world } from "./worlds.ts";

const leastVerdicts = 100_000;
const packetsEach = 100;
const worldsEach = 50;
const seconds = fuzzSeconds(0);

interface Tally {
  verdicts: number;
  denied: number;
  worlds: number;
  /** Judged by a rule that the user wrote. */
  byRules: number;
  /** Of how many kinds of deciders (`kind`, and for hostward's own the name). */
  readonly deciders: Map<string, number>;
}

/** In words why the two judges differ on the packet; undefined when they agree. */
function judge(
  { resolved, ruleset, optimised }: { resolved: ReturnType<typeof resolve>; ruleset: Ruleset; optimised: Ruleset },
  one: Packet,
  tally: Tally,
): string | undefined {
  const meant = evaluate(resolved, one);
  const by = meant.decidedBy;
  const decider = by === undefined ? "nothing" : by.kind === "hostward" ? by.name : by.kind;
  tally.verdicts += 1;
  tally.denied += meant.verdict === "deny" ? 1 : 0;
  tally.byRules += by?.index === undefined ? 0 : 1;
  tally.deciders.set(decider, (tally.deciders.get(decider) ?? 0) + 1);
  return disagreement(meant, simulate(ruleset, one)) ?? disagreement(meant, simulate(optimised, one));
}

/** Mostly such as a lab could send, whose addresses the rules name; and any others. */
const packets = fc.array(fc.oneof({ weight: 4, arbitrary: deliverable }, { weight: 1, arbitrary: packet }), {
  minLength: packetsEach,
  maxLength: packetsEach,
  size: "max",
});

function check(given: World, some: readonly Packet[], tally: Tally): void {
  const resolved = resolve(readWorld(given));
  const ruleset = compile(resolved);
  // Also the shortest lists: random policies have few rules.
  const optimised = optimise(ruleset, 1);
  tally.worlds += 1;
  for (const one of [ruleset, optimised]) assert.deepEqual(checkRuleset(one), []);
  for (const one of some) {
    const difference = judge({ resolved, ruleset, optimised }, one, tally);
    assert.equal(difference, undefined, `${formatPacket(one)}: ${difference}`);
  }
}

function describeFailure(result: fc.RunDetails<[World, Packet[]]>): string {
  const [given, some] = result.counterexample ?? assert.fail("no counterexample");
  const resolved = resolve(readWorld(given));
  const ruleset = compile(resolved);
  const optimised = optimise(ruleset, 1);
  const differs = (one: Packet, judged: Ruleset) => disagreement(evaluate(resolved, one), simulate(judged, one)) !== undefined;
  const differing = some.filter((one) => differs(one, ruleset) || differs(one, optimised));
  const rows = differing.map((one) => ({ packet: one, verdict: evaluate(resolved, one).verdict }));
  return `${String(result.errorInstance)}\nFUZZ_SEED=${result.seed}\n${describeCase(given, rows)}`;
}

const ends = performance.now() + seconds * 1000;

test("what is compiled decides every packet as the policy means it, by the same rule", { timeout: (seconds + 200) * 1000 }, (context) => {
  const tally: Tally = { verdicts: 0, denied: 0, worlds: 0, byRules: 0, deciders: new Map() };
  const property = fc.property(world, packets, (given, some) => check(given, some, tally));
  for (let chunk = 0; tally.verdicts < leastVerdicts || performance.now() < ends; chunk++) {
    const result = fc.check(property, { seed: seed + chunk, numRuns: worldsEach });
    if (result.failed) assert.fail(describeFailure(result));
  }
  const deciders = [...tally.deciders].toSorted(([, a], [, b]) => b - a).map(([name, count]) => `${name} ${count}`);
  context.diagnostic(`FUZZ_SEED=${seed}: ${tally.verdicts} packet verdicts compared over ${tally.worlds} hosts, 0 differences`);
  context.diagnostic(`${tally.denied} denied; decided by ${deciders.join(", ")}`);
  assert.ok(tally.verdicts >= leastVerdicts);
  assert.ok(tally.byRules > tally.verdicts / 10, `only ${tally.byRules} verdicts by users' rules`);
});
