// Runs a Ruleset on a packet, hook by hook, as nft_do_chain (net/netfilter/nf_tables_core.c) does: the truth about what was compiled.
// It starts from the statements that lower starts from and knows nothing of policies; evaluate says what they should have done.

import { prefixContains } from "../net/prefix.ts";
import { hasKey } from "../ruleset/chunks.ts";
import { withDependencies } from "../ruleset/dependencies.ts";
import { fields } from "../ruleset/fields.ts";
import { encodeKey } from "../ruleset/keys.ts";
import { printEntry, printRule } from "../ruleset/print.ts";
import type { BaseChain, Field, Hook, MapEntry, NftMap, NftSet, Origin, Rule, Ruleset, Scalar, Statement, Value, Verdict } from "../ruleset/types.ts";
import { isTrackedAt, passagesOf } from "./hooks.ts";
import { type Carried, loadField, type Place } from "./loads.ts";
import type { Judgement, Packet, Step } from "./types.ts";

/**
 * The verdict, the rule that gave it and every rule that matched on the way. An accept ends only its base chain, a drop or reject everything; a
 * packet that nobody drops is allowed, decided by the last rule that accepted it, if any. Limits are taken as never exceeded.
 * `mark` is what the packet bears when it comes, from whoever had it before: another table, a tunnel, the loopback of its own sender.
 * The ruleset must have passed checkRuleset; it is indexed once and remembered as long as it lives.
 */
export function simulate(ruleset: Ruleset, packet: Packet, mark = 0): Judgement {
  const index = indexOf(ruleset);
  const carried: Carried = { mark, notracked: false };
  const path: Step[] = [];
  let decidedBy: Origin | undefined;
  for (const passage of passagesOf(packet)) {
    for (const chain of index.hooks.get(passage.hook) ?? []) {
      const steps: Step[] = [];
      const end = runChain({ index, packet, passage, chain, carried }, chain.name, steps);
      path.push({ text: `${chain.hook} ${chain.priority}: chain ${chain.name}`, steps });
      if (end?.verdict === "drop") return { verdict: "deny", decidedBy: end.origin, path };
      decidedBy = end?.origin ?? decidedBy;
    }
  }
  return { verdict: "allow", decidedBy, path };
}

/** One base chain's run. */
interface Run extends Place {
  readonly index: Index;
}

interface End {
  readonly verdict: "accept" | "drop";
  readonly origin: Origin;
}

/** Undefined when the chain ended without a final verdict: the caller goes on, a base chain's policy accepts. */
function runChain(run: Run, name: string, steps: Step[]): End | undefined {
  for (const indexed of run.index.chains.get(name) ?? missing(name)) {
    const ran = runRule(run, indexed);
    if (ran === "break") continue;
    const { verdict, entry } = ran;
    const inner: Step[] = [];
    steps.push({ text: textOf(indexed), origin: indexed.rule.origin, steps: entry === undefined ? inner : [{ ...entry, steps: inner }] });
    const origin = entry?.origin ?? indexed.rule.origin;
    switch (verdict?.kind) {
      case undefined:
        break;
      case "accept":
      case "drop":
        return { verdict: verdict.kind, origin };
      case "return":
        return undefined;
      case "goto": {
        // No way back is kept: where that chain ends, this one's caller goes on.
        const end = runChain(run, verdict.chain, inner);
        return end !== undefined && (entry !== undefined || counts(indexed.rule)) ? { ...end, origin } : end;
      }
      case "jump": {
        const end = runChain(run, verdict.chain, inner);
        if (end !== undefined) return end;
      }
    }
  }
  return undefined;
}

/** A rule that counts has decided about the packet; the chain that it goes to only carries the decision out (a reject's answer). So has an entry of a rule. */
function counts({ statements }: Rule): boolean {
  return statements.some(({ kind }) => kind === "counter");
}

interface Ran {
  /** Undefined of a rule that matched and has none. */
  readonly verdict: Verdict | undefined;
  /** That gave the verdict, where it stands for a rule. */
  readonly entry: NamedEntry | undefined;
}

interface NamedEntry {
  readonly text: string;
  readonly origin: Origin;
}

/** `break` (NFT_BREAK) when it did not match. */
function runRule(run: Run, { statements }: IndexedRule): Ran | "break" {
  for (const statement of statements) {
    const ran = statement.kind === "vmap" ? runLookup(run, statement) : runStatement(run, statement);
    if (ran === "break") return ran;
    if (ran !== undefined) return "verdict" in ran ? ran : { verdict: ran, entry: undefined };
  }
  return { verdict: undefined, entry: undefined };
}

function runLookup(run: Run, { fields: concatenated, map }: Extract<Statement, { kind: "vmap" }>): Ran | "break" {
  const { types, entries } = run.index.maps.get(map) ?? missing(map);
  const key = loadKey(run, concatenated);
  const entry = key === undefined ? undefined : entries.get(keyText(key));
  if (entry === undefined) return "break";
  return { verdict: entry.verdict, entry: entry.origin && { text: printEntry(types, entry), origin: entry.origin } };
}

/** Undefined: go on with the next statement. */
function runStatement(run: Run, statement: Exclude<Statement, { kind: "vmap" }>): Verdict | undefined | "break" {
  switch (statement.kind) {
    case "match":
      return matches(run, statement) ? undefined : "break";
    case "lookup":
      return looksUp(run, statement) ? undefined : "break";
    case "counter":
    case "limit":
    case "log":
      return undefined;
    case "notrack":
      notrack(run);
      return undefined;
    case "setMark":
      run.carried.mark = ((run.carried.mark & ~statement.mask) | statement.value) >>> 0;
      return undefined;
    case "reject":
      return { kind: "drop" };
    case "verdict":
      return statement.verdict;
  }
}

/** nft_notrack_eval: without effect on what has a connection or is untracked already. */
function notrack({ packet, chain, carried }: Run): void {
  const tracked = isTrackedAt(packet, chain) && packet.state !== "invalid";
  if (!tracked) carried.notracked = true;
}

function matches(run: Run, { field, op, value }: Extract<Statement, { kind: "match" }>): boolean {
  const loaded = loadField(field, run);
  return loaded !== undefined && holds(loaded, value) === (op === "==");
}

function looksUp(run: Run, { fields: concatenated, op, set }: Extract<Statement, { kind: "lookup" }>): boolean {
  const found = run.index.sets.get(set) ?? missing(set);
  const key = loadKey(run, concatenated);
  return key !== undefined && hasKey(found, key) === (op === "in");
}

/** Undefined when a field could not be loaded: then the rule ends, whatever it asks of the set. */
function loadKey(run: Run, concatenated: readonly Field[]): Uint8Array | undefined {
  const row: Scalar[] = [];
  for (const field of concatenated) {
    const loaded = loadField(field, run);
    if (loaded === undefined) return undefined;
    row.push(loaded);
  }
  const types = concatenated.map((field) => fields[field].type);
  return encodeKey(types, row);
}

function holds(loaded: Scalar, value: Value): boolean {
  switch (value.kind) {
    case "scalar":
      return numberOf(loaded) === numberOf(value.value);
    case "range":
      return numberOf(loaded) >= numberOf(value.from) && numberOf(loaded) <= numberOf(value.to);
    case "prefix":
      return typeof loaded === "object" && prefixContains(value.prefix, loaded);
    case "startsWith":
      return typeof loaded === "string" && loaded.startsWith(value.text);
    case "bits":
      return typeof loaded === "number" && (loaded & value.mask) !== 0;
  }
}

/** What two scalars of one type are compared by. */
function numberOf(scalar: Scalar): bigint | number | string {
  return typeof scalar === "object" ? scalar.value : scalar;
}

/** A ruleset made ready to run. */
interface Index {
  /** Base chains by priority. */
  readonly hooks: ReadonlyMap<Hook, readonly BaseChain[]>;
  readonly chains: ReadonlyMap<string, readonly IndexedRule[]>;
  readonly sets: ReadonlyMap<string, NftSet>;
  readonly maps: ReadonlyMap<string, IndexedMap>;
}

interface IndexedMap {
  readonly types: NftMap["types"];
  readonly entries: ReadonlyMap<string, MapEntry>;
}

interface IndexedRule {
  readonly rule: Rule;
  readonly statements: readonly Statement[];
  /** Printed when first needed. */
  text: string | undefined;
}

const indices = new WeakMap<Ruleset, Index>();

function indexOf(ruleset: Ruleset): Index {
  const known = indices.get(ruleset);
  if (known !== undefined) return known;
  const base = ruleset.chains.filter((chain) => chain.kind === "base").toSorted((a, b) => a.priority - b.priority);
  const index: Index = {
    hooks: Map.groupBy(base, ({ hook }) => hook),
    chains: new Map(ruleset.chains.map((chain) => [chain.name, chain.rules.map(indexRule)])),
    sets: new Map(ruleset.sets.map((set) => [set.name, set])),
    maps: new Map(ruleset.maps.map((map) => [map.name, indexMap(map)])),
  };
  indices.set(ruleset, index);
  return index;
}

function indexRule(rule: Rule): IndexedRule {
  return { rule, statements: withDependencies(rule.statements).statements, text: undefined };
}

function indexMap({ types, entries }: NftMap): IndexedMap {
  return { types, entries: new Map(entries.map((entry) => [keyText(encodeKey(types, entry.key)), entry])) };
}

/** Bytes as a map's key, a character each. */
function keyText(key: Uint8Array): string {
  return String.fromCharCode(...key);
}

function textOf(indexed: IndexedRule): string {
  indexed.text ??= printRule(indexed.rule);
  return indexed.text;
}

function missing(name: string): never {
  throw new Error(`the ruleset has no ${name}`);
}
