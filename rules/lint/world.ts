// What every check reads: the resources sorted out by kind, with the lookups that several checks need. Whether something is wrong is not
// known here.

import { builtinProfile, builtinTiers } from "../model/builtin.ts";
import type { Problem } from "../model/problem.ts";
import { resourceName } from "../model/resourceName.ts";
import type { Direction, EndpointSlice, HostEndpoint, Labels, NetworkSet, Policy, Profile, Resource, Rule, ServiceReference, Tier } from "../model/types.ts";
import type { Address } from "../net/types.ts";
import { indexLabels, selectLabelled } from "../resolve/labelIndex.ts";
import { effectiveLabels, networkSetLabels } from "../resolve/labels.ts";
import type { PolicySettings, Resolved } from "../resolve/types.ts";
import type { Selector } from "../selector/ast.ts";
import { printSelector } from "../selector/print.ts";

export interface LintInput {
  /** Whose host it is; undefined to look at the endpoints of every node. */
  readonly node: string | undefined;
  readonly resources: readonly Resource[];
  readonly settings: PolicySettings;
  /** What became of the resources on the node's own interfaces; undefined where those are not known. Then only what holds on any host is told. */
  readonly resolved: Resolved | undefined;
  readonly ssh: SshAccess;
}

/** How the host is administered. */
export interface SshAccess {
  readonly port: number;
  /** Whence, where that is known. */
  readonly client: Address | undefined;
}

export interface World {
  readonly input: LintInput;
  /** Of every node. */
  readonly endpoints: readonly LabelledEndpoint[];
  /** Those of the node, or of every one. */
  readonly localEndpoints: readonly HostEndpoint[];
  readonly policies: readonly Policy[];
  /** By name, with the built-in one. */
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly tiers: ReadonlyMap<string, Tier>;
  /** That are judged by: a policy's only in the directions of its types. */
  readonly rules: readonly RuleSite[];
  endpointsSelectedBy(selector: Selector): readonly LabelledEndpoint[];
  peersSelectedBy(selector: Selector): readonly Peer[];
  slicesOf(service: ServiceReference): readonly EndpointSlice[];
}

export interface LabelledEndpoint {
  readonly endpoint: HostEndpoint;
  /** Its own and those of its profiles (S20). */
  readonly labels: Labels;
}

/** What a rule's selector may select (S32). */
export interface Peer {
  readonly labels: Labels;
  readonly resource: HostEndpoint | NetworkSet;
}

/** A rule and where it stands. */
export interface RuleSite {
  readonly owner: Policy | Profile;
  readonly direction: Direction;
  readonly index: number;
  readonly rule: Rule;
  /** `spec.ingress[0]` */
  readonly field: string;
}

export type Check = (world: World) => readonly Problem[];

export function worldOf(input: LintInput): World {
  const { resources, node } = input;
  const profiles = byName([...ofKind(resources, "Profile"), builtinProfile]);
  const policies = ofKind(resources, "GlobalNetworkPolicy");
  const endpoints = ofKind(resources, "HostEndpoint").map((endpoint) => ({ endpoint, labels: effectiveLabels(endpoint, profiles) }));
  const sets = [...ofKind(resources, "GlobalNetworkSet"), ...ofKind(resources, "NetworkSet")];
  const slices = Map.groupBy(ofKind(resources, "EndpointSlice"), ({ metadata, service }) => `${metadata.namespace}/${service}`);
  const endpointIndex = indexLabels(endpoints);
  const peerIndex = indexLabels([
    ...endpoints.map(({ endpoint, labels }): Peer => ({ labels, resource: endpoint })),
    ...sets.map((set): Peer => ({ labels: networkSetLabels(set, profiles), resource: set })),
  ]);
  return {
    input,
    endpoints,
    localEndpoints: endpoints.map(({ endpoint }) => endpoint).filter((endpoint) => node === undefined || endpoint.node === node),
    policies,
    profiles,
    tiers: byName([...ofKind(resources, "Tier"), ...builtinTiers]),
    rules: [...policies, ...ofKind(resources, "Profile")].flatMap(ruleSites),
    endpointsSelectedBy: bySelector((selector) => selectLabelled(endpointIndex, selector)),
    peersSelectedBy: bySelector((selector) => selectLabelled(peerIndex, selector)),
    slicesOf: ({ namespace, name }) => slices.get(`${namespace}/${name}`) ?? [],
  };
}

/** Answers each distinct selector once: many rules share a few. */
function bySelector<T>(select: (selector: Selector) => T): (selector: Selector) => T {
  const known = new Map<string, T>();
  return (selector) => {
    const text = printSelector(selector);
    const answer = known.get(text) ?? select(selector);
    known.set(text, answer);
    return answer;
  };
}

function ofKind<K extends Resource["kind"]>(resources: readonly Resource[], kind: K): Extract<Resource, { kind: K }>[] {
  return resources.filter((resource): resource is Extract<Resource, { kind: K }> => resource.kind === kind);
}

function byName<T extends Resource>(resources: readonly T[]): ReadonlyMap<string, T> {
  return new Map(resources.map((resource) => [resource.metadata.name, resource]));
}

function ruleSites(owner: Policy | Profile): RuleSite[] {
  const directions: readonly Direction[] = owner.kind === "Profile" ? ["ingress", "egress"] : owner.types;
  return directions.flatMap((direction) => owner[direction].map((rule, index) => ({ owner, direction, index, rule, field: `spec.${direction}[${index}]` })));
}

type Finding = Pick<Problem, "code" | "field" | "message" | "hint">;

/** A warning about a resource. */
export function about(resource: Resource, finding: Finding): Problem {
  return { severity: "warning", place: resource.place, resource: resourceName(resource.kind, resource.metadata), ...finding };
}

/** A warning about a rule; its field is that within the rule, as "source.selector". */
export function aboutRule({ owner, rule, field }: RuleSite, { field: within, ...finding }: Finding): Problem {
  return { ...about(owner, { ...finding, field: within === undefined ? field : `${field}.${within}` }), place: rule.place };
}

/** The first few names in quotes, and how many more. */
export function enumerate(names: readonly string[]): string {
  const shown = 3;
  const more = names.length - shown;
  const quoted = names.slice(0, shown).map((name) => `'${name}'`);
  return more > 0 ? `${quoted.join(", ")} and ${more} more` : quoted.join(", ");
}
