// Turns one reading of the kernel after another into the interfaces that policy may speak of. Additions show at once; what has gone is kept
// for a while and forgotten only if it has not come back (semantics H4). Pure: time comes in as a number.

import { compareAddress, formatAddress } from "../../rules/net/address.ts";
import type { Address } from "../../rules/net/types.ts";
import type { Interface } from "../../rules/resolve/types.ts";

export interface Link {
  readonly index: number;
  readonly name: string;
  /** IFF_RUNNING. */
  readonly running: boolean;
}

export interface LocalRoute {
  /** Index of the link. */
  readonly index: number;
  readonly destination: Address;
}

/** What the kernel said at one moment. */
export interface Reading {
  readonly links: readonly Link[];
  readonly routes: readonly LocalRoute[];
}

/**
 * One thing known of an interface: that it is there, that it is up, or that it has an address. Interfaces are made of such facts, so that
 * a link that went down, a link that was deleted or renamed and an address that was removed are one case: a fact no longer seen.
 */
interface Fact {
  readonly name: string;
  readonly what: "present" | "up" | Address;
  /** When it is forgotten; undefined while it is seen. */
  readonly heldUntil: number | undefined;
}

export interface LinkState {
  /** By name and what; no interface name has a space in it (dev_valid_name in net/core/dev.c). */
  readonly facts: ReadonlyMap<string, Fact>;
  /** When to read again although nothing happens: something is held, or two links shared a name. */
  readonly readAgainAt: number | undefined;
}

export const nothingKnown: LinkState = { facts: new Map(), readAgainAt: undefined };

/** The state after a reading at `now`; `holdBack` is how long what has gone is kept. Both in milliseconds. */
export function observe(before: LinkState, reading: Reading, { now, holdBack }: { readonly now: number; readonly holdBack: number }): LinkState {
  const shared = sharedNames(reading.links);
  const facts = seenFacts(reading, shared);
  for (const [key, fact] of before.facts) {
    if (facts.has(key)) continue;
    // While two links share a name nothing new is learnt of it: a rename is under way, and one index will be left (H6).
    if (shared.has(fact.name)) {
      facts.set(key, fact);
      continue;
    }
    const heldUntil = fact.heldUntil ?? now + holdBack;
    if (heldUntil > now) facts.set(key, { ...fact, heldUntil });
  }
  const due = [...facts.values()].flatMap((fact) => (fact.heldUntil === undefined || shared.has(fact.name) ? [] : [fact.heldUntil]));
  if (shared.size > 0) due.push(now + holdBack);
  return { facts, readAgainAt: due.length === 0 ? undefined : due.reduce((least, time) => Math.min(least, time)) };
}

/** Sorted by name, each with its addresses sorted. */
export function interfacesOf(state: LinkState): readonly Interface[] {
  const addresses = new Map<string, Address[]>();
  for (const { name, what } of state.facts.values()) if (what === "present") addresses.set(name, []);
  for (const { name, what } of state.facts.values()) if (typeof what === "object") addresses.get(name)?.push(what);
  return [...addresses]
    .map(([name, list]) => ({ name, addresses: list.toSorted(compareAddress), up: state.facts.has(`${name} up`) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether both states show the same interfaces, held facts included. */
export function showsSame(a: LinkState, b: LinkState): boolean {
  return a.facts.size === b.facts.size && [...a.facts.keys()].every((key) => b.facts.has(key));
}

function sharedNames(links: readonly Link[]): ReadonlySet<string> {
  const indexes = new Map<string, number>();
  const shared = new Set<string>();
  for (const { name, index } of links) {
    if ((indexes.get(name) ?? index) !== index) shared.add(name);
    indexes.set(name, index);
  }
  return shared;
}

/**
 * The destination of a local route counts as it stands, whatever its prefix length: `lo` has 127.0.0.0 and 127.0.0.1, and a prefix is never
 * expanded into its addresses (H3, G37). A route of a link that the reading does not have belongs to one that has just come or gone.
 */
function seenFacts(reading: Reading, shared: ReadonlySet<string>): Map<string, Fact> {
  const facts = new Map<string, Fact>();
  const names = new Map<number, string>();
  for (const { index, name, running } of reading.links) {
    if (shared.has(name)) continue;
    names.set(index, name);
    facts.set(`${name} present`, { name, what: "present", heldUntil: undefined });
    if (running) facts.set(`${name} up`, { name, what: "up", heldUntil: undefined });
  }
  for (const { index, destination } of reading.routes) {
    const name = names.get(index);
    if (name !== undefined) facts.set(`${name} ${formatAddress(destination)}`, { name, what: destination, heldUntil: undefined });
  }
  return facts;
}
