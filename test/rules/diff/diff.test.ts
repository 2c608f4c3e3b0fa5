// Every named state to every other, from nothing, and from what strangers left: the transaction leads to exactly what is desired, the kernel
// would take each of its operations, and no packet sees anything half done (model.ts says what that means).

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compile } from "../../../rules/compile/compile.ts";
import { actualOf, diff } from "../../../rules/diff/diff.ts";
import type { Actual, ActualChain, ActualRule, Operation } from "../../../rules/diff/types.ts";
import { checkRuleset } from "../../../rules/ruleset/check.ts";
import { noKeys } from "../../../rules/ruleset/chunks.ts";
import { identityOf } from "../../../rules/ruleset/identity.ts";
import { packKeys, packPrefixes } from "../../../rules/ruleset/keys.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { endpoint, link, prefix, resolved } from "../resolve/resources.ts";
import { applied, expected } from "./model.ts";
import { rulesets } from "./rulesets.ts";

const states = Object.entries(rulesets);

function named(name: string): Ruleset {
  const ruleset = rulesets[name];
  assert(ruleset !== undefined, name);
  return ruleset;
}

function operations(from: Ruleset | undefined, to: Ruleset): readonly Operation[] {
  return diff(from === undefined ? undefined : actualOf(from), to).batches.flatMap((batch) => batch.operations);
}

describe("the named rulesets", () => {
  test("are all different and all sound", () => {
    assert.equal(new Set(states.map(([, ruleset]) => JSON.stringify(expected(ruleset)))).size, states.length);
    for (const [name, ruleset] of states) assert.deepEqual(checkRuleset(ruleset), [], name);
  });
});

describe("diff", () => {
  for (const [to, desired] of states) {
    test(`from nothing to ${to}`, () => {
      assert.deepEqual(applied(undefined, diff(undefined, desired)), expected(desired));
    });
  }

  for (const [from, before] of states) {
    test(`from ${from} to each of the others and to itself`, () => {
      for (const [to, desired] of states) {
        assert.deepEqual(applied(actualOf(before), diff(actualOf(before), desired)), expected(desired), `to ${to}`);
      }
    });
  }

  test("through every state in turn, as one kernel would see it, nothing is left behind", () => {
    let actual: Actual | undefined;
    for (const [name, desired] of [...states, ...states.toReversed()]) {
      assert.deepEqual(applied(actual, diff(actual, desired)), expected(desired), name);
      actual = actualOf(desired);
    }
  });
});

describe("how many batches", () => {
  const rows: readonly (readonly [title: string, from: string | undefined, to: string, batches: number])[] = [
    ["one for a first start without networks", undefined, "three single addresses", 1],
    ["two for a first start with networks: they are filled before any rule uses them", undefined, "networks instead of single addresses", 2],
    ["none when nothing changes", "three single addresses", "three single addresses", 0],
    ["one for other single addresses", "three single addresses", "three single addresses, two of them others", 1],
    ["one for a hash set that has grown out of its size", "three single addresses", "more addresses than the set had room for", 1],
    ["four for other networks and rules: over a set of another name", "networks instead of single addresses", "other networks", 4],
    ["one back from networks to single addresses", "networks instead of single addresses", "three single addresses", 1],
    ["none for networks that are there already", "other networks", "other networks", 0],
    [
      "two for an interface that another endpoint now governs: its chain is filled first",
      "a named endpoint",
      "another named endpoint on the same interface",
      2,
    ],
    [
      "one for an interface that is left to the wildcard: the rules stay, so who misses its entry fares like those that come after",
      "a named endpoint and a wildcard",
      "a wildcard",
      1,
    ],
    ["two for an interface that loses its endpoint as the first wildcard comes", "a named endpoint", "a wildcard", 2],
    ["two for a map that has grown out of its size: another takes its place", "no endpoint", "more interfaces than the map had room for", 2],
    ["two for dropping again: the map of those that rejected goes last", "reject instead of drop", "a named endpoint", 2],
    ["one for the first policy before conntrack", "a named endpoint", "untracked policy", 1],
    ["two for the last one", "untracked policy", "a named endpoint", 2],
  ];
  for (const [title, from, to, batches] of rows) {
    test(title, () => {
      assert.equal(diff(from === undefined ? undefined : actualOf(named(from)), named(to)).batches.length, batches);
    });
  }
});

describe("which operations", () => {
  test("the rules of a table that is put back again and again are the same objects every time, and no garbage", () => {
    for (const [name, desired] of states) {
      const rules = () => operations(undefined, desired).filter(({ object }) => object === "rule");
      const [first, second] = [rules(), rules()];
      assert.ok(first.length > 0 || desired.chains.every(({ rules }) => rules.length === 0), name);
      assert.equal(second.length, first.length, name);
      for (const [at, operation] of first.entries()) assert.equal(second[at], operation, name);
    }
  });

  test("base chains that stay are never deleted and never made again (Hole A)", () => {
    const baseOf = ({ chains }: Ruleset) => new Set(chains.filter(({ kind }) => kind === "base").map(({ name }) => name));
    for (const [from, before] of states) {
      for (const [to, desired] of states) {
        const wanted = baseOf(desired);
        const stay = new Set([...baseOf(before)].filter((name) => wanted.has(name)));
        const names = operations(before, desired).flatMap((operation) => {
          if (operation.object !== "chain" || operation.verb === "flush") return [];
          return [operation.verb === "add" ? operation.chain.name : operation.name];
        });
        assert.deepEqual(
          names.filter((name) => stay.has(name)),
          [],
          `${from} to ${to}`,
        );
      }
    }
  });

  test("of a hash set only the elements that differ", () => {
    const changes = operations(named("three single addresses"), named("three single addresses, two of them others")).filter(
      ({ object }) => object === "elements",
    );
    assert.deepEqual(
      changes.map((operation) => [operation.verb, operation.object === "elements" && operation.keys.count]),
      [
        ["delete", 2],
        ["add", 2],
      ],
    );
  });

  test("a set that has grown out of its size is another one", () => {
    const changes = operations(named("three single addresses"), named("more addresses than the set had room for")).filter(({ object }) => object === "set");
    const names = changes.map((operation) =>
      (operation.object === "set" && operation.verb === "add" ? operation.set.name : "deleted").replace(/-[a-z2-7]{20}/, ""),
    );
    assert.deepEqual(names, ["sel4-512", "deleted"]);
  });

  test("entries that are no longer wanted go at once where the map has no room for both", () => {
    const linked = (first: number) => {
      const names = Array.from({ length: 40 }, (_, at) => `eth${first + at}`);
      const resources = names.map((on) => endpoint(`on-${on}`, { on }));
      return compile(
        resolved(
          resources,
          names.map((name) => link(name)),
        ),
      );
    };
    const kinds = diff(actualOf(linked(0)), linked(40)).batches.map(({ operations: list }) =>
      list.filter(({ object }) => object === "entries").map(({ verb }) => verb),
    );
    assert.deepEqual([...new Set(kinds[0])], []);
    assert.deepEqual(new Set(kinds[1]), new Set(["delete", "add"]));
    assert.equal(kinds.length, 2);
  });

  test("none where everything is as desired, by reference or by content", () => {
    for (const [name, desired] of states) {
      assert.deepEqual(operations(desired, desired), [], name);
      assert.deepEqual(operations(structuredClone(desired), desired), [], name);
    }
  });
});

/** A rule as a kernel lists it. */
const strange: ActualRule = { kind: "held", identity: identityOf([{ kind: "counter", packets: 1n, bytes: 40n }], "theirs") };

describe("what strangers left in the table", () => {
  const desired = named("networks instead of single addresses");
  const actual = actualOf(desired);
  const [set] = actual.sets.filter(({ flavour }) => flavour === "hash");
  const [interval] = actual.sets.filter(({ flavour }) => flavour === "interval");
  const [map] = actual.maps;
  assert(set !== undefined && interval !== undefined && map !== undefined);
  const others = <T extends { readonly name: string }>(things: readonly T[], name: string) => things.filter((thing) => thing.name !== name);
  const withRules = (chain: string, change: (rules: ActualChain["rules"]) => ActualChain["rules"]): Actual => ({
    ...actual,
    chains: actual.chains.map((held) => (held.name === chain ? { ...held, rules: change(held.rules) } : held)),
  });
  const rows: Readonly<Record<string, Actual>> = {
    "a base chain with policy drop": {
      ...actual,
      chains: [...others(actual.chains, "input"), { name: "input", base: { hook: "input", priority: 5, policy: "drop" }, rules: [] }],
    },
    "a base chain at another priority": {
      ...actual,
      chains: [...others(actual.chains, "input"), { name: "input", base: { hook: "input", priority: 0, policy: "accept" }, rules: [strange, strange] }],
    },
    "a base chain at another hook": {
      ...actual,
      chains: [...others(actual.chains, "output"), { name: "output", base: { hook: "forward", priority: 5, policy: "accept" }, rules: [] }],
    },
    "a regular chain where a base chain should be": { ...actual, chains: [...others(actual.chains, "input"), { name: "input", rules: [] }] },
    "a chain too few": { ...actual, chains: others(actual.chains, "essentials") },
    "a base chain of their own": { ...actual, chains: [...actual.chains, { name: "theirs", base: { hook: "input", priority: 7, policy: "drop" }, rules: [] }] },
    "a chain of their own": { ...actual, chains: [...actual.chains, { name: "theirs", rules: [] }] },
    "a set of their own": { ...actual, sets: [...actual.sets, { ...set, name: "theirs" }] },
    "a map of their own": { ...actual, maps: [...actual.maps, { ...map, name: "theirs" }] },
    "a set with other elements": { ...actual, sets: [...others(actual.sets, set.name), { ...set, keys: packKeys(set.types, [[1], [143], [7]]) }] },
    "a set of another type": { ...actual, sets: [...others(actual.sets, set.name), { ...set, types: ["inet_proto"], keys: packKeys(["inet_proto"], [[1]]) }] },
    "a set without a size": { ...actual, sets: [...others(actual.sets, set.name), { ...set, size: 0 }] },
    "a set of intervals where single values should be": {
      ...actual,
      sets: [...others(actual.sets, set.name), { ...set, flavour: "interval", keys: noKeys(8) }],
    },
    "networks with other elements": {
      ...actual,
      sets: [...others(actual.sets, interval.name), { ...interval, keys: packPrefixes(4, [prefix("192.0.2.0/24")]) }],
    },
    "a map that leads elsewhere": { ...actual, maps: [...others(actual.maps, map.name), { ...map, entries: [{ key: ["eth0"], verdict: { kind: "drop" } }] }] },
    "a map with an interface too many": {
      ...actual,
      maps: [...others(actual.maps, map.name), { ...map, entries: [...map.entries, { key: ["eth9"], verdict: { kind: "accept" } }] }],
    },
    "a map without a size": { ...actual, maps: [...others(actual.maps, map.name), { ...map, size: 0 }] },
    "a rule of their own": withRules("input", (rules) => [strange, ...rules]),
    "rules of theirs in every place": withRules("input", (rules) => rules.flatMap((rule) => [strange, rule, strange])),
    "a rule deleted": withRules("input", (rules) => rules.slice(1)),
    "rules in another order": withRules("essentials", (rules) => rules.toReversed()),
    "no rules": withRules("essentials", () => []),
    "a map with other comments": {
      ...actual,
      maps: [...others(actual.maps, map.name), { ...map, entries: map.entries.map((entry) => ({ ...entry, origin: { kind: "their", name: "entry" } })) }],
    },
    "a map that counts": { ...actual, maps: [...others(actual.maps, map.name), { ...map, counters: true }] },
    "everything in another order": { chains: actual.chains.toReversed(), sets: actual.sets.toReversed(), maps: actual.maps.toReversed() },
    "nothing but the table": { chains: [], sets: [], maps: [] },
  };
  for (const [title, found] of Object.entries(rows)) {
    test(`${title} is repaired`, () => {
      assert.deepEqual(applied(found, diff(found, desired)), expected(desired));
    });
  }
});
