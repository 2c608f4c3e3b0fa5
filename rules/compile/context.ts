// One pass of compile: what it makes is put under names, each made once however many endpoints use it, and what the pass before has made of the same
// things is taken as it is. A name with a second meaning would be a collision of digests and ends the pass; nothing is known here of what things mean.

import { invariant } from "../net/invariant.ts";
import { compareBytes } from "../resolve/order.ts";
import type { Resolved, ResolvedEndpoint } from "../resolve/types.ts";
import type { BaseChain, MapEntry, NftMap, Origin, Rule, Ruleset } from "../ruleset/types.ts";
import { jump } from "./effects.ts";
import { type ChainEntry, keyed, type Memory, type SetEntry, type TierMemory } from "./memory.ts";
import { sizedName } from "./names.ts";
import { type Stage, type Voice, voices } from "./stages.ts";

export interface Context {
  readonly resolved: Resolved;
  readonly memory: Memory;
  readonly pass: number;
  /** Those of `resolved` by name. */
  readonly endpoints: readonly ResolvedEndpoint[];
  /** The first rules of all endpoints' chains at a stage. */
  readonly steps: Map<Stage, readonly Rule[]>;
  /** The tiers that have a chain of their own in this pass, by their hashes. */
  readonly tiers: Readonly<Record<Voice, Map<number, TierMemory[]>>>;
  /** The sets that the rules which are being made have looked up so far. */
  lookups: SetEntry[];
}

export function beginPass(memory: Memory, resolved: Resolved): Context {
  memory.pass += 1;
  for (const registry of [memory.chains, memory.sets, memory.maps]) registry.begin(memory.pass);
  const tiers = keyed(voices, () => new Map());
  return { resolved, memory, pass: memory.pass, endpoints: byName(resolved.endpoints), steps: new Map(), tiers, lookups: [] };
}

/** Drops what the pass did not want. Gives the very ruleset of the pass before when nothing differs. */
export function endPass({ memory, pass, resolved }: Context, table: string): Ruleset {
  memory.resolved = resolved;
  const last = memory.ruleset;
  for (const [what, { wantedIn }] of memory.built) if (wantedIn !== pass) memory.built.delete(what);
  const [chains, sets, maps] = [memory.chains.settle(), memory.sets.settle(), memory.maps.settle()];
  if (last === undefined || last.chains !== chains || last.sets !== sets || last.maps !== maps) memory.ruleset = { table, chains, sets, maps };
  return memory.ruleset as Ruleset;
}

export interface ChainForm {
  readonly name: string;
  /** What it stands for, in full. */
  readonly identity: string;
  readonly hook?: Pick<BaseChain, "hook" | "priority">;
}

/** The chain, unless the pass has made it already with these rules. With the same rules as in the pass before it is the same chain. */
export function chainOf({ memory, pass }: Context, { name, identity, hook }: ChainForm, rules: () => readonly Rule[]): ChainEntry {
  const known = memory.chains.get(name);
  if (known?.wantedIn === pass) {
    invariant(known.identity === identity, `chain ${name} would stand for "${known.identity}" and for "${identity}"`);
    return known;
  }
  const made = rules();
  const value = hook === undefined ? ({ kind: "regular", name, rules: made } as const) : ({ kind: "base", name, ...hook, rules: made } as const);
  if (known === undefined) {
    const added: ChainEntry = { name, value, wantedIn: 0, identity, jump: undefined, madeOf: undefined, tiers: [] };
    memory.chains.add(added);
    return added;
  }
  if (known.identity !== identity) {
    known.identity = identity;
    known.jump = undefined;
  }
  if (!sameItems(known.value.rules, made)) memory.chains.replace(known, value);
  memory.chains.want(known);
  return known;
}

/** The rule that leads to the chain and back. */
export function jumpTo(chain: ChainEntry, origin: Origin): Rule {
  chain.jump ??= jump(chain.name, origin);
  return chain.jump;
}

export interface MapForm extends Pick<NftMap, "types" | "comment"> {
  /** Without what tells the size. */
  readonly name: string;
  /** What the entries are made of. */
  readonly inputs: readonly unknown[];
}

/** Adds the map; its entries are made of those that it had in the pass before, and only when the inputs are others. Returns the name by which to look it up. */
export function namedMap({ memory, pass }: Context, { inputs, ...form }: MapForm, entriesOf: (last: readonly MapEntry[]) => readonly MapEntry[]): string {
  const last = memory.entries.get(form.name);
  const isSame = last !== undefined && sameItems(last.inputs, inputs);
  const entries = isSame ? last.entries : entriesOf(last?.entries ?? []);
  const name = sizedName(form.name, entries.length);
  memory.entries.set(form.name, { inputs, entries });
  const known = memory.maps.get(name);
  invariant(known?.wantedIn !== pass, `map ${name} is made twice`);
  if (known === undefined) memory.maps.add({ name, value: { ...form, name, entries }, wantedIn: 0 });
  else {
    if (known.value.entries !== entries) memory.maps.replace(known, { ...known.value, entries });
    memory.maps.want(known);
  }
  return name;
}

export function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

function byName(endpoints: readonly ResolvedEndpoint[]): readonly ResolvedEndpoint[] {
  const order = (a: ResolvedEndpoint, b: ResolvedEndpoint): number => compareBytes(a.endpoint.metadata.name, b.endpoint.metadata.name);
  return endpoints.every((endpoint, at) => at === 0 || order(endpoints[at - 1] as ResolvedEndpoint, endpoint) < 0) ? endpoints : endpoints.toSorted(order);
}
