// Which lists looked into a chain, so that those alone are made again when it changes. Most policies are looked into by one list: of ten thousand of them no
// sets are kept.

export class Users {
  readonly #byChain = new Map<string, string | Set<string>>();

  of(chain: string): Iterable<string> {
    const held = this.#byChain.get(chain) ?? [];
    return typeof held === "string" ? [held] : held;
  }

  /** The user looks into these chains now, and looked into those before. */
  replace(user: string, { before, now }: Readonly<Record<"before" | "now", ReadonlySet<string> | undefined>>): void {
    for (const chain of before ?? []) if (now?.has(chain) !== true) this.#remove(chain, user);
    for (const chain of now ?? []) if (before?.has(chain) !== true) this.#add(chain, user);
  }

  #add(chain: string, user: string): void {
    const held = this.#byChain.get(chain);
    if (held === undefined) this.#byChain.set(chain, user);
    else if (typeof held === "string") this.#byChain.set(chain, new Set([held, user]));
    else held.add(user);
  }

  #remove(chain: string, user: string): void {
    const held = this.#byChain.get(chain);
    if (held instanceof Set && held.size > 1) held.delete(user);
    else this.#byChain.delete(chain);
  }
}
