// All sets of members that rules in force refer to, kept as their peers change. A peer that changes is looked up in an index of the sets' selectors:
// only sets that it was in or comes into are touched. How one set changes is memberSet.ts.

import type { Selector } from "../selector/ast.ts";
import type { Definition } from "./definitions.ts";
import { serviceName } from "./definitions.ts";
import { LivingSet } from "./memberSet.ts";
import { compareBytes } from "./order.ts";
import type { Peer, PeerChanges } from "./peers.ts";
import { SelectorIndex } from "./selectorIndex.ts";
import { SetTable } from "./setTable.ts";
import type { MemberSet } from "./types.ts";

interface SelectedSet {
  readonly selector: Selector;
  readonly living: LivingSet;
}

/** Sets by what leads to them from a peer. */
class Directory {
  readonly #bySelector = new SelectorIndex<SelectedSet>();
  readonly #byService = new Map<string, Set<LivingSet>>();
  readonly #tunnels = new Set<LivingSet>();
  readonly #selected = new Map<LivingSet, SelectedSet>();
  readonly #node: string;

  constructor(node: string) {
    this.#node = node;
  }

  add(living: LivingSet): void {
    const { definition } = living;
    if (definition.kind === "tunnels") this.#tunnels.add(living);
    else if (definition.kind === "service") this.#ofService(definition.service).add(living);
    else {
      const selected = { selector: definition.selector, living };
      this.#selected.set(living, selected);
      this.#bySelector.add(selected);
    }
  }

  delete(living: LivingSet): void {
    const { definition } = living;
    const selected = this.#selected.get(living);
    if (selected !== undefined) this.#bySelector.delete(selected);
    this.#selected.delete(living);
    this.#tunnels.delete(living);
    if (definition.kind === "service" && this.#ofService(definition.service).delete(living) && this.#ofService(definition.service).size === 0)
      this.#byService.delete(definition.service);
  }

  /** The sets that the peer belongs to. */
  of({ resource, labels }: Peer): Iterable<LivingSet> {
    if (resource.kind === "tunnels") return this.#tunnels;
    if (resource.kind === "EndpointSlice") {
      const { service, metadata } = resource;
      return service === undefined ? [] : (this.#byService.get(serviceName({ namespace: metadata.namespace, name: service })) ?? []);
    }
    const selected = this.#bySelector.matching(labels).map(({ living }) => living);
    return resource.kind === "HostEndpoint" && resource.node !== this.#node ? [...selected, ...this.#tunnels] : selected;
  }

  #ofService(name: string): Set<LivingSet> {
    const sets = this.#byService.get(name) ?? new Set();
    this.#byService.set(name, sets);
    return sets;
  }
}

export class MemberSets {
  readonly #node: string;
  readonly #sets = new Map<string, LivingSet>();
  readonly #directory: Directory;
  /** Those of which users came or went since the last update. */
  readonly #touched = new Set<LivingSet>();
  #result = new SetTable([]);

  constructor(node: string) {
    this.#node = node;
    this.#directory = new Directory(node);
  }

  /** From then on, until all users have released it, it is one of the sets. */
  acquire(definition: Definition): void {
    const living = this.#sets.get(definition.id) ?? new LivingSet(definition);
    this.#sets.set(definition.id, living);
    living.users++;
    this.#touched.add(living);
  }

  release({ id }: Definition): void {
    const living = this.#sets.get(id);
    if (living === undefined) return;
    living.users--;
    this.#touched.add(living);
  }

  /** Sorted by id. `peers` gives all that are there after the changes. */
  update(changes: PeerChanges, peers: () => Iterable<Peer>): ReadonlyMap<string, MemberSet> {
    const touched = [...this.#touched];
    this.#touched.clear();
    const gone = touched.filter(({ users }) => users === 0);
    const fresh = touched.filter(({ users, definition }) => users > 0 && !this.#result.has(definition.id));
    for (const living of gone) {
      this.#sets.delete(living.definition.id);
      this.#directory.delete(living);
    }
    const changed = apply(this.#directory, changes);
    if (fresh.length > 0) this.#fill(fresh, peers());
    this.#settle({ gone, fresh, changed });
    return this.#result;
  }

  #fill(fresh: readonly LivingSet[], peers: Iterable<Peer>): void {
    const directory = new Directory(this.#node);
    for (const living of fresh) {
      directory.add(living);
      this.#directory.add(living);
    }
    apply(directory, { removed: [], added: peers });
  }

  #settle({ gone, fresh, changed }: Readonly<Record<"gone" | "fresh" | "changed", readonly LivingSet[]>>): void {
    const isListed = gone.some(({ definition }) => this.#result.has(definition.id)) || fresh.length > 0;
    if (isListed) {
      const sorted = [...this.#sets.values()].sort((a, b) => compareBytes(a.definition.id, b.definition.id));
      this.#result = new SetTable(sorted.map(({ set }) => set));
    } else this.#result = this.#result.with(changed.map(({ set }) => set));
  }
}

/** Returns the sets that peers left or entered. */
function apply(directory: Directory, { removed, added }: { readonly removed: Iterable<Peer>; readonly added: Iterable<Peer> }): readonly LivingSet[] {
  const changes = new Map<LivingSet, { readonly removed: Peer[]; readonly added: Peer[] }>();
  const changesOf = (living: LivingSet) => {
    const known = changes.get(living) ?? { removed: [], added: [] };
    changes.set(living, known);
    return known;
  };
  for (const peer of removed) for (const living of directory.of(peer)) changesOf(living).removed.push(peer);
  for (const peer of added) for (const living of directory.of(peer)) changesOf(living).added.push(peer);
  for (const [living, change] of changes) living.change(change);
  return [...changes.keys()];
}
