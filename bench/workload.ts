// The hosts that the scenarios measure, as manifests: endpoints, policies and sets of any number. Addresses and ports are spread so that
// neither prefixes nor rules merge into fewer of them.

import { readManifest } from "../agent/sources/manifest.ts";
import type { Resource } from "../rules/model/types.ts";
import type { Interface } from "../rules/resolve/types.ts";

export const node = "bench";

/** A permutation of the 32-bit numbers (Knuth's multiplicative hash), so that neighbours do not merge. */
export function spread(i: number): number {
  return (i * 2_654_435_761) % 2 ** 32;
}

export function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** Of eth0, eth1, ...: endpoint i is selected by `group == 'gi'`. */
export function endpoints(count: number): string[] {
  return Array.from({ length: count }, (_, i) => document("HostEndpoint", `e${i}`, { labels: { group: `g${i}` }, spec: { node, interfaceName: `eth${i}` } }));
}

export function interfaces(count: number): Interface[] {
  return Array.from({ length: count }, (_, i) => ({ name: `eth${i}`, addresses: [{ family: 4, value: BigInt(0x0a00_0001 + i) }], up: true }));
}

/** `members` addresses in sets of at most `most`, all of them selected by `set == 'name'`. `from` counts the addresses of other sets. */
export function networkSets(name: string, { members, most, from = 0 }: { readonly members: number; readonly most: number; readonly from?: number }): string[] {
  return Array.from({ length: Math.ceil(members / most) }, (_, part) => {
    const first = part * most;
    const nets = Array.from({ length: Math.min(most, members - first) }, (_, i) => dotted(spread(from + first + i)));
    return networkSet(`${name}-${part}`, name, nets);
  });
}

export function networkSet(name: string, set: string, nets: readonly string[]): string {
  return `${document("GlobalNetworkSet", name, { labels: { set } })}spec:\n  nets:\n${nets.map((net) => `    - ${net}\n`).join("")}`;
}

/** One ingress rule each, of four kinds in turn; 100 for each endpoint. Every fourth looks up one of `sets` sets. */
export function policies(count: number, sets: number): string[] {
  return Array.from({ length: count }, (_, i) => policy(`p${i}`, Math.floor(i / 100), [ruleOf(i, sets)]));
}

export function policy(name: string, group: number, ingress: readonly object[]): string {
  return document("GlobalNetworkPolicy", name, { spec: { selector: `group == 'g${group}'`, types: ["Ingress"], ingress } });
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

/** 10,000 policies are 10,000 rules on 100 endpoints; the members are in sets of 1,000. */
export function hostManifests(policyCount: number, members: number): string[] {
  const sets = Math.max(1, members / 1000);
  return [
    ...endpoints(Math.ceil(policyCount / 100)),
    ...Array.from({ length: sets }, (_, i) => networkSets(`s${i}`, { members: members / sets, most: 1000, from: i * 1000 })).flat(),
    ...policies(policyCount, sets),
  ];
}

/** @throws when a document has a problem: then it is not what was to be measured */
export function resourcesOf(documents: readonly string[]): readonly Resource[] {
  const { resources, problems } = readManifest(documents.join("---\n"), "bench.yaml");
  if (problems.length > 0) throw new Error(`the workload has problems: ${JSON.stringify(problems[0])}`);
  return resources;
}

/** Of exactly one document. */
export function resourceOf(text: string): Resource {
  const [resource] = resourcesOf([text]);
  if (resource === undefined) throw new Error(`no resource in ${text}`);
  return resource;
}

/** Flow style after the first lines, which is what JSON is. */
function document(kind: string, name: string, { labels = {}, spec }: { readonly labels?: object; readonly spec?: object }): string {
  const head = `apiVersion: projectcalico.org/v3\nkind: ${kind}\nmetadata: ${JSON.stringify({ name, labels })}\n`;
  return spec === undefined ? head : `${head}spec: ${JSON.stringify(spec)}\n`;
}
