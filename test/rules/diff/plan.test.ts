// Operations and transactions as an operator reads them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { actualOf, diff } from "../../../rules/diff/diff.ts";
import { describeOperation, printPlan } from "../../../rules/diff/plan.ts";
import type { Operation } from "../../../rules/diff/types.ts";
import { identityOf } from "../../../rules/ruleset/identity.ts";
import { packKeys, packPrefixes } from "../../../rules/ruleset/keys.ts";
import type { NftMap, NftSet, Rule, Ruleset } from "../../../rules/ruleset/types.ts";
import { prefix } from "../resolve/resources.ts";

const ports: NftSet = { name: "port-x", types: ["inet_service"], flavour: "hash", keys: packKeys(["inet_service"], [[80], [443]]), comment: "ports of a rule" };
const many = packKeys(
  ["inet_service"],
  Array.from({ length: 1000 }, (_, at) => [at]),
);
const networks: NftSet = { name: "net4i-x", types: ["ipv4_addr"], flavour: "interval", keys: packPrefixes(4, [prefix("10.0.0.0/8")]), comment: 'say "x"' };
const map: NftMap = { name: "ingress", types: ["ifname"], entries: [{ key: ["eth0"], verdict: { kind: "goto", chain: "ep-in-e" } }], comment: "to endpoint" };
const origin = { kind: "GlobalNetworkPolicy", name: "web", direction: "ingress", index: 2 } as const;

const dropping: Rule = { statements: [{ kind: "verdict", verdict: { kind: "drop" } }], origin };

const rows: readonly (readonly [operation: Operation, text: string])[] = [
  [{ verb: "add", object: "table" }, "add table"],
  [{ verb: "delete", object: "table" }, "delete table"],
  [
    { verb: "add", object: "chain", chain: { kind: "base", name: "input", hook: "input", priority: 5, rules: [] } },
    "add chain input { type filter hook input priority 5; policy accept; }",
  ],
  [{ verb: "add", object: "chain", chain: { kind: "regular", name: "ep-in-e", rules: [] } }, "add chain ep-in-e"],
  [{ verb: "delete", object: "chain", name: "ep-in-e" }, "delete chain ep-in-e"],
  [{ verb: "flush", object: "chain" }, "flush table"],
  [{ verb: "flush", object: "chain", name: "ep-in-e" }, "flush chain ep-in-e"],
  [
    { verb: "add", object: "rule", chain: "pol-in-web", rule: { statements: [{ kind: "counter" }, { kind: "verdict", verdict: { kind: "drop" } }], origin } },
    'add rule pol-in-web counter drop comment "GlobalNetworkPolicy web ingress rule 2"',
  ],
  [{ verb: "add", object: "rule", chain: "c", before: 3, rule: dropping }, 'insert rule c index 3 drop comment "GlobalNetworkPolicy web ingress rule 2"'],
  [{ verb: "replace", object: "rule", chain: "c", at: 0, rule: dropping }, 'replace rule c index 0 drop comment "GlobalNetworkPolicy web ingress rule 2"'],
  [{ verb: "delete", object: "rule", chain: "c", at: 4 }, "delete rule c index 4"],
  [{ verb: "delete", object: "rule", chain: "c", at: 4, held: dropping }, 'delete rule c index 4 drop comment "GlobalNetworkPolicy web ingress rule 2"'],
  [{ verb: "delete", object: "rule", chain: "c", at: 4, held: { kind: "held", identity: identityOf([], "mine") } }, 'delete rule c index 4 comment "mine"'],
  [{ verb: "delete", object: "rule", chain: "c", at: 4, held: { kind: "held", identity: identityOf([], "") } }, "delete rule c index 4"],
  [{ verb: "add", object: "set", set: ports }, 'add set port-x { type inet_service; comment "ports of a rule"; }'],
  [{ verb: "add", object: "set", set: networks }, `add set net4i-x { type ipv4_addr; flags interval; comment "say 'x'"; }`],
  [{ verb: "delete", object: "set", name: "port-x" }, "delete set port-x"],
  [{ verb: "add", object: "elements", set: ports, keys: ports.keys }, "add element port-x { 80, 443 }"],
  [{ verb: "delete", object: "elements", set: networks, keys: networks.keys }, "delete element net4i-x { 10.0.0.0/8 }"],
  [{ verb: "add", object: "elements", set: ports, keys: many }, "add element port-x { 0, 1, 2, 3, and 996 more }"],
  [{ verb: "add", object: "map", map }, 'add map ingress { type ifname : verdict; comment "to endpoint"; }'],
  [{ verb: "delete", object: "map", name: "ingress" }, "delete map ingress"],
  [{ verb: "add", object: "entries", map, entries: map.entries }, 'add element ingress { "eth0" : goto ep-in-e }'],
  [{ verb: "delete", object: "entries", map, entries: map.entries }, 'delete element ingress { "eth0" : goto ep-in-e }'],
];

describe("an operation is one line", () => {
  for (const [operation, text] of rows) {
    test(text, () => {
      assert.equal(describeOperation(operation), text);
    });
  }
});

describe("a plan", () => {
  const small: Ruleset = {
    table: "hostward",
    chains: [
      {
        kind: "base",
        name: "input",
        hook: "input",
        priority: 5,
        rules: [{ statements: [{ kind: "lookup", fields: ["ip saddr"], op: "in", set: "net4i-x" }], origin }],
      },
    ],
    sets: [networks],
    maps: [],
  };

  test("has its batches with counts, and their operations in order", () => {
    assert.equal(
      printPlan(diff(undefined, small)),
      [
        "# batch 1 of 2, all or none: add table: 1, add set: 1, add elements: 1",
        "add table",
        `add set net4i-x { type ipv4_addr; flags interval; comment "say 'x'"; }`,
        "add element net4i-x { 10.0.0.0/8 }",
        "# batch 2 of 2, all or none: add chain: 1, add rule: 1",
        "add chain input { type filter hook input priority 5; policy accept; }",
        'add rule input ip saddr @net4i-x comment "GlobalNetworkPolicy web ingress rule 2"',
      ].join("\n"),
    );
  });

  test("counts elements and not the messages that carry them", () => {
    const grown = { ...small, sets: [ports, { ...ports, name: "port-y", keys: many }] };
    assert.match(printPlan(diff(actualOf({ ...small, sets: [] }), { ...grown, chains: [] })), /add set: 2, add elements: 1002/);
  });

  test("without batches is empty", () => {
    assert.equal(printPlan({ batches: [] }), "");
  });
});
