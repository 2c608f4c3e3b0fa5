// The commands that need neither privilege nor a daemon, run as a user runs them: what they print, where, and how they end.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Ended, hostward, type Invocation, interfacesFile, sample, withFiles } from "./command.ts";

const files = { ...sample };
const interfaces = "../interfaces.txt";

interface Row {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Added to, or instead of, the sample's. */
  readonly files?: Readonly<Record<string, string>>;
  readonly code: number;
  readonly stdout?: RegExp;
  readonly stderr?: RegExp;
}

const nothing = /^$/;

/** The sample without what is suspicious about it. */
const wellMeant = {
  "endpoint.yaml": sample["endpoint.yaml"].replace("profile1, profile2", "profile1"),
  "policy.yaml": sample["policy.yaml"].replace("'db'", "'office'"),
};
const endpointByAddress =
  "apiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata: { name: a, labels: { type: production } }\nspec: { node: host1, expectedIPs: [192.168.0.1] }\n";
const manifests = ["--manifests", "."];

/** A policy of more rules than are left one by one. */
const manyPorts = `apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: many }
spec:
  selector: all()
  types: [Ingress]
  ingress:
${Array.from({ length: 80 }, (_, i) => `  - { action: Allow, protocol: TCP, destination: { ports: [${1000 + i}] } }\n`).join("")}`;

/** What a dump of a cluster has besides host policy. */
const cluster = {
  "cluster.yaml": `apiVersion: v1
kind: List
items:
- { apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: db, namespace: prod }, spec: { podSelector: { matchLabels: { role: db } } } }
- { apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: db, namespace: test }, spec: { podSelector: {} } }
- { apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: { name: db, namespace: prod }, spec: { order: 5 } }
- { apiVersion: projectcalico.org/v3, kind: StagedGlobalNetworkPolicy, metadata: { name: draft }, spec: { stagedAction: Learn } }
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata: { name: web-1, namespace: prod, labels: { kubernetes.io/service-name: web } }
  addressType: IPv4
  endpoints: [{ addresses: [10.0.0.1] }]
  ports: [{ port: 80 }]
`,
};

const rows: readonly Row[] = [
  { name: "--version", arguments: ["--version"], code: 0, stdout: /^hostward \d+\.\d+\.\d+\n$/, stderr: nothing },
  {
    name: "--help teaches the commands and exit codes",
    arguments: ["--help"],
    code: 0,
    stdout: /First steps:[\s\S]*Exit codes:[\s\S]*4 {2}the kernel/,
    stderr: nothing,
  },
  {
    name: "run --help shows the settings with their defaults",
    arguments: ["run", "--help"],
    code: 0,
    stdout: /--control[\s\S]*\/run\/hostward\/control\.sock[\s\S]*docs\/settings\.md/,
  },
  { name: "no command shows the help as a mistake", arguments: [], code: 2, stdout: nothing, stderr: /Usage: hostward/ },
  {
    name: "an unknown command suggests the nearest",
    arguments: ["rnder"],
    code: 2,
    stdout: nothing,
    stderr: /unknown command 'rnder'\n\(Did you mean render\?\)/,
  },
  {
    name: "an unknown option suggests the nearest",
    arguments: ["check", "--manifest", "."],
    code: 2,
    stderr: /unknown option '--manifest'\n\(Did you mean --manifests\?\)/,
  },

  {
    name: "check says that all is well",
    arguments: ["check", ...manifests, "--strict"],
    files: wellMeant,
    code: 0,
    stdout: /^5 valid resources, no problems\n$/,
    stderr: nothing,
  },
  {
    name: "check warns of what is suspicious, with place, reason and remedy",
    arguments: ["check", ...manifests],
    code: 0,
    stdout: /^5 valid resources, 2 warnings\n$/,
    stderr:
      /^endpoint\.yaml:1:1: warning unknown-profile HostEndpoint\/some\.name spec\.profiles\[1\]: there is no Profile 'profile2': .*denied.*; add the Profile/,
  },
  {
    name: "check --strict fails for warnings",
    arguments: ["check", ...manifests, "--strict"],
    code: 1,
    stdout: nothing,
    stderr: /5 valid resources, 2 warnings\n$/,
  },
  {
    name: "check of one node knows only what its interfaces show",
    arguments: ["check", ...manifests, "--node", "host1", "--interfaces", interfaces],
    files: { ...wellMeant, "byaddress.yaml": endpointByAddress },
    code: 0,
    stderr: /^endpoint\.yaml:1:1: warning endpoint-shadowed HostEndpoint\/some\.name spec: is shadowed on eth0 by HostEndpoint 'a'/,
  },
  {
    name: "check takes failsafe ports from the settings",
    arguments: ["check", ...manifests],
    environment: { HOSTWARD_FAILSAFEINBOUNDHOSTPORTS: "none" },
    files: wellMeant,
    code: 0,
    stderr: /warning ssh-not-failsafe HostEndpoint\/some\.name: SSH \(tcp:22\) is no failsafe: .*; add tcp:22 to failsafeInboundHostPorts/,
  },
  {
    name: "check tells all problems of all files at once",
    arguments: ["check", ...manifests],
    files: {
      "bad.yaml":
        "apiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata: { name: bad }\nspec: { node: host1, interfaceName: eth0/1, expectedIPs: [10.0.0.300] }\n",
      "worse.yaml": "kind: [\n",
    },
    code: 1,
    stdout: nothing,
    stderr:
      /^bad\.yaml:4:\d+: error field-value HostEndpoint\/bad spec\.interfaceName:[\s\S]*bad\.yaml:4:\d+: error field-value HostEndpoint\/bad spec\.expectedIPs\[0\]:[\s\S]*worse\.yaml:[\s\S]*5 valid resources, [3-9] errors, 2 warnings\n$/,
  },
  {
    name: "check tells problems of settings and manifests together",
    arguments: ["check", ...manifests],
    environment: { HOSTWARD_POLICELOOPBACK: "maybe" },
    files: { "dup.yaml": sample["endpoint.yaml"] },
    code: 2,
    stderr:
      /setting-value policeLoopback[\s\S]*endpoint\.yaml:1:?\d*: error duplicate-name HostEndpoint\/some\.name: is already defined in dup\.yaml:1, which counts/,
  },
  {
    name: "check takes a warning for no failure",
    arguments: ["check", ...manifests],
    environment: { HOSTWARD_LOGPREFX: "x" },
    code: 0,
    stdout: /5 valid resources, 3 warnings/,
    stderr: /did you mean HOSTWARD_LOGPREFIX\?/,
  },
  {
    name: "a manifest directory that is not there",
    arguments: ["check", "--manifests", "absent"],
    code: 2,
    stderr: /^hostward: manifests directory absent cannot be read: ENOENT/,
  },

  {
    name: "render prints nft text",
    arguments: ["render", ...manifests, "--interfaces", interfaces],
    code: 0,
    stdout: /^table inet hostward \{[\s\S]*iifname vmap[\s\S]*GlobalNetworkPolicy allow-web/,
    stderr: nothing,
  },
  {
    name: "render prints bytecode",
    arguments: ["render", ...manifests, "--interfaces", interfaces, "-o", "bytecode"],
    code: 0,
    stdout: /\[ meta load iifname => reg 1 \]/,
  },
  {
    name: "render gathers the rules of a long list in a map",
    arguments: ["render", ...manifests, "--interfaces", interfaces],
    files: { "many.yaml": manyPorts },
    code: 0,
    stdout: /tcp \. 1033 comment "GlobalNetworkPolicy many ingress rule 33" : accept[\s\S]*meta l4proto \. th dport vmap @/,
  },
  {
    name: "render --plain leaves the rules one by one",
    arguments: ["render", ...manifests, "--interfaces", interfaces, "--plain"],
    files: { "many.yaml": manyPorts },
    code: 0,
    stdout: /tcp dport 1033 counter accept comment "GlobalNetworkPolicy many ingress rule 33"/,
  },
  { name: "render refuses an unknown form", arguments: ["render", ...manifests, "-o", "xml"], code: 2, stderr: /Allowed choices are nft, json, bytecode/ },
  { name: "render without an interfaces file takes this host's own", arguments: ["render", ...manifests], code: 0, stdout: /^table inet hostward/ },
  {
    name: "render prints what is valid and fails for what is not",
    arguments: ["render", ...manifests, "--interfaces", interfaces],
    files: { "bad.yaml": "kind: HostEndpoint\n" },
    code: 1,
    stdout: /GlobalNetworkPolicy allow-web/,
    stderr: /bad\.yaml:1:[\s\S]*the ruleset is that of the valid resources\n$/,
  },
  {
    name: "an interfaces file with mistakes has all of them told",
    arguments: ["render", ...manifests, "--interfaces", "interfaces.txt"],
    files: {
      "interfaces.txt":
        "- { name: a-name-that-is-too-long, address: 1.2.3.4 }\n- { name: eth0, addresses: [10.0.0.1/8], up: maybe }\n- eth1\n- { name: eth2, addresses: 10.0.0.1 }\n",
    },
    code: 2,
    stdout: nothing,
    stderr:
      /item 1: unknown key "address"[\s\S]*item 1: name "a-name-that-is-too-long"[\s\S]*item 2: up "maybe"[\s\S]*item 2: address "10\.0\.0\.1\/8"[\s\S]*item 3: name undefined[\s\S]*item 4: addresses "10\.0\.0\.1" is not a list/,
  },
  {
    name: "an interfaces file that is not there",
    arguments: ["render", ...manifests, "--interfaces", "absent"],
    code: 2,
    stderr: /interfaces file absent: ENOENT/,
  },

  {
    name: "get of a directory",
    arguments: ["get", "HostEndpoint.p", ...manifests],
    code: 0,
    stdout: /^NAME {8}NODE {4}INTERFACE\nsome\.name {3}host1 {3}eth0\n$/,
    stderr: nothing,
  },
  {
    name: "get -o wide has more columns",
    arguments: ["get", "heps", ...manifests, "-o", "wide"],
    code: 0,
    stdout: /192\.168\.0\.1,192\.168\.0\.2 {3}profile1,profile2 {3}some-port:TCP\/1234/,
  },
  {
    name: "get one by name as YAML",
    arguments: ["get", "gnp", "allow-web", ...manifests, "-o", "yaml"],
    code: 0,
    stdout: /^apiVersion: projectcalico\.org\/v3\nkind: GlobalNetworkPolicy\n/,
  },
  {
    name: "a cluster's other policies are checked without a word",
    arguments: ["check", ...manifests, "--strict"],
    files: { ...wellMeant, ...cluster },
    code: 0,
    stderr: nothing,
  },
  {
    name: "get of Kubernetes' policies, which are not Calico's",
    arguments: ["get", "netpol", ...manifests],
    files: cluster,
    code: 0,
    stdout: /^NAMESPACE {3}NAME {3}POD-SELECTOR\nprod {8}db {5}role=db\ntest {8}db {5}-\n$/,
  },
  {
    name: "get of one namespace",
    arguments: ["get", "netpol", "db", "-n", "test", ...manifests, "-o", "yaml"],
    files: cluster,
    code: 0,
    stdout: /^apiVersion: networking\.k8s\.io\/v1\nkind: NetworkPolicy\nmetadata:\n {2}name: db\n {2}namespace: test\nspec:\n {2}podSelector: \{\}\n$/,
  },
  {
    name: "get of staged policies says what they stage",
    arguments: ["get", "sgnp", ...manifests],
    files: cluster,
    code: 0,
    stdout: /draft {3}Learn {4}default/,
  },
  {
    name: "get of a slice is a manifest again",
    arguments: ["get", "endpointslices", ...manifests, "-o", "yaml"],
    files: cluster,
    code: 0,
    stdout: /addressType: IPv4\nendpoints:\n {2}- addresses:\n {6}- 10\.0\.0\.1\nports:\n {2}- protocol: TCP\n {4}port: 80\n$/,
  },
  {
    name: "get of a name that is not there suggests one",
    arguments: ["get", "hep", "some.nam", ...manifests],
    code: 1,
    stdout: nothing,
    stderr: /no HostEndpoint named "some\.nam"; did you mean some\.name\?/,
  },
  {
    name: "get of an unknown kind suggests one",
    arguments: ["get", "hostendpoinst", ...manifests],
    code: 2,
    stderr: /no kind "hostendpoinst"; did you mean hostendpoint\?/,
  },
  {
    name: "get without a daemon says what to do",
    arguments: ["get", "hep", "--control", "absent.sock"],
    code: 3,
    stdout: nothing,
    stderr: /^hostward: no daemon at absent\.sock: start one with `hostward run`/,
  },
  {
    name: "status without a daemon says what to do",
    arguments: ["status", "--control", "absent.sock"],
    code: 3,
    stdout: nothing,
    stderr: /no daemon at absent\.sock/,
  },
  {
    name: "run with wrong settings does not start, and tells all of them",
    arguments: ["run", "--node", "Host_1", "--datastore", "etcd"],
    code: 2,
    stdout: nothing,
    stderr: /flag --node: error[\s\S]*flag --datastore: error[\s\S]*the settings have 2 errors/,
  },
];

function invoke({ arguments: arguments_, environment = {}, files: more = {} }: Row): Promise<Ended> {
  return withFiles({}, async (parent) =>
    withFiles({ ...files, ...more }, async (cwd) => {
      const path = join(parent, "interfaces.txt");
      writeFileSync(path, interfacesFile);
      const invocation: Invocation = { cwd, environment };
      return hostward(
        arguments_.map((argument) => (argument === interfaces ? path : argument)),
        invocation,
      );
    }),
  );
}

for (const row of rows) {
  test(row.name, async () => {
    const { code, stdout, stderr } = await invoke(row);
    if (row.stdout !== undefined) assert.match(stdout, row.stdout);
    if (row.stderr !== undefined) assert.match(stderr, row.stderr);
    assert.equal(code, row.code, stderr);
  });
}

test("render -o json is JSON with every rule as nft text, statements and origin", async () => {
  const { stdout } = await invoke({ name: "", arguments: ["render", ...manifests, "--interfaces", interfaces, "-o", "json"], code: 0 });
  const ruleset = JSON.parse(stdout) as {
    table: string;
    chains: { name: string; rules: { nft: string; origin: { kind: string }; statements: unknown[] }[] }[];
  };
  assert.equal(ruleset.table, "hostward");
  const rules = ruleset.chains.flatMap((chain) => chain.rules);
  assert.ok(rules.some(({ origin }) => origin.kind === "GlobalNetworkPolicy"));
  assert.ok(rules.every(({ nft, statements }) => nft !== "" && statements.length > 0));
});

test("get -o json is a list that another tool can read", async () => {
  const { stdout } = await invoke({ name: "", arguments: ["get", "gns", ...manifests, "-o", "json"], code: 0 });
  assert.deepEqual(JSON.parse(stdout), {
    apiVersion: "projectcalico.org/v3",
    kind: "GlobalNetworkSetList",
    items: [
      {
        apiVersion: "projectcalico.org/v3",
        kind: "GlobalNetworkSet",
        metadata: { name: "office", labels: { role: "office" } },
        spec: { nets: ["198.51.100.0/24", "2001:db8::1/128"] },
      },
    ],
  });
});
