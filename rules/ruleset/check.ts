// What must hold of a ruleset before it is sent: the kernel refuses the whole batch over one bad rule, late and without saying why (a jump loop
// after seconds). Each message names the rule by its origin. A message here is a bug in the compiler, never a fault of the user's policy.

import { carryOver, type Findings, noFindings } from "./carryOver.ts";
import { type ChainFindings, checkChain, sameSet } from "./checkChain.ts";
import { describeJumps } from "./checkJumps.ts";
import type { Named, Typed } from "./checkRule.ts";
import { checkEntries, checkKeys } from "./checkSets.ts";
import { type Heights, heightsOf, staySound } from "./heights.ts";
import type { Chain, NftMap, NftSet, Ruleset } from "./types.ts";
import { encodeUtf8 } from "./utf8.ts";

/** NFT_NAME_MAXLEN less the terminating zero. */
const MAX_NAME_BYTES = 255;

/** What an unquoted name may be in nft's scanner. */
const legalName = /^[A-Za-z_.][A-Za-z0-9_./-]*$/;

/** All that is wrong, in the order of the ruleset; empty for a ruleset that the kernel takes. */
export function checkRuleset(ruleset: Ruleset): readonly string[] {
  return createCheck()(ruleset);
}

/** `checkRuleset` for a ruleset that changes: the result is the same, and of what is the same object as the last time only the names are looked at again. */
export function createCheck(): (ruleset: Ruleset) => readonly string[] {
  let last = nothing;
  return (ruleset) => {
    if (ruleset !== last.ruleset) last = check(ruleset, last);
    return last.faults;
  };
}

interface Checked {
  readonly ruleset: Ruleset | undefined;
  readonly names: readonly string[];
  readonly sets: Findings<NftSet, readonly string[]>;
  readonly maps: Findings<NftMap, MapFindings>;
  readonly named: Named;
  readonly chains: Findings<Chain, ChainFindings>;
  /** Undefined: something is wrong with the jumps. */
  readonly heights: Heights | undefined;
  readonly faults: readonly string[];
}

interface MapFindings {
  readonly problems: readonly string[];
  /** Chains that entries lead to; of a map that leads where the one before it led, the same object. */
  readonly targets: ReadonlySet<string>;
}

const nothing: Checked = {
  ruleset: undefined,
  names: [],
  sets: noFindings,
  maps: noFindings,
  named: { sets: new Map(), maps: new Map() },
  chains: noFindings,
  heights: undefined,
  faults: [],
};

function check(ruleset: Ruleset, last: Checked): Checked {
  const sets = carryOver(ruleset.sets, last.sets, (set, before) => checkKeys(set, before?.found.length === 0 ? before.thing : undefined));
  const maps = carryOver(ruleset.maps, last.maps, findingsOfMap);
  const named = sameTypes(sets, last.sets) && sameTypes(maps, last.maps) ? last.named : { sets: typesOf(ruleset.sets), maps: typesOf(ruleset.maps) };
  const chains = carryOver(ruleset.chains, withoutStale(last, named), (chain, before) => checkChain(chain, named, before));
  const names = areNamedWell({ ruleset, sets, maps, named, chains }, last) ? last.names : checkNames(ruleset);
  const next = { ruleset, names, sets, maps, named, chains, heights: heightsAfter({ chains, maps }, last) };
  return { ...next, faults: names === last.names && last.faults.length === 0 && isSound(next) ? last.faults : faultsOf(next) };
}

function findingsOfMap(map: NftMap, before: { readonly thing: NftMap; readonly found: MapFindings } | undefined): MapFindings {
  const targets = new Set<string>();
  for (const { verdict } of map.entries) if (verdict.kind === "jump" || verdict.kind === "goto") targets.add(verdict.chain);
  const known = before?.found;
  return {
    problems: checkEntries(map, known?.problems.length === 0 ? before?.thing : undefined),
    targets: known !== undefined && sameSet(known.targets, targets) ? known.targets : targets,
  };
}

type Unsummed = Omit<Checked, "faults"> & { readonly ruleset: Ruleset };

/** Whether nothing is wrong with what has changed, and no base chain is among it. */
function isSound({ sets, maps, chains, heights }: Unsummed): boolean {
  if (heights === undefined) return false;
  if (sets.changed.some((at) => sets.found[at]?.length !== 0) || maps.changed.some((at) => maps.found[at]?.problems.length !== 0)) return false;
  return chains.changed.every((at) => chains.things[at]?.kind === "regular" && chains.found[at]?.problems.length === 0);
}

function faultsOf({ ruleset, names, sets, maps, chains, heights }: Unsummed): readonly string[] {
  const faults = [...names];
  for (const [at, problems] of sets.found.entries()) for (const problem of problems) faults.push(`set ${sets.things[at]?.name}: ${problem}`);
  for (const [at, { problems }] of maps.found.entries()) for (const problem of problems) faults.push(`map ${maps.things[at]?.name}: ${problem}`);
  for (const problem of checkHooks(ruleset.chains)) faults.push(problem);
  for (const { problems } of chains.found) for (const problem of problems) faults.push(problem);
  if (heights === undefined) for (const problem of describeJumps(ruleset)) faults.push(problem);
  return faults;
}

function checkNames({ table, chains, sets, maps }: Ruleset): readonly string[] {
  const lookups = [...sets.map(({ name }) => name), ...maps.map(({ name }) => name)];
  return [
    ...[table, ...lookups, ...chains.map(({ name }) => name)].flatMap(checkName),
    ...repeated(lookups).map((name) => `two sets or maps are named ${name}`),
    ...[sets, maps, chains].flatMap(checkSorted),
  ];
}

/** Where nothing was wrong with the names before: whether nothing is wrong with those that have come. */
function areNamedWell({ ruleset, sets, maps, named, chains }: Pick<Unsummed, "ruleset" | "sets" | "maps" | "named" | "chains">, last: Checked): boolean {
  if (ruleset.table !== last.ruleset?.table || last.names.length > 0) return false;
  const isTwice = ({ things, changed }: Findings<NftSet | NftMap, unknown>, others: ReadonlyMap<string, unknown>): boolean =>
    changed.some((at) => others.has((things[at] as NftSet | NftMap).name));
  if (isTwice(sets, named.maps) || isTwice(maps, named.sets)) return false;
  return [sets, maps, chains].every(({ things, changed }) => changed.every((at) => isNamedWell(things, at)));
}

function isNamedWell(things: readonly { readonly name: string }[], at: number): boolean {
  const { name } = things[at] as { name: string };
  const [before, after] = [things[at - 1], things[at + 1]];
  return checkName(name).length === 0 && (before === undefined || before.name < name) && (after === undefined || name < after.name);
}

function checkName(name: string): readonly string[] {
  const isLegal = legalName.test(name);
  const bytes = isLegal ? name.length : encodeUtf8(name).length;
  if (bytes > MAX_NAME_BYTES) return [`the name ${name} has more than ${MAX_NAME_BYTES} bytes`];
  return isLegal ? [] : [`"${name}" is no name for nft`];
}

function checkSorted(objects: readonly { readonly name: string }[]): readonly string[] {
  return objects
    .filter(({ name }, i) => i > 0 && name <= (objects[i - 1] as { name: string }).name)
    .map(({ name }) => `${name} is out of order or there twice`);
}

function repeated(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return names.filter((name) => seen.size === seen.add(name).size);
}

/** Whether rules may name them as before: the same names with the same types. */
function sameTypes<T extends NftSet | NftMap, F>({ things, sameNames, changed }: Findings<T, F>, last: Findings<T, F>): boolean {
  return sameNames && changed.every((at) => isTypedAlike(things[at] as T, last.things[at]));
}

function isTypedAlike(a: Typed, b: Typed | undefined): boolean {
  return a.types === b?.types || a.types.join() === b?.types.join();
}

/** Not the things themselves, whose elements would be kept from then on. */
function typesOf(things: readonly (NftSet | NftMap)[]): ReadonlyMap<string, Typed> {
  return new Map(things.map(({ name, types }) => [name, { types }]));
}

/** What still holds of the chains, now that sets and maps have come or gone: nothing of a chain that names one of other types, or that was not sound. */
function withoutStale({ chains, named: before }: Checked, named: Named): Findings<Chain, ChainFindings> {
  if (named === before) return chains;
  const lost = new Set([...lostOf(before.sets, named.sets), ...lostOf(before.maps, named.maps)]);
  const isStale = ({ problems, lookups }: ChainFindings): boolean => problems.length > 0 || [...lookups].some((name) => lost.has(name));
  if (!chains.found.some(isStale)) return chains;
  const stale = chains.found.map(isStale);
  return {
    ...chains,
    // Of the same name and another object: what was found of it is no longer taken for granted.
    things: chains.things.map((chain, at) => (stale[at] ? { ...chain } : chain)),
    found: chains.found.map((found, at) => (stale[at] ? { ...found, problems: ["stale"] } : found)),
  };
}

function lostOf(before: ReadonlyMap<string, Typed>, now: ReadonlyMap<string, Typed>): readonly string[] {
  return [...before].flatMap(([name, typed]) => (isTypedAlike(typed, now.get(name)) ? [] : [name]));
}

function heightsAfter({ chains, maps }: Pick<Checked, "chains" | "maps">, { heights, maps: before }: Checked): Heights | undefined {
  const lead = maps.sameNames ? maps.changed.filter((at) => maps.found[at]?.targets !== before.found[at]?.targets) : maps.changed;
  const redirected = new Set([...lead.map((at) => (maps.things[at] as NftMap).name), ...maps.gone]);
  if (heights !== undefined && chains.changed.length + chains.gone.length + redirected.size === 0) return heights;
  const targets = new Map(maps.things.map(({ name }, at) => [name, (maps.found[at] as MapFindings).targets]));
  if (heights !== undefined && staySound(heights, { chains, targets }, redirected)) return heights;
  return heightsOf({ chains, targets });
}

/** Two base chains at one priority of a hook run in no defined order (semantics G46). */
function checkHooks(chains: readonly Chain[]): readonly string[] {
  const hooks: string[] = [];
  for (const chain of chains) if (chain.kind === "base") hooks.push(`${chain.hook} ${chain.priority}`);
  return repeated(hooks).map((hook) => `two base chains at ${hook}`);
}
