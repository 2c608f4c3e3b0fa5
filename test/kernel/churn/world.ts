// The host that changes: what is written of it, as choices that a change makes anew, and the resources and interfaces that they come to. Whatever the
// choices are, the verdicts of flows.ts stay the same. Nothing here knows rulesets.

import assert from "node:assert/strict";
import type { PassInput } from "../../../agent/reconcile/pass.ts";
import { decodeResource } from "../../../rules/model/decode.ts";
import type { Resource } from "../../../rules/model/types.ts";
import { parseAddress } from "../../../rules/net/address.ts";
import type { Address } from "../../../rules/net/types.ts";
import { defaultPolicySettings } from "../../../rules/resolve/settings.ts";
import type { Interface, PolicySettings } from "../../../rules/resolve/types.ts";
import { twin } from "../../lab/twin.ts";
import { host, member } from "./flows.ts";

export const node = "host1";

/** Every field is what one or two kinds of change choose. */
export interface Choices {
  /** Addresses besides the member that stays. */
  readonly hash: readonly string[];
  readonly interval: readonly string[];
  /** Which of the coverings of the member. */
  readonly covering: number;
  readonly hasWideNet: boolean;
  readonly crowd: number;
  /** Ports of rules beside those that are looked at, in their order. */
  readonly fillers: readonly number[];
  readonly rewritten: number;
  readonly extras: readonly string[];
  /** Whether those judge what is forwarded, too. */
  readonly forwardsExtras: boolean;
  readonly movingTier: string;
  readonly movingOrder: number;
  /** "none" only to show what a gap looks like. */
  readonly turn: "a" | "b" | "none";
  readonly byMember: boolean;
  readonly byRange: boolean;
  readonly hasEndpoint: boolean;
  readonly endpointInterface: string;
  readonly label: string;
  /** Besides those that always are there. */
  readonly interfaces: readonly string[];
  readonly profilePort: number;
  readonly failsafePort: number;
  readonly denyAction: PolicySettings["denyAction"];
  readonly hasTier: boolean;
  readonly hasEarly: boolean;
  readonly hasUntracked: boolean;
  readonly optimise: boolean;
}

export const start: Choices = {
  hash: ["172.16.0.1"],
  interval: ["172.17.0.0/25"],
  covering: 0,
  hasWideNet: false,
  crowd: 10,
  fillers: [4001, 4002, 4003],
  rewritten: 1,
  extras: ["one"],
  forwardsExtras: true,
  movingTier: "alpha",
  movingOrder: 5,
  turn: "a",
  byMember: false,
  byRange: false,
  hasEndpoint: true,
  endpointInterface: "eth0",
  label: "plain",
  interfaces: ["far0"],
  profilePort: 5001,
  failsafePort: 9001,
  denyAction: "Drop",
  hasTier: false,
  hasEarly: false,
  hasUntracked: false,
  optimise: true,
};

/** Of which policies say the opposite, so that their order matters. */
const disputed = 3997;

/** Each holds the member and never the stranger; no two are disjoint. */
export const coverings: readonly (readonly string[])[] = [
  ["10.0.0.0/8"],
  ["10.0.0.0/16"],
  ["10.0.0.0/9", "10.128.0.0/9"],
  ["10.0.0.8/30", "10.0.0.12/30"],
  ["10.0.0.0/24", "10.0.1.0/24"],
  ["8.0.0.0/7", "10.0.0.0/7"],
];

type Spec = Readonly<Record<string, unknown>>;

export interface Host {
  readonly input: Omit<PassInput, "snapshot">;
  readonly resources: readonly Resource[];
  readonly interfaces: readonly Interface[];
}

/** What was made is kept by its text, so that a resource of which nothing was chosen anew is the same object. */
export function createHosts(ballastPolicies: number): (choices: Choices) => Host {
  const made = new Map<string, Resource>();
  const ballast = ballastOf(ballastPolicies).map((document) => decode(document));
  const resourceOf = (document: Document): Resource => {
    const key = JSON.stringify(document);
    const resource = made.get(key) ?? decode(document);
    if (made.size > 5000) made.clear();
    made.set(key, resource);
    return resource;
  };
  return (choices) => ({
    input: { node, settings: settingsOf(choices), optimise: choices.optimise },
    resources: [...documentsOf(choices).map(resourceOf), ...ballast],
    interfaces: [...standing, ...choices.interfaces.map((name): Interface => ({ name, addresses: [farAddress], up: true }))],
  });
}

const far = "10.7.0.1";
const farAddress = addressOf(far);
const standing: readonly Interface[] = ["eth0", "eth1", "eth2", "eth7"].map((name) => ({
  name,
  addresses: name === "eth0" ? [addressOf(host)] : [],
  up: true,
}));

function addressOf(text: string): Address {
  const address = parseAddress(text);
  assert.ok(address);
  return address;
}

interface Document {
  readonly kind: string;
  readonly name: string;
  readonly spec: Spec;
  readonly labels?: Readonly<Record<string, string>>;
}

function manifestOf({ kind, name, spec, labels = {} }: Document): object {
  return { apiVersion: "projectcalico.org/v3", kind, metadata: { name, labels }, spec };
}

/** As text, of everything but settings and interfaces. */
export function manifestsOf(choices: Choices, ballastPolicies: number): string {
  return [...documentsOf(choices), ...ballastOf(ballastPolicies)].map((document) => JSON.stringify(manifestOf(document))).join("\n---\n");
}

function decode(document: Document): Resource {
  const { resource, problems } = decodeResource(manifestOf(document), () => ({ source: "churn" }));
  assert.ok(resource, JSON.stringify(problems));
  return resource;
}

function settingsOf({ denyAction, failsafePort }: Choices): PolicySettings {
  const failsafeInbound = [...defaultPolicySettings.failsafeInbound, { protocol: 6, port: failsafePort, net: undefined }];
  return { ...defaultPolicySettings, denyAction, failsafeInbound };
}

export const rule = (action: string, ports: readonly number[], source: Spec = {}): Spec => ({ action, protocol: "UDP", destination: { ports }, source });
const filler = (port: number): Spec => rule("Allow", [port]);
const list = (name: string): Spec => ({ selector: `list == '${name}'` });
const policy = (name: string, tier: string, order: number, ingress: readonly Spec[]): Document => ({
  kind: "GlobalNetworkPolicy",
  name: `${tier}.${name}`,
  spec: { tier, order, selector: "has(tested)", applyOnForward: true, types: ["Ingress", "Egress"], ingress, egress: ingress.map(mirrored) },
});
/** So that what is forwarded is not passed on to where nothing judges it: there are no profiles. */
const notForwarded = (document: Document): Document => ({ ...document, spec: { ...document.spec, applyOnForward: false } });
/** The same to those whom the other is from. */
const mirrored = ({ source, destination, ...rest }: Spec): Spec =>
  destination === undefined ? rest : { ...rest, destination: { ...(destination as Spec), ...(source as Spec) } };
const inBothFamilies = (nets: readonly string[]): readonly string[] => [...nets, ...nets.map(twin)];
const set = (name: string, nets: readonly string[]): Document => ({
  kind: "GlobalNetworkSet",
  name,
  labels: { list: name },
  spec: { nets: inBothFamilies(nets) },
});
const tier = (name: string, order: number): Document => ({ kind: "Tier", name, spec: { order } });
const endpoint = (name: string, interfaceName: string, labels: Readonly<Record<string, string>>): Document => ({
  kind: "HostEndpoint",
  name,
  labels,
  spec: { node, interfaceName, profiles: ["open"] },
});

function documentsOf(choices: Choices): readonly Document[] {
  const labels = { tested: "yes", label: choices.label };
  return [
    // The wildcard has the same policies: an interface whose own endpoint goes is governed by it.
    endpoint("any", "*", labels),
    ...(choices.hasEndpoint ? [endpoint("own", choices.endpointInterface, labels)] : []),
    endpoint("ballast", "eth1", { ballast: "yes" }),
    // Without policy: what is forwarded is judged where it meets the others.
    endpoint("inner", "eth2", {}),
    { kind: "HostEndpoint", name: "far", labels, spec: { node, expectedIPs: [far], profiles: ["open"] } },
    ...setsOf(choices),
    tier("alpha", 100),
    tier("beta", 200),
    ...(choices.hasTier ? [tier("extra", 150), policy("extra", "extra", 1, [rule("Deny", [6001]), { action: "Pass" }])] : []),
    policy("lists", "alpha", 100, listRules()),
    policy("middle", "alpha", 200, middleRules(choices)),
    policy("end", "alpha", 1000, [{ action: "Pass" }]),
    policy("unless-denied", "beta", 990, [rule("Allow", [1016, 1018])]),
    notForwarded(policy("end", "beta", 1000, [{ action: "Pass" }])),
    ...choices.extras
      .map((name, index) => policy(`extra-${name}`, "alpha", 150 + index * 30, [rule("Deny", [7001 + index]), rule("Allow", [7101 + index])]))
      .map((extra) => (choices.forwardsExtras ? extra : notForwarded(extra))),
    policy("moving", choices.movingTier, choices.movingOrder, [rule("Allow", [1017]), rule("Deny", [1018, disputed])]),
    ...(choices.turn === "none"
      ? []
      : [policy(`turn-${choices.turn}`, "beta", choices.turn === "a" ? 10 : 20, [rule("Allow", [1015, disputed]), rule("Deny", [1016])])]),
    ...earlyOf(choices),
    {
      ...policy("labelled", "beta", 30, [rule("Deny", [8001])]),
      spec: { ...policy("labelled", "beta", 30, [rule("Deny", [8001])]).spec, selector: "label == 'special'" },
    },
    {
      kind: "Profile",
      name: "open",
      spec: { ingress: profileRules(choices), egress: profileRules(choices).map(mirrored) },
    },
  ];
}

function profileRules({ profilePort }: Choices): readonly Spec[] {
  return [rule("Allow", [profilePort]), rule("Allow", [1016, 1018, 1019])];
}

function setsOf(choices: Choices): readonly Document[] {
  const crowd = Array.from({ length: choices.crowd }, (_, index) => `172.20.${index >> 8}.${index & 255}`);
  return [
    set("hash", [member, ...choices.hash]),
    set("interval", ["10.0.0.0/25", ...choices.interval]),
    set("covering", coverings[choices.covering] ?? []),
    set("flavour", [member, ...choices.hash, ...(choices.hasWideNet ? ["172.21.0.0/16"] : [])]),
    set("crowd", [member, ...crowd]),
    set("mixed-hash", ["172.22.0.1", ...(choices.byMember ? [member] : [])]),
    set("mixed-interval", ["172.23.0.0/16", ...(choices.byRange ? ["10.0.0.0/28"] : [])]),
  ];
}

/** Allow and deny lists; then, for both kinds of set, a rule that is needed no longer when a member comes in the same change, and the other way round. */
function listRules(): readonly Spec[] {
  const names = ["hash", "interval", "covering", "flavour", "crowd"];
  const lists = names.flatMap((name, index) => {
    const port = 1001 + index * 2;
    return [rule("Allow", [port], list(name)), rule("Deny", [port + 1], list(name)), rule("Allow", [port + 1])];
  });
  return [...lists, rule("Allow", [disputed])];
}

function middleRules({ fillers, rewritten, byMember, byRange }: Choices): readonly Spec[] {
  const half = fillers.length >> 1;
  /** A rule has networks of one family. */
  const either = (action: string, port: number, name: string | undefined): readonly Spec[] =>
    name === undefined ? inBothFamilies([`${member}/32`]).map((net) => rule(action, [port], { nets: [net] })) : [rule(action, [port], list(name))];
  return [
    ...fillers.slice(0, half).map(filler),
    rule("Allow", [1011]),
    rule("Deny", [1012]),
    ...fillers.slice(half).map(filler),
    rule("Allow", [1013, 3000 + rewritten]),
    rule("Deny", rewritten % 2 === 0 ? [1014] : [1014, 3500 + rewritten]),
    ...either("Allow", 1021, byMember ? "mixed-hash" : undefined),
    ...either("Allow", 1022, byRange ? "mixed-interval" : undefined),
    ...either("Deny", 1023, byMember ? "mixed-hash" : undefined),
    ...either("Deny", 1024, byRange ? "mixed-interval" : undefined),
    rule("Allow", [1023, 1024]),
    rule("Allow", [3998], list("mixed-hash")),
    rule("Allow", [3999], list("mixed-interval")),
  ];
}

/** Policies before the translation of destinations and before connection tracking: base chains of their own come and go with them. */
function earlyOf({ hasEarly, hasUntracked }: Choices): readonly Document[] {
  const early = (name: string, list: Spec): Document => ({
    kind: "GlobalNetworkPolicy",
    name,
    spec: { ...list, applyOnForward: true, selector: "has(tested)", types: ["Ingress"], order: 1, ingress: [rule("Deny", [8101]), rule("Allow", [8102])] },
  });
  return [...(hasEarly ? [early("early", { preDNAT: true })] : []), ...(hasUntracked ? [early("untracked", { doNotTrack: true })] : [])];
}

/** Rules on an interface without packets: they weigh on the commit. */
function ballastOf(policies: number): readonly Document[] {
  return Array.from({ length: policies }, (_, index) => {
    const document = policy(
      `ballast-${index}`,
      "default",
      index,
      Array.from({ length: 10 }, (_, port) => ({ ...rule("Allow", [10_000 + index * 10 + port]), protocol: "TCP" })),
    );
    return notForwarded({ ...document, spec: { ...document.spec, selector: "has(ballast)", types: ["Ingress"], egress: [] } });
  });
}
