// A table as nf_tables keeps it, as far as a Transaction can tell: applies batches, refuses what the kernel would refuse, and refuses what packets
// could see half done. Written from the kernel's rules and not from diff.

import assert from "node:assert/strict";
import type { Actual, ActualChain, ActualRule, Batch, Operation, Transaction } from "../../../rules/diff/types.ts";
import { originComment } from "../../../rules/ruleset/comment.ts";
import { identityText } from "../../../rules/ruleset/identity.ts";
import { capacity, declaredSize, unpackKeys } from "../../../rules/ruleset/keys.ts";
import { printEntry } from "../../../rules/ruleset/print.ts";
import type { DataType, MapEntry, Rule, Ruleset, Scalar, Statement, Verdict } from "../../../rules/ruleset/types.ts";
import { assertUnseen, statementsOf, takeOff } from "./inFlight.ts";

type ActualSet = Actual["sets"][number];
type ActualMap = Actual["maps"][number];

/** A rule in its place. Another object is another rule, whose counter starts at nothing. */
export interface Slot {
  readonly rule: ActualRule;
}

interface ModelChain {
  readonly base: ActualChain["base"] | undefined;
  slots: Slot[];
  /** As they were when the batch began; undefined when the chain was made or flushed since. */
  found: readonly Slot[] | undefined;
}

interface ModelSet {
  readonly declared: ActualSet;
  readonly elements: Map<string, readonly Scalar[]>;
}

export interface Model {
  readonly chains: Map<string, ModelChain>;
  readonly sets: Map<string, ModelSet>;
  readonly maps: Map<string, { readonly declared: ActualMap; readonly entries: Map<string, MapEntry> }>;
}

/** What the batch that runs has made; of interval sets also which it has changed, and what it has deleted from them. */
interface Fresh {
  readonly chains: Set<string>;
  readonly intervals: Set<string>;
  readonly maps: Set<string>;
  readonly changed: Map<string, (readonly Scalar[])[]>;
}

export interface Outcome {
  readonly chains: readonly { readonly name: string; readonly base: ActualChain["base"] | undefined; readonly rules: readonly string[] }[];
  readonly sets: readonly unknown[];
  readonly maps: readonly unknown[];
}

/** What the table is after the transaction. Fails the test where a batch would be refused or leak. */
export function applied(before: Actual | undefined, transaction: Transaction): Outcome {
  return outcomeOf(run(before === undefined ? undefined : modelOf(before), transaction));
}

/** Changes the model as the transaction would change the kernel's table. */
export function run(before: Model | undefined, transaction: Transaction): Model {
  let model = before;
  for (const batch of transaction.batches) model = runBatch(model, batch);
  assert(model !== undefined, "no table was made");
  return model;
}

/** What the table should be. */
export function expected(ruleset: Ruleset): Outcome {
  return {
    chains: ruleset.chains.map((chain) => ({
      name: chain.name,
      base: chain.kind === "base" ? { hook: chain.hook, priority: chain.priority, policy: "accept" } : undefined,
      rules: chain.rules.map(identityText),
    })),
    sets: ruleset.sets.map((set) => ({
      name: set.name,
      types: set.types,
      flavour: set.flavour,
      size: declaredSize(set) ?? 0,
      elements: rowsOf(set).map(rowText).sort(),
    })),
    maps: ruleset.maps.map((map) => ({
      name: map.name,
      types: map.types,
      size: capacity(map.entries.length),
      entries: map.entries.map((entry) => entryText(map.types, entry)).sort(),
    })),
  };
}

export function outcomeOf(model: Model): Outcome {
  const names = <T>(things: Map<string, T>) => [...things].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    chains: names(model.chains).map(([name, { base, slots }]) => ({ name, base, rules: slots.map(({ rule }) => identityText(rule)) })),
    sets: names(model.sets).map(([name, { declared, elements }]) => ({
      name,
      types: declared.types,
      flavour: declared.flavour,
      size: declared.size ?? 0,
      elements: [...elements.keys()].sort(),
    })),
    maps: names(model.maps).map(([name, { declared, entries }]) => ({
      name,
      types: declared.types,
      size: declared.size ?? 0,
      entries: [...entries.values()].map((entry) => entryText(declared.types, entry)).sort(),
    })),
  };
}

/** What the entry is to the kernel: its comment too. */
function entryText(types: readonly DataType[], entry: MapEntry): string {
  return `${printEntry(types, entry)} comment ${entry.origin === undefined ? "none" : originComment(entry.origin)}`;
}

export function modelOf({ chains, sets, maps }: Actual): Model {
  const declaredSet = (set: ActualSet) => ({ ...set, size: set.size ?? declaredSize(set) ?? 0 });
  const declaredMap = (map: ActualMap) => ({ ...map, size: map.size ?? capacity(map.entries.length) });
  return {
    chains: new Map(chains.map(({ name, base, rules }) => [name, { base, slots: rules.map((rule) => ({ rule })), found: undefined }])),
    sets: new Map(sets.map((set) => [set.name, { declared: declaredSet(set), elements: new Map(rowsOf(set).map((row) => [rowText(row), row])) }])),
    maps: new Map(maps.map((map) => [map.name, { declared: declaredMap(map), entries: new Map(map.entries.map((entry) => [rowText(entry.key), entry])) }])),
  };
}

function runBatch(model: Model | undefined, batch: Batch): Model {
  assert.equal(batch.table, "hostward");
  assert(batch.operations.length > 0, "an empty batch");
  const fresh: Fresh = { chains: new Set(), intervals: new Set(), maps: new Set(), changed: new Map() };
  const flight = takeOff(model ?? { chains: new Map(), maps: new Map() });
  for (const chain of model?.chains.values() ?? []) chain.found = [...chain.slots];
  let current = model;
  for (const operation of batch.operations) {
    if (operation.object === "table") {
      assert(operation.verb === "add" && current === undefined, "the table is made once and never deleted");
      current = { chains: new Map(), sets: new Map(), maps: new Map() };
      continue;
    }
    assert(current !== undefined, "no table yet");
    runOperation(current, operation, fresh);
  }
  assert(current !== undefined, "no table yet");
  assertUnseen(flight, current, fresh);
  return current;
}

function runOperation(model: Model, operation: Exclude<Operation, { readonly object: "table" }>, fresh: Fresh): void {
  switch (operation.object) {
    case "chain":
      runChain(model, operation, fresh);
      break;
    case "rule":
      runRule(model, operation);
      break;
    case "set":
      runSet(model, operation, fresh);
      break;
    case "elements":
      runElements(model, operation, fresh);
      break;
    case "map":
      runMap(model, operation, fresh);
      break;
    case "entries":
      runEntries(model, operation, fresh);
      break;
  }
}

function runChain(model: Model, operation: Extract<Operation, { object: "chain" }>, fresh: Fresh): void {
  if (operation.verb === "flush") {
    assert(operation.name === undefined || model.chains.has(operation.name), `chain ${operation.name} is not there`);
    for (const [name, chain] of model.chains) {
      if (operation.name !== undefined && operation.name !== name) continue;
      chain.slots = [];
      chain.found = undefined;
    }
    return;
  }
  if (operation.verb === "delete") {
    const chain = model.chains.get(operation.name);
    assert(chain !== undefined, `chain ${operation.name} is not there`);
    assert.equal(chain.slots.length, 0, `chain ${operation.name} still has rules`);
    assert(!leadsTo(model, operation.name), `something still leads to chain ${operation.name}`);
    model.chains.delete(operation.name);
    return;
  }
  const { chain } = operation;
  assert(!model.chains.has(chain.name), `chain ${chain.name} is there already`);
  const base = chain.kind === "base" ? ({ hook: chain.hook, priority: chain.priority, policy: "accept" } as const) : undefined;
  model.chains.set(chain.name, { base, slots: [], found: undefined });
  fresh.chains.add(chain.name);
}

type RuleOperation = Extract<Operation, { object: "rule" }>;

/** Rules are pointed at by the places that they had when the batch began, as handles would: what is gone cannot be pointed at. */
function runRule(model: Model, operation: RuleOperation): void {
  const chain = model.chains.get(operation.chain);
  assert(chain !== undefined, `no chain ${operation.chain} for a rule`);
  if (operation.verb !== "delete") assertUsable(model, operation.rule);
  const place = operation.verb === "add" ? operation.before : operation.at;
  if (place === undefined) {
    if (operation.verb === "add") chain.slots.push({ rule: operation.rule });
    return;
  }
  assert(chain.found !== undefined, `${operation.verb} at an index of chain ${operation.chain}, which the batch has made or flushed`);
  const pointed = chain.found[place];
  assert(pointed !== undefined, `chain ${operation.chain} had no rule ${place}`);
  const at = chain.slots.indexOf(pointed);
  assert(at >= 0, `rule ${place} of chain ${operation.chain} is gone`);
  chain.slots.splice(at, operation.verb === "add" ? 0 : 1, ...(operation.verb === "delete" ? [] : [{ rule: operation.rule }]));
}

function assertUsable(model: Model, { statements }: Rule): void {
  for (const statement of statements) {
    if (statement.kind === "lookup") assert(model.sets.has(statement.set), `no set ${statement.set}`);
    if (statement.kind === "vmap") assert(model.maps.has(statement.map), `no map ${statement.map}`);
    for (const name of targets(verdictOf(statement))) assert(isRegular(model, name), `no chain ${name} to go to`);
  }
}

function runSet(model: Model, operation: Extract<Operation, { object: "set" }>, fresh: Fresh): void {
  if (operation.verb === "delete") {
    assert(model.sets.has(operation.name), `set ${operation.name} is not there`);
    assert(!isUsed(model, (statement) => statement.kind === "lookup" && statement.set === operation.name), `set ${operation.name} is still used`);
    model.sets.delete(operation.name);
    return;
  }
  const { set } = operation;
  assert(!model.sets.has(set.name) && !model.maps.has(set.name), `${set.name} is there already`);
  model.sets.set(set.name, { declared: { ...set, size: declaredSize(set) ?? 0 }, elements: new Map() });
  if (set.flavour === "interval") fresh.intervals.add(set.name);
}

function runElements(model: Model, { verb, set, keys }: Extract<Operation, { object: "elements" }>, fresh: Fresh): void {
  const held = model.sets.get(set.name);
  assert(held !== undefined, `no set ${set.name}`);
  assert(keys.count > 0, "no elements");
  const deleted = fresh.changed.get(set.name) ?? [];
  if (set.flavour === "interval") fresh.changed.set(set.name, deleted);
  for (const row of rowsOf({ ...set, keys })) {
    const text = rowText(row);
    if (verb === "delete") deleted.push(row);
    else if (set.flavour === "interval") assertApart(row, [...held.elements.values(), ...deleted], set.name);
    assert.equal(held.elements.has(text), verb === "delete", `${verb} ${text} in set ${set.name}`);
    if (verb === "add") held.elements.set(text, row);
    else held.elements.delete(text);
  }
  const { size = 0 } = held.declared;
  assert(size === 0 || held.elements.size <= size, `ENFILE: set ${set.name}`);
}

/** A range that overlaps one that is there is refused; one that overlaps what the same batch deletes hides it until the commit ends (Linux up to 6.17). */
function assertApart(range: readonly Scalar[], others: readonly (readonly Scalar[])[], set: string): void {
  const [from = 0n, to = 0n] = range.map(numberOf);
  for (const other of others) {
    const [first = 0n, last = 0n] = other.map(numberOf);
    assert(to < first || last < from, `set ${set}: the range ${rowText(range)} comes as ${rowText(other)} is there`);
  }
}

function numberOf(scalar: Scalar): bigint {
  return typeof scalar === "object" ? scalar.value : BigInt(scalar);
}

function runMap(model: Model, operation: Extract<Operation, { object: "map" }>, fresh: Fresh): void {
  if (operation.verb === "delete") {
    assert(model.maps.has(operation.name), `map ${operation.name} is not there`);
    assert(!isUsed(model, (statement) => statement.kind === "vmap" && statement.map === operation.name), `map ${operation.name} is still used`);
    model.maps.delete(operation.name);
    return;
  }
  const { map } = operation;
  assert(!model.sets.has(map.name) && !model.maps.has(map.name), `${map.name} is there already`);
  model.maps.set(map.name, { declared: { ...map, size: capacity(map.entries.length) }, entries: new Map() });
  fresh.maps.add(map.name);
}

function runEntries(model: Model, { verb, map, entries }: Extract<Operation, { object: "entries" }>, fresh: Fresh): void {
  const held = model.maps.get(map.name);
  assert(held !== undefined, `no map ${map.name}`);
  assert(entries.length > 0, "no entries");
  for (const entry of entries) {
    const text = rowText(entry.key);
    assert.equal(held.entries.has(text), verb === "delete", `${verb} ${text} in map ${map.name}`);
    if (verb === "delete") held.entries.delete(text);
    else addEntry(model, entry, { text, name: map.name, fresh });
  }
  assert(held.entries.size <= (held.declared.size ?? 0), `ENFILE: map ${map.name}`);
}

function addEntry(model: Model, entry: MapEntry, { text, name, fresh }: { text: string; name: string; fresh: Fresh }): void {
  for (const chain of targets(entry.verdict)) {
    assert(isRegular(model, chain), `no chain ${chain} to go to`);
    const isNewWay = !fresh.maps.has(name) && fresh.chains.has(chain);
    assert(!isNewWay, `packets may find the entry ${text} before chain ${chain} has rules`);
  }
  model.maps.get(name)?.entries.set(text, entry);
}

function leadsTo(model: Model, name: string): boolean {
  const entries = [...model.maps.values()].flatMap((map) => [...map.entries.values()]);
  return isUsed(model, (statement) => targets(verdictOf(statement)).includes(name)) || entries.some(({ verdict }) => targets(verdict).includes(name));
}

function isUsed(model: Model, uses: (statement: Statement) => boolean): boolean {
  return [...model.chains.values()].some(({ slots }) => slots.some(({ rule }) => statementsOf(rule).some(uses)));
}

function isRegular(model: Model, name: string): boolean {
  const chain = model.chains.get(name);
  return chain !== undefined && chain.base === undefined;
}

function verdictOf(statement: Statement): Verdict | undefined {
  return statement.kind === "verdict" ? statement.verdict : undefined;
}

function targets(verdict: Verdict | undefined): string[] {
  return verdict?.kind === "jump" || verdict?.kind === "goto" ? [verdict.chain] : [];
}

function rowsOf(set: Parameters<typeof unpackKeys>[0]): Scalar[][] {
  return unpackKeys(set);
}

function rowText(row: readonly Scalar[]): string {
  return row.map((scalar) => (typeof scalar === "object" ? `${scalar.family}:${scalar.value}` : String(scalar))).join(" . ");
}
