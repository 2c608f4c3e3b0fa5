// What must hold of a ruleset before it is sent: the kernel refuses the whole batch over one bad rule, late and without saying why (a jump loop
// after seconds). Each message names the rule by its origin. A message here is a bug in the compiler, never a fault of the user's policy.

import { checkJumps } from "./checkJumps.ts";
import { checkRule, type Named } from "./checkRule.ts";
import { compareBytes, eachKey, firstUnsorted } from "./chunks.ts";
import { originComment } from "./comment.ts";
import { dataTypes } from "./fields.ts";
import { encodeKey, keyWidth } from "./keys.ts";
import type { Chain, DataType, Keys, MapEntry, NftMap, NftSet, Rule, Ruleset } from "./types.ts";
import { encodeUtf8 } from "./utf8.ts";

/** NFT_NAME_MAXLEN less the terminating zero. */
const MAX_NAME_BYTES = 255;

/** What an unquoted name may be in nft's scanner. */
const legalName = /^[A-Za-z_.][A-Za-z0-9_./-]*$/;

/** All that is wrong, in the order of the ruleset; empty for a ruleset that the kernel takes. */
export function checkRuleset(ruleset: Ruleset): readonly string[] {
  const { table, chains, sets, maps } = ruleset;
  const named: Named = { sets: new Map(sets.map((set) => [set.name, set])), maps: new Map(maps.map((map) => [map.name, map])) };
  const lookups = [...sets.map(({ name }) => name), ...maps.map(({ name }) => name)];
  return [
    ...[table, ...lookups, ...chains.map(({ name }) => name)].flatMap(checkName),
    ...repeated(lookups).map((name) => `two sets or maps are named ${name}`),
    ...[sets, maps, chains].flatMap(checkSorted),
    ...sets.flatMap((set) => checkKeys(set).map((problem) => `set ${set.name}: ${problem}`)),
    ...maps.flatMap((map) => checkEntries(map).map((problem) => `map ${map.name}: ${problem}`)),
    ...checkHooks(chains),
    ...chains.flatMap((chain) => chain.rules.flatMap((rule, i) => checkRule(rule, named).map((problem) => `${where(chain, rule, i)}: ${problem}`))),
    ...checkJumps(chains, named),
  ];
}

function where(chain: Chain, rule: Rule, index: number): string {
  return `chain ${chain.name}, rule ${index} (${originComment(rule.origin)})`;
}

function checkName(name: string): string[] {
  if (encodeUtf8(name).length > MAX_NAME_BYTES) return [`the name ${name} has more than ${MAX_NAME_BYTES} bytes`];
  return legalName.test(name) ? [] : [`"${name}" is no name for nft`];
}

function checkSorted(objects: readonly { readonly name: string }[]): string[] {
  return objects
    .filter(({ name }, i) => i > 0 && name <= (objects[i - 1] as { name: string }).name)
    .map(({ name }) => `${name} is out of order or there twice`);
}

function checkKeys({ types, flavour, keys }: NftSet): string[] {
  const field = keyWidth(types);
  const width = flavour === "interval" ? 2 * field : field;
  const bytes = keys.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (keys.width !== width || bytes !== width * keys.count) return [`keys of ${keys.width} bytes, ${keys.count} in ${bytes}`];
  if (keys.chunks.some((chunk) => chunk.length === 0 || chunk.length % width !== 0)) return ["a chunk of keys that is empty or ends within a key"];
  // Concatenated intervals would take a byte swap of some fields (nft 1.0.6) and a lookup that is slow to change.
  if (flavour === "interval" && (types.length !== 1 || types.some((type) => dataTypes[type].order !== "big"))) return [`no intervals of ${types.join(" . ")}`];
  const bad = firstUnsorted(keys) ?? (flavour === "interval" ? firstOverlap(keys) : undefined);
  return bad === undefined ? [] : [`key ${bad} is out of order, there twice or overlaps`];
}

/** Ranges may touch: a tree keeps the end of one and the beginning of the next as two elements. */
function firstOverlap(keys: Keys): number | undefined {
  const half = keys.width / 2;
  let previous: Uint8Array | undefined;
  let index = 0;
  for (const key of eachKey(keys)) {
    const from = key.subarray(0, half);
    const to = key.subarray(half);
    if (compareBytes(from, to) > 0 || (previous !== undefined && compareBytes(previous, from) >= 0)) return index;
    previous = to;
    index++;
  }
  return undefined;
}

function checkEntries({ types, entries }: NftMap): string[] {
  const problems = entries.flatMap(({ key }) => keyProblem(types, key));
  if (problems.length > 0) return problems;
  const keys = entries.map(({ key }) => encodeKey(types, key));
  const bad = keys.findIndex((key, i) => i > 0 && compareBytes(keys[i - 1] as Uint8Array, key) >= 0);
  return bad === -1 ? [] : [`key ${bad} is out of order or there twice`];
}

function keyProblem(types: readonly DataType[], key: MapEntry["key"]): string[] {
  try {
    encodeKey(types, key);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Two base chains at one priority of a hook run in no defined order (semantics G46). */
function checkHooks(chains: readonly Chain[]): string[] {
  const hooks = chains.filter((chain) => chain.kind === "base").map(({ hook, priority }) => `${hook} ${priority}`);
  return repeated(hooks).map((hook) => `two base chains at ${hook}`);
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, i) => names.indexOf(name) < i);
}
