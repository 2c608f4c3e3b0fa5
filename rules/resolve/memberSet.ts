// One set of members as it lives through changes of its peers. Only what differs is worked out: keys that come and go by their counts, and the
// ranges of networks anew, of which the chunks that stay are kept. Which peers are in it is decided by whoever tells of them.

import type { Family } from "../net/types.ts";
import { noKeys, withKeys } from "../ruleset/chunks.ts";
import { compareKeys } from "../ruleset/compareKeys.ts";
import { keyWidth } from "../ruleset/keys.ts";
import type { Keys } from "../ruleset/types.ts";
import { type Bag, bagOf, changedBag } from "./bag.ts";
import type { Definition } from "./definitions.ts";
import {
  addressesOf,
  addressTypes,
  asNetworks,
  type Contribution,
  changedAddresses,
  families,
  hasAddresses,
  outermost,
  type Packed,
  portsOf,
  portTypes,
} from "./packing.ts";
import type { Peer, PeerChanges } from "./peers.ts";
import type { MemberSet, Members } from "./types.ts";

interface FamilyState {
  /** How many networks of this family are more than an address: with any it is an interval set. */
  wide: number;
  bag: Bag;
  members: Members;
}

export class LivingSet {
  readonly definition: Definition;
  /** How many of the rules that are in force refer to it. */
  users = 0;
  /** Those that give it anything. */
  readonly #peers = new Set<Peer>();
  readonly #families: Readonly<Record<Family, FamilyState>>;
  #set: MemberSet;

  constructor(definition: Definition) {
    this.definition = definition;
    this.#families = { 4: emptyFamily(definition, 4), 6: emptyFamily(definition, 6) };
    this.#set = this.#made();
  }

  /** The same object as long as it has the same members. */
  get set(): MemberSet {
    return this.#set;
  }

  /** Removed peers that are not in it are passed over. */
  change({ removed, added }: PeerChanges): void {
    const change = this.#difference(
      removed.filter((peer) => this.#peers.delete(peer)),
      added,
    );
    for (const family of families) this.#changeFamily(family, of(change.removed, family), of(change.added, family));
    const { 4: before, 6: before6 } = this.#set.members;
    if (before !== this.#families[4].members || before6 !== this.#families[6].members) this.#set = this.#made();
  }

  #changeFamily(family: Family, going: readonly Packed[], coming: readonly Packed[]): void {
    if (going.length === 0 && coming.length === 0) return;
    const state = this.#families[family];
    const wasWide = state.wide > 0;
    state.wide += wideIn(coming) - wideIn(going);
    const isWide = state.wide > 0;
    const rows = ({ wide, keys }: Packed) => (isWide && wide === 0 ? asNetworks(family, keys) : keys);
    const rebuilt = wasWide !== isWide || state.bag.keys.count === 0;
    const width = rowWidth(this.definition, family, isWide);
    if (rebuilt)
      state.bag = bagOf(
        width,
        of(
          [...this.#peers].map((peer) => this.#contribution(peer)),
          family,
        ).map(rows),
      );
    else state.bag = changedBag(state.bag, { removed: going.map(rows), added: coming.map(rows) });
    state.members = isWide ? withRanges(state.members, outermost(family, state.bag.keys)) : withKeysOf(state.members, state.bag.keys);
  }

  /** Takes those in that give it anything. Of a peer that was there before, what differs. */
  #difference(going: readonly Peer[], coming: readonly Peer[]): Readonly<Record<"removed" | "added", readonly Contribution[]>> {
    const before = new Map(going.map((peer) => [identityOf(peer), peer]));
    const removed: Contribution[] = [];
    const added: Contribution[] = [];
    for (const peer of coming) {
      const old = this.definition.ports === undefined && hasAddresses(peer.resource) ? before.get(identityOf(peer)) : undefined;
      const change = old && changedAddresses(old.resource, peer.resource);
      const given = change?.added ?? this.#contribution(peer);
      if (change === undefined && families.every((family) => given[family].keys.count === 0)) continue;
      this.#peers.add(peer);
      added.push(given);
      if (change === undefined) continue;
      removed.push(change.removed);
      before.delete(identityOf(peer));
    }
    for (const peer of before.values()) removed.push(this.#contribution(peer));
    return { removed, added };
  }

  #contribution({ resource }: Peer): Contribution {
    const { ports } = this.definition;
    return ports === undefined ? addressesOf(resource) : portsOf(resource, ports);
  }

  #made(): MemberSet {
    return { id: this.definition.id, members: { 4: this.#families[4].members, 6: this.#families[6].members } };
  }
}

function identityOf({ resource }: Peer): string {
  return resource.kind === "tunnels" ? resource.kind : `${resource.kind}/${resource.metadata.namespace}/${resource.metadata.name}`;
}

/** Of one family, without those that have nothing in it. */
function of(contributions: readonly Contribution[], family: Family): Packed[] {
  return contributions.map((contribution) => contribution[family]).filter(({ keys }) => keys.count > 0);
}

function wideIn(packed: readonly Packed[]): number {
  return packed.reduce((sum, { wide }) => sum + wide, 0);
}

function emptyFamily({ ports }: Definition, family: Family): FamilyState {
  const types = ports === undefined ? [addressTypes[family]] : portTypes(family);
  const keys = noKeys(keyWidth(types));
  return { wide: 0, bag: { keys, counts: new Map() }, members: { types, flavour: "hash", keys } };
}

function rowWidth({ ports }: Definition, family: Family, wide: boolean): number {
  return wide ? keyWidth([addressTypes[family]]) + 4 : keyWidth(ports === undefined ? [addressTypes[family]] : portTypes(family));
}

function withKeysOf(last: Members, keys: Keys): Members {
  return last.flavour === "hash" && last.keys === keys ? last : { types: last.types, flavour: "hash", keys };
}

/** The ranges are made anew: of the last ones the chunks that are in them as well are kept. */
function withRanges(last: Members, ranges: Keys): Members {
  if (last.flavour === "hash") return { types: last.types, flavour: "interval", keys: ranges };
  const keys = withKeys(last.keys, compareKeys(last.keys, ranges));
  return keys === last.keys ? last : { types: last.types, flavour: "interval", keys };
}
