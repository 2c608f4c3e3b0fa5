// What a stranger did, in words; and that nothing is said exactly where a diff would do nothing.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { actualOf, diff } from "../../../rules/diff/diff.ts";
import { describeDifference } from "../../../rules/diff/difference.ts";
import type { Actual, ActualChain, ActualRule } from "../../../rules/diff/types.ts";
import { identityOf, ruleIdentity } from "../../../rules/ruleset/identity.ts";
import { packKeys } from "../../../rules/ruleset/keys.ts";
import type { Rule, Ruleset, Statement } from "../../../rules/ruleset/types.ts";

const drop: Statement = { kind: "verdict", verdict: { kind: "drop" } };
const rule = (name: string): Rule => ({ statements: [{ kind: "counter" }, drop], origin: { kind: "policy", name } });
const ruleset: Ruleset = {
  table: "hostward",
  chains: [
    { kind: "base", name: "input", hook: "input", priority: 5, rules: [rule("a"), rule("b"), rule("c")] },
    { kind: "regular", name: "web", rules: [rule("d")] },
  ],
  sets: [{ name: "ports", types: ["inet_service"], flavour: "hash", keys: packKeys(["inet_service"], [[80], [443]]), comment: "" }],
  maps: [{ name: "ways", types: ["ifname"], entries: [{ key: ["eth0"], verdict: { kind: "goto", chain: "web" } }], comment: "" }],
};
const actual = actualOf(ruleset);
const held = (comment: string): ActualRule => ({ kind: "held", identity: identityOf([{ kind: "notrack" }], comment) });
const [input = assert.fail(), web = assert.fail()] = actual.chains;
const [ports = assert.fail()] = actual.sets;
const [ways = assert.fail()] = actual.maps;

function withRules(change: (rules: ActualChain["rules"]) => ActualChain["rules"]): Actual {
  return { ...actual, chains: [{ ...input, rules: change(input.rules) }, web] };
}

const rows: readonly (readonly [found: Actual | undefined, words: string | undefined])[] = [
  [undefined, "the table is gone"],
  [actual, undefined],
  [{ ...actual, chains: [input] }, "chain web is gone"],
  [{ ...actual, chains: [...actual.chains, { name: "theirs", rules: [] }] }, "chain theirs is not hostward's"],
  [{ ...actual, chains: [{ ...input, base: { hook: "input", priority: 6, policy: "accept" } }, web] }, "chain input has another hook, priority or policy"],
  [{ ...actual, chains: [{ ...input, base: { hook: "input", priority: 5, policy: "drop" } }, web] }, "chain input has another hook, priority or policy"],
  [withRules((rules) => rules.slice(1)), "chain input: rule 0 (policy a) is gone"],
  [withRules((rules) => rules.slice(0, 2)), "chain input: rule 2 (policy c) is gone"],
  [withRules(() => []), "chain input: rule 0 (policy a) is gone"],
  [withRules((rules) => rules.with(1, held("policy b"))), "chain input: rule 1 (policy b) was changed"],
  [withRules((rules) => rules.toSpliced(1, 0, held("their own"))), "chain input: rule 1 (their own) is not hostward's"],
  [withRules((rules) => [...rules, held("")]), "chain input: rule 3 is not hostward's"],
  [withRules((rules) => rules.map((one) => ({ kind: "held", identity: "identity" in one ? one.identity : ruleIdentity(one) }))), undefined],
  [{ ...actual, sets: [] }, "set ports is gone"],
  [{ ...actual, sets: [ports, { ...ports, name: "theirs" }] }, "set theirs is not hostward's"],
  [{ ...actual, sets: [{ ...ports, types: ["inet_proto"] }] }, "set ports is declared otherwise"],
  [{ ...actual, sets: [{ ...ports, size: 128 }] }, "set ports is declared otherwise"],
  [{ ...actual, sets: [{ ...ports, size: 64 }] }, undefined],
  [{ ...actual, sets: [{ ...ports, keys: packKeys(["inet_service"], [[80]]) }] }, "set ports lacks 1 element"],
  [
    { ...actual, sets: [{ ...ports, keys: packKeys(["inet_service"], [[22], [23]]) }] },
    "set ports lacks 2 elements and has 2 elements that are not hostward's",
  ],
  [{ ...actual, sets: [{ ...ports, keys: packKeys(["inet_service"], [[443], [80]]) }] }, undefined],
  [{ ...actual, maps: [] }, "map ways is gone"],
  [{ ...actual, maps: [{ ...ways, counters: true }] }, "map ways is declared otherwise"],
  [{ ...actual, maps: [{ ...ways, entries: [] }] }, "map ways lacks 1 element"],
  [
    { ...actual, maps: [{ ...ways, entries: [{ key: ["eth0"], verdict: { kind: "drop" } }] }] },
    "map ways lacks 1 element and has 1 element that is not hostward's",
  ],
  [{ ...actual, maps: [{ ...ways, entries: ways.entries.map((entry) => ({ ...entry })) }] }, undefined],
];

describe("the first difference in words", () => {
  for (const [found, words] of rows) {
    test(words ?? "none", () => {
      assert.equal(describeDifference(found, actual), words);
      assert.equal(diff(found, ruleset).batches.length === 0, words === undefined);
    });
  }
});
