// Resources, interfaces and rules in the short form that tables need; everything not named is as an empty manifest would decode.

import assert from "node:assert/strict";
import type {
  EndpointPort,
  EndpointSlice,
  Entity,
  HostEndpoint,
  Labels,
  Metadata,
  NetworkSet,
  Policy,
  Ports,
  Profile,
  Resource,
  Rule,
  Tier,
} from "../../../rules/model/types.ts";
import { parseAddress } from "../../../rules/net/address.ts";
import { networksOf } from "../../../rules/net/networks.ts";
import { parseLoosePrefix } from "../../../rules/net/prefix.ts";
import { protocolNumber } from "../../../rules/net/protocol.ts";
import type { Address, Prefix } from "../../../rules/net/types.ts";
import { resolve } from "../../../rules/resolve/resolve.ts";
import { defaultPolicySettings } from "../../../rules/resolve/settings.ts";
import type { Interface, PolicySettings, Resolved, ResolvedEndpoint } from "../../../rules/resolve/types.ts";
import { printElements } from "../../../rules/ruleset/print.ts";
import type { Selector } from "../../../rules/selector/ast.ts";
import { parseSelector } from "../../../rules/selector/parser.ts";

const place = { source: "test" };

export const NODE = "host1";

function metadata(name: string, labels: Labels = {}): Metadata {
  return { name, namespace: "", labels, annotations: {} };
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  assert(parsed !== undefined, text);
  return parsed;
}

export function prefix(text: string): Prefix {
  const parsed = parseLoosePrefix(text);
  assert(parsed !== undefined, text);
  return parsed;
}

export function selector(text: string): Selector {
  const parsed = parseSelector(text);
  assert(parsed.ok, text);
  return parsed.selector;
}

export interface EndpointForm {
  readonly node?: string;
  /** An interface name or "*". */
  readonly on?: string;
  readonly ips?: readonly string[];
  readonly labels?: Labels;
  readonly profiles?: readonly string[];
  readonly ports?: readonly EndpointPort[];
}

export function endpoint(name: string, { node = NODE, on, ips = [], labels, profiles = [], ports = [] }: EndpointForm): HostEndpoint {
  const target = on === undefined ? { kind: "addresses" as const } : on === "*" ? { kind: "wildcard" as const } : { kind: "name" as const, interfaceName: on };
  return { kind: "HostEndpoint", metadata: metadata(name, labels), place, node, target, expectedIPs: ips.map(address), profiles, ports };
}

export interface PolicyForm extends Partial<Pick<Policy, "tier" | "order" | "types" | "list" | "applyOnForward" | "ingress" | "egress">> {
  readonly selector?: string;
}

export function policy(name: string, form: PolicyForm = {}): Policy {
  const defaults = {
    tier: "default",
    order: Number.POSITIVE_INFINITY,
    types: ["ingress"] as const,
    list: "normal" as const,
    applyOnForward: false,
    ingress: [],
    egress: [],
  };
  return {
    kind: "GlobalNetworkPolicy",
    metadata: metadata(name),
    place,
    ...defaults,
    ...form,
    selector: selector(form.selector ?? "all()"),
    hasSelector: form.selector !== undefined,
  };
}

export function profile(name: string, form: Partial<Pick<Profile, "ingress" | "egress" | "labelsToApply">> = {}): Profile {
  return { kind: "Profile", metadata: metadata(name), place, ingress: [], egress: [], labelsToApply: {}, ...form };
}

export function tier(name: string, order: number, defaultAction: "Deny" | "Pass" = "Deny"): Tier {
  return { kind: "Tier", metadata: metadata(name), place, order, defaultAction };
}

export function networkSet(name: string, labels: Labels, nets: readonly string[]): NetworkSet {
  return { kind: "GlobalNetworkSet", metadata: metadata(name, labels), place, nets: networksOf(nets.map(prefix)) };
}

export function networkSetIn(namespace: string, labels: Labels, nets: readonly string[]): NetworkSet {
  return { kind: "NetworkSet", metadata: { ...metadata("set", labels), namespace }, place, nets: networksOf(nets.map(prefix)) };
}

/** Of a service "namespace/name"; ports are "TCP/80". */
export function slice(name: string, service: string, endpoints: { readonly ips: readonly string[]; readonly ports: readonly string[] }): EndpointSlice {
  const [namespace = "", of = ""] = service.split("/");
  const ports = endpoints.ports.map((text) => ({ protocol: protocolNumber(text.split("/")[0] ?? "") ?? 0, port: Number(text.split("/")[1]) }));
  return { kind: "EndpointSlice", metadata: { ...metadata(name), namespace }, place, service: of, addresses: endpoints.ips.map(address), ports };
}

export interface EntityForm {
  readonly nets?: readonly string[];
  readonly notNets?: readonly string[];
  readonly ports?: readonly (number | string)[];
  readonly notPorts?: readonly (number | string)[];
  readonly selector?: string;
  readonly notSelector?: string;
  readonly services?: Entity["services"];
}

function entity({ nets, notNets, ports, notPorts, services, ...selectors }: EntityForm): Entity {
  return {
    nets: nets?.map(prefix),
    notNets: notNets?.map(prefix),
    ports: portList(ports),
    notPorts: portList(notPorts),
    selector: selectors.selector === undefined ? undefined : selector(selectors.selector),
    notSelector: selectors.notSelector === undefined ? undefined : selector(selectors.notSelector),
    services,
  };
}

function portList(values: readonly (number | string)[] | undefined): Ports | undefined {
  if (values === undefined) return undefined;
  const ranges = values.flatMap((value) => (typeof value === "number" ? [{ from: value, to: value }] : []));
  return { ranges, names: values.filter((value) => typeof value === "string") };
}

export interface RuleForm extends Partial<Pick<Rule, "family" | "protocol" | "notProtocol" | "icmp" | "notIcmp">> {
  readonly from?: EntityForm;
  readonly to?: EntityForm;
}

export function rule(action: Rule["action"], { from = {}, to = {}, ...match }: RuleForm = {}): Rule {
  const unrestricted = { family: undefined, protocol: undefined, notProtocol: undefined, icmp: undefined, notIcmp: undefined };
  return { action, ...unrestricted, ...match, source: entity(from), destination: entity(to), annotations: {}, place };
}

export function link(name: string, addresses: readonly string[] = [], up = true): Interface {
  return { name, addresses: addresses.map(address), up };
}

export function resolved(resources: readonly Resource[], interfaces: readonly Interface[] = [link("eth0")], settings: Partial<PolicySettings> = {}): Resolved {
  return resolve({ node: NODE, resources, interfaces, settings: { ...defaultPolicySettings, ...settings } });
}

/** The members of every set by its id, IPv4 before IPv6, as nft writes them: "10.0.0.0/8", "10.0.0.1 . tcp . 80". */
export function membersOf({ sets }: Resolved): Record<string, readonly string[]> {
  return Object.fromEntries([...sets].map(([id, { members }]) => [id, [...printElements(members[4]), ...printElements(members[6])]]));
}

/** The governing endpoint of that name. */
export function found(result: Resolved, name: string): ResolvedEndpoint {
  const endpoint = result.endpoints.find((candidate) => candidate.endpoint.metadata.name === name);
  assert(endpoint !== undefined, `${name} governs nothing`);
  return endpoint;
}
