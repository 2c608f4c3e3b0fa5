// What says the same as before stays the very same object, however it comes again; and what the store holds is what it would hold from nothing.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readManifest } from "../../../agent/sources/manifest.ts";
import { applyChange, changesBetween, nameOf } from "../../../agent/store/changes.ts";
import { createStore } from "../../../agent/store/store.ts";
import { share } from "../../../rules/model/share.ts";
import type { Policy, Resource } from "../../../rules/model/types.ts";
import type { Interface } from "../../../rules/resolve/types.ts";

const rule = (port: number) => `  - { action: Allow, protocol: TCP, destination: { ports: [${port}] } }\n`;

function policy(name: string, ports: readonly number[], comment = ""): string {
  const head = `${comment}apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata:\n  name: ${name}\nspec:\n  selector: all()\n`;
  return `${head}  types: [Ingress]\n${ports.length === 0 ? "" : `  ingress:\n${ports.map(rule).join("")}`}`;
}

function read(...documents: readonly string[]): readonly Resource[] {
  const { resources, problems } = readManifest(documents.join("---\n"), "a.yaml");
  assert.deepEqual(problems, []);
  return resources;
}

function policyIn(resources: readonly Resource[], name: string): Policy {
  const found = resources.find(({ metadata }) => metadata.name === name);
  assert.ok(found?.kind === "GlobalNetworkPolicy");
  return found;
}

function storeOf(...documents: readonly string[]) {
  const store = createStore();
  store.update({ source: { resources: read(...documents), problems: [] } });
  return { store, before: store.snapshot() };
}

test("the same content read again is the same snapshot", () => {
  const { store, before } = storeOf(policy("a", [1]), policy("b", [2]));
  assert.equal(store.update({ source: { resources: read(policy("b", [2]), policy("a", [1])), problems: [] } }), false);
  assert.equal(store.snapshot(), before);
});

test("the same content on other lines is the same snapshot, whose resources and rules know the new lines", () => {
  const { store, before } = storeOf(policy("a", [1, 2]), policy("b", [3]));
  const now = read(policy("a", [1, 2], "# one\n# two\n"), policy("b", [3]));
  store.update({ source: { resources: now, problems: [] } });
  assert.equal(store.snapshot(), before);
  assert.deepEqual(before.resources, now, "places included");
  assert.equal(policyIn(before.resources, "a").ingress[1]?.place.line, 12);
});

test("with one rule changed the other rules are the same objects, on the lines where they are now", () => {
  const { store, before } = storeOf(policy("a", [1, 2, 3, 4]), policy("b", [3]));
  const now = read(policy("a", [1, 20, 3, 4], "# moved\n"), policy("b", [3]));
  assert.equal(store.update({ source: { resources: now, problems: [] } }), true);
  const [old, fresh] = [before, store.snapshot()].map(({ resources }) => policyIn(resources, "a"));
  assert.ok(old && fresh && old !== fresh);
  assert.deepEqual(
    fresh.ingress.map((one, index) => one === old.ingress[index]),
    [true, false, true, true],
  );
  assert.equal(fresh.selector, old.selector);
  assert.equal(fresh.metadata, old.metadata);
  assert.deepEqual(store.snapshot().resources, now);
  assert.equal(policyIn(store.snapshot().resources, "b"), policyIn(before.resources, "b"));
});

test("a rule put between others, or taken out, leaves them what they are", () => {
  const { store, before } = storeOf(policy("a", [1, 2, 3]));
  const old = policyIn(before.resources, "a").ingress;
  for (const ports of [
    [1, 9, 2, 3],
    [1, 2, 3],
    [2, 3],
    [2, 3, 4],
    [1, 2, 3, 4],
  ]) {
    store.update({ source: { resources: read(policy("a", ports)), problems: [] } });
    const kept = policyIn(store.snapshot().resources, "a").ingress.filter(({ destination }) => [2, 3].includes(destination.ports?.ranges[0]?.from ?? 0));
    assert.deepEqual([kept[0] === old[1], kept[1] === old[2]], [true, true], String(ports));
  }
});

const addresses = [{ family: 4, value: 1n }] as const;
const links: readonly Interface[] = ["eth0", "eth1", "eth2"].map((name) => ({ name, addresses: [...addresses], up: true }));
const linksAgain = (): Interface[] => links.map((link) => ({ ...link, addresses: link.addresses.map((one) => ({ ...one })) }));

test("interfaces keep their objects, and their list while nothing changes", () => {
  const store = createStore();
  store.update({ interfaces: links });
  const before = store.snapshot();
  assert.equal(store.update({ interfaces: linksAgain().toReversed() }), false);
  assert.equal(store.snapshot(), before);
  store.update({ interfaces: [...linksAgain(), { name: "eth00", addresses: [], up: false }] });
  const { interfaces } = store.snapshot();
  assert.deepEqual(
    interfaces.map(({ name }) => name),
    ["eth0", "eth00", "eth1", "eth2"],
  );
  assert.deepEqual(
    [interfaces[0], interfaces[2], interfaces[3]].map((link, index) => link === before.interfaces[index]),
    [true, true, true],
  );
});

test("problems that are the same leave the snapshot the same; on another line they are told anew", () => {
  const store = createStore();
  const problem = (line: number) => ({ code: "field-value", severity: "error", place: { source: "a.yaml", line }, message: "is wrong" }) as const;
  store.update({ source: { resources: [], problems: [problem(1)] } });
  const before = store.snapshot();
  assert.equal(store.update({ source: { resources: [], problems: [problem(1)] } }), false);
  assert.equal(store.snapshot(), before);
  assert.equal(store.update({ source: { resources: [], problems: [problem(2)] } }), false);
  assert.deepEqual(store.snapshot().problems, [problem(2)]);
});

test("a change of some resources leaves all others, and problems that it does not name", () => {
  const { store, before } = storeOf(policy("a", [1]), policy("b", [2]), policy("c", [3]));
  const removed = [{ kind: "GlobalNetworkPolicy", namespace: "", name: "c" }] as const;
  assert.equal(store.update({ change: { upserted: read(policy("b", [20]), policy("a", [1])), removed } }), true);
  const { resources } = store.snapshot();
  assert.deepEqual(
    resources.map(({ metadata }) => metadata.name),
    ["a", "b"],
  );
  assert.equal(resources[0], before.resources[0]);
  assert.equal(store.update({ change: { upserted: read(policy("b", [20])), removed } }), false);
  assert.equal(store.update({ source: { resources: read(policy("b", [20])), problems: [] } }), true);
  assert.equal(store.snapshot().resources.length, 1);
});

/** Small worlds, so that names meet again; each resource is a fresh object. */
const worlds = fc.array(
  fc.uniqueArray(fc.record({ name: fc.constantFrom(..."abcdefg"), ports: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }), moved: fc.boolean() }), {
    selector: ({ name }) => name,
  }),
  { minLength: 1, maxLength: 8 },
);

test("over any walk the store holds what it would hold from nothing, and every policy that says the same is the same object", () => {
  fc.assert(
    fc.property(worlds, fc.boolean(), (walk, isByChange) => {
      const store = createStore();
      for (const world of walk) {
        const before = store.snapshot().resources;
        const now = world.length === 0 ? [] : read(...world.map(({ name, ports, moved }) => policy(name, ports, moved ? "# moved\n" : "")));
        if (isByChange) store.update({ change: { upserted: now, removed: before.map(nameOf) } });
        else store.update({ source: { resources: now, problems: [] } });

        const { resources } = store.snapshot();
        assert.deepEqual(
          resources,
          now.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
        );
        for (const old of before) {
          const next: Resource | undefined = resources.find(({ metadata }) => metadata.name === old.metadata.name);
          if (next !== undefined && says(next) === says(old)) assert.equal(next, old);
        }
      }
    }),
    { numRuns: 150 },
  );
});

function says(resource: Resource): string {
  return JSON.stringify(resource, (key, value: unknown) => (key === "place" ? undefined : value));
}

test("one resource changed among ten thousand asks the others for no more than a search does", () => {
  let asked = 0;
  const [made] = read(policy("a", [1]));
  assert.ok(made);
  const many = Array.from({ length: 10_000 }, (_, index): Resource => {
    const metadata = { ...made.metadata, name: `policy-${String(index).padStart(5, "0")}` };
    const get = () => {
      asked++;
      return metadata;
    };
    return Object.defineProperty({ ...made }, "metadata", { enumerable: true, get });
  });
  const store = createStore();
  store.update({ source: { resources: many, problems: [] } });
  const before = store.snapshot().resources;
  const changed: Resource = { ...made, metadata: { ...made.metadata, name: "policy-07000", labels: { a: "b" } } };
  asked = 0;
  assert.equal(store.update({ source: { resources: many.with(7000, changed), problems: [] } }), true);
  assert.ok(asked < 100, `${asked} times`);
  assert.equal(store.snapshot().resources.filter((resource, index) => resource !== before[index]).length, 1);
});

const differences: readonly (readonly [sentence: string, before: string, after: string, upserted: string, removed: string])[] = [
  ["nothing", "abc", "abc", "", ""],
  ["one more at the end", "abc", "abcd", "d", ""],
  ["one more at the beginning", "bc", "abc", "a", ""],
  ["one less in the middle", "abc", "ac", "", "b"],
  ["one instead of another", "abc", "adc", "d", "b"],
  ["another order", "abcd", "dbca", "", ""],
  ["all others", "abc", "xy", "xy", "abc"],
  ["some at both ends", "abcd", "xbcy", "xy", "ad"],
];

for (const [sentence, before, after, upserted, removed] of differences) {
  test(`tells what differs: ${sentence}`, () => {
    const byName = new Map(read(...Array.from("abcdxy", (name) => policy(name, []))).map((resource) => [resource.metadata.name, resource]));
    const named = (names: string) => Array.from(names, (name) => byName.get(name) as Resource);
    const change = changesBetween(named(before), named(after));
    assert.deepEqual([change.upserted.map(({ metadata }) => metadata.name).join(""), change.removed.map(({ name }) => name).join("")], [upserted, removed]);
    const sorted = (names: string) => named(Array.from(names).sort().join(""));
    assert.deepEqual(applyChange(sorted(before), change), sorted(after));
  });
}

const shared: readonly (readonly [sentence: string, before: unknown, next: unknown, isBefore: boolean])[] = [
  ["equal numbers", 1, 1, true],
  ["a number and text", 1, "1", false],
  ["equal lists", [[1], [2]], [[1], [2]], true],
  ["a longer list", [[1], [2]], [[1], [2], [3]], false],
  ["a list and a mapping", [], {}, false],
  ["other keys without values", { a: undefined }, { b: undefined }, false],
  ["one key less", { a: 1, b: undefined }, { a: 1 }, false],
  ["a label called place", { place: "rack1" }, { place: "rack2" }, false],
  ["a mapping of somebody's called place", { place: { row: 1 } }, { place: { row: 2 } }, false],
];

for (const [sentence, before, next, isBefore] of shared) {
  test(`shares ${sentence}: ${isBefore ? "one object" : "two"}`, () => {
    const result = share(before, next);
    assert.equal(Object.is(result, before), isBefore);
    assert.deepEqual(result, next);
  });
}

test("what is set aside does not count, and neither of the two is changed by it", () => {
  const [before, next] = [{ a: [{ at: { line: 1 }, b: 1 }] }, { a: [{ at: { line: 2 }, b: 1 }] }];
  assert.equal(
    share(before, next, (value) => value === next.a[0]?.at),
    before,
  );
  assert.deepEqual([before.a[0]?.at.line, next.a[0]?.at.line], [1, 2]);
});

test("whatever is shared says what is new, and neither of the two is changed by it", () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  fc.assert(
    fc.property(value, value, (before, next) => {
      const [was, is] = [structuredClone(before), structuredClone(next)];
      assert.deepEqual(share(before, next), is);
      assert.deepEqual([before, next], [was, is]);
      assert.equal(share(before, was), before);
    }),
  );
});
