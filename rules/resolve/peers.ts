// What rules may refer to as peers: every node's HostEndpoints and all network sets with their effective labels (semantics S20, S32), slices of
// services, and the networks that tunnels lead to. One of which anything changed goes as it was and comes as it is.

import { share } from "../model/share.ts";
import type { EndpointSlice, HostEndpoint, Labels, NetworkSet, Profile, Resource } from "../model/types.ts";
import type { ListChanges } from "../net/listChanges.ts";
import { type Networks, networksOf } from "../net/networks.ts";
import type { Prefix } from "../net/types.ts";
import { effectiveLabels, namespaceProfile, networkSetLabels } from "./labels.ts";

/** Where tunnels lead besides to other nodes' endpoints. */
export interface TunnelNets {
  readonly kind: "tunnels";
  readonly nets: Networks;
}

export type PeerResource = HostEndpoint | NetworkSet | EndpointSlice | TunnelNets;

export interface Peer {
  readonly resource: PeerResource;
  readonly labels: Labels;
}

export type PeerChanges = ListChanges<Peer>;

type Profiles = ReadonlyMap<string, Profile>;

const noLabels: Labels = {};

export class Peers {
  readonly #peers = new Map<PeerResource, Peer>();
  #tunnels: Peer | undefined;

  all(): Iterable<Peer> {
    return this.#tunnels === undefined ? this.#peers.values() : [this.#tunnels, ...this.#peers.values()];
  }

  /** Effective labels of an endpoint that is there. */
  labelsOf(endpoint: HostEndpoint): Labels {
    return this.#peers.get(endpoint)?.labels ?? noLabels;
  }

  /** `relabelled`: names of the profiles that give other labels than before. */
  update({ removed, added }: ListChanges<Resource>, profiles: Profiles, relabelled: ReadonlySet<string>): PeerChanges {
    const going: Peer[] = [];
    const coming: Peer[] = [];
    for (const resource of removed) {
      const peer = isPeer(resource) ? this.#peers.get(resource) : undefined;
      if (peer === undefined) continue;
      going.push(peer);
      this.#peers.delete(peer.resource);
    }
    if (relabelled.size > 0) this.#relabel(profiles, relabelled, { going, coming });
    for (const resource of added) {
      if (!isPeer(resource)) continue;
      const peer: Peer = { resource, labels: labelsOf(resource, profiles) };
      this.#peers.set(resource, peer);
      coming.push(peer);
    }
    return { removed: going, added: coming };
  }

  /** Undefined while there are no tunnels. */
  leadTunnels(prefixes: readonly Prefix[] | undefined): PeerChanges {
    const last = this.#tunnels;
    const lastNets = last?.resource.kind === "tunnels" ? last.resource.nets : undefined;
    const nets = share(lastNets, prefixes && networksOf(prefixes));
    if (nets === lastNets) return { removed: [], added: [] };
    this.#tunnels = nets && { resource: { kind: "tunnels", nets }, labels: noLabels };
    return { removed: last ? [last] : [], added: this.#tunnels ? [this.#tunnels] : [] };
  }

  #relabel(profiles: Profiles, relabelled: ReadonlySet<string>, { going, coming }: { readonly going: Peer[]; readonly coming: Peer[] }): void {
    for (const [resource, peer] of this.#peers) {
      if (!profilesOf(resource).some((name) => relabelled.has(name))) continue;
      const labels = share(peer.labels, labelsOf(resource, profiles));
      if (labels === peer.labels) continue;
      const changed = { resource, labels };
      this.#peers.set(resource, changed);
      going.push(peer);
      coming.push(changed);
    }
  }
}

function isPeer(resource: Resource): resource is Exclude<PeerResource, TunnelNets> {
  const { kind } = resource;
  return kind === "HostEndpoint" || kind === "GlobalNetworkSet" || kind === "NetworkSet" || kind === "EndpointSlice";
}

function labelsOf(resource: PeerResource, profiles: Profiles): Labels {
  if (resource.kind === "HostEndpoint") return effectiveLabels(resource, profiles);
  return resource.kind === "GlobalNetworkSet" || resource.kind === "NetworkSet" ? networkSetLabels(resource, profiles) : noLabels;
}

function profilesOf(resource: PeerResource): readonly string[] {
  if (resource.kind === "HostEndpoint") return resource.profiles;
  return resource.kind === "NetworkSet" ? [namespaceProfile(resource)] : [];
}
