// Each check: what it tells and of what, and where it holds its tongue.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lint } from "../../../rules/lint/lint.ts";
import type { LintInput } from "../../../rules/lint/world.ts";
import { formatProblem } from "../../../rules/model/problem.ts";
import type { Resource } from "../../../rules/model/types.ts";
import { defaultPolicySettings } from "../../../rules/resolve/settings.ts";
import type { PolicySettings } from "../../../rules/resolve/types.ts";
import { address, endpoint, link, networkSet, policy, prefix, profile, type RuleForm, resolved, rule, slice, tier } from "../resolve/resources.ts";

interface Row {
  readonly name: string;
  readonly of: readonly Resource[];
  /** Besides the resources of the row there is a HostEndpoint "web" of eth0 with the label role=web. */
  readonly alone?: true;
  readonly input?: Partial<Omit<LintInput, "settings">>;
  readonly settings?: Partial<PolicySettings>;
  /** Each problem as one line matches its pattern, in order. */
  readonly says: readonly RegExp[];
}

const web = endpoint("web", { on: "eth0", labels: { role: "web" }, ips: ["10.0.0.1"], ports: [{ name: "http", protocol: 6, port: 80 }] });
const both = { types: ["ingress", "egress"] } as const;
const onWeb = { selector: "role == 'web'" };
const toPort = (name: string) => rule("Allow", { protocol: 6, to: { ports: [name] } });

function problemsOf({ of, alone, input = {}, settings = {} }: Row): string[] {
  const resources = alone ? of : [...of, web];
  const found = lint({
    node: undefined,
    resolved: undefined,
    ssh: { port: 22, client: undefined },
    ...input,
    resources,
    settings: { ...defaultPolicySettings, ...settings },
  });
  assert.ok(found.every(({ severity, hint }) => severity === "warning" && hint !== undefined && hint !== ""));
  return found.map(formatProblem);
}

function check(code: string, rows: readonly Row[]): void {
  describe(code, () => {
    for (const row of rows) {
      test(row.name, () => {
        const found = problemsOf(row);
        assert.equal(found.length, row.says.length, found.join("\n"));
        for (const [index, pattern] of row.says.entries()) {
          assert.match(found[index] ?? "", pattern);
          assert.ok(found[index]?.startsWith(`test: warning ${code} `), found[index]);
        }
      });
    }
  });
}

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

check("selector-impossible", [
  {
    name: "of a policy",
    of: [policy("p", { selector: "role == 'web' && role == 'db'" })],
    says: [/GlobalNetworkPolicy\/p spec\.selector: no labels can match role == "web" && role == "db": the policy has no effect; /],
  },
  {
    name: "of a rule's side",
    of: [policy("p", { ...onWeb, ingress: [rule("Allow"), rule("Deny", { from: { selector: "has(a) && !has(a)" } })].toReversed() })],
    says: [/spec\.ingress\[0\]\.source\.selector: no labels can match .*: the rule never matches/],
  },
  {
    name: "of a notSelector, which excludes nothing then",
    of: [policy("p", { ...onWeb, ...both, egress: [rule("Allow", { to: { notSelector: "a in {}" } })] })],
    says: [/spec\.egress\[0\]\.destination\.notSelector: .*nothing is excluded/],
  },
  {
    name: "of a selector and a notSelector together",
    of: [policy("p", { ...onWeb, ingress: [rule("Allow", { from: { selector: "role == 'web'", notSelector: "has(role)" } })] })],
    says: [/spec\.ingress\[0\]\.source\.notSelector: excludes all that the selector role == "web" could match: the rule never matches/],
  },
  { name: "in a direction that is not in types", of: [policy("p", { ...onWeb, egress: [rule("Allow", { to: { selector: "a in {}" } })] })], says: [] },
]);

const tcp = { protocol: 6 };
const open = networkSet("n", { zone: "a" }, ["192.0.2.0/24"]);

check("rule-shadowed", [
  {
    name: "a rule after one that takes everything",
    of: [policy("p", { ...onWeb, ingress: [rule("Allow"), rule("Deny", { from: { nets: ["10.0.0.0/8"] } })] })],
    says: [
      /GlobalNetworkPolicy\/p spec\.ingress\[1\]: rule 0 matches all that this rule matches, and its action is Allow, so this Deny never happens; put this rule before it/,
    ],
  },
  {
    name: "the same again",
    of: [profile("p", { ingress: [rule("Allow", tcp), rule("Allow", tcp)] })],
    says: [/Profile\/p spec\.ingress\[1\]: .*so this one changes nothing; remove one of the two/],
  },
  {
    name: "a narrower network, port and selector",
    of: [
      open,
      policy("p", {
        ...onWeb,
        ingress: [
          rule("Deny", { ...tcp, from: { nets: ["10.0.0.0/9", "10.128.0.0/9"] }, to: { ports: [80, 81] } }),
          rule("Deny", { from: { selector: "has(zone)" } }),
          rule("Allow", { ...tcp, from: { nets: ["10.1.0.0/16"] }, to: { ports: [81] } }),
          rule("Log", { from: { selector: "zone == 'a'" } }),
        ],
      }),
    ],
    says: [/ingress\[2\]: rule 0 /, /ingress\[3\]: rule 1 .*Log never happens/],
  },
  {
    name: "a rule after a Log, a narrower rule, or one of another list",
    of: [
      policy("p", {
        ...onWeb,
        ...both,
        ingress: [rule("Log"), rule("Allow", { ...tcp, to: { ports: [80] } }), rule("Allow", { ...tcp, to: { ports: [80, 81] } }), rule("Deny")],
        egress: [rule("Deny")],
      }),
    ],
    says: [],
  },
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

const from = (selector: string) => policy("p", { ...onWeb, ingress: [rule("Allow", { from: { selector } })] });

check("empty-address-set", [
  {
    name: "a selector that nothing matches",
    of: [from("zone == 'a'")],
    says: [/spec\.ingress\[0\]\.source\.selector: zone == "a" selects no address \(no HostEndpoint and no .*has such labels\): the rule never matches; /],
  },
  {
    name: "a set without networks",
    of: [networkSet("n", { zone: "a" }, []), from("zone == 'a'")],
    says: [/\(GlobalNetworkSet 'n' has such labels, but no addresses\)/],
  },
  {
    name: "endpoints without addresses",
    of: [endpoint("b", { on: "eth1", labels: { zone: "a" } }), from("zone == 'a'")],
    says: [/\(HostEndpoint 'b' has such labels, but no addresses\)/],
  },
  {
    name: "a notSelector that nothing matches",
    of: [policy("p", { ...onWeb, ingress: [rule("Deny", { from: { notSelector: "zone == 'a'" } })] })],
    says: [/spec\.ingress\[0\]\.source\.notSelector: zone == "a" selects nothing: no address is excluded/],
  },
  {
    name: "a notSelector that matches a set that is empty at the moment",
    of: [networkSet("n", { zone: "a" }, []), policy("p", { ...onWeb, ingress: [rule("Deny", { from: { notSelector: "zone == 'a'" } })] })],
    says: [],
  },
  {
    name: "an endpoint of another node, or a set",
    of: [endpoint("b", { on: "eth0", node: "host2", ips: ["10.0.0.2"], labels: { zone: "a" } }), open, from("zone == 'a'")],
    says: [],
  },
]);

const service = (form: RuleForm) =>
  policy("p", { ...onWeb, ...both, ...(form.from === undefined ? { egress: [rule("Allow", form)] } : { ingress: [rule("Allow", form)] }) });
const api = slice("api-1", "shop/api", { ips: ["10.2.0.1"], ports: ["TCP/8080"] });

check("empty-address-set", [
  {
    name: "a service that has no EndpointSlices",
    of: [service({ from: { services: { namespace: "shop", name: "api" } } })],
    says: [/spec\.ingress\[0\]\.source\.services: the service 'api' in namespace 'shop' has no endpoints: the rule never matches/],
  },
  {
    name: "a service of another namespace",
    of: [api, service({ to: { services: { namespace: "other", name: "api" } } })],
    says: [/spec\.egress\[0\]\.destination\.services: .*'other'/],
  },
  {
    name: "a service without ports of the protocol",
    of: [api, service({ protocol: 17, to: { services: { namespace: "shop", name: "api" } } })],
    says: [/has no endpoints with UDP ports/],
  },
  {
    name: "a service that has endpoints",
    of: [
      api,
      service({ to: { services: { namespace: "shop", name: "api" } } }),
      policy("q", { ...onWeb, ingress: [rule("Allow", { from: { services: { namespace: "shop", name: "api" } } })] }),
    ],
    says: [],
  },
]);

check("port-undeclared", [
  {
    name: "a name that no endpoint has, with the one that was meant",
    of: [policy("p", { ...onWeb, ingress: [toPort("htpp")] })],
    says: [/spec\.ingress\[0\]\.destination\.ports: the port name 'htpp' matches nothing: no HostEndpoint has a port of that name; did you mean 'http'\?/],
  },
  {
    name: "among notPorts it excludes nothing",
    of: [policy("p", { ...onWeb, ingress: [rule("Deny", { protocol: 6, from: { notPorts: ["dns"] } })] })],
    says: [/source\.notPorts: the port name 'dns' excludes nothing/],
  },
  {
    name: "another protocol",
    of: [policy("p", { ...onWeb, ingress: [rule("Allow", { protocol: 17, to: { ports: ["http"] } })] })],
    says: [/no HostEndpoint has it for UDP/],
  },
  {
    name: "an endpoint without expectedIPs",
    of: [
      endpoint("b", { on: "eth1", ports: [{ name: "dns", protocol: 17, port: 53 }] }),
      policy("p", { ...onWeb, ingress: [rule("Allow", { to: { ports: ["dns"] } })] }),
    ],
    says: [/the HostEndpoints that have it have no expectedIPs; add expectedIPs/],
  },
  {
    name: "an endpoint that the selector does not select",
    of: [open, policy("p", { ...onWeb, ingress: [rule("Allow", { protocol: 6, to: { ports: ["http"], selector: "zone == 'a'" } })] })],
    says: [/no HostEndpoint that the destination's selector selects has it/],
  },
  {
    name: "a port that an endpoint has, of any node and any protocol",
    of: [policy("p", { ...onWeb, ingress: [rule("Allow", { to: { ports: ["http", 443], selector: "role == 'web'" } })] })],
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
