// The profiles that governing endpoints name, each resolved once and as long as one names it (semantics E14-E17).

import { share } from "../model/share.ts";
import type { Profile } from "../model/types.ts";
import { type OwnedRules, ownedRules, type RuleBook, type Use } from "./ruleBook.ts";
import type { ResolvedProfile } from "./types.ts";

interface Entry extends Use {
  /** Undefined for a profile that does not exist. */
  readonly owned: OwnedRules | undefined;
  readonly resolved: ResolvedProfile;
}

export class ResolvedProfiles {
  readonly #book: RuleBook;
  #entries: ReadonlyMap<string, Entry> = new Map();

  constructor(book: RuleBook) {
    this.#book = book;
  }

  /** Those of these names, existing or not. */
  update(profiles: ReadonlyMap<string, Profile>, names: ReadonlySet<string>): ReadonlyMap<string, ResolvedProfile> {
    const last = this.#entries;
    const next = new Map(Array.from(names, (name) => [name, this.#entryOf(name, profiles.get(name), last.get(name))]));
    this.#book.exchange(
      [...last].flatMap(([name, entry]) => (next.get(name) === entry ? [] : [entry])),
      [...next].flatMap(([name, entry]) => (last.get(name) === entry ? [] : [entry])),
    );
    this.#entries = next;
    return new Map(Array.from(next, ([name, { resolved }]) => [name, resolved]));
  }

  #entryOf(name: string, profile: Profile | undefined, last: Entry | undefined): Entry {
    if (profile === undefined)
      return last !== undefined && last.owned === undefined ? last : { owned: undefined, used: [], resolved: share(last?.resolved, missing(name)) };
    const owned = last?.owned?.owner === profile ? last.owned : ownedRules(profile, last?.owned);
    const used = [this.#book.entryOf(owned, "ingress"), this.#book.entryOf(owned, "egress")] as const;
    if (last !== undefined && used.every((entry, at) => entry === last.used[at])) return last;
    return { owned, used, resolved: share(last?.resolved, { name, missing: false, ingress: used[0].rules, egress: used[1].rules }) };
  }
}

/** E17: it is not skipped. */
function missing(name: string): ResolvedProfile {
  const none = { kind: "Profile", name, rules: [] };
  return { name, missing: true, ingress: { ...none, direction: "ingress" }, egress: { ...none, direction: "egress" } };
}
