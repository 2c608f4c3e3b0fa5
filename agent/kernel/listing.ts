// What the kernel holds of one table, put together from dumps: chains and how many rules each has, sets and maps with their
// elements. One look at each; whether the ruleset stood still meanwhile is for the caller to see (netlink.ts).

import { setTimeout as sleep } from "node:timers/promises";
import { chainsRequest, decodeChain } from "../../native/codec/chain.ts";
import { decodeElements, elementsRequest, type ListedElements } from "../../native/codec/listedElements.ts";
import { readMessages } from "../../native/codec/message.ts";
import { ruleChain, rulesRequest } from "../../native/codec/rule.ts";
import { decodeSet, type ListedSet, setsRequest } from "../../native/codec/set.ts";
import type { Actual, ActualChain, Sized } from "../../rules/diff/types.ts";
import { keysOfBytes, noKeys } from "../../rules/ruleset/chunks.ts";
import { unpackKeys } from "../../rules/ruleset/keys.ts";
import type { Keys, MapEntry, NftMap, NftSet } from "../../rules/ruleset/types.ts";
import { KernelError } from "./interface.ts";
import { isTorn, keysOf } from "./listedKeys.ts";

export type Dump = (request: (sequence: number) => Uint8Array) => Promise<Uint8Array>;

const dumpAttempts = 50;

const NO_KEYS: Keys = noKeys(0);

/** The table is there: without it the kernel refuses the dump of its sets with ENOENT. */
export async function listTable(dump: Dump, table: string): Promise<Actual> {
  const rules = countRules(await dump((sequence) => rulesRequest(table, sequence)));
  const chains = listChains(await dump(chainsRequest), table, rules);
  const heads = [...readMessages(await dump((sequence) => setsRequest(table, sequence)))].map(({ attributes }) => decodeSet(attributes));
  const sets: (NftSet & Sized)[] = [];
  const maps: (NftMap & Sized)[] = [];
  for (const head of heads.sort(byName)) {
    const elements = head.known ? await listElements(dump, table, head) : undefined;
    if (head.map) maps.push(listMap(head, elements));
    else sets.push(listSet(head, elements));
  }
  return { chains, sets, maps };
}

/** Again until none came twice: a resize takes milliseconds. */
async function listElements(dump: Dump, table: string, { name, types, flavour }: ListedSet): Promise<ListedElements> {
  for (let attempt = 1; ; attempt++) {
    const listed = decodeElements(await dump((sequence) => elementsRequest(table, name, sequence)), { types, flavour });
    if (!isTorn(listed)) return listed;
    if (attempt === dumpAttempts) throw new KernelError("socket", `set ${name} is being resized again and again: its elements cannot be read`);
    await sleep(attempt);
  }
}

function countRules(dump: Uint8Array): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { attributes } of readMessages(dump)) {
    const chain = ruleChain(attributes);
    counts.set(chain, (counts.get(chain) ?? 0) + 1);
  }
  return counts;
}

function listChains(dump: Uint8Array, table: string, rules: ReadonlyMap<string, number>): ActualChain[] {
  const chains = [...readMessages(dump)].map(({ attributes }) => decodeChain(attributes)).filter((chain) => chain.table === table);
  return chains.sort(byName).map(({ name, base }) => ({ name, ...(base ? { base } : {}), rules: rules.get(name) ?? 0 }));
}

/** Elements of a set that hostward could not have made are not read: its types differ from any that are wanted, which is enough to replace it. */
function listSet({ name, types, flavour, comment, size }: ListedSet, elements: ListedElements | undefined): NftSet & Sized {
  const known = elements !== undefined;
  const keys = known ? keysOf(elements) : NO_KEYS;
  return { name, types: known ? types : [], flavour, keys, comment, size };
}

function listMap({ name, types, flavour, comment, size }: ListedSet, elements: ListedElements | undefined): NftMap & Sized {
  const known = elements !== undefined && flavour === "hash";
  return { name, types: known ? types : [], entries: known ? listEntries(types, elements) : [], comment, size };
}

/** In bytewise order of their keys. A verdict that hostward does not know (continue, queue) leaves its entry out. */
function listEntries(types: NftMap["types"], { bytes, width, verdicts }: ListedElements): MapEntry[] {
  const scalars = unpackKeys({ types, flavour: "hash", keys: keysOfBytes(width, bytes) });
  const rows = verdicts.map((verdict, i) => ({ verdict, key: scalars[i] ?? [], order: Buffer.from(bytes.subarray(i * width, (i + 1) * width)) }));
  return rows.sort((a, b) => a.order.compare(b.order)).flatMap(({ key, verdict }) => (verdict ? [{ key, verdict }] : []));
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
