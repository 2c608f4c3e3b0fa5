// The members of the sets that are named by what defines them, as they change. That a set's members changed makes another set and no other rule: the set
// keeps its name until it is of another flavour or outgrows its size.

import { listChanges } from "../net/listChanges.ts";
import { SetTable } from "../resolve/setTable.ts";
import type { Members, Resolved } from "../resolve/types.ts";
import { capacity } from "../ruleset/keys.ts";
import { gone, type Held } from "./holding.ts";
import type { DefinedKind, Memory, SetEntry } from "./memory.ts";

/** Gives every set the members that it has now. Returns those that are called otherwise now, which stay as they were and are no definition's any more. */
export function changeMembers(memory: Memory, sets: Resolved["sets"]): ReadonlySet<Held> {
  const { definitions } = memory;
  const renamed = new Set<Held>();
  const now = sets instanceof SetTable ? sets.sets : [...sets.values()];
  const { removed, added } = listChanges(memory.memberSets, now);
  memory.memberSets = now;
  for (const { id } of removed) if (!sets.has(id)) definitions.delete(id);
  for (const { id, members } of added) {
    const entries = definitions.get(id)?.entries;
    for (const kind in entries) {
      const set = entries[kind as DefinedKind];
      if (set === undefined || set.holders === gone || giveMembers(memory, set, members)) continue;
      entries[kind as DefinedKind] = undefined;
      renamed.add(set);
    }
  }
  return renamed;
}

/** False when that would make it a set of another name. */
function giveMembers({ sets }: Memory, set: SetEntry, all: Readonly<Record<4 | 6, Members>>): boolean {
  const { source, value } = set;
  if (source === undefined) return true;
  const members = all[source.family];
  if (members === source.members) return true;
  if (!areNamedAlike(members, source.members)) return false;
  source.members = members;
  sets.replace(set, { ...value, types: members.types, keys: members.keys });
  return true;
}

function areNamedAlike(a: Members, b: Members): boolean {
  return a.flavour === b.flavour && (a.flavour === "interval" || capacity(a.keys.count) === capacity(b.keys.count));
}
