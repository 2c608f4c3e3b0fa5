// Resources, interfaces and settings in, Resolved out: which endpoint governs which interface, and its tiers, policies and profiles in order with every
// name and selector looked up. Values in, values out: neither the order of the input nor what was resolved before ever matters to what comes out,
// only to how soon: a resolver remembers its last input and output, and of these every part of which nothing changed is the same object again.

import { builtinProfile, builtinTiers } from "../model/builtin.ts";
import { share } from "../model/share.ts";
import type { HostEndpoint, Profile, Resource, Tier } from "../model/types.ts";
import { type ListChanges, listChanges, sameList } from "../net/listChanges.ts";
import { tunnelDefinition } from "./definitions.ts";
import { Governance, type Governed } from "./governance.ts";
import { PolicyLists } from "./lists.ts";
import { MemberSets } from "./memberSets.ts";
import { Peers } from "./peers.ts";
import { ResolvedProfiles } from "./profiles.ts";
import { RuleBook } from "./ruleBook.ts";
import type { Lists, PolicySettings, Resolved, ResolvedEndpoint, ResolvedProfile, ResolveInput } from "./types.ts";

/** Resources of one kind are taken to have different names, as the store keeps them. */
export function resolve(input: ResolveInput): Resolved {
  return createResolver()(input);
}

/** What does not change from one input to the next has to be the same object, or it is taken for changed. */
export function createResolver(): (input: ResolveInput) => Resolved {
  let resolver: Resolver | undefined;
  return (input) => {
    if (resolver?.node !== input.node) resolver = new Resolver(input.node);
    return resolver.update(input);
  };
}

class Resolver {
  readonly node: string;
  readonly #peers = new Peers();
  readonly #sets: MemberSets;
  readonly #book: RuleBook;
  readonly #lists: PolicyLists;
  readonly #profiles: ResolvedProfiles;
  readonly #governance: Governance;
  #resources: readonly Resource[] = [];
  #profilesByName: ReadonlyMap<string, Profile> = byName([builtinProfile]);
  #tiers: ReadonlyMap<string, Tier> = byName(builtinTiers);
  #hasTunnels = false;
  /** As they were when they last governed anything. */
  readonly #resolved = new WeakMap<HostEndpoint, ResolvedEndpoint>();
  /** What the endpoints of the last time were made of, besides policies. */
  #looked: readonly unknown[] = [];
  #last: Resolved | undefined;

  constructor(node: string) {
    this.node = node;
    this.#sets = new MemberSets(node);
    this.#book = new RuleBook(this.#sets);
    this.#lists = new PolicyLists(this.#book);
    this.#profiles = new ResolvedProfiles(this.#book);
    this.#governance = new Governance(node);
  }

  update({ resources, interfaces, settings: given }: ResolveInput): Resolved {
    const last = this.#last;
    const settings = share(last?.settings, given);
    const changes = listChanges(this.#resources, resources);
    this.#resources = resources;
    this.#book.logPrefix = settings.logPrefix;
    const relabelled = this.#updateByName(changes);
    const peerChanges = this.#peers.update(changes, this.#profilesByName, relabelled);
    const governed = this.#governance.update(changes, { interfaces, settings });
    const endpoints = this.#endpoints(governed, changes);
    const tunnels = this.#leadTunnels(settings);
    const sets = this.#sets.update({ removed: [...peerChanges.removed, ...tunnels.removed], added: [...peerChanges.added, ...tunnels.added] }, () =>
      this.#peers.all(),
    );
    const next = { endpoints, statuses: governed.statuses, sets, tunnelPeers: this.#hasTunnels ? tunnelDefinition.id : undefined, settings };
    this.#last = last !== undefined && Object.entries(next).every(([key, part]) => last[key as keyof Resolved] === part) ? last : next;
    return this.#last;
  }

  /** The last of a name wins: built-in resources cannot be replaced (R40, R41). Returns the names of profiles that give other labels now. */
  #updateByName({ removed, added }: ListChanges<Resource>): ReadonlySet<string> {
    const before = this.#profilesByName;
    const changed = [...removed, ...added];
    if (changed.some(({ kind }) => kind === "Tier")) this.#tiers = updated(this.#tiers, removed.filter(isTier), [...added.filter(isTier), ...builtinTiers]);
    if (!changed.some(({ kind }) => kind === "Profile")) return new Set();
    const profiles = changed.filter(isProfile);
    this.#profilesByName = updated(before, removed.filter(isProfile), [...added.filter(isProfile), builtinProfile]);
    const labels = (of: ReadonlyMap<string, Profile>, name: string) => of.get(name)?.labelsToApply ?? {};
    const names = new Set(profiles.map(({ metadata }) => metadata.name));
    return new Set([...names].filter((name) => share(labels(before, name), labels(this.#profilesByName, name)) !== labels(before, name)));
  }

  /** Nothing else is looked at than what is compared here: the labels of an endpoint change with itself or with profiles. */
  #endpoints({ endpoints }: Governed, { removed, added }: ListChanges<Resource>): readonly ResolvedEndpoint[] {
    const isSame = sameList(this.#looked, [endpoints, this.#tiers, this.#profilesByName, this.#book.logPrefix]) === this.#looked;
    this.#looked = [endpoints, this.#tiers, this.#profilesByName, this.#book.logPrefix];
    if (isSame && this.#last !== undefined && ![...removed, ...added].some(isPolicy)) return this.#last.endpoints;
    const governing = [...endpoints.keys()];
    const policies = { removed: removed.filter(isPolicy), added: added.filter(isPolicy) };
    this.#lists.update({ changes: policies, tiers: this.#tiers, endpoints: governing, labelsOf: (endpoint) => this.#peers.labelsOf(endpoint) });
    const profiles = this.#profiles.update(this.#profilesByName, new Set(governing.flatMap((endpoint) => endpoint.profiles)));
    const next = Array.from(endpoints, ([endpoint, governs]): ResolvedEndpoint => {
      const last = this.#resolved.get(endpoint);
      const own = endpoint.profiles.map((name) => profiles.get(name) as ResolvedProfile);
      const resolved = kept(last, { endpoint, governs, lists: this.#listsOf(endpoint, governs, last), profiles: own });
      if (resolved !== last) this.#resolved.set(endpoint, resolved);
      return resolved;
    });
    return sameList(this.#last?.endpoints, next);
  }

  /** H14: raw hooks see no wildcard. */
  #listsOf(endpoint: HostEndpoint, governs: ResolvedEndpoint["governs"], last: ResolvedEndpoint | undefined): Lists {
    const lists = this.#lists.listsOf(endpoint);
    if (governs.kind !== "wildcard") return lists;
    const isSame = last?.governs.kind === "wildcard" && (["normal", "forward", "preDNAT"] as const).every((list) => last.lists[list] === lists[list]);
    return isSame ? last.lists : { ...lists, untracked: { ingress: [], egress: [] } };
  }

  /** Section 0, row 27: to the other nodes, by their HostEndpoints' expectedIPs, and to addresses that the settings add for nodes that have none. */
  #leadTunnels({ encapsulation: { vxlan, ipip, wireguard, peers } }: PolicySettings): ReturnType<Peers["leadTunnels"]> {
    const hasTunnels = vxlan.length > 0 || ipip || wireguard.length > 0;
    if (hasTunnels && !this.#hasTunnels) this.#sets.acquire(tunnelDefinition);
    if (!hasTunnels && this.#hasTunnels) this.#sets.release(tunnelDefinition);
    this.#hasTunnels = hasTunnels;
    return this.#peers.leadTunnels(hasTunnels ? peers : undefined);
  }
}

function isPolicy(resource: Resource): resource is Extract<Resource, { kind: "GlobalNetworkPolicy" }> {
  return resource.kind === "GlobalNetworkPolicy";
}

function isProfile(resource: Resource): resource is Profile {
  return resource.kind === "Profile";
}

function isTier(resource: Resource): resource is Tier {
  return resource.kind === "Tier";
}

function byName<T extends Resource>(resources: readonly T[]): ReadonlyMap<string, T> {
  return new Map(resources.map((resource) => [resource.metadata.name, resource]));
}

function updated<T extends Resource>(known: ReadonlyMap<string, T>, removed: readonly T[], added: readonly T[]): ReadonlyMap<string, T> {
  const gone = new Set<Resource>(removed);
  return byName([...[...known.values()].filter((resource) => !gone.has(resource)), ...added]);
}

function kept(last: ResolvedEndpoint | undefined, next: ResolvedEndpoint): ResolvedEndpoint {
  const isSame = last !== undefined && last.governs === next.governs && last.lists === next.lists && sameList(last.profiles, next.profiles) === last.profiles;
  return isSame ? last : { ...next, profiles: sameList(last?.profiles, next.profiles) };
}
