// Resources, interfaces and settings in, Resolved out: which endpoint governs which interface, and its tiers, policies and
// profiles in order with every name and selector looked up. Values in, values out: the order of the input never matters.

import { builtinProfile, builtinTiers } from "../model/builtin.ts";
import type { HostEndpoint, Labels, Profile, Resource } from "../model/types.ts";
import { createAddressSets } from "./addressSets.ts";
import { findGovernors, type Governors } from "./governors.ts";
import { candidates } from "./interfaces.ts";
import { effectiveLabels, networkSetLabels } from "./labels.ts";
import { buildLists } from "./lists.ts";
import { compareBytes } from "./order.ts";
import { createPeers } from "./peers.ts";
import { type RuleContext, resolveRules } from "./ruleResolution.ts";
import { createServices } from "./services.ts";
import { endpointStatuses } from "./status.ts";
import { tunnelPeers } from "./tunnelPeers.ts";
import type { Resolved, ResolvedEndpoint, ResolvedProfile, ResolveInput } from "./types.ts";

type EndpointLabels = ReadonlyMap<HostEndpoint, Labels>;

/** Resources of one kind are taken to have different names, as the store keeps them. */
export function resolve({ node, resources, interfaces, settings }: ResolveInput): Resolved {
  const profiles = byName([...ofKind(resources, "Profile"), builtinProfile]);
  const tiers = byName([...ofKind(resources, "Tier"), ...builtinTiers]);
  const policies = ofKind(resources, "GlobalNetworkPolicy");
  const labels: EndpointLabels = new Map(ofKind(resources, "HostEndpoint").map((endpoint) => [endpoint, effectiveLabels(endpoint, profiles)]));

  const local = [...labels.keys()].filter((endpoint) => endpoint.node === node);
  const eligible = candidates(interfaces, settings);
  const governors = findGovernors(local, eligible.interfaces);
  const statuses = endpointStatuses(local, { interfaces, candidates: eligible, governors, settings });

  const networkSets = [...ofKind(resources, "GlobalNetworkSet"), ...ofKind(resources, "NetworkSet")];
  const sets = createAddressSets();
  const peers = createPeers({ endpoints: labels, networkSets: new Map(networkSets.map((set) => [set, networkSetLabels(set, profiles)])) }, sets);
  const context: RuleContext = { peers, services: createServices(ofKind(resources, "EndpointSlice"), sets), logPrefix: settings.logPrefix };
  const policed = governingEndpoints(labels, governors);
  const lists = buildLists(policed, { policies, tiers, rulesOf: (policy, direction) => resolveRules(policy, direction, context) });
  const profile = profileResolver(profiles, context);
  const endpoints = [...lists].map(([endpoint, own]) =>
    withoutUntrackedWildcard({ endpoint, governs: governs(endpoint, governors), lists: own, profiles: endpoint.profiles.map(profile) }),
  );
  const remote = [...labels.keys()].filter((endpoint) => endpoint.node !== node);
  const tunnels = tunnelPeers(settings.encapsulation, remote, sets);
  return { endpoints, statuses, sets: sets.all(), tunnelPeers: tunnels, settings };
}

function ofKind<K extends Resource["kind"]>(resources: readonly Resource[], kind: K): Extract<Resource, { kind: K }>[] {
  return resources.filter((resource): resource is Extract<Resource, { kind: K }> => resource.kind === kind);
}

/** The last of a name wins: built-in resources cannot be replaced (R40, R41). */
function byName<T extends Resource>(resources: readonly T[]): Map<string, T> {
  return new Map(resources.map((resource) => [resource.metadata.name, resource]));
}

/** Endpoints that govern something, sorted by name; the policies of others have no effect. */
function governingEndpoints(labels: EndpointLabels, { interfacesOf, wildcard }: Governors): EndpointLabels {
  const governing = [...labels].filter(([endpoint]) => endpoint === wildcard || interfacesOf.has(endpoint));
  return new Map(governing.sort(([a], [b]) => compareBytes(a.metadata.name, b.metadata.name)));
}

function governs(endpoint: HostEndpoint, { interfacesOf, wildcard }: Governors): ResolvedEndpoint["governs"] {
  return endpoint === wildcard ? { kind: "wildcard" } : { kind: "interfaces", names: interfacesOf.get(endpoint) ?? [] };
}

/** E17: a profile that does not exist is not skipped. Each profile is resolved once. */
function profileResolver(profiles: ReadonlyMap<string, Profile>, context: RuleContext): (name: string) => ResolvedProfile {
  const resolved = new Map<string, ResolvedProfile>();
  return (name) => {
    const found = resolved.get(name) ?? resolveProfile(name, profiles.get(name), context);
    resolved.set(name, found);
    return found;
  };
}

function resolveProfile(name: string, profile: Profile | undefined, context: RuleContext): ResolvedProfile {
  if (profile !== undefined) {
    return { name, missing: false, ingress: resolveRules(profile, "ingress", context), egress: resolveRules(profile, "egress", context) };
  }
  const none = { kind: "Profile", name, rules: [] };
  return { name, missing: true, ingress: { ...none, direction: "ingress" }, egress: { ...none, direction: "egress" } };
}

/** H14: raw hooks see no wildcard. */
function withoutUntrackedWildcard(resolved: ResolvedEndpoint): ResolvedEndpoint {
  if (resolved.governs.kind !== "wildcard") return resolved;
  return { ...resolved, lists: { ...resolved.lists, untracked: { ingress: [], egress: [] } } };
}
