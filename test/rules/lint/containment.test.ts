// Whether a rule covers another: as a table, and on random rules against the definition of what a rule matches.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { evaluate } from "../../../rules/explain/evaluate.ts";
import { mismatch } from "../../../rules/explain/matchRule.ts";
import { covers } from "../../../rules/lint/containment.ts";
import { lint } from "../../../rules/lint/lint.ts";
import type { Action, Entity, Ports, Rule } from "../../../rules/model/types.ts";
import { defaultPolicySettings } from "../../../rules/resolve/settings.ts";
import type { Resolved } from "../../../rules/resolve/types.ts";
import { packet } from "../compile/arbitrary.ts";
import { type EntityForm, endpoint, networkSet, policy, prefix, type RuleForm, resolved, rule, selector } from "../resolve/resources.ts";

const to = (form: EntityForm): RuleForm => ({ protocol: 6, to: form });

const rows: readonly (readonly [sentence: string, wide: RuleForm, narrow: RuleForm, covered: boolean])[] = [
  ["anything covers anything", {}, {}, true],
  ["anything covers a protocol", {}, { protocol: 6 }, true],
  ["a protocol does not cover anything", { protocol: 6 }, {}, false],
  ["a protocol does not cover another", { protocol: 6 }, { protocol: 17 }, false],
  ["all but a protocol cover another protocol", { notProtocol: 17 }, { protocol: 6 }, true],
  ["all but a protocol do not cover it", { notProtocol: 17 }, { protocol: 17 }, false],
  ["a family covers the networks of it", { family: 4 }, { from: { nets: ["10.0.0.0/8"] } }, true],
  ["a family does not cover networks of both", { family: 4 }, { from: { nets: ["10.0.0.0/8", "fd00::/8"] } }, false],
  ["two halves cover the whole", { from: { nets: ["10.0.0.0/9", "10.128.0.0/9"] } }, { from: { nets: ["10.0.0.0/8"] } }, true],
  ["a network with a hole does not cover it", { from: { nets: ["10.0.0.0/8"], notNets: ["10.1.0.0/16"] } }, { from: { nets: ["10.0.0.0/8"] } }, false],
  ["beside the hole it does", { from: { nets: ["10.0.0.0/8"], notNets: ["10.1.0.0/16"] } }, { from: { nets: ["10.2.0.0/16"] } }, true],
  ["also with the same hole", { from: { notNets: ["10.1.0.0/16"] } }, { from: { nets: ["10.0.0.0/8"], notNets: ["10.1.0.0/16"] } }, true],
  ["the default route of a family covers that family only", { from: { nets: ["0.0.0.0/0"] } }, {}, false],
  ["both default routes cover everything", { from: { nets: ["0.0.0.0/0", "::/0"] } }, {}, true],
  ["a network is not a selector", { from: { nets: ["10.0.0.0/8"] } }, { from: { selector: "has(a)" } }, false],
  ["a wider selector", { from: { selector: "has(a)" } }, { from: { selector: "a == 'x'" } }, true],
  ["a narrower selector", { from: { selector: "a == 'x'" } }, { from: { selector: "has(a)" } }, false],
  ["all() is every known address, not every one", { from: { selector: "all()" } }, {}, false],
  ["fewer excluded", { from: { notSelector: "a == 'x'" } }, { from: { notSelector: "has(a)" } }, true],
  ["more excluded", { from: { notSelector: "has(a)" } }, { from: { notSelector: "a == 'x'" } }, false],
  ["an address may belong to two peers", { from: { notSelector: "has(a)" } }, { from: { selector: "!has(a)" } }, false],
  ["also if the selected peers are none of those", { from: { notSelector: "a == 'x'" } }, { from: { selector: "has(b)", notSelector: "a == 'x'" } }, false],
  ["more ports", to({ ports: [80, 443] }), to({ ports: [443] }), true],
  ["another side's ports", to({ ports: [80] }), { protocol: 6, from: { ports: [80] } }, false],
  ["fewer ports", to({ ports: [443] }), to({ ports: [80, 443] }), false],
  ["ports that are not excluded", to({ notPorts: [22] }), to({ ports: [80] }), true],
  ["ports that are excluded", to({ notPorts: [80] }), to({ ports: [80] }), false],
  ["named ports, which may be the ones that are excluded", to({ notPorts: [80] }), to({ ports: ["web"] }), false],
  ["excluded by both", to({ notPorts: [80] }), to({ notPorts: [80, 81] }), true],
  ["the same named port", to({ ports: ["web"] }), to({ ports: ["web"] }), true],
  ["a named port of fewer peers", to({ ports: ["web"], selector: "has(a)" }), to({ ports: ["web"] }), false],
  ["a named port of more peers", to({ ports: ["web"] }), to({ ports: ["web"], selector: "has(a)" }), true],
  ["a named port is no number", to({ ports: [80] }), to({ ports: ["web"] }), false],
  ["a named port of one protocol", to({ ports: ["web"] }), { to: { ports: ["web"] } }, false],
  ["a named port excluded", to({ notPorts: ["web"] }), to({ ports: [80] }), false],
  ["a type covers its codes", { protocol: 1, icmp: { type: 3, code: undefined } }, { protocol: 1, icmp: { type: 3, code: 4 } }, true],
  ["a code does not cover the type", { protocol: 1, icmp: { type: 3, code: 4 } }, { protocol: 1, icmp: { type: 3, code: undefined } }, false],
  ["all but a type cover another type", { notIcmp: { type: 3, code: undefined } }, { protocol: 1, icmp: { type: 8, code: undefined } }, true],
  ["all but a code do not cover its type", { notIcmp: { type: 3, code: 4 } }, { protocol: 1, icmp: { type: 3, code: undefined } }, false],
  ["all but a type of ICMP cover TCP", { notIcmp: { type: 3, code: undefined } }, { protocol: 6 }, true],
];

describe("one rule covers another", () => {
  for (const [sentence, wide, narrow, covered] of rows) {
    test(`${sentence}: ${covered ? "yes" : "no"}`, () => assert.equal(covers(rule("Allow", wide), rule("Deny", narrow)), covered));
  }
});

/** The world of test/rules/compile/arbitrary.ts, whose packets are used: addresses from 10.0.0.0 and fd00:: on, ports 1 to 6. */
const cidr = fc.constantFrom(
  "10.0.0.0/29",
  "10.0.0.0/30",
  "10.0.0.4/30",
  "10.0.0.2/31",
  "10.0.0.1/32",
  "0.0.0.0/0",
  "fd00::/125",
  "fd00::4/126",
  "fd00::1/128",
  "::/0",
);
const selectorText = fc.constantFrom(
  "all()",
  "has(a)",
  "a == 'x'",
  "a in {'x', 'y'}",
  "!has(a)",
  "a != 'x'",
  "has(b) && a == 'x'",
  "a == 'x' || has(b)",
  "b == 'z'",
);
const ports: fc.Arbitrary<Ports> = fc
  .record({ ranges: fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(3)), { maxLength: 2 }), names: fc.subarray(["web", "dns"]) })
  .map(({ ranges, names }) => ({ ranges: ranges.map(([from, size]) => ({ from, to: from + size })), names }))
  .filter(({ ranges, names }) => ranges.length + names.length > 0);
const seldom = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 1 });
const rarely = <T>(value: fc.Arbitrary<T>) => fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const nets = fc.uniqueArray(cidr, { minLength: 1, maxLength: 3 }).map((texts) => texts.map(prefix));
const side: fc.Arbitrary<Entity> = fc
  .record({
    nets: rarely(nets),
    notNets: rarely(nets),
    ports: rarely(ports),
    notPorts: rarely(ports),
    selector: rarely(selectorText),
    notSelector: rarely(selectorText),
  })
  .map(({ selector: positive, notSelector: negative, ...rest }) => ({
    ...rule("Allow").source,
    ...rest,
    selector: parsed(positive),
    notSelector: parsed(negative),
  }));
const icmp = fc.record({ type: fc.constantFrom(0, 3, 128), code: seldom(fc.nat(1)) });
const protocol = fc.constantFrom(1, 6, 17, 58);
const anyRule: fc.Arbitrary<Rule> = fc
  .record({
    action: fc.constantFrom<Action>("Allow", "Deny", "Pass", "Log"),
    family: rarely(fc.constantFrom(4, 6)),
    protocol: seldom(protocol),
    notProtocol: rarely(protocol),
    icmp: rarely(icmp),
    notIcmp: rarely(icmp),
    source: side,
    destination: side,
  })
  .map((drawn) => ({ ...rule("Allow"), ...drawn }));

function parsed(text: string | undefined) {
  return text === undefined ? undefined : selector(text);
}

const web = (name: string, protocolOfPort: number, port: number) => ({ name, protocol: protocolOfPort, port });
const peers = [
  networkSet("x", { a: "x" }, ["10.0.0.0/31", "fd00::/127"]),
  networkSet("y", { a: "y", b: "z" }, ["10.0.0.1", "10.0.0.2/31", "fd00::4/127"]),
  networkSet("xb", { a: "x", b: "q" }, ["10.0.0.5", "fd00::5"]),
  networkSet("none", {}, ["10.0.0.1", "10.0.0.6", "fd00::6"]),
  endpoint("h1", {
    node: "host2",
    on: "eth0",
    ips: ["10.0.0.1", "fd00::1"],
    labels: { a: "x" },
    ports: [web("web", 6, 1), web("dns", 17, 2), web("dns", 6, 2)],
  }),
  endpoint("h2", { node: "host3", on: "eth0", ips: ["10.0.0.3", "fd00::3"], labels: { b: "z" }, ports: [web("web", 6, 3), web("web", 17, 3)] }),
];

function hostWith(ingress: readonly Rule[]): Resolved {
  const allowed = ["projectcalico-default-allow"];
  return resolved([...peers, endpoint("host", { on: "eth0", labels: { own: "" }, profiles: allowed }), policy("p", { selector: "has(own)", ingress })]);
}

describe("random rules", () => {
  test("what a rule covers, it matches", () => {
    const seen = { covered: 0, matched: 0 };
    fc.assert(
      fc.property(anyRule, anyRule, fc.array(packet, { minLength: 12, maxLength: 12 }), (one, other, packets) => {
        // A rule widened or left alone covers the other more often than two drawn apart.
        for (const [wide, narrow] of [
          [one, other],
          [loosened(one, other), other],
        ] as const) {
          if (!covers(wide, narrow)) continue;
          seen.covered++;
          const host = hostWith([wide, narrow]);
          const [first, second] = host.endpoints[0]?.lists.normal.ingress[0]?.policies[0]?.rules ?? [];
          assert(first !== undefined && second !== undefined);
          for (const sent of packets) {
            if (mismatch(second, sent, host.sets) !== undefined) continue;
            seen.matched++;
            assert.equal(mismatch(first, sent, host.sets), undefined);
          }
        }
      }),
      { numRuns: 1000 },
    );
    assert(seen.covered > 200 && seen.matched > 200, JSON.stringify(seen));
  });

  test("a rule that lint calls shadowed can be left out: no packet has another verdict, or another rule that decides", () => {
    const seen = { shadowed: 0, packets: 0 };
    const mixed = fc.oneof({ weight: 1, arbitrary: anyRule }, { weight: 1, arbitrary: fc.constant(rule("Allow", { protocol: 6 })) });
    fc.assert(
      fc.property(fc.array(mixed, { minLength: 2, maxLength: 6 }), fc.array(packet, { minLength: 30, maxLength: 30 }), (rules, packets) => {
        const shadowed = shadowedIn(rules);
        if (shadowed.size === 0) return;
        seen.shadowed += shadowed.size;
        const whole = hostWith(rules);
        const rest = hostWith(rules.filter((_, index) => !shadowed.has(index)));
        const kept = [...rules.keys()].filter((index) => !shadowed.has(index));
        for (const sent of packets.filter(({ in: arrives, out }) => arrives !== undefined && out === undefined)) {
          seen.packets++;
          const local = { ...sent, in: "eth0" };
          const [before, after] = [evaluate(whole, local), evaluate(rest, local)];
          assert.equal(after.verdict, before.verdict);
          const [byBefore, byAfter] = [before.decidedBy, after.decidedBy];
          if (byAfter?.kind === "GlobalNetworkPolicy") assert.equal(kept[byAfter.index ?? -1], byBefore?.index);
          else assert.deepEqual(byAfter, byBefore);
        }
      }),
      { numRuns: 150 },
    );
    assert(seen.shadowed > 50 && seen.packets > 300, JSON.stringify(seen));
  });
});

/** Some of the rule's conditions, the rest as the other has them. */
function loosened(one: Rule, other: Rule): Rule {
  return {
    ...other,
    action: one.action,
    protocol: one.protocol === other.protocol ? one.protocol : undefined,
    source: rule("Allow").source,
    notIcmp: one.notIcmp,
  };
}

function shadowedIn(ingress: readonly Rule[]): ReadonlySet<number> {
  const resources = [...peers, endpoint("host", { on: "eth0", labels: { own: "" } }), policy("p", { selector: "has(own)", ingress })];
  const found = lint({ node: undefined, resolved: undefined, ssh: { port: 22, client: undefined }, resources, settings: defaultPolicySettings });
  const fields = found.filter(({ code }) => code === "rule-shadowed").map(({ field }) => Number(/\[(\d+)\]/.exec(field ?? "")?.[1]));
  return new Set(fields);
}
