// The hosts that the scenarios measure: endpoints, policies and sets of any number, as manifests or as what is read from them. Addresses and ports
// are spread so that neither prefixes nor rules merge into fewer of them.

import { decodeResource } from "../rules/model/decode.ts";
import type { Resource } from "../rules/model/types.ts";
import type { Interface } from "../rules/resolve/types.ts";

export const node = "bench";

/** A manifest as the values in it. */
export interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: object;
}

/** A permutation of the 32-bit numbers (Knuth's multiplicative hash), so that neighbours do not merge. */
export function spread(i: number): number {
  return (i * 2_654_435_761) % 2 ** 32;
}

export function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** Of eth0, eth1, ...: endpoint i is selected by `group == 'gi'`. */
export function endpoints(count: number): Document[] {
  return Array.from({ length: count }, (_, i) => document("HostEndpoint", `e${i}`, { labels: { group: `g${i}` }, spec: { node, interfaceName: `eth${i}` } }));
}

/** Of another host, and selected by `set == 'set'`. */
export function elsewhere(name: string, set: string, address: string): Document {
  return document("HostEndpoint", name, { labels: { set }, spec: { node: "elsewhere", interfaceName: "eth0", expectedIPs: [address] } });
}

export function interfaces(count: number): Interface[] {
  return Array.from({ length: count }, (_, i) => ({ name: `eth${i}`, addresses: [{ family: 4, value: BigInt(0x0a00_0001 + i) }], up: true }));
}

/** `members` addresses in sets of at most `most`, all of them selected by `set == 'name'`. `from` counts the addresses of other sets. */
export function networkSets(
  name: string,
  { members, most, from = 0 }: { readonly members: number; readonly most: number; readonly from?: number },
): Document[] {
  return Array.from({ length: Math.ceil(members / most) }, (_, part) => {
    const first = part * most;
    const nets = Array.from({ length: Math.min(most, members - first) }, (_, i) => dotted(spread(from + first + i)));
    return networkSet(`${name}-${part}`, name, nets);
  });
}

export function networkSet(name: string, set: string, nets: readonly string[]): Document {
  return document("GlobalNetworkSet", name, { labels: { set }, spec: { nets } });
}

/** Ingress rules of four kinds in turn, so many in each policy; 100 for each endpoint. Every fourth looks up one of `sets` sets. */
function policies(rules: number, each: number, sets: number): Document[] {
  return Array.from({ length: rules / each }, (_, i) => {
    const first = i * each;
    const ingress = Array.from({ length: each }, (_, rule) => ruleOf(first + rule, sets));
    return policy(`p${i}`, Math.floor(first / 100), ingress);
  });
}

export function policy(name: string, group: number, ingress: readonly object[]): Document {
  return policyFor(`group == 'g${group}'`, name, ingress);
}

export function policyFor(selector: string, name: string, ingress: readonly object[]): Document {
  return document("GlobalNetworkPolicy", name, { spec: { selector, types: ["Ingress"], ingress } });
}

export function ruleOf(i: number, sets: number): object {
  const ports = [1 + (i % 60_000)];
  switch (i % 4) {
    case 0:
      return { action: "Allow", protocol: "TCP", destination: { ports } };
    case 1:
      return { action: "Allow", protocol: "TCP", source: { nets: [`${dotted(spread(i) & ~0xff)}/24`] }, destination: { ports } };
    case 2:
      return { action: "Allow", protocol: "UDP", source: { notNets: ["192.0.2.0/24"] }, destination: { ports: [1 + (i % 100), "61000:61010"] } };
    default:
      return { action: "Allow", protocol: "TCP", source: { selector: `set == 's${i % sets}'` }, destination: { ports } };
  }
}

/** 10,000 rules are on 100 endpoints, in policies of `each`, which divides 100; the members are in sets of 1,000. */
export function hostManifests(rules: number, members: number, each = 1): Document[] {
  const sets = Math.max(1, members / 1000);
  return [
    ...endpoints(Math.ceil(rules / 100)),
    ...Array.from({ length: sets }, (_, i) => networkSets(`s${i}`, { members: members / sets, most: 1000, from: i * 1000 })).flat(),
    ...policies(rules, each, sets),
  ];
}

/** The values decoded, as the reader of manifests does. @throws when one has a problem: then it is not what was to be measured */
export function resourcesOf(documents: readonly Document[]): readonly Resource[] {
  return documents.map(resourceOf);
}

export function resourceOf(value: Document): Resource {
  const { resource, problems } = decodeResource(value, () => ({ source: "bench" }));
  if (resource === undefined || problems.length > 0) throw new Error(`the workload has problems: ${JSON.stringify(problems[0])}`);
  return resource;
}

/** YAML in block style, as people and kubectl write it. */
export function manifestsText(documents: readonly Document[]): string {
  return documents.map((one) => yamlOf(one, "").trimStart()).join("---\n");
}

/** What follows a key or a dash: a scalar on its line, or the lines of a mapping or a list. */
function yamlOf(value: unknown, indent: string): string {
  if (Array.isArray(value)) return `\n${value.map((item) => `${indent}- ${yamlOf(item, `${indent}  `).trimStart()}`).join("")}`;
  if (typeof value !== "object" || value === null) return ` ${scalarOf(value)}\n`;
  const entries = Object.entries(value);
  if (entries.length === 0) return " {}\n";
  return `\n${entries.map(([key, inner]) => `${indent}${key}:${yamlOf(inner, `${indent}  `)}`).join("")}`;
}

/** Words and IPv4 addresses plain, whatever else could be something else to YAML in quotes. */
function scalarOf(value: unknown): string {
  const isPlain = typeof value === "string" && /^([A-Za-z][\w-]*|\d+(\.\d+){3}(\/\d+)?)$/.test(value);
  return isPlain ? value : JSON.stringify(value);
}

function document(kind: string, name: string, { labels = {}, spec }: Pick<Document, "spec"> & Partial<Document["metadata"]>): Document {
  return { apiVersion: "projectcalico.org/v3", kind, metadata: { name, labels }, spec };
}
