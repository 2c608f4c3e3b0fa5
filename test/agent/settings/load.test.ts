// The settings from all four places: who wins, what each grammar takes, and the words that a wrong value gets.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadSettings, type SettingsInput } from "../../../agent/settings/load.ts";
import { policySettings, takeOver } from "../../../agent/settings/policy.ts";
import { type Settings, settingsTable } from "../../../agent/settings/table.ts";
import { formatProblem } from "../../../rules/model/problem.ts";
import { formatFailsafe } from "../../../rules/net/failsafe.ts";
import { defaultPolicySettings } from "../../../rules/resolve/settings.ts";
import type { PolicySettings } from "../../../rules/resolve/types.ts";

let directory: string;
let file: string;

before(() => {
  directory = mkdtempSync(join(tmpdir(), "hostward-settings-"));
  file = join(directory, "hostward.yaml");
});

after(() => rmSync(directory, { recursive: true }));

/** `yaml` becomes the settings file. */
function load(yaml: string | undefined, rest: Partial<SettingsInput> = {}) {
  if (yaml !== undefined) writeFileSync(file, yaml);
  const flags = { node: "host1", ...(yaml === undefined ? {} : { config: file }), ...rest.flags };
  return loadSettings({ environment: rest.environment ?? {}, flags });
}

function settingsOf(yaml: string | undefined, rest: Partial<SettingsInput> = {}): Settings {
  const { settings, problems } = load(yaml, rest);
  assert.deepEqual(problems.map(formatProblem), []);
  assert.ok(settings);
  return settings;
}

test("without anything given the settings are the defaults that the pure floors have", () => {
  assert.deepEqual(policySettings(settingsOf(undefined)), defaultPolicySettings);
});

test("a later place wins over an earlier one", () => {
  const environment = { HOSTWARD_LOGPREFIX: "from-environment", HOSTWARD_MANIFESTS: "/environment", HOSTWARD_CONTROL: "/environment" };
  const settings = settingsOf("logPrefix: from-file\nnftablesFilterDenyAction: Reject\nmanifests: /file\n", { environment, flags: { control: "/flag" } });
  assert.equal(settings.nftablesFilterDenyAction, "Reject");
  assert.equal(settings.logPrefix, "from-environment");
  assert.equal(settings.manifests, "/environment");
  assert.equal(settings.control, "/flag");
});

test("an empty value is as none given", () => {
  const settings = settingsOf("logPrefix:\nnftablesFilterDenyAction: ''\n", { environment: { HOSTWARD_POLICELOOPBACK: "" } });
  assert.deepEqual(policySettings(settings), defaultPolicySettings);
});

const failsafeForms: readonly (readonly [sentence: string, yaml: string, expected: readonly string[]])[] = [
  ["Felix's text", "tcp:22, udp:68", ["tcp:22", "udp:68"]],
  ["a bare port is TCP", "22", ["tcp:22"]],
  ["text with nets", "'tcp:10.0.0.7/8:22,tcp:[2001:db8::/32]:80'", ["tcp:10.0.0.0/8:22", "tcp:[2001:db8::/32]:80"]],
  ["the API's list of objects", "[{protocol: UDP, port: 53}, {port: 22, net: 10.1.2.3}]", ["udp:53", "tcp:10.1.2.3/32:22"]],
  ["an object with an IPv6 net", "[{protocol: SCTP, port: 9, net: '2001:db8::/32'}]", ["sctp:[2001:db8::/32]:9"]],
  ["a list of texts", "['udp:53', 179]", ["udp:53", "tcp:179"]],
  ["none is the empty list", "NONE", []],
  ["an empty list is the empty list", "[]", []],
];

for (const [sentence, yaml, expected] of failsafeForms) {
  test(`failsafe ports: ${sentence}`, () => {
    assert.deepEqual(settingsOf(`failsafeInboundHostPorts: ${yaml}\n`).failsafeInboundHostPorts.map(formatFailsafe), expected);
  });
}

const otherForms: readonly (readonly [sentence: string, yaml: string, expected: Partial<Settings>])[] = [
  [
    "keywords in any case",
    "defaultEndpointToHostAction: RETURN\nlogSeverityScreen: wArNiNg",
    { defaultEndpointToHostAction: "Return", logSeverityScreen: "Warning" },
  ],
  ["a hexadecimal mark mask", "nftablesMarkMask: 0xff000000", { nftablesMarkMask: 0xff000000 }],
  ["a mark mask as text", "nftablesMarkMask: '0x10'", { nftablesMarkMask: 16 }],
  ["several workload prefixes", "interfacePrefix: cali, tap", { interfacePrefix: ["cali", "tap"] }],
  [
    "excluded names and expressions",
    "interfaceExclude: kube-ipvs0,/^veth/",
    {
      interfaceExclude: [
        { kind: "name", name: "kube-ipvs0" },
        { kind: "regex", source: "^veth" },
      ],
    },
  ],
  ["an expression with a comma, in a list", "interfaceExclude: ['/^a{1,2}$/']", { interfaceExclude: [{ kind: "regex", source: "^a{1,2}$" }] }],
  ["no excluded interface", "interfaceExclude: none", { interfaceExclude: [] }],
  ["truth values as Felix has them", "policeLoopback: yes\nallowEssentials: 0", { policeLoopback: true, allowEssentials: false }],
  ["no log prefix", "logPrefix: none", { logPrefix: "" }],
  ["a rate limit of logs", "logActionRateLimit: 10/Minute", { logActionRateLimit: { rate: 10, per: "minute" } }],
  ["a burst as text", "logActionRateLimitBurst: '07'", { logActionRateLimitBurst: 7 }],
  [
    "peers of tunnels, masked",
    "encapsulationPeers: [10.0.0.7/8, '2001:db8::1']",
    {
      encapsulationPeers: [
        { family: 4, address: 0x0a000000n, length: 8 },
        { family: 6, address: 0x20010db8000000000000000000000001n, length: 128 },
      ],
    },
  ],
  ["an empty file", "", {}],
  ["a file of comments", "# nothing yet\n", {}],
];

for (const [sentence, yaml, expected] of otherForms) {
  test(`settings file: ${sentence}`, () => {
    const settings = settingsOf(yaml);
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(settings[name as keyof Settings], value, name);
  });
}

const wrong: readonly (readonly [yaml: string, message: string])[] = [
  [
    "logPrefix: x\nfailsafeInboundHostPorts: tcp:22x",
    'FILE:2:1: error setting-value failsafeInboundHostPorts: "tcp:22x" is not a list of ports: expected port, protocol:port or protocol:net:port, an IPv6 net in [brackets], got "tcp:22x"',
  ],
  [
    "failsafeInboundHostPorts: icmp:1",
    'FILE:1:1: error setting-value failsafeInboundHostPorts: "icmp:1" is not a list of ports: expected the protocol tcp, udp or sctp, got "icmp:1"',
  ],
  [
    "failsafeInboundHostPorts: 'tcp:[fe80::1]'",
    'FILE:1:1: error setting-value failsafeInboundHostPorts: "tcp:[fe80::1]" is not a list of ports: expected port,',
  ],
  ["failsafeOutboundHostPorts: [{port: 70000}]", 'failsafeOutboundHostPorts: [{"port":70000}] is not a list of ports: expected a port from 0 to 65535'],
  ["failsafeOutboundHostPorts: [{port: '53'}]", 'failsafeOutboundHostPorts: [{"port":"53"}] has an item 1 that has a port that is not a whole number'],
  ["failsafeOutboundHostPorts: [{protocol: UDP}]", "has an item 1 that has no port"],
  ["failsafeOutboundHostPorts: [{port: 53, proto: UDP}]", "has an item 1 that has the unknown key proto"],
  ["failsafeOutboundHostPorts: [{port: 53, net: 10.0.0.0/33}]", "expected an address or CIDR between the colons"],
  ["failsafeOutboundHostPorts: ['tcp:1,tcp:2']", "has an item 1 that is not one port"],
  ["failsafeInboundHostPorts: {port: 22}", "error setting-value failsafeInboundHostPorts"],
  ["defaultEndpointToHostAction: Reject", 'defaultEndpointToHostAction: "Reject" is not one of these; accepted is Drop, Return or Accept'],
  ["nftablesFilterDenyAction: Accept", 'nftablesFilterDenyAction: "Accept" is not one of these; accepted is Drop or Reject'],
  ["interfacePrefix: none!", 'interfacePrefix: "none!" has the item "none!" that is not the start of an interface name'],
  ["interfacePrefix: []", "interfacePrefix: [] is empty"],
  ["interfacePrefix: [1]", "has the item 1 that is a number, not text"],
  ["interfaceExclude: /(/", 'interfaceExclude: "/(/" has the item "/(/" that is not a regular expression'],
  ["interfaceExclude: eth0/1", 'has the item "eth0/1" that is not an interface name'],
  ["nftablesMarkMask: 0", "nftablesMarkMask: 0 is out of range; accepted is a number from 1 to 0xffffffff"],
  ["nftablesMarkMask: 0x1ffffffff", "nftablesMarkMask: 8589934591 is out of range"],
  ["nftablesMarkMask: all", 'nftablesMarkMask: "all" is not such a number'],
  ["logPrefix: 'say \"hi\"'", 'logPrefix: "say \\"hi\\"" does not fit; accepted is text of at most 125'],
  ["logPrefix: 5", "logPrefix: 5 is a number, not text"],
  [
    "logActionRateLimit: 10",
    "logActionRateLimit: 10 is not such a rate; accepted is a number from 1 to 9999, a slash and second, minute, hour or day (10/minute), or none",
  ],
  ["logActionRateLimit: 0/second", 'logActionRateLimit: "0/second" is not such a rate'],
  ["logActionRateLimit: 5/week", 'logActionRateLimit: "5/week" is not such a rate'],
  ["logActionRateLimitBurst: 10000", "logActionRateLimitBurst: 10000 is out of range; accepted is a whole number from 0 to 9999"],
  ["logActionRateLimitBurst: 1.5", "logActionRateLimitBurst: 1.5 is not such a number"],
  ["vxlanPort: 0", "vxlanPort: 0 is out of range; accepted is a whole number from 1 to 65535"],
  ["wireguardListeningPort: wg", 'wireguardListeningPort: "wg" is not such a number'],
  ["ipipEnabled: Auto", 'ipipEnabled: "Auto" is not a truth value'],
  [
    "encapsulationPeers: node-2",
    'encapsulationPeers: "node-2" has the item "node-2" that is not an address or CIDR; accepted is addresses and CIDRs separated by commas, or none',
  ],
  ["nftablesFilterAllowAction: Drop", 'nftablesFilterAllowAction: "Drop" is not one of these; accepted is Accept or Return'],
  ["nftablesMangleAllowAction: Drop", 'nftablesMangleAllowAction: "Drop" is not one of these'],
  ["disableConntrackInvalidCheck: 2", "disableConntrackInvalidCheck: 2 is not a truth value"],
  ["logSeverityScreen: verbose", 'logSeverityScreen: "verbose" is not one of these'],
  ["policeLoopback: perhaps", 'policeLoopback: "perhaps" is not a truth value; accepted is true or false'],
  ["node: Host_1", 'FILE:1:1: error setting-value node: "Host_1" does not fit; accepted is a DNS-1123 name'],
  ["datastore: etcd", 'datastore: "etcd" is not one of these; accepted is only file'],
  ["failsafeInboundHostPort: 22", "FILE:1:1: error setting-unknown failsafeInboundHostPort: is not a setting; did you mean failsafeInboundHostPorts?"],
  ["  routeTableRange: 1", "FILE:1:3: error setting-unknown routeTableRange: is not a setting; docs/settings.md lists all settings"],
  ["config: other.yaml", "error setting-unknown config: is not a setting"],
  ["- logPrefix", "FILE:1:1: error settings-file: is not a mapping of settings"],
  ["logPrefix: a\nlogPrefix: b", "FILE:2:1: error yaml-syntax: Map keys must be unique"],
  ["logPrefix: 'a", "FILE:1:"],
];

for (const [yaml, message] of wrong) {
  test(`refused with its place: ${yaml.replaceAll("\n", " / ")}`, () => {
    const { settings, problems } = load(yaml);
    assert.equal(settings, undefined);
    assert.equal(problems.length, 1);
    const line = problems.map(formatProblem).join("\n").replaceAll(file, "FILE");
    assert.ok(line.includes(message), line);
  });
}

test("a FelixConfiguration is a settings file, without what only Felix knows", () => {
  const spec = "{bpfEnabled: false, vxlanEnabled: true, vxlanPort: 8472, failsafeInboundHostPorts: [{protocol: SCTP, port: 9}], logSeverityScreen: Debug}";
  const settings = settingsOf(`apiVersion: projectcalico.org/v3\nkind: FelixConfiguration\nmetadata: {name: default}\nspec: ${spec}\n`);
  assert.deepEqual([settings.vxlanEnabled, settings.vxlanPort, settings.logSeverityScreen], [true, 8472, "Debug"]);
  assert.deepEqual(settings.failsafeInboundHostPorts.map(formatFailsafe), ["sctp:9"]);
});

test("a FelixConfiguration with a wrong value is refused with its place, and one without a spec is the defaults", () => {
  const { problems } = load("kind: FelixConfiguration\nspec:\n  vxlanPort: 0\n");
  assert.match(problems.map(formatProblem).join(), /:3:3: error setting-value vxlanPort: 0 is out of range/);
  assert.deepEqual(policySettings(settingsOf("kind: FelixConfiguration\n")), defaultPolicySettings);
});

test("all wrong settings are told at once, each with where it came from", () => {
  const { settings, problems } = load("logPrefix: 5\npoliceLoopback: 7\n", {
    environment: { HOSTWARD_LOGSEVERITYSCREEN: "loud" },
    flags: { datastore: "etcd" },
  });
  assert.equal(settings, undefined);
  assert.deepEqual(
    problems.map(({ place, field }) => [place.source.replace(file, "FILE"), place.line, field]),
    [
      ["flag --datastore", undefined, "datastore"],
      ["FILE", 1, "logPrefix"],
      ["environment HOSTWARD_LOGSEVERITYSCREEN", undefined, "logSeverityScreen"],
      ["FILE", 2, "policeLoopback"],
    ],
  );
});

test("a wrong value is told even where a later place hides it", () => {
  assert.equal(load("policeLoopback: 7", { environment: { HOSTWARD_POLICELOOPBACK: "true" } }).settings, undefined);
});

test("an unknown HOSTWARD_ variable is a warning with the nearest name", () => {
  const { settings, problems } = load(undefined, { environment: { HOSTWARD_LOG_PREFIX: "x", OTHER: "y" } });
  assert.ok(settings);
  assert.deepEqual(problems.map(formatProblem), [
    "environment: warning setting-unknown HOSTWARD_LOG_PREFIX: is not a setting; did you mean HOSTWARD_LOGPREFIX?",
  ]);
});

test("a settings file that is not there stops the start", () => {
  const { settings, problems } = load(undefined, { environment: { HOSTWARD_CONFIG: join(directory, "absent.yaml") } });
  assert.equal(settings, undefined);
  assert.match(problems.map(formatProblem).join(), /absent\.yaml: error settings-file: cannot be read: ENOENT/);
});

test("a running daemon takes over what is policy, and tells what needs a new start", () => {
  const current = settingsOf("manifests: /a\nlogPrefix: one");
  const { settings, ignored } = takeOver(current, settingsOf("manifests: /b\nlogPrefix: two"));
  assert.deepEqual([settings.manifests, settings.logPrefix, ignored], ["/a", "two", ["manifests"]]);
});

const policies: readonly (readonly [sentence: string, yaml: string, expected: Partial<PolicySettings>])[] = [
  ["INVALID packets are left to the policy", "disableConntrackInvalidCheck: true", { invalidCheck: false }],
  ["a rate limit comes with the default burst", "logActionRateLimit: 1/day", { logRateLimit: { rate: 1, per: "day", burst: 5 } }],
  ["a burst of 0 is the kernel's default", "logActionRateLimit: 1/day\nlogActionRateLimitBurst: 0", { logRateLimit: { rate: 1, per: "day", burst: 5 } }],
  ["a burst without a limit is nothing", "logActionRateLimitBurst: 9", { logRateLimit: undefined }],
  ["the allow action changes nothing (P60)", "nftablesFilterAllowAction: Return\nnftablesMangleAllowAction: return", defaultPolicySettings],
  [
    "each tunnel has its port",
    "vxlanEnabled: true\nvxlanPort: 8472\nipipEnabled: true\nwireguardEnabledV6: true\nencapsulationPeers: 10.0.0.7",
    { encapsulation: { vxlan: [8472], ipip: true, wireguard: [51821], peers: [{ family: 4, address: 0x0a000007n, length: 32 }] } },
  ],
  [
    "both families of WireGuard may have one port",
    "wireguardEnabled: true\nwireguardEnabledV6: true\nwireguardListeningPortV6: 51820",
    { encapsulation: { vxlan: [], ipip: false, wireguard: [51820], peers: [] } },
  ],
];

for (const [sentence, yaml, expected] of policies) {
  test(`to the rules ${sentence}`, () => assert.deepEqual(policySettings(settingsOf(yaml)), { ...defaultPolicySettings, ...expected }));
}

test("every default is what its own type accepts", () => {
  for (const [name, { type, fallback }] of Object.entries(settingsTable)) assert.ok("value" in type.parse(fallback()), name);
});
