// When the store makes a new revision, and when it does not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sameContent } from "../../../agent/store/sameContent.ts";
import { createStore } from "../../../agent/store/store.ts";
import type { NetworkSet } from "../../../rules/model/types.ts";
import { networksOf } from "../../../rules/net/networks.ts";
import { parsePrefix } from "../../../rules/net/prefix.ts";

function networkSet(name: string, net: string, line = 1, labels: Record<string, string> = {}): NetworkSet {
  const prefix = parsePrefix(net);
  assert.ok(prefix);
  return {
    kind: "GlobalNetworkSet",
    metadata: { name, namespace: "", labels, annotations: {} },
    place: { source: "a.yaml", line },
    nets: networksOf([prefix]),
  };
}

const eth0 = { name: "eth0", addresses: [{ family: 4, value: 1n }], up: true } as const;
const problem = { code: "field-value", severity: "error", place: { source: "a.yaml" }, message: "is wrong" } as const;

test("the first content is revision 1, even if it is empty", () => {
  const store = createStore();
  assert.equal(store.snapshot().revision, 0);
  assert.equal(store.update({ source: { resources: [], problems: [] } }), true);
  assert.equal(store.snapshot().revision, 1);
});

test("equal content in other objects and another order is the same revision", () => {
  const store = createStore();
  store.update({ source: { resources: [networkSet("a", "10.0.0.0/8"), networkSet("b", "10.0.0.0/8")], problems: [] }, interfaces: [eth0] });
  const again = { source: { resources: [networkSet("b", "10.0.0.0/8"), networkSet("a", "10.0.0.0/8")], problems: [] }, interfaces: [{ ...eth0 }] };
  assert.equal(store.update(again), false);
  assert.equal(store.snapshot().revision, 1);
});

test("content that only moved to another line is the same revision, with the new places", () => {
  const store = createStore();
  store.update({ source: { resources: [networkSet("a", "10.0.0.0/8", 1)], problems: [] } });
  assert.equal(store.update({ source: { resources: [networkSet("a", "10.0.0.0/8", 7)], problems: [problem] } }), false);
  assert.equal(store.snapshot().resources[0]?.place.line, 7);
  assert.deepEqual(store.snapshot().problems, [problem]);
});

const changes: readonly (readonly [sentence: string, change: Parameters<ReturnType<typeof createStore>["update"]>[0]])[] = [
  ["another net", { source: { resources: [networkSet("a", "10.0.0.0/9")], problems: [] } }],
  ["another label, even one called place", { source: { resources: [networkSet("a", "10.0.0.0/8", 1, { place: "rack2" })], problems: [] } }],
  ["one resource more", { source: { resources: [networkSet("a", "10.0.0.0/8"), networkSet("b", "10.0.0.0/8")], problems: [] } }],
  ["no resource", { source: { resources: [], problems: [] } }],
  ["an interface that went down", { interfaces: [{ ...eth0, up: false }] }],
  ["an address more", { interfaces: [{ ...eth0, addresses: [...eth0.addresses, { family: 4, value: 2n }] }] }],
];

for (const [sentence, change] of changes) {
  test(`a new revision: ${sentence}`, () => {
    const store = createStore();
    store.update({ source: { resources: [networkSet("a", "10.0.0.0/8", 1, { place: "rack1" })], problems: [] }, interfaces: [eth0] });
    const before = store.snapshot();
    assert.equal(store.update(change), true);
    assert.equal(store.snapshot().revision, 2);
    assert.equal(before.revision, 1, "a snapshot never changes");
  });
}

test("an update of one part keeps the other", () => {
  const store = createStore();
  store.update({ interfaces: [eth0] });
  store.update({ source: { resources: [networkSet("a", "10.0.0.0/8")], problems: [] } });
  const { revision, interfaces, resources } = store.snapshot();
  assert.deepEqual([revision, interfaces.length, resources.length], [2, 1, 1]);
});

const pairs: readonly (readonly [a: unknown, b: unknown, same: boolean])[] = [
  [1, 1, true],
  [1n, 1n, true],
  [1, 1n, false],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, true],
  [[], {}, false],
  [null, {}, false],
  [{ a: undefined }, {}, false],
  [{ a: undefined }, { b: undefined }, false],
  [{ place: { line: 1 } }, { place: { line: 2 } }, true],
  [{ place: "x" }, { place: "y" }, false],
  [[1, 2], [1, 2, 3], false],
  [Uint8Array.of(1, 2), Uint8Array.of(1, 2), true],
  [Uint8Array.of(1, 2), Uint8Array.of(1, 3), false],
];

test("sameContent compares what there is in snapshots and rulesets", () => {
  for (const [a, b, same] of pairs) assert.equal(sameContent(a, b), same, `${String(a)} and ${String(b)}`);
});
