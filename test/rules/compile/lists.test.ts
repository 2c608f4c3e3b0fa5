// The chains of forward, pre-DNAT and untracked policy, the mark between hooks, and what settings change around them: which stand when, and
// what is in them. Verdicts are semantics.test.ts's.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compile } from "../../../rules/compile/compile.ts";
import type { Policy, Resource } from "../../../rules/model/types.ts";
import type { PolicySettings } from "../../../rules/resolve/types.ts";
import { checkRuleset } from "../../../rules/ruleset/check.ts";
import { printElements, printEntry, printRule } from "../../../rules/ruleset/print.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { endpoint, link, policy, prefix, resolved, rule } from "../resolve/resources.ts";

const links = [link("lo"), link("eth0"), link("eth1")];

function compiled(resources: readonly Resource[], settings: Partial<PolicySettings> = {}): Ruleset {
  const ruleset = compile(resolved(resources, links, settings));
  assert.deepEqual(checkRuleset(ruleset), []);
  return ruleset;
}

const digest = /-[a-z2-7]{20}(?= |$)/;

/** The rules of a chain without comments and digests. */
function rulesOf(ruleset: Ruleset, name: string): readonly string[] {
  const chain = ruleset.chains.find((candidate) => candidate.name.replace(digest, "") === name);
  assert(chain !== undefined, `no chain ${name} among ${ruleset.chains.map((candidate) => candidate.name).join(" ")}`);
  return chain.rules.map((one) =>
    printRule(one)
      .replace(/ comment ".*"$/, "")
      .replace(digest, ""),
  );
}

function entriesOf(ruleset: Ruleset, name: string): readonly string[] {
  const map = ruleset.maps.find((candidate) => candidate.name === name);
  assert(map !== undefined, `no map ${name}`);
  return map.entries.map((entry) => printEntry(map.types, entry));
}

const baseChains = ({ chains }: Ruleset) => chains.filter(({ kind }) => kind === "base").map(({ name }) => name);
const always = ["forward-in", "forward-out", "input", "output", "postrouting"];

const named = endpoint("named", { on: "eth0" });
const wildcard = endpoint("any", { on: "*" });
const early = (list: Policy["list"], form: Parameters<typeof policy>[1] = {}) =>
  policy(list.toLowerCase(), { list, applyOnForward: true, ingress: [rule("Allow", { protocol: 6 }), rule("Deny")], ...form });
const untracked = early("untracked");
const preDNAT = early("preDNAT");

const established = "ct state established,related accept";
const clear = "meta mark set meta mark & 0xfffeffff";
const spare = "meta mark & 0x10000 != 0 return";
const set = "meta mark set meta mark & 0xfffeffff | 0x10000";

describe("which base chains stand", () => {
  const rows: readonly (readonly [title: string, resources: readonly Resource[], more: readonly string[]])[] = [
    ["those of normal and forward policy always", [], []],
    ["no others for normal and forward policy", [named, policy("p", { applyOnForward: true })], []],
    ["one before DNAT while an endpoint has pre-DNAT policy", [named, preDNAT], ["pre-dnat"]],
    ["also where only the wildcard has", [wildcard, preDNAT], ["pre-dnat"]],
    ["two before conntrack while a named endpoint has untracked policy", [named, untracked], ["raw-in", "raw-out"]],
    ["none for the wildcard's untracked policy (H14)", [wildcard, untracked], []],
    ["all of them for both", [named, untracked, preDNAT], ["pre-dnat", "raw-in", "raw-out"]],
    ["none for policy that selects no endpoint", [named, early("untracked", { selector: "has(x)" }), early("preDNAT", { selector: "has(x)" })], []],
  ];
  for (const [title, resources, more] of rows) {
    test(title, () => assert.deepEqual(baseChains(compiled(resources)), [...always, ...more].sort()));
  }

  test("before conntrack, and between conntrack and DNAT (3.0, G46)", () => {
    const base = compiled([named, untracked, preDNAT]).chains.filter((chain) => chain.kind === "base");
    const at = (name: string) => base.flatMap((chain) => (chain.name === name ? [chain.hook, chain.priority] : []));
    assert.deepEqual(
      [at("raw-in"), at("raw-out"), at("pre-dnat")],
      [
        ["prerouting", -310],
        ["output", -310],
        ["prerouting", -160],
      ],
    );
  });
});

describe("the mark (section 0 row 20)", () => {
  const marks = (ruleset: Ruleset) => ruleset.chains.flatMap(({ name }) => rulesOf(ruleset, name.replace(digest, ""))).filter((text) => text.includes("mark"));

  test("is in no rule without untracked and pre-DNAT policy", () => {
    assert.deepEqual(marks(compiled([wildcard, named, policy("p", { applyOnForward: true, ingress: [rule("Allow")] })])), []);
  });

  test("is cleared by the first chain of either way in, and asked for where policy has spoken before (G17)", () => {
    const ruleset = compiled([named, untracked, preDNAT]);
    assert.deepEqual(rulesOf(ruleset, "raw-in"), [clear, "iifname vmap @raw-in"]);
    assert.deepEqual(rulesOf(ruleset, "raw-out"), [clear, "oifname vmap @raw-out"]);
    assert.deepEqual(rulesOf(ruleset, "pre-dnat"), [established, spare, "iifname vmap @pre-dnat"]);
    assert.deepEqual(rulesOf(ruleset, "input"), [established, 'iifname "cali*" goto workload-to-host', spare, "iifname vmap @ingress"]);
    assert.deepEqual(rulesOf(ruleset, "forward-in"), [established, spare, "iifname vmap @forward-in"]);
    assert.deepEqual(rulesOf(ruleset, "forward-out"), [established, "oifname vmap @forward-out"]);
    assert.deepEqual(rulesOf(ruleset, "egress"), ['oifname "cali*" counter accept', spare, "oifname vmap @egress"]);
  });

  test("of pre-DNAT policy alone is cleared where it is set, and means nothing to what leaves", () => {
    const ruleset = compiled([named, preDNAT]);
    assert.deepEqual(rulesOf(ruleset, "pre-dnat"), [clear, established, "iifname vmap @pre-dnat"]);
    assert.deepEqual(rulesOf(ruleset, "egress"), ['oifname "cali*" counter accept', "oifname vmap @egress"]);
  });

  test("is the lowest bit of nftablesMarkMask", () => {
    const ruleset = compiled([named, preDNAT], { markMask: 0xc000_0000 });
    assert.deepEqual(marks(ruleset).toSorted(), [
      "meta l4proto tcp counter meta mark set meta mark & 0xbfffffff | 0x40000000 accept",
      "meta mark & 0x40000000 != 0 return",
      "meta mark & 0x40000000 != 0 return",
      "meta mark set meta mark & 0xbfffffff",
    ]);
  });
});

describe("untracked policy (3.1, 3.2)", () => {
  const ruleset = compiled([
    named,
    wildcard,
    endpoint("other", { on: "eth1", labels: { a: "b" } }),
    early("untracked", { selector: "!has(a)", types: ["ingress", "egress"], egress: [rule("Deny")] }),
  ]);

  test("judges interfaces of named endpoints that have some, and no others (P14, H14)", () => {
    assert.deepEqual([entriesOf(ruleset, "raw-in"), entriesOf(ruleset, "raw-out")], [['"eth0" : goto ep-raw-in-named'], ['"eth0" : goto ep-raw-out-named']]);
  });

  test("lets essentials, failsafes and their replies go on tracked, and asks nothing of conntrack (P11, P13, P15)", () => {
    assert.deepEqual(rulesOf(ruleset, "ep-raw-in-named"), ["jump essentials", "jump failsafe-in", "jump replies-in", "jump tier-raw-in-default/named"]);
    assert.deepEqual(rulesOf(ruleset, "ep-raw-out-named"), ["jump essentials", "jump failsafe-out", "jump replies-out", "jump tier-raw-out-default/named"]);
    assert.deepEqual(rulesOf(ruleset, "replies-in"), ["meta l4proto . th sport @failsafe-out counter accept"]);
    assert.deepEqual(rulesOf(ruleset, "replies-out"), ["meta l4proto . th sport @failsafe-in counter accept"]);
  });

  test("takes what it allows out of conntrack and marks it; its tier never denies by default (P10, E5)", () => {
    assert.deepEqual(rulesOf(ruleset, "pol-raw-in-untracked"), [`meta l4proto tcp counter notrack ${set} accept`, "counter drop"]);
    assert.deepEqual(rulesOf(ruleset, "tier-raw-in-default/named"), ["jump pol-raw-in-untracked"]);
  });

  test("drops also where denying is answered (section 0 row 14)", () => {
    const rejecting = compiled([named, untracked], { denyAction: "Reject" });
    assert.deepEqual(rulesOf(rejecting, "pol-raw-in-untracked").slice(-1), ["counter drop"]);
  });

  test("knows the replies of failsafes with a network by their peer (R50)", () => {
    const net = { family: 4, address: 0x0a00_0000n, length: 8 } as const;
    const replying = compiled([named, untracked], { failsafeInbound: [{ protocol: 6, port: 22, net }], failsafeOutbound: [{ protocol: 17, port: 53, net }] });
    assert.deepEqual(rulesOf(replying, "replies-in"), ["udp sport 53 ip saddr 10.0.0.0/8 counter accept"]);
    assert.deepEqual(rulesOf(replying, "replies-out"), ["tcp sport 22 ip daddr 10.0.0.0/8 counter accept"]);
  });
});

describe("pre-DNAT policy (3.3)", () => {
  test("of the wildcard judges interfaces whose own endpoint has none (H13)", () => {
    const ruleset = compiled([named, endpoint("any", { on: "*", labels: { all: "" } }), early("preDNAT", { selector: "has(all)" })]);
    assert.deepEqual(entriesOf(ruleset, "pre-dnat"), []);
    assert.deepEqual(rulesOf(ruleset, "pre-dnat"), [clear, established, "iifname vmap @pre-dnat", 'iifname "lo" counter accept', "goto ep-pre-any"]);
  });

  test("comes after invalid, essentials and failsafes, and marks what it allows (P22, P24)", () => {
    const ruleset = compiled([named, preDNAT]);
    assert.deepEqual(rulesOf(ruleset, "ep-pre-named"), ["ct state invalid counter drop", "jump essentials", "jump failsafe-in", "jump tier-pre-default/named"]);
    assert.deepEqual(rulesOf(ruleset, "pol-pre-prednat"), [`meta l4proto tcp counter ${set} accept`, "counter drop"]);
  });

  test("rejects where denying is answered: the kernel can in prerouting", () => {
    const ruleset = compiled([named, early("preDNAT", { ingress: [rule("Pass", { protocol: 6 }), rule("Deny")] })], { denyAction: "Reject" });
    assert.deepEqual(rulesOf(ruleset, "tier-pre-default/named"), ["meta l4proto tcp counter return", "counter goto rejected"]);
  });
});

describe("forward policy (3.5)", () => {
  const both = policy("both", {
    applyOnForward: true,
    types: ["ingress", "egress"],
    ingress: [rule("Allow", { protocol: 6 })],
    egress: [rule("Deny", { protocol: 6 })],
  });

  test("has no failsafes, no profiles and no default deny (P40, E19, P45)", () => {
    const ruleset = compiled([{ ...named, profiles: ["gone"] }, both]);
    assert.deepEqual(rulesOf(ruleset, "ep-fwd-in-named"), ["ct state invalid counter drop", "jump essentials", "jump tier-in-default/named"]);
    assert.deepEqual(rulesOf(ruleset, "ep-fwd-out-named"), ["ct state invalid counter drop", "jump essentials", "jump tier-out-default/named"]);
  });

  test("shares the chains of tier and policy with normal policy, where both judge by the same (E7)", () => {
    const ruleset = compiled([named, both]);
    assert.deepEqual(
      ruleset.chains.filter(({ name }) => name.startsWith("pol-")).map(({ name }) => name),
      ["pol-in-both", "pol-out-both"],
    );
    assert.deepEqual(rulesOf(ruleset, "ep-in-named").at(-2), "jump tier-in-default/named");
  });

  test("does not judge by policies without applyOnForward (P45)", () => {
    const ruleset = compiled([named, policy("normal", { ingress: [rule("Deny")] })]);
    assert.deepEqual(rulesOf(ruleset, "ep-fwd-in-named"), ["ct state invalid counter drop", "jump essentials"]);
  });

  test("of the wildcard covers workload interfaces too (P42)", () => {
    const ruleset = compiled([wildcard, both]);
    assert.deepEqual(rulesOf(ruleset, "forward-in"), [established, "iifname vmap @forward-in", 'iifname "lo" counter accept', "goto ep-fwd-in-any"]);
    assert.deepEqual(rulesOf(ruleset, "forward-out"), [established, "oifname vmap @forward-out", 'oifname "lo" counter accept', "goto ep-fwd-out-any"]);
  });
});

describe("settings", () => {
  test("without the check of INVALID no endpoint's chain asks for it (P22, P73)", () => {
    const ruleset = compiled([named, preDNAT], { invalidCheck: false });
    assert.deepEqual(
      ruleset.chains.flatMap(({ rules }) => rules.map(printRule)).filter((text) => text.includes("invalid")),
      [],
    );
  });

  test("a limit of logging stands behind the match (M51)", () => {
    const logs = policy("logs", { ingress: [rule("Log", { protocol: 6 }), rule("Allow")] });
    const ruleset = compiled([named, logs], { logRateLimit: { rate: 10, per: "minute", burst: 3 } });
    assert.equal(rulesOf(ruleset, "pol-in-logs")[0], 'meta l4proto tcp counter limit rate 10/minute burst 3 packets log prefix "calico-packet: " level info');
  });

  test("tunnels from and to known peers come before all else, for host traffic only (section 0 row 27)", () => {
    const encapsulation = { vxlan: [4789], ipip: true, wireguard: [51820, 51821], peers: [prefix("10.0.0.2/32")] };
    const ruleset = compiled([named, preDNAT], { encapsulation });
    const bare = (name: string) => rulesOf(ruleset, name).map((text) => text.replace(/@sel(.)-[a-z2-7]{20}/, "@sel$1"));
    assert.deepEqual(bare("tunnels-in"), [
      "meta l4proto 4 ip saddr @sel4 counter accept",
      "meta l4proto . th dport @tunnel-ports ip saddr @sel4 counter accept",
      "meta l4proto . th dport @tunnel-ports ip6 saddr @sel6 counter accept",
    ]);
    assert.deepEqual(
      bare("tunnels-out"),
      bare("tunnels-in").map((text) => text.replace("saddr", "daddr")),
    );
    assert.deepEqual(rulesOf(ruleset, "ep-in-named").slice(0, 2), ["jump tunnels-in", "ct state invalid counter drop"]);
    assert.deepEqual(rulesOf(ruleset, "ep-out-named").slice(0, 1), ["jump tunnels-out"]);
    for (const name of ["ep-fwd-in-named", "ep-pre-named"]) assert.equal(rulesOf(ruleset, name)[0], "ct state invalid counter drop");
    const ports = ruleset.sets.find(({ name }) => name === "tunnel-ports");
    assert.deepEqual(ports === undefined ? [] : printElements(ports), ["udp . 4789", "udp . 51820", "udp . 51821"]);
  });

  test("without known peers no tunnel is let through", () => {
    const ruleset = compile({
      ...resolved([named], links, { encapsulation: { vxlan: [4789], ipip: true, wireguard: [], peers: [] } }),
      tunnelPeers: undefined,
    });
    assert.equal(rulesOf(ruleset, "ep-in-named")[0], "ct state invalid counter drop");
  });
});
