// Turns decoded resources back into manifests (plain objects): what `hostward get -o yaml` prints can be written to a file and read again.
// Shows what is in force: defaults filled in, names of protocols as numbers where they have no common name, selectors in canonical form.

import { kinds } from "../../rules/model/kinds.ts";
import { icmpFamily } from "../../rules/model/scalars.ts";
import type { EndpointSlice, Entity, HostEndpoint, NetworkSet, Policy, Ports, Profile, Resource, Rule, Tier } from "../../rules/model/types.ts";
import { formatAddress } from "../../rules/net/address.ts";
import { prefixesOf } from "../../rules/net/networks.ts";
import { formatPrefix } from "../../rules/net/prefix.ts";
import { protocolName } from "../../rules/net/protocol.ts";
import type { Family } from "../../rules/net/types.ts";
import { printSelector } from "../../rules/selector/print.ts";

/** The shape of a manifest. */
export interface ResourceDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** Empty where the kind has none. */
  readonly spec: Readonly<Record<string, unknown>>;
  /** Of an EndpointSlice, which has no spec. */
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[];
  readonly ports?: readonly { readonly protocol: string; readonly port: number }[];
}

export function resourceDocument(resource: Resource): ResourceDocument {
  const { name, namespace, labels, annotations } = resource.metadata;
  const metadata = { name, ...(namespace === "" ? {} : { namespace }), ...compact({ labels, annotations }) };
  const document = { ...writtenKind(resource.kind), metadata };
  if (resource.kind === "EndpointSlice") return { ...document, ...sliceFields(resource), spec: {} };
  return { ...document, spec: resourceSpec(resource) };
}

/** How a manifest says which kind it is. */
export function writtenKind(known: Resource["kind"]): Pick<ResourceDocument, "apiVersion" | "kind"> {
  const { written = known, apiVersions = [] } = kinds.find(({ kind }) => kind === known) ?? {};
  return { apiVersion: apiVersions[0] ?? "", kind: written };
}

function sliceFields({ addresses, ports }: EndpointSlice) {
  return {
    addressType: addresses[0]?.family === 6 ? "IPv6" : "IPv4",
    endpoints: addresses.map((address) => ({ addresses: [formatAddress(address)] })),
    ports: ports.map(({ protocol, port }) => ({ protocol: protocolName(protocol), port })),
  };
}

function resourceSpec(resource: Exclude<Resource, EndpointSlice>): Readonly<Record<string, unknown>> {
  switch (resource.kind) {
    case "HostEndpoint":
      return compact(hostEndpointSpec(resource));
    case "GlobalNetworkPolicy":
      return compact(policySpec(resource));
    case "Profile":
      return compact(profileSpec(resource));
    case "Tier":
      return compact(tierSpec(resource));
    case "GlobalNetworkSet":
    case "NetworkSet":
      return compact(networkSetSpec(resource));
    case "StagedGlobalNetworkPolicy":
    case "NetworkPolicy":
    case "StagedNetworkPolicy":
    case "KubernetesNetworkPolicy":
    case "StagedKubernetesNetworkPolicy":
      return resource.spec;
    default:
      return resource satisfies never;
  }
}

function hostEndpointSpec({ node, target, expectedIPs, profiles, ports }: HostEndpoint): Record<string, unknown> {
  return {
    node,
    interfaceName: target.kind === "wildcard" ? "*" : target.kind === "name" ? target.interfaceName : undefined,
    expectedIPs: expectedIPs.map(formatAddress),
    profiles,
    ports: ports.map(({ name, protocol, port }) => ({ name, protocol: protocolName(protocol), port })),
  };
}

function policySpec({ tier, order, selector, hasSelector, types, list, applyOnForward, ingress, egress }: Policy): Record<string, unknown> {
  return {
    tier,
    order: Number.isFinite(order) ? order : undefined,
    selector: hasSelector ? printSelector(selector) : undefined,
    types: types.map((direction) => (direction === "ingress" ? "Ingress" : "Egress")),
    preDNAT: list === "preDNAT" || undefined,
    doNotTrack: list === "untracked" || undefined,
    applyOnForward: applyOnForward || undefined,
    ingress: ingress.map(ruleDocument),
    egress: egress.map(ruleDocument),
  };
}

function profileSpec({ ingress, egress, labelsToApply }: Profile): Record<string, unknown> {
  return { ingress: ingress.map(ruleDocument), egress: egress.map(ruleDocument), labelsToApply };
}

function tierSpec({ order, defaultAction }: Tier): Record<string, unknown> {
  return { order: Number.isFinite(order) ? order : undefined, defaultAction };
}

function networkSetSpec({ nets }: NetworkSet): Record<string, unknown> {
  return { nets: prefixesOf(nets).map(formatPrefix) };
}

function ruleDocument(rule: Rule): Record<string, unknown> {
  const { annotations } = rule;
  return compact({
    action: rule.action,
    ipVersion: rule.family,
    protocol: protocolText(rule.protocol, rule.family),
    notProtocol: protocolText(rule.notProtocol, rule.family),
    icmp: rule.icmp && compact({ type: rule.icmp.type, code: rule.icmp.code }),
    notICMP: rule.notIcmp && compact({ type: rule.notIcmp.type, code: rule.notIcmp.code }),
    source: entityDocument(rule.source),
    destination: entityDocument(rule.destination),
    metadata: compact({ annotations }),
  });
}

function entityDocument({ nets, notNets, ports, notPorts, selector, notSelector, services }: Entity): Record<string, unknown> {
  return compact({
    nets: nets?.map(formatPrefix),
    notNets: notNets?.map(formatPrefix),
    selector: selector && printSelector(selector),
    notSelector: notSelector && printSelector(notSelector),
    ports: ports && portList(ports),
    notPorts: notPorts && portList(notPorts),
    services,
  });
}

function portList({ ranges, names }: Ports): (number | string)[] {
  return [...ranges.map(({ from, to }) => (from === to ? from : `${from}:${to}`)), ...names];
}

/** Names that a manifest may use; any other protocol is a number there, and so is ICMP where no family is meant, which its names imply (M2). */
function protocolText(protocol: number | undefined, family: Family | undefined): string | number | undefined {
  if (protocol === undefined) return undefined;
  const name = protocolName(protocol);
  return /^[0-9]+$/.test(name) || (icmpFamily(protocol) ?? family) !== family ? protocol : name;
}

/** Without what says nothing: undefined, empty lists and empty mappings. */
function compact(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}
