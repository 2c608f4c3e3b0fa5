// What counts as drift, and in which words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { describeDrift } from "../../../agent/reconcile/drift.ts";
import type { Actual } from "../../../rules/diff/types.ts";
import { packKeys } from "../../../rules/ruleset/keys.ts";

const expected: Actual = {
  chains: [
    { name: "in", base: { hook: "input", priority: 0, policy: "accept" }, rules: 2 },
    { name: "ep", rules: 3 },
  ],
  sets: [{ name: "s", types: ["inet_service"], flavour: "hash", keys: packKeys(["inet_service"], [[22], [80]]), comment: "ports", size: 64 }],
  maps: [
    {
      name: "m",
      types: ["ifname"],
      comment: "",
      size: 64,
      entries: [
        { key: ["eth0"], verdict: { kind: "goto", chain: "ep" } },
        { key: ["eth1"], verdict: { kind: "goto", chain: "ep" } },
      ],
    },
  ],
};

const [input, endpoint] = expected.chains;
const [set] = expected.sets;
const [map] = expected.maps;
assert.ok(input && endpoint && set && map);

const rows: readonly (readonly [sentence: string, found: Actual | undefined, drift: string | undefined])[] = [
  ["the same is none", structuredClone(expected), undefined],
  ["another order is none", { chains: [endpoint, input], sets: [set], maps: [{ ...map, entries: map.entries.toReversed() }] }, undefined],
  ["another comment or size is none", { ...expected, sets: [{ ...set, comment: "", size: 128 }] }, undefined],
  ["no table", undefined, "the table is gone"],
  ["a chain gone", { ...expected, chains: [input] }, "chain ep is gone"],
  ["a rule more", { ...expected, chains: [input, { name: "ep", rules: 4 }] }, "chain ep has 4 rules instead of 3"],
  [
    "a policy changed",
    { ...expected, chains: [{ ...input, base: { hook: "input", priority: 0, policy: "drop" } }, endpoint] },
    "chain in has another hook, priority or policy",
  ],
  ["a chain more", { ...expected, chains: [input, endpoint, { name: "x", rules: 0 }] }, "chain x is not hostward's"],
  ["a set gone", { ...expected, sets: [] }, "set s is gone"],
  ["an element less", { ...expected, sets: [{ ...set, keys: packKeys(["inet_service"], [[22]]) }] }, "set s has other elements"],
  [
    "another verdict in a map",
    { ...expected, maps: [{ ...map, entries: map.entries.map((entry) => ({ ...entry, verdict: { kind: "accept" } })) }] },
    "map m has other elements",
  ],
];

for (const [sentence, found, drift] of rows) {
  test(`drift: ${sentence}`, () => assert.equal(describeDrift(found, expected), drift));
}
