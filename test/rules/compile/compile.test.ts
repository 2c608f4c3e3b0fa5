// The chains around the rules: hooks, dispatch, endpoints, tiers, profiles, failsafes, and what two endpoints share. Each test is a point of semantics
// 3 or 4, or a decision of section 0. Verdicts are semantics.test.ts's; here it is how they come about.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compile } from "../../../rules/compile/compile.ts";
import { simulate } from "../../../rules/explain/simulate.ts";
import type { Step } from "../../../rules/explain/types.ts";
import type { Resource } from "../../../rules/model/types.ts";
import type { PolicySettings, Resolved } from "../../../rules/resolve/types.ts";
import { checkRuleset } from "../../../rules/ruleset/check.ts";
import { printElements, printEntry, printRule, printRuleset } from "../../../rules/ruleset/print.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { endpoint, link, networkSet, policy, prefix, profile, resolved, rule, tier } from "../resolve/resources.ts";
import * as arbitrary from "./arbitrary.ts";

const links = [link("lo"), link("eth0"), link("eth1")];

function compiled(resources: readonly Resource[], settings: Partial<PolicySettings> = {}): Ruleset {
  const ruleset = compile(resolved(resources, links, settings));
  assert.deepEqual(checkRuleset(ruleset), []);
  return ruleset;
}

/** The rules of a chain without their comments; digests in names are left out. */
function rulesOf(ruleset: Ruleset, name: string): readonly string[] {
  const chain = ruleset.chains.find((candidate) => candidate.name === name || candidate.name.replace(digest, "") === name);
  assert(chain !== undefined, `no chain ${name} among ${ruleset.chains.map((candidate) => candidate.name).join(" ")}`);
  return chain.rules.map((one) =>
    printRule(one)
      .replace(/ comment ".*"$/, "")
      .replace(digest, ""),
  );
}

const digest = /-[a-z2-7]{20}(?= |$)/;

function entriesOf(ruleset: Ruleset, name: string): readonly string[] {
  const map = ruleset.maps.find((candidate) => candidate.name === name);
  assert(map !== undefined, `no map ${name}`);
  return map.entries.map((entry) => printEntry(map.types, entry));
}

function elementsOf(ruleset: Ruleset, name: string): readonly string[] {
  const set = ruleset.sets.find((candidate) => candidate.name === name);
  assert(set !== undefined, `no set ${name}`);
  return printElements(set);
}

const established = "ct state established,related accept";
const invalid = "ct state invalid counter drop";
const allowAll = profile("open", { ingress: [rule("Allow")], egress: [rule("Allow")] });

describe("the base chains", () => {
  test("stand without any endpoint, at priorities of their own (G46), with policy accept (Hole A)", () => {
    const base = compiled([]).chains.filter((chain) => chain.kind === "base");
    assert.deepEqual(
      base.map(({ name, hook, priority }) => [name, hook, priority]),
      [
        ["forward-in", "forward", 5],
        ["forward-out", "forward", 6],
        ["input", "input", 5],
        ["output", "output", 5],
        ["postrouting", "postrouting", -160],
      ],
    );
  });

  test("without any endpoint only workloads are judged", () => {
    const ruleset = compiled([]);
    assert.deepEqual(rulesOf(ruleset, "input"), [established, 'iifname "cali*" goto workload-to-host', "iifname vmap @ingress"]);
    assert.deepEqual(rulesOf(ruleset, "output"), [established, "ct status dnat return", "goto egress"]);
    assert.deepEqual(rulesOf(ruleset, "postrouting"), ["iif 0 ct status dnat ct state new goto egress"]);
    assert.deepEqual(rulesOf(ruleset, "egress"), ['oifname "cali*" counter accept', "oifname vmap @egress"]);
    assert.deepEqual([entriesOf(ruleset, "ingress"), entriesOf(ruleset, "egress")], [[], []]);
  });

  test("an interface leads to its endpoint by the map, every other one to the wildcard", () => {
    const ruleset = compiled([endpoint("any", { on: "*" }), endpoint("named", { on: "eth0" })]);
    assert.deepEqual(entriesOf(ruleset, "ingress"), ['"eth0" : goto ep-in-named']);
    assert.deepEqual(entriesOf(ruleset, "egress"), ['"eth0" : goto ep-out-named']);
    assert.deepEqual(rulesOf(ruleset, "input").slice(-3), ["iifname vmap @ingress", 'iifname "lo" counter accept', "goto ep-in-any"]);
    assert.deepEqual(rulesOf(ruleset, "egress").slice(-3), ["oifname vmap @egress", 'oifname "lo" counter accept', "goto ep-out-any"]);
  });

  test("one endpoint on two interfaces is one chain (H9)", () => {
    const both = compile(resolved([endpoint("both", { ips: ["10.0.0.1", "10.0.1.1"] })], [link("eth1", ["10.0.1.1"]), link("eth0", ["10.0.0.1"])]));
    assert.deepEqual(entriesOf(both, "ingress"), ['"eth0" : goto ep-in-both', '"eth1" : goto ep-in-both']);
  });

  test("policeLoopback leaves lo to the wildcard (section 0 row 3)", () => {
    const ruleset = compiled([endpoint("any", { on: "*" })], { policeLoopback: true });
    assert.deepEqual(rulesOf(ruleset, "input").slice(-2), ["iifname vmap @ingress", "goto ep-in-any"]);
  });

  test("an endpoint that names lo comes before the exemption (section 0 row 3)", () => {
    const ruleset = compiled([endpoint("any", { on: "*" }), endpoint("loop", { on: "lo" })]);
    assert.deepEqual(entriesOf(ruleset, "ingress"), ['"lo" : goto ep-in-loop']);
    assert.deepEqual(rulesOf(ruleset, "input").slice(-3), ["iifname vmap @ingress", 'iifname "lo" counter accept', "goto ep-in-any"]);
  });

  test("several workload prefixes are a rule each, none is no rule", () => {
    const workloads = (interfacePrefix: readonly string[]) => rulesOf(compiled([], { interfacePrefix }), "input").filter((text) => text.includes("goto"));
    assert.deepEqual(workloads(["tap", "cali", "tap"]), ['iifname "cali*" goto workload-to-host', 'iifname "tap*" goto workload-to-host']);
    assert.deepEqual(workloads([]), []);
  });
});

describe("workload to host", () => {
  const rows = [
    ["Drop", "counter drop"],
    ["Return", "counter accept"],
    ["Accept", "counter accept"],
  ] as const;
  for (const [action, last] of rows) {
    test(`${action} comes after the neighbours' ICMPv6 (3.7, P56)`, () => {
      const ruleset = compiled([], { endpointToHostAction: action });
      assert.deepEqual(rulesOf(ruleset, "workload-to-host"), ["icmpv6 type @workload-neighbours counter accept", last]);
    });
  }
});

describe("an endpoint's chain", () => {
  test("has nothing but the built-in steps and the final deny without policy and profile (E15)", () => {
    const ruleset = compiled([endpoint("bare", { on: "eth0" })]);
    assert.deepEqual(rulesOf(ruleset, "ep-in-bare"), [invalid, "jump essentials", "jump failsafe-in", "counter drop"]);
    assert.deepEqual(rulesOf(ruleset, "ep-out-bare"), [invalid, "jump essentials", "jump failsafe-out", "counter drop"]);
  });

  test("goes through tiers in order, then profiles in order, then denies (4.2)", () => {
    const ruleset = compiled([
      endpoint("full", { on: "eth0", profiles: ["open", "closed"] }),
      allowAll,
      profile("closed", { ingress: [rule("Deny")] }),
      tier("late", 2e6),
      tier("early", 1),
      ...["late", "early", "default"].map((name) => policy(`in-${name}`, { tier: name, ingress: [rule("Allow", { protocol: 6 })] })),
    ]);
    const [first, ...rest] = rulesOf(ruleset, "ep-in-full").slice(3);
    assert.deepEqual(
      [first, ...rest],
      ["jump tier-in-early/full", "jump tier-in-default/full", "jump tier-in-late/full", "jump profile-in-open", "jump profile-in-closed", "counter drop"],
    );
  });

  test("policy in one direction leaves the other to the profiles (E14)", () => {
    const ruleset = compiled([endpoint("one", { on: "eth0", profiles: ["open"] }), allowAll, policy("p", { ingress: [rule("Deny")] })]);
    assert.deepEqual(rulesOf(ruleset, "ep-out-one").slice(3), ["jump profile-out-open", "counter drop"]);
  });

  test("a missing profile denies in its place, and what follows is not there (E17)", () => {
    const ruleset = compiled([endpoint("gap", { on: "eth0", profiles: ["open", "gone", "other"] }), allowAll, profile("other", { ingress: [rule("Allow")] })]);
    assert.deepEqual(rulesOf(ruleset, "ep-in-gap").slice(3), ["jump profile-in-open", "counter drop"]);
    const last = ruleset.chains.find(({ name }) => name === "ep-in-gap")?.rules.at(-1);
    assert.deepEqual(last?.origin, { kind: "Profile", name: "gone", direction: "ingress", note: "missing profile" });
    assert(!ruleset.chains.some(({ name }) => name === "profile-in-other"));
  });

  test("a profile without rules is no jump (E18)", () => {
    const ruleset = compiled([endpoint("e", { on: "eth0", profiles: ["empty"] }), profile("empty")]);
    assert.deepEqual(rulesOf(ruleset, "ep-in-e").slice(3), ["counter drop"]);
  });

  test("without failsafes and essentials there is no jump to them", () => {
    const ruleset = compiled([endpoint("e", { on: "eth0" })], { failsafeInbound: [], allowEssentials: false });
    assert.deepEqual(rulesOf(ruleset, "ep-in-e"), [invalid, "counter drop"]);
    assert.deepEqual(rulesOf(ruleset, "ep-out-e"), [invalid, "jump failsafe-out", "counter drop"]);
  });
});

describe("essentials and failsafes", () => {
  test("essentials are MLD from anywhere and neighbour discovery from the link (section 0 row 4)", () => {
    const ruleset = compiled([endpoint("e", { on: "eth0" })]);
    assert.deepEqual(rulesOf(ruleset, "essentials"), ["icmpv6 type @essentials-mld counter accept", "icmpv6 type 133-136 ip6 hoplimit 255 counter accept"]);
    assert.deepEqual(elementsOf(ruleset, "essentials-mld"), ["mld-listener-query", "mld-listener-report", "mld-listener-done", "mld2-listener-report"]);
  });

  test("failsafes without a network are one set, also a single one (R50)", () => {
    const ruleset = compiled([endpoint("e", { on: "eth0" })], { failsafeInbound: [{ protocol: 6, port: 22, net: undefined }] });
    assert.deepEqual(rulesOf(ruleset, "failsafe-in"), ["meta l4proto . th dport @failsafe-in counter accept"]);
    assert.deepEqual(elementsOf(ruleset, "failsafe-in"), ["tcp . 22"]);
  });

  test("failsafes with a network ask for the peer: the source inbound, the destination outbound (R50)", () => {
    const nets = ["10.0.0.0/8", "fd00::1", "0.0.0.0/0"].map((text) => ({ protocol: 17, port: 68, net: prefix(text) }));
    const ruleset = compiled([endpoint("e", { on: "eth0" })], { failsafeInbound: nets, failsafeOutbound: [...nets.toReversed(), ...nets] });
    assert.deepEqual(rulesOf(ruleset, "failsafe-in"), [
      "udp dport 68 meta nfproto ipv4 counter accept",
      "udp dport 68 ip saddr 10.0.0.0/8 counter accept",
      "udp dport 68 ip6 saddr fd00::1 counter accept",
    ]);
    assert.deepEqual(
      rulesOf(ruleset, "failsafe-out"),
      rulesOf(ruleset, "failsafe-in").map((text) => text.replace("saddr", "daddr")),
    );
  });
});

describe("tiers and policies", () => {
  const inTier = (rules: Parameters<typeof policy>[1], defaultAction: "Deny" | "Pass" = "Deny") =>
    compiled([endpoint("e", { on: "eth0" }), tier("t", 1, defaultAction), policy("p", { tier: "t", ...rules })]);

  test("a policy without Pass is a chain of its own, and the tier ends with its deny (E11)", () => {
    const ruleset = inTier({ ingress: [rule("Allow", { protocol: 6 }), rule("Deny")] });
    assert.deepEqual(rulesOf(ruleset, "tier-in-t/e"), ["jump pol-in-p", "counter drop"]);
    assert.deepEqual(rulesOf(ruleset, "pol-in-p"), ["meta l4proto tcp counter accept", "counter drop"]);
  });

  test("a policy with Pass is written into the tier, where return leaves it", () => {
    const ruleset = inTier({ ingress: [rule("Pass", { protocol: 6 }), rule("Deny", { protocol: 17 })] });
    assert.deepEqual(rulesOf(ruleset, "tier-in-t/e"), ["meta l4proto tcp counter return", "meta l4proto udp counter drop", "counter drop"]);
  });

  test("a tier with default action Pass has no end", () => {
    assert.deepEqual(rulesOf(inTier({ ingress: [rule("Allow", { protocol: 6 })] }, "Pass"), "tier-in-t/e"), ["jump pol-in-p"]);
  });

  test("a policy without rules only makes its tier deny (E11)", () => {
    assert.deepEqual(rulesOf(inTier({ ingress: [] }), "tier-in-t/e"), ["counter drop"]);
  });

  test("Log goes on, with its prefix (M50)", () => {
    assert.deepEqual(rulesOf(inTier({ ingress: [rule("Log"), rule("Allow")] }), "pol-in-p"), [
      'counter log prefix "calico-packet: " level info',
      "counter accept",
    ]);
  });

  test("Pass in a profile ends that profile (E16)", () => {
    const ruleset = compiled([endpoint("e", { on: "eth0", profiles: ["p"] }), profile("p", { ingress: [rule("Pass", { protocol: 6 }), rule("Allow")] })]);
    assert.deepEqual(rulesOf(ruleset, "profile-in-p"), ["meta l4proto tcp counter return", "counter accept"]);
  });
});

describe("what is shared", () => {
  const labels = { role: "web" };
  const web = { selector: "role == 'web'" };

  test("endpoints with equal lists share the tier's chain", () => {
    const ruleset = compiled([endpoint("a", { on: "eth0" }), endpoint("b", { on: "eth1" }), policy("p", { ingress: [rule("Allow")] })]);
    assert.equal(ruleset.chains.filter(({ name }) => name.startsWith("tier-in-default")).length, 1);
  });

  test("endpoints with other lists have other tiers' chains, but share the policy's", () => {
    const own = policy("own", { ...web, ingress: [rule("Allow")] });
    const ruleset = compiled([endpoint("a", { on: "eth0", labels }), endpoint("b", { on: "eth1" }), own, policy("all", { ingress: [rule("Deny")] })]);
    assert.equal(ruleset.chains.filter(({ name }) => name.startsWith("tier-in-default")).length, 2);
    assert.equal(ruleset.chains.filter(({ name }) => name === "pol-in-all").length, 1);
  });

  test("equal selectors are one set, and a set's name does not change with its members while they are single addresses", () => {
    const uses = ["a", "b"].map((name) => policy(name, { ingress: [rule("Allow", { from: { selector: "role == 'web'" } })] }));
    const names = (ips: readonly string[]) =>
      compiled([endpoint("e", { on: "eth0" }), ...uses, endpoint("peer", { node: "x", ips, labels })]).sets.map(({ name }) => name);
    assert.deepEqual(names(["10.0.0.1"]), names(["10.0.0.2", "10.0.0.3", "fd00::1"]));
    assert.equal(names(["10.0.0.1"]).filter((name) => name.startsWith("sel4")).length, 1);
  });

  test("the name of a set with networks does not change with them either; that there are networks shows", () => {
    const uses = policy("p", { ingress: [rule("Allow", { from: { selector: "place == 'x'" } })] });
    const nameOf = (nets: readonly string[]) =>
      compiled([endpoint("e", { on: "eth0" }), uses, networkSet("n", { place: "x" }, nets)]).sets.find(({ comment }) => comment.endsWith("(IPv4)"))?.name ?? "";
    assert.match(nameOf(["10.0.0.0/8"]), /^sel4i-[a-z2-7]{20}$/);
    assert.equal(nameOf(["10.0.0.0/8"]), nameOf(["10.0.0.0/9", ...Array.from({ length: 200 }, (_, at) => `192.0.2.${at}`)]));
    assert.match(nameOf(["10.0.0.1"]), /^sel4-[a-z2-7]{20}$/);
  });

  test("the name of a named port's set does not change with its members, and tells the question", () => {
    const uses = (name: string) => policy("p", { ingress: [rule("Allow", { protocol: 6, to: { ports: [name] } })] });
    const nameOf = (name: string, port: number) =>
      compiled([endpoint("e", { on: "eth0", ips: ["10.0.0.1"], ports: [{ name: "web", protocol: 6, port }] }), uses(name)]).sets.find((set) =>
        set.name.startsWith("named4-"),
      )?.name;
    assert.equal(nameOf("web", 80), nameOf("web", 81));
    assert.notEqual(nameOf("web", 80), nameOf("dns", 80));
  });

  test("a tier's chain keeps its name when policies come and go, and is called after the first endpoint that sees it so", () => {
    const hosts = [endpoint("b", { on: "eth1" }), endpoint("a", { on: "eth0" })];
    const tiersOf = (...policies: readonly Resource[]) =>
      compiled([...hosts, ...policies])
        .chains.map(({ name }) => name)
        .filter((name) => name.startsWith("tier-"));
    const [p, q] = [policy("p", { ingress: [rule("Allow")] }), policy("q", { ingress: [rule("Deny")] })];
    assert.deepEqual(tiersOf(p), ["tier-in-default/a"]);
    assert.deepEqual(tiersOf(p, q), ["tier-in-default/a"]);
    assert.deepEqual(tiersOf(p, { ...q, applyOnForward: true }), ["tier-fwd-in-default/a", "tier-in-default/a"]);
    assert.deepEqual(
      tiersOf({ ...p, applyOnForward: true }, { ...q, applyOnForward: true }),
      ["tier-in-default/a"],
      "the same policies in both lists are one chain",
    );
  });

  test("equal lists of different rules are one set", () => {
    const ports = () => rule("Allow", { protocol: 6, to: { ports: [80, 443] } });
    const ruleset = compiled([endpoint("e", { on: "eth0" }), policy("a", { ingress: [ports()] }), policy("b", { ingress: [ports()] })]);
    assert.equal(ruleset.sets.filter(({ name }) => name.startsWith("port")).length, 1);
  });
});

describe("deny action Reject (section 0 row 14)", () => {
  const resources = [endpoint("e", { on: "eth0" }), policy("p", { types: ["ingress", "egress"] as const, egress: [rule("Deny", { protocol: 6 })] })];

  test("is one chain that answers, and a copy that drops for postrouting (G20)", () => {
    const ruleset = compiled(resources, { denyAction: "Reject" });
    assert.deepEqual(rulesOf(ruleset, "rejected"), ["meta l4proto tcp reject with tcp reset", "reject with icmpx admin-prohibited"]);
    assert.deepEqual(rulesOf(ruleset, "pol-rejout-p"), ["meta l4proto tcp counter goto rejected"]);
    assert.deepEqual(rulesOf(ruleset, "pol-out-p"), ["meta l4proto tcp counter drop"]);
    assert.deepEqual(rulesOf(ruleset, "ep-in-e").slice(0, 1), [invalid]);
    assert.deepEqual(rulesOf(ruleset, "output").slice(-1), ["goto egress-reject"]);
    assert.deepEqual(entriesOf(ruleset, "egress-reject"), ['"eth0" : goto ep-rejout-e']);
    assert.deepEqual(rulesOf(ruleset, "postrouting"), ["iif 0 ct status dnat ct state new goto egress"]);
    assert.deepEqual(entriesOf(ruleset, "egress"), ['"eth0" : goto ep-out-e']);
  });

  test("with Drop both hooks share the chains", () => {
    const names = compiled(resources).chains.map(({ name }) => name);
    assert.deepEqual(
      names.filter((name) => name.includes("rej")),
      [],
    );
  });
});

describe("every ruleset", () => {
  test("is the same to the byte whatever the order of what it is made from", () => {
    const shuffled = (policyOf: Resolved): fc.Arbitrary<Resolved> => {
      const { settings } = policyOf;
      const orders = {
        endpoints: mixed(policyOf.endpoints),
        sets: mixed([...policyOf.sets]),
        inbound: mixed(settings.failsafeInbound),
        prefixes: mixed(settings.interfacePrefix),
      };
      return fc.record(orders).map(({ endpoints, sets, inbound, prefixes }) => ({
        ...policyOf,
        endpoints,
        sets: new Map(sets),
        settings: { ...settings, failsafeInbound: inbound, interfacePrefix: prefixes },
      }));
    };
    fc.assert(
      fc.property(
        arbitrary.resolved.chain((one) => fc.tuple(fc.constant(one), shuffled(one))),
        ([one, other]) => {
          assert.deepEqual(compile(other), compile(one));
          assert.equal(printRuleset(compile(other)), printRuleset(compile(one)));
        },
      ),
      { numRuns: 100 },
    );
  });

  test("lets a packet meet each rule of a policy at most once in a base chain, so that a Log rule logs it once there", () => {
    fc.assert(
      fc.property(arbitrary.resolved, fc.array(arbitrary.packet, { minLength: 1, maxLength: 30, size: "max" }), (one, packets) => {
        const ruleset = compile(one);
        for (const packet of packets) {
          for (const base of simulate(ruleset, packet).path) {
            const met = originsOf(base);
            assert.equal(new Set(met).size, met.length, met.join("\n"));
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

function mixed<T>(list: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...list], { minLength: list.length });
}

/** The policy rules of a path. */
function originsOf({ origin, steps }: Step): readonly string[] {
  const own = origin?.index === undefined ? [] : [JSON.stringify(origin)];
  return [...own, ...steps.flatMap(originsOf)];
}
