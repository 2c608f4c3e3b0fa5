// One pass of compile: what it makes is put under names, each made once however many endpoints use it, and what the pass before has made of the same
// things is taken as it is. A name with a second meaning would be a collision of digests and ends the pass; nothing is known here of what things mean.

import { invariant } from "../net/invariant.ts";
import { sameItems, trimmed } from "../net/listChanges.ts";
import { compareBytes } from "../resolve/order.ts";
import type { Resolved, ResolvedEndpoint } from "../resolve/types.ts";
import type { BaseChain, Chain, MapEntry, NftMap, Origin, Rule, Ruleset } from "../ruleset/types.ts";
import { jump } from "./effects.ts";
import { gone, type Held } from "./holding.ts";
import { changeMembers } from "./members.ts";
import { type AskedEntry, type Built, type ChainEntry, type EndpointChains, keyed, type Memory, type SetEntry, type TierMemory } from "./memory.ts";
import { sizedName } from "./names.ts";
import { type Voice, voices } from "./stages.ts";

export interface Context {
  readonly resolved: Resolved;
  readonly memory: Memory;
  readonly pass: number;
  /** Those of `resolved` by name. */
  readonly endpoints: readonly EndpointChains[];
  /** Sets that are called otherwise from this pass on; few passes have any. */
  readonly renamed: ReadonlySet<Held>;
  /** The tiers that have a chain of their own in this pass, by their hashes. */
  readonly tiers: Readonly<Record<Voice, Map<number, TierMemory[]>>>;
  /** The sets of ports that rules list, by the list. */
  readonly portSets: Map<string, SetEntry>;
  /** What that which is being made has used so far. */
  uses: Held[];
}

export function beginPass(memory: Memory, resolved: Resolved): Context {
  memory.pass += 1;
  const renamed = changeMembers(memory, resolved.sets);
  const tiers = keyed(voices, () => new Map());
  return { resolved, memory, pass: memory.pass, endpoints: endpointChains(memory, byName(resolved.endpoints)), renamed, tiers, portSets: new Map(), uses: [] };
}

/** Drops what nothing uses any more. Gives the very ruleset of the pass before when nothing differs. */
export function endPass(memory: Memory, table: string): Ruleset {
  const went = memory.holding.sweep();
  for (const registry of [memory.chains, memory.sets, memory.maps]) registry.drop(went);
  if (went.length > 0) for (const [what, { holders }] of memory.built) if (holders === gone) memory.built.delete(what);
  const [chains, sets, maps] = [memory.chains.settle(), memory.sets.settle(), memory.maps.settle()];
  const last = memory.ruleset;
  if (last !== undefined && last.chains === chains && last.sets === sets && last.maps === maps) return last;
  memory.ruleset = { table, chains, sets, maps };
  return memory.ruleset;
}

/** For what is being made. */
export function use<T extends Held>(context: Context, thing: T): T {
  context.uses.push(thing);
  return thing;
}

/** What `make` gives, and what that uses. */
export function collect<T>(context: Context, make: () => T): { readonly made: T; readonly uses: readonly Held[] } {
  const outer = context.uses;
  context.uses = [];
  const made = make();
  const { uses } = context;
  context.uses = outer;
  return { made, uses: trimmed(uses) };
}

/** What `made` gives. The thing holds from then on what that uses, and nothing else. */
export function make<T>(context: Context, thing: Held, made: () => T): T {
  const collected = collect(context, made);
  context.memory.holding.change(thing, collected.uses);
  return collected.made;
}

/** Whether all sets that it uses, be it through others, are called as they were. */
export function stands(context: Context, thing: Held): boolean {
  return context.renamed.size === 0 || (!context.renamed.has(thing) && thing.holds.every((one) => stands(context, one)));
}

/** Rules that no user wrote, made again only when one of `inputs` is another thing than in the pass before. `what` is theirs alone. */
export function built(context: Context, what: string, rules: () => readonly Rule[], inputs: readonly unknown[] = []): readonly Rule[] {
  const { built } = context.memory;
  const known = built.get(what);
  if (known !== undefined && sameItems(known.inputs, inputs) && stands(context, known)) return use(context, known).rules;
  const added: Built = { inputs, rules: [], holders: 0, holds: [] };
  added.rules = make(context, added, rules);
  built.set(what, added);
  return use(context, added).rules;
}

export interface ChainForm {
  readonly name: string;
  /** What it stands for, in full. */
  readonly identity: string;
  readonly hook?: Pick<BaseChain, "hook" | "priority">;
}

/** The chain, unless the pass has made it already with these rules. With the same rules as in the pass before it is the same chain. */
export function chainOf(context: Context, { name, identity, hook }: ChainForm, rules: () => readonly Rule[]): ChainEntry {
  const { chains } = context.memory;
  const withRules = (rules: readonly Rule[]): Chain => (hook === undefined ? { kind: "regular", name, rules } : { kind: "base", name, ...hook, rules });
  const chain = chains.get(name) ?? chains.add(newChain(name, identity, withRules([])));
  invariant(chain.identity === identity, `chain ${name} would stand for "${chain.identity}" and for "${identity}"`);
  if (chain.askedIn !== context.pass) {
    const made = make(context, chain, rules);
    if (!sameItems(chain.value.rules, made)) chains.replace(chain, withRules(trimmed(made)));
  }
  return keepChain(context, chain);
}

function newChain(name: string, identity: string, value: Chain): ChainEntry {
  return { name, identity, value, jump: undefined, madeOf: undefined, policy: undefined, tiers: [], tierChains: [], holders: 0, holds: [], askedIn: 0 };
}

/** The chain as it is. */
export function keepChain(context: Context, chain: ChainEntry): ChainEntry {
  chain.askedIn = context.pass;
  return use(context, chain);
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
export function namedMap(context: Context, { inputs, ...form }: MapForm, entriesOf: (last: readonly MapEntry[]) => readonly MapEntry[]): string {
  const { memory, pass } = context;
  const last = memory.entries.get(form.name);
  const isSame = last !== undefined && sameItems(last.inputs, inputs);
  const entries = isSame ? last.entries : entriesOf(last?.entries ?? []);
  const name = sizedName(form.name, entries.length);
  memory.entries.set(form.name, { inputs, entries });
  const value = { ...form, name, entries };
  const map: AskedEntry<NftMap> = memory.maps.get(name) ?? memory.maps.add({ name, value, askedIn: 0, holders: 0, holds: [] });
  invariant(map.askedIn !== pass, `map ${name} is made twice`);
  map.askedIn = pass;
  if (map.value.entries !== entries) memory.maps.replace(map, value);
  return use(context, map).name;
}

function endpointChains({ endpointChains }: Memory, endpoints: readonly ResolvedEndpoint[]): readonly EndpointChains[] {
  return endpoints.map((resolved) => {
    const known = endpointChains.get(resolved) ?? { resolved, at: {} };
    endpointChains.set(resolved, known);
    return known;
  });
}

function byName(endpoints: readonly ResolvedEndpoint[]): readonly ResolvedEndpoint[] {
  const order = (a: ResolvedEndpoint, b: ResolvedEndpoint): number => compareBytes(a.endpoint.metadata.name, b.endpoint.metadata.name);
  return endpoints.every((endpoint, at) => at === 0 || order(endpoints[at - 1] as ResolvedEndpoint, endpoint) < 0) ? endpoints : endpoints.toSorted(order);
}
