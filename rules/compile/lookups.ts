// Which sets rules look up. Rules that an earlier pass made stay as they are while their sets keep their names: a set by content always does, one
// by definition until it is of another flavour or outgrows its size. That its members changed makes another set and no other rule.

import { invariant } from "../net/invariant.ts";
import type { Members, Resolved } from "../resolve/types.ts";
import { bytesOfKeys, compareBytes } from "../ruleset/chunks.ts";
import { capacity } from "../ruleset/keys.ts";
import type { NftSet, Rule, Ruleset } from "../ruleset/types.ts";
import { type Context, sameItems } from "./context.ts";
import type { Built, Memory, SetEntry } from "./memory.ts";
import { sizedName } from "./names.ts";
import { dropped } from "./registry.ts";

/** The set, which the rules that are being made look up. Returns its name. */
export function lookUp(context: Context, set: SetEntry): string {
  context.memory.sets.want(set);
  if (!context.lookups.includes(set)) context.lookups.push(set);
  return set.name;
}

/** The set by its content, which is there already when another rule lists the same. Returns the name by which to look it up. */
export function namedSet(context: Context, set: NftSet): string {
  const { sets } = context.memory;
  const name = set.flavour === "hash" ? sizedName(set.name, set.keys.count) : set.name;
  const known = sets.get(name);
  if (known === undefined) {
    const added: SetEntry = { name, value: { ...set, name }, wantedIn: 0, source: undefined };
    sets.add(added);
    return lookUp(context, added);
  }
  const { comment, keys } = known.value;
  const isSame = comment === set.comment && compareBytes(bytesOfKeys(keys), bytesOfKeys(set.keys)) === 0;
  invariant(isSame, `set ${name} would stand for "${comment}" and for "${set.comment}"`);
  return lookUp(context, known);
}

/** Rules that no user wrote, made again only when one of `inputs` is another thing than in the pass before. `what` is theirs alone. */
export function built(context: Context, what: string, make: () => readonly Rule[], inputs: readonly unknown[] = []): readonly Rule[] {
  const known = context.memory.built.get(what);
  if (known !== undefined && sameItems(known.inputs, inputs) && keepNames(context, known.sets)) {
    known.wantedIn = context.pass;
    return known.rules;
  }
  const made: Built = { inputs, ...withLookups(context, make), wantedIn: context.pass };
  context.memory.built.set(what, made);
  return made.rules;
}

/** What `make` gives, and the sets that it looks up. */
export function withLookups(context: Context, make: () => readonly Rule[]): { readonly rules: readonly Rule[]; readonly sets: readonly SetEntry[] } {
  const outer = context.lookups;
  context.lookups = [];
  const made = { rules: make(), sets: context.lookups };
  context.lookups = outer;
  return made;
}

/** Wants the sets as they are in this pass; false when one of them has another name by now. */
export function keepNames(context: Context, sets: readonly SetEntry[]): boolean {
  for (const set of sets) if (set.wantedIn !== context.pass && !keepsName(context, set)) return false;
  return true;
}

/** Gives the set the members that it has in this pass, unless that makes it one of another name. */
export function keepsName(context: Context, set: SetEntry): boolean {
  const { source } = set;
  if (set.wantedIn === dropped) return false;
  if (source !== undefined) {
    const members = context.resolved.sets.get(source.id)?.members[source.family];
    if (members === undefined) return false;
    if (members !== source.members) {
      if (!areNamedAlike(members, source.members)) return false;
      giveMembers(context.memory, set, members);
    }
  }
  context.memory.sets.want(set);
  return true;
}

/**
 * The ruleset of the pass before with the members that its sets have now, when nothing else has changed since: no rule is looked at. Undefined when a set is
 * called otherwise now; then nothing was done.
 */
export function patchSets(memory: Memory, resolved: Resolved): Ruleset | undefined {
  const { ruleset } = memory;
  const changed: [set: SetEntry, members: Members][] = [];
  for (const set of memory.sets.entries()) {
    if (set.source === undefined) continue;
    const { id, family, members: held } = set.source;
    const members = resolved.sets.get(id)?.members[family];
    if (members === held) continue;
    if (members === undefined || !areNamedAlike(members, held)) return undefined;
    changed.push([set, members]);
  }
  memory.resolved = resolved;
  for (const [set, members] of changed) giveMembers(memory, set, members);
  if (changed.length > 0 && ruleset !== undefined) memory.ruleset = { ...ruleset, sets: memory.sets.changed() };
  return memory.ruleset;
}

function giveMembers({ sets }: Memory, set: SetEntry, members: Members): void {
  invariant(set.source !== undefined, `set ${set.name} is named by its content`);
  set.source.members = members;
  sets.replace(set, { ...set.value, types: members.types, keys: members.keys });
}

function areNamedAlike(a: Members, b: Members): boolean {
  return a.flavour === b.flavour && (a.flavour === "interval" || capacity(a.keys.count) === capacity(b.keys.count));
}
