// An optimiser that remembers: over random changes of policies what it gives equals what would come of nothing, all that did not change is the same
// object, and a packet that is on its way while a change is committed is judged as before or as after.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createMemoryKernel } from "../../../agent/kernel/memory.ts";
import { diff } from "../../../rules/diff/diff.ts";
import type { Actual } from "../../../rules/diff/types.ts";
import { formatPacket } from "../../../rules/explain/packet.ts";
import { simulate } from "../../../rules/explain/simulate.ts";
import type { Packet } from "../../../rules/explain/types.ts";
import { createOptimiser, optimise } from "../../../rules/optimise/optimise.ts";
import type { Chain, NftMap, Origin, Rule, Ruleset, Statement } from "../../../rules/ruleset/types.ts";
import { packet, policies, rulesetOf, rulesOf } from "./lists.ts";

const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1e9);

/** Replaces a policy, or takes it away, or puts one more before it. */
interface Change {
  readonly at: number;
  readonly kind: "replace" | "remove" | "insert";
  readonly rules: readonly (readonly Statement[])[];
}

const change = (lists: fc.Arbitrary<Statement[][]>): fc.Arbitrary<Change> =>
  fc.record({ at: fc.nat(40), kind: fc.constantFrom("replace", "replace", "remove", "insert"), rules: lists });

/** Policies by a name that they keep, so that their chains do. */
type Policies = readonly { readonly name: number; readonly rules: readonly Rule[] }[];

function named(rules: readonly (readonly Statement[])[], name: number): Policies[number] {
  const [list = []] = rulesOf([rules]);
  return { name, rules: list.map(({ statements, origin }) => ({ statements, origin: { ...origin, name: `p${name}` } })) };
}

function changed(before: Policies, { at, kind, rules }: Change, fresh: number): Policies {
  const place = at % Math.max(1, before.length);
  const held = before[place];
  if (kind === "insert" || held === undefined) return before.toSpliced(place, 0, named(rules, fresh));
  return kind === "remove" ? before.toSpliced(place, 1) : before.toSpliced(place, 1, named(rules, held.name));
}

/** As the compiler does it: what has not changed is the same object. */
function rulesetAfter(before: Ruleset | undefined, now: Policies, jumping: number): Ruleset {
  const made = rulesetOf(
    { policies: now.map(({ rules }) => rules) },
    (policy) => (now[policy]?.name ?? 0) % 4 < jumping,
    (policy) => now[policy]?.name ?? 0,
  );
  const there = new Map(before?.chains.map((chain) => [chain.name, chain]));
  const chains = made.chains.map((chain): Chain => {
    const held = there.get(chain.name);
    if (held === undefined) return chain;
    const known = new Map(held.rules.map((rule) => [JSON.stringify(rule, bigints), rule]));
    const rules = chain.rules.map((rule) => known.get(JSON.stringify(rule, bigints)) ?? rule);
    return rules.length === held.rules.length && rules.every((rule, i) => rule === held.rules[i]) ? held : { ...chain, rules };
  });
  return { ...made, chains, maps: before?.maps ?? made.maps };
}

const bigints = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

/** Things of both rulesets that are equal and not the same object. */
function remade(before: Ruleset, now: Ruleset): string[] {
  const there = new Map([...before.chains, ...before.maps].map((thing) => [thing.name, thing]));
  return [...now.chains, ...now.maps].flatMap((thing) => {
    const held = there.get(thing.name);
    return held !== undefined && held !== thing && JSON.stringify(held, bigints) === JSON.stringify(thing, bigints) ? [thing.name] : [];
  });
}

const lists = policies.map((all) => all.slice(0, 20));
const walk = fc.tuple(
  lists,
  fc.array(change(policies.map(([first = []]) => first)), { minLength: 1, maxLength: 8 }),
  fc.nat(3),
  fc.integer({ min: 1, max: 6 }),
);

test("after any changes the result is that from nothing, and what has not changed is the same object", () => {
  const property = fc.property(walk, ([start, changes, jumping, least]) => {
    const remember = createOptimiser(least);
    let now: Policies = start.map((rules, name) => named(rules, name));
    let plain = rulesetAfter(undefined, now, jumping);
    let made = remember(plain);
    assert.deepEqual(made, optimise(plain, least));
    assert.equal(remember(plain), made);
    for (const [index, one] of changes.entries()) {
      now = changed(now, one, 100 + index);
      plain = rulesetAfter(plain, now, jumping);
      const next = remember(plain);
      assert.deepEqual(next, optimise(plain, least));
      assert.deepEqual(remade(made, next), []);
      made = next;
    }
  });
  const result = fc.check(property, { seed, numRuns: 200 });
  if (result.failed) assert.fail(`FUZZ_SEED=${seed}: ${String(result.errorInstance)}`);
});

/** The base chain jumps to as many policies of one rule as make a list, and maps lead to one of them. */
function ledTo(maps: readonly NftMap[]): Ruleset {
  const origin: Origin = { kind: "test", name: "x" };
  const drop: Rule = { statements: [{ kind: "verdict", verdict: { kind: "drop" } }], origin };
  const names = Array.from({ length: 9 }, (_, index) => `p${index}`);
  const jumps = names.map((chain): Rule => ({ statements: [{ kind: "verdict", verdict: { kind: "jump", chain } }], origin }));
  const asked = maps.map(({ name }): Rule => ({ statements: [{ kind: "vmap", fields: ["meta iifname"], map: name }], origin }));
  const chains: Chain[] = [
    { kind: "regular", name: "list", rules: jumps },
    ...policyChains,
    { kind: "regular", name: "x", rules: [drop] },
    { kind: "regular", name: "y", rules: asked },
  ];
  return { table: "hostward", chains, sets: [], maps };
}

const policyChains = Array.from({ length: 9 }, (_, index): Chain => {
  const match: Statement = { kind: "match", field: "th dport", op: "==", value: { kind: "scalar", value: index + 1 } };
  const tcp: Statement = { kind: "match", field: "meta l4proto", op: "==", value: { kind: "scalar", value: 6 } };
  return {
    kind: "regular",
    name: `p${index}`,
    rules: [{ statements: [tcp, match, { kind: "verdict", verdict: { kind: "accept" } }], origin: { kind: "test", name: `p${index}` } }],
  };
});

const mapTo = (name: string, ...targets: readonly string[]): NftMap => ({
  name,
  types: ["ifname"],
  comment: "",
  entries: targets.map((chain, index) => ({ key: [`eth${index}`], verdict: { kind: "goto", chain } })),
});

test("a chain that is written out stays as long as an entry of a map leads to it, whatever becomes of the map", () => {
  const first = mapTo("m1", "x", "p3");
  const steps: readonly (readonly NftMap[])[] = [
    [],
    [first],
    [{ ...first, entries: first.entries.slice(0, 1) }],
    [mapTo("m1", "p3", "p3")],
    [mapTo("m2", "p3")],
    [mapTo("m1", "x"), mapTo("m2", "p4")],
    [mapTo("m2", "p4"), mapTo("m3", "p4")],
    [mapTo("m3", "p4")],
    [],
  ];
  const remember = createOptimiser(4);
  const kept = steps.map((maps) => {
    const ruleset = ledTo(maps);
    const made = remember(ruleset);
    assert.deepEqual(made, optimise(ruleset, 4));
    return made.chains.flatMap(({ name }) => (/^p\d$/.test(name) ? [name] : [])).join();
  });
  assert.deepEqual(kept, ["", "p3", "", "p3", "p3", "p4", "p4", "p4", ""]);
});

/** What a packet meets that began with the rules of one and looks maps up in the other. */
function inFlight(rules: Actual, elements: Actual): Ruleset {
  const chains = rules.chains.map((chain): Chain => {
    const list = chain.rules as readonly Rule[];
    if (chain.base === undefined) return { kind: "regular", name: chain.name, rules: list };
    return { kind: "base", name: chain.name, hook: "input", priority: chain.base.priority, rules: list };
  });
  const gone = rules.maps.filter(({ name }) => !elements.maps.some((map) => map.name === name)).map((map) => ({ ...map, entries: [] }));
  return { table: "hostward", chains, sets: rules.sets, maps: [...elements.maps, ...gone] };
}

async function held(kernel: ReturnType<typeof createMemoryKernel>): Promise<Actual> {
  const { actual } = await kernel.read("hostward");
  return actual ?? assert.fail("no table");
}

test("a packet in flight is judged as before or as after", { timeout: 120_000 }, async (context) => {
  let judged = 0;
  let between = 0;
  const packets = fc.array(packet, { minLength: 60, maxLength: 60, size: "max" });
  const property = fc.asyncProperty(walk, packets, async ([start, changes, jumping, least], some) => {
    const kernel = createMemoryKernel();
    let now: Policies = start.map((rules, name) => named(rules, name));
    let plain = rulesetAfter(undefined, now, jumping);
    const remember = createOptimiser(least);
    for (const batch of diff(undefined, remember(plain)).batches) await kernel.commit(batch);
    for (const [index, one] of changes.entries()) {
      const former = plain;
      now = changed(now, one, 100 + index);
      plain = rulesetAfter(plain, now, jumping);
      const verdicts = (packet: Packet) => [simulate(former, packet).verdict, simulate(plain, packet).verdict];
      for (const batch of diff(await held(kernel), remember(plain)).batches) {
        const before = await held(kernel);
        await kernel.commit(batch);
        const after = await held(kernel);
        for (const state of [inFlight(before, after), inFlight(after, after)]) {
          for (const packet of some) {
            const { verdict } = simulate(state, packet);
            assert.ok(verdicts(packet).includes(verdict), `${formatPacket(packet)} is ${verdict}, before and after ${verdicts(packet)}`);
            judged++;
          }
          between++;
        }
      }
    }
  });
  const result = await fc.check(property, { seed, numRuns: 60 });
  if (result.failed) assert.fail(`FUZZ_SEED=${seed}: ${String(result.errorInstance)}`);
  context.diagnostic(`FUZZ_SEED=${seed}: ${judged} packets in ${between} states`);
  assert.ok(between > 200);
});
