// The checks of policies, endpoints and the host: what each tells and of what, and where it holds its tongue.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lint } from "../../../rules/lint/lint.ts";
import type { Resource } from "../../../rules/model/types.ts";
import { defaultPolicySettings } from "../../../rules/resolve/settings.ts";
import { address, endpoint, link, policy, prefix, profile, resolved, rule, tier } from "../resolve/resources.ts";
import { both, check, onWeb, web } from "./checks.ts";

check("unknown-tier", [
  {
    name: "a tier that nobody made: what it does to traffic, and what was meant",
    of: [tier("security", 1), policy("p", { ...onWeb, tier: "securty" })],
    says: [/GlobalNetworkPolicy\/p spec\.tier: there is no Tier 'securty': .*after those of all tiers that exist.*is denied; .*did you mean 'security'/],
  },
  {
    name: "tiers that exist, built-in or made",
    of: [tier("t", 1), policy("p", { ...onWeb, tier: "t" }), policy("q", onWeb), policy("r", { ...onWeb, tier: "kube-admin" })],
    says: [],
  },
]);

check("unknown-profile", [
  {
    name: "a profile that nobody made denies, and hides those after it",
    of: [endpoint("a", { on: "eth1", profiles: ["ghost", "projectcalico-default-allow"] })],
    says: [
      /HostEndpoint\/a spec\.profiles\[0\]: there is no Profile 'ghost': .*is denied here, and the profiles after it \('projectcalico-default-allow'\) are never reached; add the Profile/,
    ],
  },
  {
    name: "of an endpoint of any node",
    of: [endpoint("a", { on: "eth1", node: "host7", profiles: ["ghost"] })],
    says: [/denied here; /],
  },
  { name: "profiles that exist", of: [profile("p"), endpoint("a", { on: "eth1", profiles: ["p", "projectcalico-default-allow"] })], says: [] },
]);

check("policy-without-selector", [
  {
    name: "a policy without selector and every endpoint",
    of: [policy("p")],
    says: [/GlobalNetworkPolicy\/p spec: has no selector, so it applies to every HostEndpoint: 'web'; .*selector: all\(\)/],
  },
  { name: "all(), which says that it is meant", of: [policy("p", { selector: "all()" })], says: [] },
  { name: "no endpoint that it could hit", of: [policy("p")], alone: true, says: [] },
]);

check("policy-selects-nothing", [
  {
    name: "a label that no endpoint has, with the one that was meant",
    of: [policy("p", { selector: "rol == 'web'" })],
    says: [
      /GlobalNetworkPolicy\/p spec\.selector: selects none of the HostEndpoints \(there are 1\): it has no effect; no HostEndpoint has the label 'rol'; did you mean 'role'\?/,
    ],
  },
  { name: "a value that no endpoint has", of: [policy("p", { selector: "role == 'db'" })], says: [/; compare the selector with the labels/] },
  {
    name: "a selector of pods",
    of: [policy("p", { selector: "has(projectcalico.org/namespace) && role == 'web'" })],
    says: [/; namespaceSelector and serviceAccountSelector ask for pods/],
  },
  {
    name: "an endpoint of another node",
    of: [endpoint("b", { on: "eth0", node: "host2", labels: { role: "db" } }), policy("p", { selector: "role == 'db'" })],
    says: [],
  },
  {
    name: "a label that a profile gives",
    of: [profile("z", { labelsToApply: { zone: "a" } }), endpoint("b", { on: "eth1", profiles: ["z"] }), policy("p", { selector: "zone == 'a'" })],
    says: [],
  },
  { name: "no endpoints at all: the policies are not what is missing", of: [policy("p", onWeb)], alone: true, says: [] },
]);

check("endpoint-shadowed", [
  {
    name: "two endpoints of one interface, on any host",
    of: [endpoint("a", { on: "eth0" })],
    says: [/HostEndpoint\/web spec: is shadowed on eth0 by HostEndpoint 'a', whose name sorts first: its policies and profiles have no effect there/],
  },
  {
    name: "two wildcards",
    of: [endpoint("x", { on: "*" }), endpoint("y", { on: "*" })],
    says: [/HostEndpoint\/y spec: is shadowed as wildcard by HostEndpoint 'x'/],
  },
  {
    name: "two endpoints of one address",
    of: [endpoint("x", { ips: ["10.0.0.7", "10.0.0.8"] }), endpoint("y", { ips: ["10.0.0.8"] })],
    says: [/HostEndpoint\/y spec: is shadowed on the interface with 10\.0\.0\.8 by HostEndpoint 'x'/],
  },
  { name: "endpoints of different nodes", of: [endpoint("a", { on: "eth0", node: "host2" })], says: [] },
  { name: "a name and an address, which may be those of one interface or not", of: [endpoint("a", { ips: ["10.0.0.1"] })], says: [] },
  {
    name: "a name and an address, where they are those of one interface",
    of: [endpoint("a", { ips: ["10.0.0.1"] })],
    input: { node: "host1", resolved: resolved([endpoint("a", { ips: ["10.0.0.1"] }), web], [link("eth0", ["10.0.0.1"])]) },
    says: [/HostEndpoint\/web spec: is shadowed on eth0 by HostEndpoint 'a'/],
  },
  {
    name: "an interface that this host does not have",
    of: [endpoint("a", { on: "eth0" })],
    input: { node: "host1", resolved: resolved([endpoint("a", { on: "eth0" }), web], [link("eth1")]) },
    says: [],
  },
]);

const failsafe = (port: number, net?: string) => ({ failsafeInbound: [{ protocol: 6, port, net: net === undefined ? undefined : prefix(net) }] });
const ssh = (port: number, client?: string) => ({ ssh: { port, client: client === undefined ? undefined : address(client) } });

check("ssh-not-failsafe", [
  {
    name: "no failsafe for the usual port",
    of: [],
    settings: failsafe(2222),
    says: [
      /HostEndpoint\/web: SSH \(tcp:22\) is no failsafe: where 'web' governs, a mistake in a policy locks you out; add tcp:22 to failsafeInboundHostPorts/,
    ],
  },
  { name: "UDP is not what SSH speaks", of: [], settings: { failsafeInbound: [{ protocol: 17, port: 22, net: undefined }] }, says: [/tcp:22/] },
  { name: "another port in use", of: [], input: ssh(2222, "192.0.2.9"), says: [/SSH \(tcp:2222 from 192\.0\.2\.9\) is no failsafe/] },
  {
    name: "a failsafe for other clients than this one",
    of: [],
    input: ssh(22, "192.0.2.9"),
    settings: failsafe(22, "10.0.0.0/8"),
    says: [/from 192\.0\.2\.9/],
  },
  { name: "a failsafe for this client's network", of: [], input: ssh(22, "10.1.2.3"), settings: failsafe(22, "10.0.0.0/8"), says: [] },
  { name: "a failsafe with a network, and a client that nobody knows", of: [], settings: failsafe(22, "10.0.0.0/8"), says: [] },
  { name: "the default failsafes", of: [], says: [] },
  { name: "no endpoint of this node", of: [], input: { node: "host9" }, settings: failsafe(2222), says: [] },
]);

const untracked = { list: "untracked", applyOnForward: true } as const;
const answers = policy("answers", { ...untracked, ...onWeb, types: ["egress"], egress: [rule("Allow")] });

check("untracked-on-wildcard", [
  {
    name: "a doNotTrack policy that selects a wildcard",
    of: [endpoint("w", { on: "*", labels: { role: "any" } }), policy("p", { ...untracked, selector: "role == 'any'", ingress: [rule("Deny")] })],
    says: [/GlobalNetworkPolicy\/p spec\.doNotTrack: a doNotTrack policy does not apply to wildcard HostEndpoints, and this one selects 'w': /],
  },
  {
    name: "policies that are tracked",
    of: [endpoint("w", { on: "*", labels: { role: "any" } }), policy("p", { selector: "role == 'any'", ingress: [rule("Deny")] })],
    says: [],
  },
]);

check("untracked-one-way", [
  {
    name: "what is let in and not out again",
    of: [policy("p", { ...untracked, ...onWeb, ingress: [rule("Allow")] })],
    says: [
      /GlobalNetworkPolicy\/p spec\.types: allows untracked ingress, and no doNotTrack policy of HostEndpoint 'web' allows egress: .*; add egress rules .* and Egress to types/,
    ],
  },
  {
    name: "a way back that only denies",
    of: [policy("p", { ...untracked, ...onWeb, ...both, ingress: [rule("Deny")], egress: [rule("Allow")] })],
    says: [/allows untracked egress, and no doNotTrack policy .* allows ingress.*; add ingress rules/],
  },
  {
    name: "a way back for some endpoints only",
    of: [answers, endpoint("b", { on: "eth1", labels: { role: "db" } }), policy("p", { ...untracked, selector: "has(role)", ingress: [rule("Allow")] })],
    says: [/HostEndpoint 'b'/],
  },
  { name: "a way back in another policy", of: [answers, policy("p", { ...untracked, ...onWeb, ingress: [rule("Allow")] })], says: [] },
  { name: "both ways in one policy", of: [policy("p", { ...untracked, ...onWeb, ...both, ingress: [rule("Allow")], egress: [rule("Allow")] })], says: [] },
  { name: "what only denies needs no way back", of: [policy("p", { ...untracked, ...onWeb, ingress: [rule("Deny")] })], says: [] },
]);

test("problems are sorted by where they are, whatever the order of the resources", () => {
  const at = (resource: Resource, line: number): Resource => ({ ...resource, place: { source: line > 5 ? "b.yaml" : "a.yaml", line } });
  const all = [at(policy("x", { ...onWeb, tier: "t" }), 9), at(policy("y", { ...onWeb, tier: "t" }), 3), at(policy("z", { ...onWeb, tier: "t" }), 5)];
  const lines = (resources: readonly Resource[]) =>
    lint({ node: undefined, resolved: undefined, ssh: { port: 22, client: undefined }, resources: [...resources, web], settings: defaultPolicySettings }).map(
      ({ place }) => place.line,
    );
  assert.deepEqual(lines(all), [3, 5, 9]);
  assert.deepEqual(lines(all.toReversed()), [3, 5, 9]);
});
