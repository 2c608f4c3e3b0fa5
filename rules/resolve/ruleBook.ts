// The resolved rules of policies and profiles, each resolved once while anything uses them, and the sets that rules in force refer to. Rules of a
// policy that changed in something else are the same object as before.

import type { Direction, Policy, Profile } from "../model/types.ts";
import type { Definition } from "./definitions.ts";
import type { MemberSets } from "./memberSets.ts";
import { resolveRules } from "./ruleResolution.ts";
import { shared } from "./sharing.ts";
import type { ResolvedRules } from "./types.ts";

type Owner = Policy | Profile;

/** The rules of one owner in one direction, and how many use them. */
export interface RuleEntry {
  readonly rules: ResolvedRules;
  readonly definitions: readonly Definition[];
  readonly logPrefix: string;
  users: number;
}

/** One version of a policy or profile, and its rules as far as they were asked for. */
export interface OwnedRules {
  readonly owner: Owner;
  /** Of the version before it. */
  readonly last: Readonly<Record<Direction, ResolvedRules | undefined>>;
  readonly entries: Record<Direction, RuleEntry | undefined>;
}

export function ownedRules(owner: Owner, before: OwnedRules | undefined): OwnedRules {
  const { ingress, egress } = before?.entries ?? { ingress: undefined, egress: undefined };
  return { owner, last: { ingress: ingress?.rules, egress: egress?.rules }, entries: { ingress: undefined, egress: undefined } };
}

export class RuleBook {
  readonly #sets: MemberSets;
  /** The setting's text, not yet expanded. */
  logPrefix = "";

  constructor(sets: MemberSets) {
    this.#sets = sets;
  }

  /** The same as last time while neither the owner nor the log prefix has changed. Belongs to nobody until somebody uses it. */
  entryOf(owned: OwnedRules, direction: Direction): RuleEntry {
    const known = owned.entries[direction];
    if (known !== undefined && known.logPrefix === this.logPrefix) return known;
    const definitions = new Map<string, Definition>();
    const refer = (definition: Definition): string => {
      definitions.set(definition.id, definition);
      return definition.id;
    };
    const rules = resolveRules(owned.owner, direction, { refer, logPrefix: this.logPrefix });
    const last = known?.rules ?? owned.last[direction];
    const entry = { rules: shared(last, rules), definitions: [...definitions.values()], logPrefix: this.logPrefix, users: 0 };
    owned.entries[direction] = entry;
    return entry;
  }

  /** First what comes, then what goes: what is in both is never let go of. */
  exchange(going: readonly RuleEntry[], coming: readonly RuleEntry[]): void {
    for (const entry of coming) {
      entry.users++;
      if (entry.users === 1) for (const definition of entry.definitions) this.#sets.acquire(definition);
    }
    for (const entry of going) {
      entry.users--;
      if (entry.users === 0) for (const definition of entry.definitions) this.#sets.release(definition);
    }
  }
}
