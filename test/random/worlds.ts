// Random hosts as an operator would write them: documents of all kinds and settings over so few labels, addresses, ports and names that endpoints
// collide, policies meet and rules of several tiers match the same packet. Only what decodes without a problem, so that any world is a corpus case.

import assert from "node:assert/strict";
import fc from "fast-check";
import { type CompiledPass, compilePass } from "../../agent/reconcile/pass.ts";
import { loadSettings } from "../../agent/settings/load.ts";
import { policySettings } from "../../agent/settings/policy.ts";
import { decodeResource } from "../../rules/model/decode.ts";
import type { Resource } from "../../rules/model/types.ts";
import { parseAddress } from "../../rules/net/address.ts";
import type { Interface, ResolveInput } from "../../rules/resolve/types.ts";
import { selectorText } from "../rules/resolve/arbitrary.ts";
import { ruleList } from "./ruleDocuments.ts";

export const node = "host1";

export interface Document {
  readonly apiVersion: "projectcalico.org/v3";
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface World {
  readonly settings: Readonly<Record<string, string>>;
  readonly documents: readonly Document[];
}

/** Of every world, so that a lab needs its cables once. */
export const interfaces: readonly Interface[] = [
  link("lo", "127.0.0.1", "::1"),
  link("eth0", "10.0.0.1", "fd00::1"),
  link("eth1", "10.0.0.2", "fd00::2"),
  link("eth2"),
  link("cali1", "10.0.0.3", "fd00::3"),
];

function link(name: string, ...addresses: readonly string[]): Interface {
  return { name, addresses: addresses.map((text) => parseAddress(text) ?? assert.fail(`${text} is no address`)), up: true };
}

/** What resolve reads. @throws Error where the world would not be taken as it is written */
export function readWorld({ settings, documents }: World): ResolveInput {
  const loaded = loadSettings({ environment: {}, flags: settings });
  const resources = documents.map((document): Resource => {
    const { resource, problems } = decodeResource(document, () => ({ source: "world" }));
    return resource !== undefined && problems.length === 0 ? resource : assert.fail(`${JSON.stringify(document)}: ${JSON.stringify(problems)}`);
  });
  if (loaded.settings === undefined) return assert.fail(JSON.stringify(loaded.problems));
  return { node, resources, interfaces, settings: policySettings(loaded.settings) };
}

/** By the way the daemon takes. @throws where it finds a fault in what it has compiled */
export function compileWorld(given: World): CompiledPass {
  const { resources, settings } = readWorld(given);
  const compiled = compilePass({ node, settings, snapshot: { revision: 1, resources, problems: [], interfaces } });
  assert.deepEqual(compiled.faults, []);
  return compiled;
}

const apiVersion = "projectcalico.org/v3" as const;
const mostly = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 3 });
const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

/** Absent fields are left out, as a manifest has them. */
export function given<T extends object>(fields: T): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const labels = fc.dictionary(fc.constantFrom("role", "zone"), fc.constantFrom("a", "b", "ab"), { maxKeys: 2 });
/** Biased to what selects something: a policy that selects no endpoint judges nothing. */
const selecting = fc.oneof({ weight: 3, arbitrary: fc.constantFrom("all()", "has(role)", "role == 'a'", "zone != 'b'") }, selectorText.filter(isForPolicies));

/** R20 e. */
function isForPolicies(text: string): boolean {
  return !text.includes("global()");
}

const address = fc.tuple(fc.constantFrom("10.0.0.", "fd00::"), fc.nat(7)).map(([base, last]) => `${base}${last === 0 && base === "fd00::" ? "" : last}`);
const profileNames = fc.uniqueArray(fc.constantFrom("p1", "p2", "projectcalico-default-allow", "p1", "p2", "ghost"), { maxLength: 3 });
const ports = fc.uniqueArray(
  fc.record({ name: fc.constantFrom("web", "dns"), protocol: fc.constantFrom("TCP", "UDP", "SCTP", 6, 17), port: fc.integer({ min: 1, max: 6 }) }),
  { selector: ({ name }) => name, maxLength: 2 },
);

function endpoint(name: string, where: fc.Arbitrary<{ readonly node?: string; readonly interfaceName?: string; readonly expectedIPs?: readonly string[] }>) {
  return fc.record({ where, labels, profiles: profileNames, ports }).map(
    ({ where: at, labels: own, ...rest }): Document => ({
      apiVersion,
      kind: "HostEndpoint",
      metadata: { name, labels: own },
      spec: { node, ...at, ...rest },
    }),
  );
}

const ips = fc.uniqueArray(address, { minLength: 1, maxLength: 2 });
const named = fc.record({ interfaceName: fc.constantFrom("eth0", "eth1", "eth0", "lo", "cali1"), expectedIPs: ips });
const wildcard = fc.constant({ interfaceName: "*" });

const endpoints: readonly fc.Arbitrary<Document | undefined>[] = [
  mostly(endpoint("a", named)),
  sometimes(
    endpoint(
      "b",
      fc.oneof(
        named,
        ips.map((expectedIPs) => ({ expectedIPs })),
      ),
    ),
  ),
  mostly(endpoint("w", wildcard)),
  sometimes(endpoint("v", wildcard)),
  sometimes(
    endpoint(
      "far",
      ips.map((expectedIPs) => ({ node: "host2", interfaceName: "eth0", expectedIPs })),
    ),
  ),
];

/** How a policy is enforced, with R20's combinations. */
const manner = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 3, arbitrary: fc.constant({ applyOnForward: true }) },
  { weight: 2, arbitrary: fc.constant({ applyOnForward: true, preDNAT: true }) },
  { weight: 2, arbitrary: fc.constant({ applyOnForward: true, doNotTrack: true }) },
);
const types = fc.constantFrom(undefined, ["Ingress"], ["Egress"], ["Ingress", "Egress"]);
const order = fc.constantFrom(undefined, undefined, 1, 2, -1, 0.5);
const tier = fc.constantFrom(undefined, "t1", "t1", "t2", "ghost");

function policy(kind: string, name: string): fc.Arbitrary<Document> {
  return fc
    .record({ manner, types, order, tier, selector: selecting, ingress: ruleList, egress: ruleList })
    .map(({ manner: how, ...spec }) => ({ ...spec, ...how, ...("preDNAT" in how ? { types: ["Ingress"], egress: undefined } : {}) }))
    .map((spec): Document => ({ apiVersion, kind, metadata: { name }, spec: given(spec) }));
}

const profile = (name: string) =>
  fc
    .record({ ingress: ruleList, egress: ruleList, labelsToApply: labels })
    .map((spec): Document => ({ apiVersion, kind: "Profile", metadata: { name }, spec }));

const tierOf = (name: string) =>
  fc
    .record({ order: fc.constantFrom(undefined, 1, 2), defaultAction: fc.constantFrom(undefined, "Pass", "Deny", "Pass") })
    .map((spec): Document => ({ apiVersion, kind: "Tier", metadata: { name }, spec: given(spec) }));

const member = fc.constantFrom("10.0.0.0/30", "10.0.0.2", "10.0.0.5", "10.0.0.4/31", "0.0.0.0/0", "fd00::/126", "fd00::5", "fd00::2/128", "::/0");
const networkSet = (kind: string, namespace?: string) =>
  fc.record({ labels, nets: fc.uniqueArray(member, { maxLength: 3 }) }).map(
    ({ labels: own, nets }): Document => ({
      apiVersion,
      kind,
      metadata: { name: "s", labels: own, ...(namespace === undefined ? {} : { namespace }) },
      spec: { nets },
    }),
  );

const others: readonly fc.Arbitrary<Document | undefined>[] = [
  mostly(profile("p1")),
  sometimes(profile("p2")),
  mostly(tierOf("t1")),
  mostly(tierOf("t2")),
  mostly(networkSet("GlobalNetworkSet")),
  sometimes(networkSet("NetworkSet", "ns")),
  sometimes(policy("StagedGlobalNetworkPolicy", "p")),
];

const policies: readonly fc.Arbitrary<Document | undefined>[] = [
  mostly(policy("GlobalNetworkPolicy", "p")),
  mostly(policy("GlobalNetworkPolicy", "q")),
  mostly(policy("GlobalNetworkPolicy", "p-1")),
  sometimes(policy("GlobalNetworkPolicy", "default.r")),
  sometimes(policy("GlobalNetworkPolicy", "s")),
];

const failsafes = fc
  .array(fc.constantFrom("tcp:1", "udp:2", "sctp:3", "tcp:10.0.0.4/30:2", "udp:[fd00::4/126]:1", "4"), { maxLength: 3 })
  .map((items) => (items.length === 0 ? "none" : items.join(",")));

const flag = (rare: string, usual: string) => fc.constantFrom(usual, usual, usual, rare);

const settings = fc.record({
  failsafeInboundHostPorts: failsafes,
  failsafeOutboundHostPorts: failsafes,
  defaultEndpointToHostAction: fc.constantFrom("Drop", "Return", "Accept"),
  nftablesFilterDenyAction: flag("Reject", "Drop"),
  policeLoopback: flag("true", "false"),
  allowEssentials: flag("false", "true"),
  disableConntrackInvalidCheck: flag("true", "false"),
  nftablesMarkMask: flag("0x80", "0xffff0000"),
  logActionRateLimit: flag("10/minute", ""),
  vxlanEnabled: flag("true", "false"),
  vxlanPort: fc.constantFrom("4", "5"),
  encapsulationPeers: fc.constantFrom("10.0.0.4/31", "10.0.0.5, fd00::5"),
});

export const world: fc.Arbitrary<World> = fc
  .record({ settings, documents: fc.tuple(...endpoints, ...others, ...policies) })
  .map(({ settings: chosen, documents }) => ({ settings: chosen, documents: documents.filter((one) => one !== undefined) }));
