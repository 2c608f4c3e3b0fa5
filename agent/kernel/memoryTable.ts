// One table of the kernel in memory, and what each operation of a batch does to it or why it is refused: the checks of the kernel's
// nf_tables_api.c (the functions behind NEWCHAIN, DELSET, NEWSETELEM and so on) as far as hostward's operations can meet them.
// A draft is changed in place; memory.ts copies the table before a batch and throws the copy away when an operation is refused.

import type { Operation } from "../../rules/diff/types.ts";
import { eachKey } from "../../rules/ruleset/chunks.ts";
import { commentText } from "../../rules/ruleset/comment.ts";
import { capacity, declaredSize, encodeKey } from "../../rules/ruleset/keys.ts";
import type { Chain, DataType, Keys, MapEntry, NftMap, NftSet, Origin, Rule, Verdict } from "../../rules/ruleset/types.ts";

export interface MemoryTable {
  /** The kernel's flags OWNER and PERSIST; undefined: anybody may change the table and always could. An orphan has lost its owner. */
  ownership: { readonly owner: Owner | "orphan" } | undefined;
  readonly chains: Map<string, MemoryChain>;
  /** Sets and maps share one space of names. */
  readonly sets: Map<string, MemorySet>;
}

/** A socket: only by it can a table of its own be changed. */
export type Owner = object;

export interface MemoryChain {
  readonly head: Chain;
  rules: MemoryRule[];
  /** Rules and map entries that lead here. */
  uses: number;
}

/** An object of its own for each rule, as the kernel has a handle. */
export interface MemoryRule {
  readonly rule: Rule;
}

export interface MemorySet {
  readonly types: readonly DataType[];
  /** A map's elements are exact keys. */
  readonly flavour: NftSet["flavour"];
  readonly map: boolean;
  readonly counters: boolean;
  readonly comment: string;
  /** 0: no limit. */
  readonly size: number;
  readonly elements: Map<string, MemoryElement>;
  /** Rules that look it up. */
  uses: number;
}

export interface MemoryElement {
  readonly key: Uint8Array;
  readonly verdict: Verdict | undefined;
  readonly origin: Origin | undefined;
}

export interface Draft {
  /** Which socket sends the batch. */
  readonly sender: Owner;
  /** As the batch found it: what an index of a rule means. */
  readonly found: MemoryTable | undefined;
  table: MemoryTable | undefined;
  /** False while nothing has been done that would start a new generation. */
  changed: boolean;
}

/** A refused operation: the name of the kernel's error number. */
export class Refused extends Error {
  readonly errno: string;

  constructor(errno: string) {
    super(errno);
    this.errno = errno;
  }
}

export function startDraft(found: MemoryTable | undefined, sender: Owner): Draft {
  return { sender, found, table: copyTable(found), changed: false };
}

function copyTable(table: MemoryTable | undefined): MemoryTable | undefined {
  if (table === undefined) return undefined;
  const copy: MemoryTable = { ownership: table.ownership, chains: new Map(), sets: new Map() };
  for (const [name, chain] of table.chains) copy.chains.set(name, { ...chain, rules: [...chain.rules] });
  for (const [name, set] of table.sets) copy.sets.set(name, { ...set, elements: new Map(set.elements) });
  return copy;
}

/** @throws Refused */
export function applyOperation(draft: Draft, operation: Operation): void {
  const owner = draft.table?.ownership?.owner;
  if (owner !== undefined && owner !== "orphan" && owner !== draft.sender) throw new Refused("EPERM");
  if (operation.object === "table") changeTable(draft, operation);
  else if (changeObject(present(draft.table), operation, draft.found)) draft.changed = true;
}

/** The flags of a table that is there stay: only an orphan can be adopted (nf_tables_updtable). */
function changeTable(draft: Draft, operation: Extract<Operation, { readonly object: "table" }>): void {
  if (operation.verb === "delete") {
    present(draft.table);
    draft.table = undefined;
    draft.changed = true;
    return;
  }
  const ownership = operation.owned ? { owner: draft.sender } : undefined;
  if (draft.table === undefined) {
    draft.table = { ownership, chains: new Map(), sets: new Map() };
    draft.changed = true;
  } else if (draft.table.ownership?.owner !== ownership?.owner) {
    if (draft.table.ownership?.owner !== "orphan" || ownership === undefined) throw new Refused("ENOTSUP");
    draft.table.ownership = ownership;
    draft.changed = true;
  }
}

/** False where there was nothing to do. */
function changeObject(table: MemoryTable, operation: Exclude<Operation, { readonly object: "table" }>, found: MemoryTable | undefined): boolean {
  switch (operation.object) {
    case "chain":
      return changeChain(table, operation);
    case "rule":
      changeRule(table, operation, found?.chains.get(operation.chain)?.rules ?? []);
      return true;
    case "set":
      if (operation.verb === "delete") deleteSet(table, operation.name);
      else add(table.sets, operation.set.name, emptySet(operation.set));
      return true;
    case "map":
      if (operation.verb === "delete") deleteSet(table, operation.name);
      else add(table.sets, operation.map.name, emptyMap(operation.map));
      return true;
    case "elements":
      return changeElements(table, { verb: operation.verb, set: operation.set.name, elements: elementsOf(operation.keys) });
    case "entries":
      return changeElements(table, { verb: operation.verb, set: operation.map.name, elements: entriesOf(operation.map.types, operation.entries) });
  }
}

function changeChain(table: MemoryTable, operation: Extract<Operation, { readonly object: "chain" }>): boolean {
  switch (operation.verb) {
    case "add":
      add(table.chains, operation.chain.name, { head: operation.chain, rules: [], uses: 0 });
      return true;
    case "delete": {
      const chain = present(table.chains.get(operation.name));
      flushChain(table, chain);
      if (chain.uses > 0) throw new Refused("EBUSY");
      table.chains.delete(operation.name);
      return true;
    }
    case "flush": {
      const chains = operation.name === undefined ? [...table.chains.values()] : [present(table.chains.get(operation.name))];
      return chains.map((chain) => flushChain(table, chain)).includes(true);
    }
  }
}

function flushChain(table: MemoryTable, chain: MemoryChain): boolean {
  for (const { rule } of chain.rules) useRule(table, rule, -1);
  const had = chain.rules.length > 0;
  chain.rules = [];
  return had;
}

type RuleOperation = Extract<Operation, { readonly object: "rule" }>;

/** Whether the chain had a rule at the index that the operation names, if it names one. */
export function hasPlace({ found }: Draft, operation: Operation): boolean {
  if (operation.object !== "rule") return true;
  const place = placeOf(operation);
  return place === undefined || found?.chains.get(operation.chain)?.rules[place] !== undefined;
}

function placeOf(operation: RuleOperation): number | undefined {
  return operation.verb === "add" ? operation.before : operation.at;
}

/** `found` are the chain's rules as they were when the batch began; one that is no longer there cannot be pointed at. */
function changeRule(table: MemoryTable, operation: RuleOperation, found: readonly MemoryRule[]): void {
  const { rules } = present(table.chains.get(operation.chain));
  const place = placeOf(operation);
  const at = place === undefined ? rules.length : rules.indexOf(present(found[place]));
  if (at < 0) throw new Refused("ENOENT");
  const added = operation.verb === "delete" ? [] : [{ rule: operation.rule }];
  for (const { rule } of added) useRule(table, rule, 1);
  const removed = rules.splice(at, operation.verb === "add" ? 0 : 1, ...added);
  for (const { rule } of removed) useRule(table, rule, -1);
}

/** Counts what a rule leads to and looks up. */
function useRule(table: MemoryTable, { statements }: Rule, by: 1 | -1): void {
  for (const statement of statements) {
    if (statement.kind === "verdict") useVerdict(table, statement.verdict, by);
    else if (statement.kind === "lookup") present(table.sets.get(statement.set)).uses += by;
    else if (statement.kind === "vmap") {
      const map = present(table.sets.get(statement.map));
      if (!map.map) throw new Refused("EINVAL");
      map.uses += by;
    }
  }
}

/** Nothing may lead to a base chain (nft_verdict_init). */
function useVerdict(table: MemoryTable, verdict: Verdict, by: 1 | -1): void {
  if (verdict.kind !== "jump" && verdict.kind !== "goto") return;
  const chain = present(table.chains.get(verdict.chain));
  if (chain.head.kind === "base") throw new Refused("ENOTSUP");
  chain.uses += by;
}

function emptySet(set: NftSet): MemorySet {
  const { types, flavour } = set;
  return { types, flavour, map: false, counters: false, comment: commentText(set.comment), size: declaredSize(set) ?? 0, elements: new Map(), uses: 0 };
}

function emptyMap({ types, entries, comment, counters }: NftMap): MemorySet {
  const size = capacity(entries.length);
  return { types, flavour: "hash", map: true, counters: counters === true, comment: commentText(comment), size, elements: new Map(), uses: 0 };
}

function deleteSet(table: MemoryTable, name: string): void {
  const set = present(table.sets.get(name));
  if (set.uses > 0) throw new Refused("EBUSY");
  for (const { verdict } of set.elements.values()) if (verdict) useVerdict(table, verdict, -1);
  table.sets.delete(name);
}

interface ElementChange {
  readonly verb: "add" | "delete";
  readonly set: string;
  readonly elements: readonly MemoryElement[];
}

function changeElements(table: MemoryTable, { verb, set: name, elements }: ElementChange): boolean {
  if (elements.length === 0) return false;
  const set = present(table.sets.get(name));
  for (const element of elements) {
    const id = element.key.join();
    if (verb === "add") addElement(table, set, { id, element });
    else {
      const { verdict } = present(set.elements.get(id));
      if (verdict) useVerdict(table, verdict, -1);
      set.elements.delete(id);
    }
  }
  return true;
}

function addElement(table: MemoryTable, set: MemorySet, { id, element }: { readonly id: string; readonly element: MemoryElement }): void {
  if (element.verdict) useVerdict(table, element.verdict, 1);
  if (set.elements.has(id)) throw new Refused("EEXIST");
  if (set.size > 0 && set.elements.size >= set.size) throw new Refused("ENFILE");
  set.elements.set(id, element);
}

function elementsOf(keys: Keys): MemoryElement[] {
  return Array.from(eachKey(keys), (key) => ({ key: key.slice(), verdict: undefined, origin: undefined }));
}

function entriesOf(types: readonly DataType[], entries: readonly MapEntry[]): MemoryElement[] {
  return entries.map(({ key, verdict, origin }) => ({ key: encodeKey(types, key), verdict, origin }));
}

function add<T>(map: Map<string, T>, name: string, value: T): void {
  if (map.has(name)) throw new Refused("EEXIST");
  map.set(name, value);
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Refused("ENOENT");
  return value;
}
