// The resolved rules of policies and profiles, each resolved once while anything uses them, and the sets that rules in force refer to. Rules of a
// policy that changed in something else are the same object as before.

import { share } from "../model/share.ts";
import type { Direction, Policy, Profile } from "../model/types.ts";
import { trimmed } from "../net/listChanges.ts";
import type { Definition } from "./definitions.ts";
import type { MemberSets } from "./memberSets.ts";
import { resolveRule, tierOf } from "./ruleResolution.ts";
import type { ResolvedRules } from "./types.ts";

type Owner = Policy | Profile;

/** The rules of one owner in one direction, and how many use them. */
export interface RuleEntry {
  readonly owner: Owner;
  readonly rules: ResolvedRules;
  /** Of each rule, as often as it refers to them. */
  readonly definitions: readonly (readonly Definition[])[];
  readonly logPrefix: string;
  users: number;
}

/** Somebody's use of rules, of each as often as it is named. */
export interface Use {
  readonly used: readonly RuleEntry[];
}

/** One version of a policy or profile, and its rules as far as they were asked for. */
export interface OwnedRules {
  readonly owner: Owner;
  /** Until they are asked for, those of the version before it, which count no more. */
  ingress: RuleEntry | undefined;
  egress: RuleEntry | undefined;
}

export function ownedRules(owner: Owner, before: OwnedRules | undefined): OwnedRules {
  return { owner, ingress: before?.ingress, egress: before?.egress };
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
    const known = owned[direction];
    if (known !== undefined && known.owner === owned.owner && known.logPrefix === this.logPrefix) return known;
    const entry = this.#resolve(owned.owner, direction, known);
    owned[direction] = entry;
    return entry;
  }

  /** First what comes, then what goes: what is in both is never let go of. */
  exchange(going: Iterable<Use>, coming: Iterable<Use>): void {
    for (const { used } of coming) for (const entry of used) if (entry.users++ === 0) this.#acquire(entry);
    for (const { used } of going) for (const entry of used) if (--entry.users === 0) this.#release(entry);
  }

  #acquire({ definitions }: RuleEntry): void {
    for (const definition of definitions.flat()) this.#sets.acquire(definition);
  }

  #release({ definitions }: RuleEntry): void {
    for (const definition of definitions.flat()) this.#sets.release(definition);
  }

  /** A rule that is the same object in the same place stays what it was, unless a log prefix may tell of what has changed besides. */
  #resolve(owner: Owner, direction: Direction, known: RuleEntry | undefined): RuleEntry {
    const { logPrefix } = this;
    const holds = known !== undefined && known.logPrefix === logPrefix && tierOf(known.owner) === tierOf(owner) ? known : undefined;
    const definitions: (readonly Definition[])[] = [];
    const rules = owner[direction].map((rule, index) => {
      const referred: Definition[] = [];
      const stays = holds?.owner[direction][index] === rule;
      const before = known?.rules.rules[index];
      if (stays && before !== undefined) {
        definitions.push(holds.definitions[index] ?? []);
        return before;
      }
      const refer = (definition: Definition): string => {
        referred.push(definition);
        return definition.id;
      };
      const resolved = share(before, resolveRule(owner, { direction, index }, { refer, logPrefix }));
      definitions.push(trimmed(referred));
      return resolved;
    });
    const { kind, metadata } = owner;
    return { owner, rules: share(known?.rules, { kind, name: metadata.name, direction, rules }), definitions: trimmed(definitions), logPrefix, users: 0 };
  }
}
