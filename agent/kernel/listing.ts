// What the kernel holds of one table, put together from dumps: chains with their rules' identities, sets and maps with their elements; all of it,
// or only the parts that were touched. One look at each; whether the ruleset stood still meanwhile is for the caller to see (netlink.ts).

import { setTimeout as sleep } from "node:timers/promises";
import { chainRequest, chainsRequest, decodeChain, type ListedChain } from "../../native/codec/chain.ts";
import { decodeElements, elementsRequest, type ListedElements } from "../../native/codec/listedElements.ts";
import { readMessages } from "../../native/codec/message.ts";
import { decodeRule, ruleHandle, rulesRequest } from "../../native/codec/rule.ts";
import { decodeSet, type ListedSet, setRequest, setsRequest } from "../../native/codec/set.ts";
import { NetlinkError } from "../../native/netlinkError.ts";
import type { Actual, ActualChain, HeldRule, Sized } from "../../rules/diff/types.ts";
import { keysOfBytes, noKeys } from "../../rules/ruleset/chunks.ts";
import { originOf } from "../../rules/ruleset/comment.ts";
import { identityOf } from "../../rules/ruleset/identity.ts";
import { unpackKeys } from "../../rules/ruleset/keys.ts";
import type { Keys, MapEntry, NftMap, NftSet } from "../../rules/ruleset/types.ts";
import type { Handles } from "./handles.ts";
import { KernelError, type Touched } from "./interface.ts";
import { isTorn, keysOf } from "./listedKeys.ts";

/** Both take what makes the request with its sequence number. */
export interface Asking {
  dump(request: (sequence: number) => Uint8Array): Promise<Uint8Array>;
  /** @throws NetlinkError ENOENT where there is nothing of the name */
  request(request: (sequence: number) => Uint8Array): Promise<Uint8Array>;
}

export interface Listing {
  readonly actual: Actual;
  /** Of the rules of each chain that was looked at. */
  readonly handles: ReadonlyMap<string, Handles>;
}

interface HeldRules {
  readonly rules: HeldRule[];
  readonly handles: number[];
}

type HeldSet = NftSet & Sized;
type HeldMap = NftMap & Sized;

const dumpAttempts = 50;

const NO_KEYS: Keys = noKeys(0);

/** The table is there: without it the kernel refuses the dump of its sets with ENOENT. */
export async function listTable({ dump }: Asking, table: string): Promise<Listing> {
  const rules = listRules(await dump((sequence) => rulesRequest(table, sequence)));
  const chains = [...readMessages(await dump(chainsRequest))].map(({ attributes }) => decodeChain(attributes)).filter((chain) => chain.table === table);
  const heads = [...readMessages(await dump((sequence) => setsRequest(table, sequence)))].map(({ attributes }) => decodeSet(attributes));
  const sets: HeldSet[] = [];
  const maps: HeldMap[] = [];
  for (const head of heads.sort(byName)) {
    const elements = head.known ? await listElements(dump, table, head) : undefined;
    if (head.map) maps.push(listMap(head, elements));
    else sets.push(listSet(head, elements));
  }
  const handles = new Map(chains.map(({ name }) => [name, rules.get(name)?.handles ?? []]));
  return { actual: { chains: chains.sort(byName).map((chain) => listChain(chain, rules)), sets, maps }, handles };
}

/** As listTable, but for what was not touched taken from `actual`. The table is there. */
export async function listTouched(
  asking: Asking,
  table: string,
  { actual, touched }: { readonly actual: Actual; readonly touched: Extract<Touched, { readonly kind: "parts" }> },
): Promise<Listing> {
  const chains = new Map<string, ActualChain | undefined>();
  const handles = new Map<string, Handles>();
  for (const name of touched.chains) {
    const head = await existing(asking.request((sequence) => chainRequest(table, name, sequence)));
    if (head) {
      const rules = listRules(await asking.dump((sequence) => rulesRequest(table, sequence, name)));
      handles.set(name, rules.get(name)?.handles ?? []);
      for (const { attributes } of readMessages(head)) chains.set(name, listChain(decodeChain(attributes), rules));
    } else chains.set(name, undefined);
  }
  const sets = new Map<string, HeldSet | undefined>();
  const maps = new Map<string, HeldMap | undefined>();
  for (const name of touched.sets) {
    const answer = await existing(asking.request((sequence) => setRequest(table, name, sequence)));
    const [message] = answer ? readMessages(answer) : [];
    const head = message && decodeSet(message.attributes);
    const elements = head?.known ? await listElements(asking.dump, table, head) : undefined;
    sets.set(name, head && !head.map ? listSet(head, elements) : undefined);
    maps.set(name, head?.map ? listMap(head, elements) : undefined);
  }
  return { actual: { chains: merged(actual.chains, chains), sets: merged(actual.sets, sets), maps: merged(actual.maps, maps) }, handles };
}

/** Handles of a chain's rules in their order; empty where there is no such chain. */
export async function listHandles({ dump }: Asking, table: string, chain: string): Promise<Handles> {
  return [...readMessages(await dump((sequence) => rulesRequest(table, sequence, chain)))].map(({ attributes }) => ruleHandle(attributes));
}

export function isMissing(error: unknown): boolean {
  return error instanceof NetlinkError && error.errno === "ENOENT";
}

async function existing(answer: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** In order of names. What was looked at and is undefined is gone. */
function merged<T extends { readonly name: string }>(held: readonly T[], fresh: Map<string, T | undefined>): readonly T[] {
  if (fresh.size === 0) return held;
  const names = new Set(held.map(({ name }) => name));
  const stayed = held.flatMap((thing) => (fresh.has(thing.name) ? (fresh.get(thing.name) ?? []) : thing));
  const added = [...fresh.values()].filter((thing) => thing !== undefined && !names.has(thing.name)) as T[];
  return added.length > 0 ? [...stayed, ...added].sort(byName) : stayed;
}

/** Again until none came twice: a resize takes milliseconds. */
async function listElements(dump: Asking["dump"], table: string, { name, types, flavour }: ListedSet): Promise<ListedElements> {
  for (let attempt = 1; ; attempt++) {
    const listed = decodeElements(await dump((sequence) => elementsRequest(table, name, sequence)), { types, flavour });
    if (!isTorn(listed)) return listed;
    if (attempt === dumpAttempts) throw new KernelError("socket", `set ${name} is being resized again and again: its elements cannot be read`);
    await sleep(attempt);
  }
}

function listRules(dump: Uint8Array): ReadonlyMap<string, HeldRules> {
  const chains = new Map<string, HeldRules>();
  for (const { attributes } of readMessages(dump)) {
    const { chain, handle, expressions, comment } = decodeRule(attributes);
    const held = chains.get(chain) ?? { rules: [], handles: [] };
    if (held.rules.length === 0) chains.set(chain, held);
    held.rules.push({ kind: "held", identity: identityOf(expressions, comment) });
    held.handles.push(handle);
  }
  return chains;
}

function listChain({ name, base }: ListedChain, rules: ReadonlyMap<string, HeldRules>): ActualChain {
  return { name, ...(base ? { base } : {}), rules: rules.get(name)?.rules ?? [] };
}

/** Elements of a set that hostward could not have made are not read: its types differ from any that are wanted, which is enough to replace it. */
function listSet({ name, types, flavour, comment, size }: ListedSet, elements: ListedElements | undefined): HeldSet {
  const known = elements !== undefined;
  const keys = known ? keysOf(elements) : NO_KEYS;
  return { name, types: known ? types : [], flavour, keys, comment, size };
}

function listMap({ name, types, flavour, counters, comment, size }: ListedSet, elements: ListedElements | undefined): HeldMap {
  const known = elements !== undefined && flavour === "hash";
  return { name, types: known ? types : [], entries: known ? listEntries(types, elements) : [], ...(counters ? { counters } : {}), comment, size };
}

/** In bytewise order of their keys. A verdict that hostward does not know (continue, queue) leaves its entry out. */
function listEntries(types: NftMap["types"], { bytes, width, verdicts, comments }: ListedElements): MapEntry[] {
  const scalars = unpackKeys({ types, flavour: "hash", keys: keysOfBytes(width, bytes) });
  const rows = verdicts.map((verdict, i) => {
    const origin = originOf(comments[i] ?? "");
    return { order: Buffer.from(bytes.subarray(i * width, (i + 1) * width)), verdict, key: scalars[i] ?? [], ...(origin === undefined ? {} : { origin }) };
  });
  return rows.sort((a, b) => a.order.compare(b.order)).flatMap(({ order: _, verdict, ...entry }) => (verdict ? [{ ...entry, verdict }] : []));
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
