// Right values: what each kind decodes to, with its defaults, and what is derived on the way. Wrong ones are in *essages.test.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinProfile, builtinTiers } from "../../../rules/model/builtin.ts";
import { decodeResource } from "../../../rules/model/decode.ts";
import { formatPath, type Locate } from "../../../rules/model/problem.ts";
import type { Policy, Resource, Rule } from "../../../rules/model/types.ts";
import { formatAddress } from "../../../rules/net/address.ts";
import { countNetworks, prefixesOf } from "../../../rules/net/networks.ts";
import { formatPrefix } from "../../../rules/net/prefix.ts";
import { printSelector } from "../../../rules/selector/print.ts";

/** A place whose source tells the path, so that tests see where a thing says it is. */
const locate: Locate = (path) => ({ source: formatPath(path) });

function decode(kind: string, spec: unknown, metadata: object = {}, apiVersion = "projectcalico.org/v3"): Resource {
  const { resource, problems } = decodeResource({ apiVersion, kind, metadata: { name: "x", ...metadata }, spec }, locate);
  assert.deepEqual(problems, []);
  return resource ?? assert.fail("ignored");
}

function policy(spec: object): Policy {
  const resource = decode("GlobalNetworkPolicy", spec);
  return resource.kind === "GlobalNetworkPolicy" ? resource : assert.fail(resource.kind);
}

function rule(fields: object): Rule {
  return policy({ ingress: [{ action: "Allow", ...fields }] }).ingress[0] ?? assert.fail("no rule");
}

const side = {
  nets: undefined,
  notNets: undefined,
  ports: undefined,
  notPorts: undefined,
  selector: undefined,
  notSelector: undefined,
  services: undefined,
};

test("the sample HostEndpoint of Calico's documents", () => {
  const spec = {
    interfaceName: "eth0",
    node: "myhost",
    expectedIPs: ["192.168.0.1", "192.168.0.2"],
    profiles: ["profile1", "profile2"],
    ports: [
      { name: "some-port", port: 1234, protocol: "TCP" },
      { name: "another-port", port: 5432, protocol: "UDP" },
    ],
  };
  assert.deepEqual(decode("HostEndpoint", spec, { name: "some.name", labels: { type: "production" } }), {
    kind: "HostEndpoint",
    metadata: { name: "some.name", namespace: "", labels: { type: "production" }, annotations: {} },
    place: { source: "" },
    node: "myhost",
    target: { kind: "name", interfaceName: "eth0" },
    expectedIPs: [
      { family: 4, value: 0xc0a80001n },
      { family: 4, value: 0xc0a80002n },
    ],
    profiles: ["profile1", "profile2"],
    ports: [
      { name: "some-port", protocol: 6, port: 1234 },
      { name: "another-port", protocol: 17, port: 5432 },
    ],
  });
});

const targets: readonly (readonly [sentence: string, spec: object, target: object])[] = [
  ["a star governs all interfaces", { interfaceName: "*" }, { kind: "wildcard" }],
  [
    "a name governs that interface, whatever the addresses",
    { interfaceName: "bond0.100", expectedIPs: ["10.0.0.1"] },
    { kind: "name", interfaceName: "bond0.100" },
  ],
  ["addresses find the interface when there is no name", { expectedIPs: ["10.0.0.1"] }, { kind: "addresses" }],
  ["an empty name is none", { interfaceName: "", expectedIPs: ["10.0.0.1"] }, { kind: "addresses" }],
  ["a null name is none", { interfaceName: null, expectedIPs: ["10.0.0.1"] }, { kind: "addresses" }],
];

for (const [sentence, spec, target] of targets) {
  test(`of a HostEndpoint ${sentence}`, () => {
    const endpoint = decode("HostEndpoint", { node: "n", ...spec });
    assert.deepEqual(endpoint.kind === "HostEndpoint" && endpoint.target, target);
  });
}

test("expectedIPs are canonical, protocols of ports are numbers however given (G27, G38)", () => {
  const ports = [..."tcp TCP 6 udp 17 SCTP 132".split(" "), 6].map((protocol, i) => ({ name: `p${i}`, protocol, port: 1 }));
  const endpoint = decode("HostEndpoint", { node: "n", expectedIPs: ["::ffff:1.2.3.4", "2001:DB8:0::1"], ports });
  assert.ok(endpoint.kind === "HostEndpoint");
  assert.deepEqual(endpoint.expectedIPs.map(formatAddress), ["1.2.3.4", "2001:db8::1"]);
  assert.deepEqual(
    endpoint.ports.map(({ protocol }) => protocol),
    [6, 6, 6, 17, 17, 132, 132, 6],
  );
});

test("fields that a server writes, and a status, are allowed", () => {
  const value = {
    apiVersion: "crd.projectcalico.org/v1",
    kind: "Tier",
    metadata: { name: "x", uid: "u", resourceVersion: "5", generation: 1, creationTimestamp: null, managedFields: [], ownerReferences: [{}] },
    spec: {},
    status: { conditions: [] },
  };
  assert.deepEqual(decodeResource(value, locate).problems, []);
});

test("both apiVersions read alike", () => {
  const spec = { nets: ["10.0.0.1"] };
  assert.deepEqual(decode("GlobalNetworkSet", spec, {}, "crd.projectcalico.org/v1"), decode("GlobalNetworkSet", spec));
});

test("a network set has its networks masked, a bare address as one of its own (R42)", () => {
  const set = decode("GlobalNetworkSet", { nets: ["10.1.2.3/8", "192.0.2.1", "2001:db8::1/32", "::1", "0.0.0.0/0"] });
  assert.ok(set.kind === "GlobalNetworkSet");
  assert.deepEqual(prefixesOf(set.nets).map(formatPrefix), ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::1/128", "0.0.0.0/0"]);
});

test("a tier without order or action has order 1000000 and denies (R41)", () => {
  const tier = decode("Tier", undefined);
  assert.deepEqual(tier.kind === "Tier" && [tier.order, tier.defaultAction], [1_000_000, "Deny"]);
});

test("a profile may say nothing", () => {
  const profile = decode("Profile", undefined);
  assert.deepEqual(profile.kind === "Profile" && [profile.ingress, profile.egress, profile.labelsToApply], [[], [], {}]);
});

test("copies of what is built in are welcome when they say the same", () => {
  const profile = decode("Profile", { ingress: [{ action: "Allow" }], egress: [{ action: "Allow" }] }, { name: builtinProfile.metadata.name });
  assert.ok(profile.kind === "Profile");
  for (const { metadata, order, defaultAction } of builtinTiers) decode("Tier", { order, defaultAction }, { name: metadata.name });
});

test("a policy's defaults", () => {
  const { metadata, place, ...fields } = policy({});
  assert.deepEqual(fields, {
    kind: "GlobalNetworkPolicy",
    tier: "default",
    order: Number.POSITIVE_INFINITY,
    selector: { kind: "all" },
    hasSelector: false,
    types: ["ingress"],
    list: "normal",
    applyOnForward: false,
    ingress: [],
    egress: [],
  });
});

for (const [sentence, spec, expected] of [
  ["an empty selector is none", { selector: "" }, false],
  ["all() is a selector", { selector: "all()" }, true],
  ["a namespaceSelector is one", { namespaceSelector: "all()" }, true],
  ["a serviceAccountSelector is one", { serviceAccountSelector: "has(x)" }, true],
] as const) {
  test(`${sentence} (G9)`, () => assert.equal(policy(spec).hasSelector, expected));
}

const allow = [{ action: "Allow" }];

const types: readonly (readonly [sentence: string, spec: object, types: readonly string[]])[] = [
  ["no rules", {}, ["ingress"]],
  ["only ingress rules", { ingress: allow }, ["ingress"]],
  ["only egress rules", { egress: allow }, ["egress"]],
  ["both", { ingress: allow, egress: allow }, ["ingress", "egress"]],
  ["an empty list of types", { types: [], egress: allow }, ["egress"]],
  ["types given, whatever the rules", { types: ["Egress"], ingress: allow }, ["egress"]],
  ["types in any order", { types: ["Egress", "Ingress"] }, ["ingress", "egress"]],
];

for (const [sentence, spec, expected] of types) {
  test(`the types of a policy with ${sentence} are ${expected.join(" and ")} (R21)`, () => assert.deepEqual(policy(spec).types, expected));
}

test("preDNAT and doNotTrack choose the list", () => {
  assert.deepEqual(
    [{}, { preDNAT: true, applyOnForward: true }, { doNotTrack: true, applyOnForward: true }].map((spec) => policy(spec).list),
    ["normal", "preDNAT", "untracked"],
  );
});

test("orders of 0, below it and between whole numbers are orders (G23)", () => {
  assert.deepEqual(
    [0, -3, 10.5].map((order) => policy({ order }).order),
    [0, -3, 10.5],
  );
});

const policySelectors: readonly (readonly [spec: object, selector: string])[] = [
  [{ selector: "" }, "all()"],
  [{ selector: "role == 'db'" }, 'role == "db"'],
  [{ namespaceSelector: "all()" }, "has(projectcalico.org/namespace) && has(projectcalico.org/namespace) && has(projectcalico.org/namespace)"],
  [{ selector: "has(a)", namespaceSelector: "!has(b)" }, "has(projectcalico.org/namespace) && has(a) && !has(pcns.b)"],
  [
    { selector: "all()", serviceAccountSelector: "b == 'c'" },
    'has(projectcalico.org/serviceaccount) && has(projectcalico.org/serviceaccount) && pcsa.b == "c"',
  ],
];

for (const [spec, selector] of policySelectors) {
  test(`the effective selector of ${JSON.stringify(spec)} is ${selector} (S10, S11)`, () => {
    assert.equal(printSelector(policy(spec).selector), selector);
  });
}

const sideSelectors: readonly (readonly [fields: object, selector: string | undefined, notSelector: string | undefined])[] = [
  [{}, undefined, undefined],
  [{ selector: "" }, undefined, undefined],
  [{ selector: "all()" }, "all()", undefined],
  [{ notSelector: "has(a)" }, undefined, "has(a)"],
  [{ namespaceSelector: "global()" }, "!has(projectcalico.org/namespace)", undefined],
  [{ namespaceSelector: "all()" }, "has(projectcalico.org/namespace)", undefined],
  [{ selector: "has(a)", namespaceSelector: "b == 'c'" }, 'pcns.b == "c" && has(a)', undefined],
  [{ serviceAccounts: { names: ["s", "r"] } }, 'projectcalico.org/serviceaccount in {"r", "s"}', undefined],
  [
    { serviceAccounts: { names: ["s"], selector: "has(a)" }, selector: "has(b)" },
    'has(pcsa.a) && projectcalico.org/serviceaccount in {"s"} && has(b)',
    undefined,
  ],
  [{ serviceAccounts: {} }, undefined, undefined],
];

for (const [fields, selector, notSelector] of sideSelectors) {
  test(`a side with ${JSON.stringify(fields)} selects ${selector ?? "nobody in particular"} (S30)`, () => {
    const { source } = rule({ source: fields });
    assert.deepEqual(
      [source.selector, source.notSelector].map((s) => s && printSelector(s)),
      [selector, notSelector],
    );
  });
}

test("empty lists of a side restrict nothing", () => {
  assert.deepEqual(rule({ source: { nets: [], notNets: [], ports: [], notPorts: [] } }).source, side);
});

test("ports of a side are ranges and names", () => {
  const { destination } = rule({ protocol: "TCP", destination: { ports: [80, "443", "8000:8080", "http-alt"], notPorts: ["x"] } });
  const ranges = [
    { from: 80, to: 80 },
    { from: 443, to: 443 },
    { from: 8000, to: 8080 },
  ];
  assert.deepEqual(destination, { ...side, ports: { ranges, names: ["http-alt"] }, notPorts: { ranges: [], names: ["x"] } });
});

test("named ports alone need no protocol (R31)", () => {
  assert.deepEqual(rule({ destination: { ports: ["http"] } }).destination.ports, { ranges: [], names: ["http"] });
});

const families: readonly (readonly [fields: object, family: 4 | 6 | undefined])[] = [
  [{}, undefined],
  [{ ipVersion: 4 }, 4],
  [{ ipVersion: 6, protocol: "TCP" }, 6],
  [{ protocol: "ICMP" }, 4],
  [{ protocol: "icmpv6" }, 6],
  [{ notProtocol: "ICMP" }, 4],
  [{ notProtocol: "ICMPv6", protocol: "TCP" }, 6],
  [{ protocol: 1 }, undefined],
  [{ protocol: "58" }, undefined],
  [{ protocol: 1, icmp: { type: 8 } }, 4],
  [{ protocol: 58, icmp: { type: 128 } }, 6],
  [{ protocol: 58, notICMP: { type: 128 } }, 6],
  [{ protocol: 1, ipVersion: 6 }, 6],
  [{ notICMP: { type: 8 } }, undefined],
];

for (const [fields, family] of families) {
  test(`a rule with ${JSON.stringify(fields)} is for ${family === undefined ? "both families" : `IPv${family}`} (M2, M33)`, () => {
    assert.equal(rule(fields).family, family);
  });
}

test("icmp and notICMP keep type and code", () => {
  const { icmp, notIcmp } = rule({ protocol: "ICMP", icmp: { type: 3, code: 4 }, notICMP: { type: 8 } });
  assert.deepEqual(
    [icmp, notIcmp],
    [
      { type: 3, code: 4 },
      { type: 8, code: undefined },
    ],
  );
});

test("a rule knows its place and its annotations", () => {
  const { place, annotations } = rule({ metadata: { annotations: { why: "ticket 5" } } });
  assert.deepEqual([place, annotations], [{ source: "spec.ingress[0]" }, { why: "ticket 5" }]);
});

test("a label named like a property of every object stays a label", () => {
  const { metadata } = decode("GlobalNetworkSet", {}, { labels: { constructor: "x", toString: "y" } });
  assert.deepEqual(Object.entries(metadata.labels), [
    ["constructor", "x"],
    ["toString", "y"],
  ]);
});

const ignored: readonly (readonly [apiVersion: string, kind: string])[] = [
  ["projectcalico.org/v3", "WorkloadEndpoint"],
  ["crd.projectcalico.org/v1", "IPPool"],
  ["networking.k8s.io/v1", "Ingress"],
  ["discovery.example.com/v1", "EndpointSlice"],
  ["apps/v1", "Deployment"],
  ["v1", "ConfigMap"],
  ["kubeflow.org/v1", "Profile"],
];

for (const [apiVersion, kind] of ignored) {
  test(`${kind} of ${apiVersion} is none of hostward's business`, () => {
    const decoded = decodeResource({ apiVersion, kind, metadata: { name: "x" }, spec: { anything: 1 } }, locate);
    assert.equal(decoded.resource, undefined);
    assert.deepEqual(decoded.problems, []);
    assert.match(decoded.ignored ?? "", /not Calico's|nothing about host endpoints/);
  });
}

test("problems name the resource only where kind and name are beyond doubt", () => {
  const named = (kind: string, name: unknown) =>
    decodeResource({ apiVersion: "projectcalico.org/v3", kind, metadata: { name }, spec: { x: 1 } }, locate).problems[0]?.resource;
  assert.deepEqual(
    [named("Tier", "x"), named("Tire", "x"), named("Tier", "X"), named("Tier", 5), named("Tier", undefined)],
    ["Tier/x", undefined, undefined, undefined, undefined],
  );
});

test("100k networks decode", () => {
  const nets = Array.from({ length: 100_000 }, (_, i) => `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`);
  const set = decode("GlobalNetworkSet", { nets });
  assert.equal(set.kind === "GlobalNetworkSet" && countNetworks(set.nets), 100_000);
});

/** How many problems, and what the last one says. */
function problemsOf(kind: string, spec: unknown, metadata: object = {}): readonly [number, string | undefined] {
  const { problems, resource } = decodeResource({ apiVersion: "projectcalico.org/v3", kind, metadata: { name: "x", ...metadata }, spec }, locate);
  assert.equal(resource === undefined, problems.length > 0);
  return [problems.length, problems.at(-1)?.message];
}

test("a label may be empty", () => assert.deepEqual(decode("Tier", {}, { labels: { a: "" } }).metadata.labels, { a: "" }));

for (const label of ["projectcalico.org/namespace", "projectcalico.org/serviceaccount", "pcns.a", "pcsa.a"]) {
  test(`the label ${label} on a HostEndpoint is refused (G30), and on a policy it is nobody's trouble`, () => {
    const labels = { [label]: "x" };
    assert.match(problemsOf("HostEndpoint", { node: "n", interfaceName: "*" }, { labels })[1] ?? "", /Calico itself sets this label/);
    assert.deepEqual(problemsOf("GlobalNetworkPolicy", {}, { labels }), [0, undefined]);
  });
}

const limits: readonly (readonly [sentence: string, kind: string, of: (count: number) => readonly [spec: unknown, metadata?: object], most: number])[] = [
  ["rules", "Profile", (count) => [{ ingress: Array(count).fill({ action: "Allow" }) }], 1024],
  ["networks of a side", "Profile", (count) => [{ ingress: [{ action: "Allow", source: { nets: Array(count).fill("::/8") } }] }], 256],
  ["ports of a side", "Profile", (count) => [{ ingress: [{ action: "Allow", protocol: 6, source: { ports: Array(count).fill(1) } }] }], 50],
  ["characters of a selector", "GlobalNetworkPolicy", (count) => [{ selector: `has(${"a".repeat(500)})${" ".repeat(count - 505)}` }], 1024],
  ["characters of a tier's name", "Tier", (count) => [{}, { name: "a".repeat(count) }], 63],
  ["characters of a name", "Profile", (count) => [{}, { name: "a".repeat(count) }], 253],
  ["characters of a label", "Tier", (count) => [{}, { labels: { a: "a".repeat(count) } }], 63],
  ["bytes of annotations", "Tier", (count) => [{}, { annotations: { a: `${"é".repeat(1000)}${"a".repeat(count - 2001)}` } }], 262_144],
];

for (const [sentence, kind, of, most] of limits) {
  test(`${most} ${sentence} are allowed and one more is not`, () => {
    assert.deepEqual(problemsOf(kind, ...of(most)), [0, undefined]);
    assert.match(problemsOf(kind, ...of(most + 1))[1] ?? "", /at most/);
  });
}

test("of more than 100 problems the rest is counted", () => {
  assert.deepEqual(problemsOf("GlobalNetworkSet", { nets: Array(100).fill("x") }), [100, 'expected a CIDR or an address, got "x"']);
  assert.deepEqual(problemsOf("GlobalNetworkSet", { nets: Array(103).fill("x") }), [101, "3 more problems are not shown"]);
});
