// Named rulesets, as compile makes them, that differ in everything a diff has to deal with.

import { compile } from "../../../rules/compile/compile.ts";
import type { Ruleset } from "../../../rules/ruleset/types.ts";
import { endpoint, link, networkSet, policy, profile, resolved, rule, tier } from "../resolve/resources.ts";

const links = [link("eth0"), link("eth1"), link("eth2")];
const web = { labels: { role: "web" } };
const fromPeers = policy("peers", { ingress: [rule("Allow", { from: { selector: "kind == 'peer'" } })] });
const peers = (nets: readonly string[]) => networkSet("peers", { kind: "peer" }, nets);
const hosts = (count: number, first = 0) => Array.from({ length: count }, (_, at) => `10.1.${(first + at) >> 8}.${(first + at) & 255}`);

function compiled(resources: Parameters<typeof resolved>[0], settings: Parameters<typeof resolved>[2] = {}): Ruleset {
  return compile(resolved(resources, links, settings));
}

const byName = endpoint("named", { on: "eth0", ...web });
const wildcard = endpoint("any", { on: "*", ...web });
const both = ["ingress", "egress"] as const;
const forward = policy("forward", { applyOnForward: true, types: both, ingress: [rule("Allow", { protocol: 6 })], egress: [rule("Deny", { protocol: 17 })] });
const preDNAT = policy("before-nat", { list: "preDNAT", applyOnForward: true, ingress: [rule("Allow", { protocol: 6 }), rule("Deny")] });
const untracked = policy("untracked", { list: "untracked", applyOnForward: true, types: both, ingress: [rule("Allow")], egress: [rule("Allow")] });
/** One more than the smallest map has room for. */
const manyLinks = Array.from({ length: 52 }, (_, at) => `eth${at}`);

export const rulesets: Readonly<Record<string, Ruleset>> = {
  "no endpoint": compiled([]),
  "a wildcard": compiled([wildcard]),
  "a named endpoint": compiled([byName]),
  "another named endpoint on the same interface": compiled([endpoint("other", { on: "eth0", ...web })]),
  "a named endpoint and a wildcard": compiled([byName, endpoint("any", { on: "*" })]),
  "an endpoint on every interface": compiled(["eth0", "eth1", "eth2"].map((on) => endpoint(`on-${on}`, { on, ...web }))),
  "an empty address set": compiled([byName, fromPeers]),
  "three single addresses": compiled([byName, fromPeers, peers(hosts(3))]),
  "three single addresses, two of them others": compiled([byName, fromPeers, peers(hosts(3, 2))]),
  "more addresses than the set had room for": compiled([byName, fromPeers, peers(hosts(300))]),
  "networks instead of single addresses": compiled([byName, fromPeers, peers(["10.2.0.0/16", "fd00::/64"])]),
  "other networks": compiled([byName, fromPeers, peers(["10.2.0.0/16", "10.3.0.0/16"])]),
  "lists of ports and networks": compiled([
    byName,
    policy("lists", { ingress: [rule("Allow", { protocol: 6, from: { nets: ["10.0.0.0/8", "192.0.2.0/24"] }, to: { ports: [80, 443] } })] }),
  ]),
  "reject instead of drop": compiled([byName], { denyAction: "Reject" }),
  "tiers, a pass and a profile": compiled([
    { ...byName, profiles: ["open"] },
    profile("open", { ingress: [rule("Allow")], egress: [rule("Allow")] }),
    tier("first", 1, "Pass"),
    policy("passes", { tier: "first", ingress: [rule("Pass", { protocol: 6 })] }),
    policy("last", { ingress: [rule("Deny", { protocol: 17 })] }),
  ]),
  "forward policy": compiled([byName, wildcard, forward]),
  "forward policy that rejects": compiled([byName, forward], { denyAction: "Reject" }),
  "pre-DNAT policy": compiled([byName, preDNAT]),
  "pre-DNAT policy of the wildcard": compiled([wildcard, preDNAT]),
  "untracked policy": compiled([byName, untracked]),
  "untracked and pre-DNAT policy, with another bit of the mark": compiled([byName, wildcard, untracked, preDNAT], { markMask: 0xf0 }),
  "all lists, rejecting": compiled([byName, wildcard, forward, preDNAT, untracked], { denyAction: "Reject" }),
  "more interfaces than the map had room for": compile(
    resolved(
      manyLinks.map((on) => endpoint(`on-${on}`, { on })),
      manyLinks.map((name) => link(name)),
    ),
  ),
  "no failsafes, no essentials": compiled([byName], { failsafeInbound: [], failsafeOutbound: [], allowEssentials: false }),
};
