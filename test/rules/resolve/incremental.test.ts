// A resolver that lives through changes gives at every step what one without a past gives, and keeps the objects of whatever stays as it is.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { share } from "../../../rules/model/share.ts";
import type { Resource } from "../../../rules/model/types.ts";
import { createResolver, resolve } from "../../../rules/resolve/resolve.ts";
import { defaultPolicySettings } from "../../../rules/resolve/settings.ts";
import type { Interface, PolicySettings, Resolved, ResolvedRules, ResolveInput } from "../../../rules/resolve/types.ts";
import { bytesOfKeys } from "../../../rules/ruleset/chunks.ts";
import { interfaces, keyOf, resource } from "./arbitrary.ts";
import { endpoint, found, link, NODE, networkSet, policy, prefix, profile, rule, tier } from "./resources.ts";

type Step =
  | { readonly kind: "put"; readonly resources: readonly Resource[] }
  | { readonly kind: "remove"; readonly at: number }
  | { readonly kind: "interfaces"; readonly links: readonly Interface[] }
  | { readonly kind: "settings"; readonly settings: Partial<PolicySettings> };

const off = defaultPolicySettings.encapsulation;
const settingsArbitrary: fc.Arbitrary<Partial<PolicySettings>> = fc.constantFrom(
  {},
  { logPrefix: "%n" },
  { logPrefix: "%t %p" },
  { policeLoopback: true },
  { interfacePrefix: ["cali", "eth1"] },
  { interfaceExclude: [] },
  { encapsulation: { ...off, vxlan: [4789] } },
  { encapsulation: { ...off, ipip: true, peers: [prefix("10.0.0.0/24"), prefix("10.0.0.9")] } },
);

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.array(resource, { minLength: 1, maxLength: 3 }).map((resources) => ({ kind: "put" as const, resources })) },
  { weight: 3, arbitrary: fc.nat(30).map((at) => ({ kind: "remove" as const, at })) },
  { weight: 1, arbitrary: interfaces.map((links) => ({ kind: "interfaces" as const, links })) },
  { weight: 1, arbitrary: settingsArbitrary.map((settings) => ({ kind: "settings" as const, settings })) },
);

const start: ResolveInput = { node: NODE, resources: [], interfaces: [link("eth0", ["10.0.0.1"]), link("eth1")], settings: defaultPolicySettings };

/** @param shares what says the same stays the same object, as the store sees to it */
function after(input: ResolveInput, step: Step, shares = false): ResolveInput {
  switch (step.kind) {
    case "put": {
      const all = new Map(input.resources.map((one) => [keyOf(one), one]));
      for (const one of step.resources) all.set(keyOf(one), shares ? share(all.get(keyOf(one)), one) : one);
      return { ...input, resources: sorted([...all.values()]) };
    }
    case "remove":
      return { ...input, resources: input.resources.filter((_, at) => at !== step.at % Math.max(1, input.resources.length)) };
    case "interfaces":
      return { ...input, interfaces: step.links };
    case "settings":
      return { ...input, settings: { ...defaultPolicySettings, ...step.settings } };
  }
}

function sorted(resources: readonly Resource[]): Resource[] {
  return resources.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function rulesOf({ endpoints }: Resolved): ReadonlyMap<string, ResolvedRules> {
  const all = endpoints.flatMap(({ lists, profiles }) => [
    ...Object.values(lists).flatMap((list) => [...list.ingress, ...list.egress].flatMap(({ policies }) => policies)),
    ...profiles.flatMap(({ ingress, egress }) => [ingress, egress]),
  ]);
  return new Map(all.map((rules) => [`${rules.kind} ${rules.name} ${rules.direction}`, rules]));
}

/** What is equal to what was there under the same name before is that. */
function assertKept<T>(before: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>): void {
  for (const [name, one] of now) {
    const last = before.get(name);
    if (last !== undefined && last !== one) assert.notDeepEqual(one, last, `${name} is a new object and nothing about it is new`);
  }
}

function byName<T extends { readonly name: string }>(things: readonly T[]): ReadonlyMap<string, T> {
  return new Map(things.map((thing) => [thing.name, thing]));
}

function assertUntouchedKept(last: Resolved, now: Resolved): void {
  assertKept(rulesOf(last), rulesOf(now));
  assertKept(last.sets, now.sets);
  for (const family of [4, 6] as const) {
    const members = ({ sets }: Resolved) => new Map([...sets].map(([id, set]) => [id, set.members[family]]));
    assertKept(members(last), members(now));
  }
  assertKept(byName(last.statuses), byName(now.statuses));
  const profiles = ({ endpoints }: Resolved) => byName(endpoints.flatMap((one) => one.profiles));
  assertKept(profiles(last), profiles(now));
  assertKept(new Map([["settings", last.settings]]), new Map([["settings", now.settings]]));
  assertKept(new Map([["all sets", last.sets]]), new Map([["all sets", now.sets]]));
  assertKept(new Map([["all statuses", last.statuses]]), new Map([["all statuses", now.statuses]]));
}

describe("a walk of changes", () => {
  test("gives at every step what one gives from nothing, keeps what stays, and the same input again is the same answer", () => {
    fc.assert(
      fc.property(fc.array(stepArbitrary, { minLength: 1, maxLength: 25 }), fc.boolean(), (steps, shares) => {
        const resolver = createResolver();
        let input = start;
        let last = resolver(input);
        for (const step of steps) {
          input = after(input, step, shares);
          const now = resolver(input);
          const anew = resolve(input);
          assert.deepEqual(now, anew);
          assert.deepEqual([...now.sets.keys()], [...anew.sets.keys()]);
          assertUntouchedKept(last, now);
          assert.equal(resolver({ ...input, resources: [...input.resources], interfaces: [...input.interfaces], settings: { ...input.settings } }), now);
          last = now;
        }
      }),
      { numRuns: 300 },
    );
  });

  test("may take resources and interfaces in any order", () => {
    const shuffles = fc.array(fc.tuple(stepArbitrary, fc.infiniteStream(fc.nat())), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(shuffles, (steps) => {
        const resolver = createResolver();
        let input = start;
        for (const [step, numbers] of steps) {
          input = after(input, step);
          const shuffled = <T>(items: readonly T[]) => {
            const keyed = items.map((item) => ({ item, key: numbers.next().value as number }));
            return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
          };
          assert.deepEqual(resolver({ ...input, resources: shuffled(input.resources), interfaces: shuffled(input.interfaces) }), resolve(input));
        }
      }),
      { numRuns: 50 },
    );
  });
});

/** A resolver after one answer to these resources, and what it says when some give way to others. */
function changed(
  resources: readonly Resource[],
  links: readonly Interface[],
  put: readonly Resource[],
): { readonly before: Resolved; readonly after: Resolved } {
  const resolver = createResolver();
  const input = { ...start, resources: sorted(resources), interfaces: links };
  const before = resolver(input);
  const result = resolver(after(input, { kind: "put", resources: put }));
  assert.deepEqual(result, resolve(after(input, { kind: "put", resources: put })));
  return { before, after: result };
}

describe("what stays the same object", () => {
  const links = ["a", "b"].map((name) => link(name));
  const from = (selector: string) => [rule("Allow", { from: { selector } })];
  const resources = [
    endpoint("a", { on: "a", labels: { a: "" }, profiles: ["open"] }),
    endpoint("b", { on: "b", labels: { b: "" }, profiles: ["open"] }),
    profile("open", { ingress: from("has(x)") }),
    tier("first", 1),
    policy("first.a", { tier: "first", selector: "has(a)", ingress: from("has(x)") }),
    policy("p-a", { selector: "has(a)", ingress: from("has(x)") }),
    policy("q-a", { selector: "has(a)", ingress: from("has(y)"), egress: from("has(x)"), types: ["ingress", "egress"] }),
    policy("p-b", { selector: "has(b)", ingress: from("has(y)") }),
    networkSet("x", { x: "" }, ["10.0.0.1", "fd00::1"]),
    networkSet("y", { y: "" }, ["10.0.1.0/24"]),
  ];

  test("when a member changes: all but its set, and of that the other family", () => {
    const { before, after: now } = changed(resources, links, [networkSet("x", { x: "" }, ["10.0.0.2", "fd00::1"])]);
    assert.equal(now.endpoints, before.endpoints);
    assert.equal(now.statuses, before.statuses);
    assert.equal(now.sets.get("has(y)"), before.sets.get("has(y)"));
    assert.notEqual(now.sets.get("has(x)"), before.sets.get("has(x)"));
    assert.equal(now.sets.get("has(x)")?.members[6], before.sets.get("has(x)")?.members[6]);
  });

  test("when the rules of a policy change: all but these rules and the tiers that they stand in", () => {
    const { before, after: now } = changed(resources, links, [policy("p-a", { selector: "has(a)", ingress: from("has(y)") })]);
    const [old, next] = [found(before, "a").lists, found(now, "a").lists];
    assert.equal(found(now, "b"), found(before, "b"));
    assert.equal(now.sets, before.sets);
    assert.equal(next.normal.ingress[0], old.normal.ingress[0]);
    assert.notEqual(next.normal.ingress[1], old.normal.ingress[1]);
    assert.equal(next.normal.ingress[1]?.policies[1], old.normal.ingress[1]?.policies[1]);
    assert.equal(next.normal.egress, old.normal.egress);
    for (const list of ["forward", "preDNAT", "untracked"] as const) assert.equal(next[list], old[list]);
  });

  test("when one rule of a policy changes: its other rules", () => {
    const [first, second] = [rule("Allow", { from: { selector: "has(u)" } }), rule("Deny", { from: { selector: "has(y)" } })];
    const { before, after: now } = changed([...resources, policy("r-a", { selector: "has(a)", ingress: [first, second] })], links, [
      policy("r-a", { selector: "has(a)", ingress: [first, rule("Deny", { from: { selector: "has(z)" } })] }),
    ]);
    const rulesOfPolicy = (of: Resolved) => rulesOf(of).get("GlobalNetworkPolicy r-a ingress")?.rules ?? [];
    const [old, next] = [rulesOfPolicy(before), rulesOfPolicy(now)];
    assert.equal(next[0], old[0]);
    assert.notEqual(next[1], old[1]);
    assert.deepEqual([...now.sets.keys()], ["has(u)", "has(x)", "has(y)", "has(z)"]);
  });

  test("when a policy with a Log rule goes to another tier, its prefix tells of that one", () => {
    const logs = [rule("Log")];
    const input = { ...start, interfaces: links, settings: { ...defaultPolicySettings, logPrefix: "%t" } };
    const of = (name: string) => sorted([...resources, tier("second", 2), policy("moving", { tier: name, selector: "has(a)", ingress: logs })]);
    const resolver = createResolver();
    for (const name of ["first", "second"]) {
      const rules = rulesOf(resolver({ ...input, resources: of(name) })).get("GlobalNetworkPolicy moving ingress");
      assert.deepEqual(
        rules?.rules.map(({ logPrefix }) => logPrefix),
        [`${name}: `],
      );
    }
  });

  test("when a policy moves: the rules of all, its own too", () => {
    const { before, after: now } = changed(resources, links, [
      policy("q-a", { selector: "has(a)", order: 1, ingress: from("has(y)"), egress: from("has(x)"), types: ["ingress", "egress"] }),
    ]);
    const [old, next] = [found(before, "a").lists.normal, found(now, "a").lists.normal];
    assert.deepEqual(
      next.ingress[1]?.policies.map(({ name }) => name),
      ["q-a", "p-a"],
    );
    assert.deepEqual(new Set(next.ingress[1]?.policies), new Set(old.ingress[1]?.policies));
    for (const rules of next.ingress[1]?.policies ?? []) assert.ok(old.ingress[1]?.policies.includes(rules), rules.name);
    assert.equal(next.egress, old.egress);
  });

  test("when a policy comes with a selector of its own: the tiers that it does not stand in", () => {
    const { before, after: now } = changed(resources, links, [policy("new", { selector: "has(a) || has(c)", types: ["egress"] })]);
    assert.equal(found(now, "a").lists.normal.ingress, found(before, "a").lists.normal.ingress);
    assert.equal(found(now, "b"), found(before, "b"));
  });

  test("when an interface comes: endpoints of others", () => {
    const resolver = createResolver();
    const input = { ...start, resources: sorted(resources), interfaces: [link("a")] };
    const before = resolver(input);
    const now = resolver({ ...input, interfaces: [...input.interfaces, link("b")] });
    assert.equal(found(now, "a"), found(before, "a"));
    assert.equal(now.statuses[0], before.statuses[0]);
    assert.equal(now.endpoints.length, 2);
  });

  test("when a node is another one's: nothing, since who is local has changed", () => {
    const resolver = createResolver();
    resolver({ ...start, resources });
    assert.deepEqual(resolver({ ...start, resources, node: "host2" }), resolve({ ...start, resources, node: "host2" }));
  });
});

describe("a set of many members", () => {
  const host = [endpoint("a", { on: "eth0" }), policy("p", { ingress: [rule("Allow", { from: { selector: "has(x)" } })] })];
  const addressesFrom = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => `10.${(first + i) >> 16}.${((first + i) >> 8) & 255}.${(first + i) & 255}`);
  const sets = Array.from({ length: 20 }, (_, i) => networkSet(`s${i}`, { x: "" }, addressesFrom(i * 900, 1000)));
  const memberKeys = ({ sets: all }: Resolved) => all.get("has(x)")?.members[4].keys ?? assert.fail();

  test("shares all chunks but those that a change falls into, and has the members that it has from nothing", () => {
    const put = [networkSet("s7", { x: "" }, [...addressesFrom(7 * 900, 999), "10.9.0.1"])];
    const input = { ...start, resources: sorted([...host, ...sets]) };
    const resolver = createResolver();
    const before = memberKeys(resolver(input));
    const next = after(input, { kind: "put", resources: put });
    const now = memberKeys(resolver(next));
    assert.deepEqual(bytesOfKeys(now), bytesOfKeys(memberKeys(resolve(next))));
    assert.equal(now.count, before.count + 1, "the address that went is there by the next set, too");
    assert.ok(before.chunks.length > 5);
    assert.equal(now.chunks.filter((chunk) => !before.chunks.includes(chunk)).length, 1);
  });

  test("keeps chunks of ranges that a new network does not touch", () => {
    const wide = networkSet("wide", { x: "" }, ["10.200.0.0/16"]);
    const input = { ...start, resources: sorted([...host, ...sets, wide]) };
    const resolver = createResolver();
    const before = memberKeys(resolver(input));
    const next = after(input, { kind: "put", resources: [networkSet("wide", { x: "" }, ["10.200.0.0/16", "10.201.0.0/16"])] });
    const now = memberKeys(resolver(next));
    assert.deepEqual(bytesOfKeys(now), bytesOfKeys(memberKeys(resolve(next))));
    assert.equal(now.count, before.count + 1);
    assert.equal(now.chunks.filter((chunk) => !before.chunks.includes(chunk)).length, 1);
  });
});
