// Short ways to write the operations of a batch, for the tests of kernels.

import type { Batch, Operation } from "../../../rules/diff/types.ts";
import { packKeys, packPrefixes } from "../../../rules/ruleset/keys.ts";
import type { DataType, Keys, MapEntry, NftMap, NftSet, Rule, Scalar, Statement, Verdict } from "../../../rules/ruleset/types.ts";

export const TABLE = "hostward";

export function batch(...operations: readonly Operation[]): Batch {
  return { table: TABLE, operations };
}

export const addTable: Operation = { verb: "add", object: "table" };
export const deleteTable: Operation = { verb: "delete", object: "table" };
export const flushAll: Operation = { verb: "flush", object: "chain" };

export function addChain(name: string): Operation {
  return { verb: "add", object: "chain", chain: { kind: "regular", name, rules: [] } };
}

export function addBase(name: string, priority = 0): Operation {
  return { verb: "add", object: "chain", chain: { kind: "base", name, hook: "input", priority, rules: [] } };
}

export function deleteChain(name: string): Operation {
  return { verb: "delete", object: "chain", name };
}

export function flush(name: string): Operation {
  return { verb: "flush", object: "chain", name };
}

export function rule(...statements: readonly Statement[]): Rule {
  return { statements, origin: { kind: "GlobalNetworkPolicy", name: "web", direction: "ingress", index: 3 } };
}

export function addRule(chain: string, ...statements: readonly Statement[]): Operation {
  return { verb: "add", object: "rule", chain, rule: rule(...statements) };
}

export function jump(chain: string): Statement {
  return { kind: "verdict", verdict: { kind: "jump", chain } };
}

export const counter: Statement = { kind: "counter" };

export function lookup(set: string): Statement {
  return { kind: "lookup", fields: ["ip saddr"], op: "in", set };
}

export function vmap(map: string): Statement {
  return { kind: "vmap", fields: ["meta iifname"], map };
}

export function address(value: number): Scalar {
  return { family: 4, value: BigInt(value) };
}

/** Addresses from, inclusive, to, exclusive. */
export function addresses(from: number, to = from + 1): Keys {
  return packKeys(
    ["ipv4_addr"],
    Array.from({ length: to - from }, (_, i) => [address(from + i)]),
  );
}

export function hashSet(name: string, keys: Keys, comment = ""): NftSet {
  return { name, types: ["ipv4_addr"], flavour: "hash", keys, comment };
}

export function prefixSet(name: string, prefixes: readonly (readonly [number, number])[]): NftSet {
  const keys = packPrefixes(
    4,
    prefixes.map(([value, length]) => ({ family: 4, address: BigInt(value), length })),
  );
  return { name, types: ["ipv4_addr"], flavour: "interval", keys, comment: "" };
}

export function addSet(set: NftSet): Operation {
  return { verb: "add", object: "set", set };
}

export function deleteSet(name: string): Operation {
  return { verb: "delete", object: "set", name };
}

export function addElements(set: NftSet, keys: Keys = set.keys): Operation {
  return { verb: "add", object: "elements", set, keys };
}

export function deleteElements(set: NftSet, keys: Keys): Operation {
  return { verb: "delete", object: "elements", set, keys };
}

export function interfaceMap(name: string, entries: readonly MapEntry[] = [], types: readonly DataType[] = ["ifname"]): NftMap {
  return { name, types, entries, comment: "" };
}

export function entry(key: string, verdict: Verdict): MapEntry {
  return { key: [key], verdict };
}

export function addMap(map: NftMap): Operation {
  return { verb: "add", object: "map", map };
}

export function deleteMap(name: string): Operation {
  return { verb: "delete", object: "map", name };
}

export function addEntries(map: NftMap, ...entries: readonly MapEntry[]): Operation {
  return { verb: "add", object: "entries", map, entries };
}

export function deleteEntries(map: NftMap, ...entries: readonly MapEntry[]): Operation {
  return { verb: "delete", object: "entries", map, entries };
}
