// Which policies judge an endpoint, in which list and order (semantics 4.1, 4.4), and what is said of those that do not.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Direction, Resource } from "../../../rules/model/types.ts";
import type { ListName } from "../../../rules/resolve/types.ts";
import { endpoint, found, link, networkSet, policy, profile, resolved, rule, tier } from "./resources.ts";

const lists: readonly ListName[] = ["normal", "forward", "preDNAT", "untracked"];
const directions: readonly Direction[] = ["ingress", "egress"];

/** What id1's lists hold, empty ones left out: `{"normal ingress": ["tier Deny: policy policy"]}`. */
function listed(resources: readonly Resource[], id1 = endpoint("id1", { on: "eth0", labels: { role: "web" } })): Record<string, readonly string[]> {
  const { lists: own } = found(resolved([...resources, id1]), "id1");
  const halves = lists.flatMap((list) => directions.map((direction) => [`${list} ${direction}`, own[list][direction]] as const));
  const texts = halves.map(([half, tiers]) => [half, tiers.map((t) => `${t.name} ${t.defaultAction}: ${t.policies.map((p) => p.name).join(" ")}`)] as const);
  return Object.fromEntries(texts.filter(([, tiers]) => tiers.length > 0));
}

const both = { types: ["ingress", "egress"] } as const;

describe("an endpoint's lists", () => {
  const rows: readonly { name: string; resources: readonly Resource[]; expected: Record<string, readonly string[]> }[] = [
    { name: "are empty without policies", resources: [], expected: {} },
    { name: "E1: leave out a policy that selects other labels", resources: [policy("p", { selector: "role == 'db'" })], expected: {} },
    { name: "S11: hold a policy without a selector", resources: [policy("p")], expected: { "normal ingress": ["default Deny: p"] } },
    { name: "E2: follow the policy's types", resources: [policy("p", { types: ["egress"] })], expected: { "normal egress": ["default Deny: p"] } },
    {
      name: "E2: have an applyOnForward policy twice",
      resources: [policy("p", { ...both, applyOnForward: true })],
      expected: {
        "normal ingress": ["default Deny: p"],
        "normal egress": ["default Deny: p"],
        "forward ingress": ["default Deny: p"],
        "forward egress": ["default Deny: p"],
      },
    },
    {
      name: "E2, E5: have a preDNAT policy in its own list only, with default action Pass",
      resources: [policy("p", { list: "preDNAT", applyOnForward: true })],
      expected: { "preDNAT ingress": ["default Pass: p"] },
    },
    {
      name: "E2, E5: have an untracked policy in its own list only, with default action Pass",
      resources: [policy("p", { ...both, list: "untracked", applyOnForward: true })],
      expected: { "untracked ingress": ["default Pass: p"], "untracked egress": ["default Pass: p"] },
    },
    {
      name: "E4: skip a tier that has no policy in the direction",
      resources: [tier("a", 1), tier("b", 2), policy("a.p", { tier: "a" }), policy("b.p", { tier: "b", types: ["egress"] })],
      expected: { "normal ingress": ["a Deny: a.p"], "normal egress": ["b Deny: b.p"] },
    },
    {
      name: "E3: order tiers by order, with the built-in ones in their places",
      resources: [
        tier("late", 2e7),
        tier("early", 10, "Pass"),
        ...["late", "default", "kube-baseline", "kube-admin", "early"].map((name) => policy(`${name}.p`, { tier: name })),
      ],
      expected: {
        "normal ingress": [
          "early Pass: early.p",
          "kube-admin Pass: kube-admin.p",
          "default Deny: default.p",
          "kube-baseline Pass: kube-baseline.p",
          "late Deny: late.p",
        ],
      },
    },
    {
      name: "R41: cannot have the tier default changed",
      resources: [tier("default", 1, "Pass"), tier("a", 2), policy("p"), policy("a.p", { tier: "a" })],
      expected: { "normal ingress": ["a Deny: a.p", "default Deny: p"] },
    },
    {
      name: "E6: put a missing tier last, and it denies",
      resources: [tier("z", 1e9, "Pass"), policy("a.p", { tier: "a", order: 1 }), policy("z.p", { tier: "z" })],
      expected: { "normal ingress": ["z Pass: z.p", "a Deny: a.p"] },
    },
    {
      name: "E3: order policies inside a tier",
      resources: [policy("c"), policy("b", { order: 2 }), policy("a", { order: 3 }), policy("a-b")],
      expected: { "normal ingress": ["default Deny: b a a-b c"] },
    },
  ];
  for (const { name, resources, expected } of rows) test(name, () => assert.deepEqual(listed(resources), expected));
});

describe("S20: labels that policies select by", () => {
  const rows = [
    { name: "come from a profile", profiles: ["p1"], labels: {}, expected: ["a"] },
    { name: "come from the first profile that has the key", profiles: ["p1", "p2"], labels: {}, expected: ["a"] },
    { name: "follow the endpoint's order of profiles, not the names", profiles: ["p2", "p1"], labels: {}, expected: ["b"] },
    { name: "are the endpoint's own first", profiles: ["p2", "p1"], labels: { from: "own" }, expected: ["own"] },
    { name: "are not given by a missing profile", profiles: ["ghost", "p1"], labels: {}, expected: ["a"] },
    { name: "are not given by a profile that is not listed", profiles: [], labels: {}, expected: [] },
  ];
  const profiles = [profile("p1", { labelsToApply: { from: "a" } }), profile("p2", { labelsToApply: { from: "b", constructor: "b" } })];
  const policies = ["a", "b", "own"].map((from) => policy(from, { selector: `from == '${from}'` }));
  for (const { name, profiles: names, labels, expected } of rows) {
    test(name, () => {
      const result = resolved([...profiles, ...policies, endpoint("id1", { on: "eth0", labels, profiles: names })]);
      assert.deepEqual(
        found(result, "id1").lists.normal.ingress.flatMap((t) => t.policies.map((p) => p.name)),
        expected,
      );
    });
  }
});

describe("profiles", () => {
  const id1 = endpoint("id1", { on: "eth0", profiles: ["open", "ghost", "projectcalico-default-allow"] });
  const mine = profile("projectcalico-default-allow", { ingress: [rule("Deny")] });
  const result = resolved([id1, profile("open", { egress: [rule("Allow"), rule("Deny")] }), mine]);
  const profiles = found(result, "id1").profiles;

  test("keep the endpoint's order", () =>
    assert.deepEqual(
      profiles.map(({ name }) => name),
      id1.profiles,
    ));
  test("E17: a missing one says so and has no rules", () => {
    assert.deepEqual(profiles[1], {
      name: "ghost",
      missing: true,
      ingress: { kind: "Profile", name: "ghost", direction: "ingress", rules: [] },
      egress: { kind: "Profile", name: "ghost", direction: "egress", rules: [] },
    });
  });
  test("R40: the built-in one allows everything, whatever a resource of its name says", () => {
    for (const direction of directions)
      assert.deepEqual(
        profiles[2]?.[direction].rules.map(({ action }) => action),
        ["Allow"],
      );
  });
  test("rules carry their origin", () => {
    assert.deepEqual(
      profiles[0]?.egress.rules.map(({ origin }) => origin),
      [0, 1].map((index) => ({ kind: "Profile", name: "open", direction: "egress", index })),
    );
  });
});

describe("sharing", () => {
  const endpoints = ["a", "b", "c"].map((name) => endpoint(name, { on: name, labels: { name, kind: name === "c" ? "other" : "same" }, profiles: ["open"] }));
  const resources = [
    ...endpoints,
    policy("all", { ingress: [rule("Allow", { from: { selector: "all()" } })] }),
    policy("same", { selector: "kind == 'same'" }),
    profile("open"),
  ];
  const result = resolved(
    resources,
    ["a", "b", "c"].map((name) => link(name)),
  );
  const [a, b, c] = ["a", "b", "c"].map((name) => found(result, name));

  test("endpoints that the same policies select share their lists", () => {
    assert.equal(a?.lists, b?.lists);
    assert.notEqual(a?.lists, c?.lists);
  });
  test("all endpoints share a policy's and a profile's rules", () => {
    assert.equal(a?.lists.normal.ingress[0]?.policies[0], c?.lists.normal.ingress[0]?.policies[0]);
    assert.equal(a?.lists.normal.ingress[0]?.policies[0]?.name, "all");
    assert.equal(a?.profiles[0], c?.profiles[0]);
  });
});

test("sets are only made for rules that a governing endpoint uses", () => {
  const using = policy("using", { selector: "has(here)", ingress: [rule("Allow", { from: { selector: "has(used)" } })] });
  const idle = policy("idle", { selector: "has(there)", ingress: [rule("Allow", { from: { selector: "has(idle)" } })] });
  const half = policy("half", { selector: "has(here)", egress: [rule("Allow", { to: { selector: "has(half)" } })] });
  const shadowed = endpoint("b", { on: "eth0", labels: { there: "" } });
  const result = resolved([using, idle, half, networkSet("n", { idle: "" }, ["10.0.0.0/8"]), endpoint("a", { on: "eth0", labels: { here: "" } }), shadowed]);
  assert.deepEqual([...result.sets.keys()], ["has(used)"]);
});

test("H-t14, H14: an untracked policy on a wildcard is not applied, which lint tells", () => {
  const result = resolved([policy("p", { ...both, list: "untracked" }), endpoint("wild", { on: "*" })]);
  assert.deepEqual(found(result, "wild").lists.untracked, { ingress: [], egress: [] });
});
