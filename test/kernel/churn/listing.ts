// What `nft -j list table` says, in a form that is equal where two tables are: without handles and counts, and in an order of its own where the
// kernel's is that of their making. Chains keep the order of their rules.

interface Listed {
  readonly rule?: { readonly chain: string; readonly handle: number; readonly expr: readonly Readonly<Record<string, unknown>>[] } & Readonly<
    Record<string, unknown>
  >;
  readonly set?: { readonly elem?: readonly unknown[] };
  readonly map?: { readonly elem?: readonly unknown[] };
}

export interface ListedRule {
  /** Of its expressions and its comment. */
  readonly text: string;
  readonly handle: number;
  readonly packets: number;
}

const changing: ReadonlySet<string> = new Set(["handle", "packets", "bytes"]);

function textOf(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => (changing.has(key) ? undefined : inner));
}

function parse(json: string): readonly Listed[] {
  const { nftables } = JSON.parse(json) as { readonly nftables: readonly (Listed & { readonly metainfo?: unknown })[] };
  return nftables.filter(({ metainfo }) => metainfo === undefined);
}

/** One line an object, one a rule. */
export function canonical(json: string): string {
  const lines = parse(json).flatMap((object) => {
    if (object.rule !== undefined) return [];
    const { elem } = object.set ?? object.map ?? {};
    return [elem === undefined ? textOf(object) : `${textOf({ ...object, ...withoutElements(object) })} ${elem.map(textOf).toSorted().join(" ")}`];
  });
  const chains = [...rulesOf(json)].map(([chain, rules]) => `${chain}: ${rules.map(({ text }) => text).join("\n")}`);
  return [...lines.toSorted(), ...chains.toSorted()].join("\n");
}

function withoutElements({ set, map }: Listed): object {
  return set === undefined ? { map: { ...map, elem: [] } } : { set: { ...set, elem: [] } };
}

/** By chain, in order. */
export function rulesOf(json: string): ReadonlyMap<string, readonly ListedRule[]> {
  const chains = new Map<string, ListedRule[]>();
  for (const { rule } of parse(json)) {
    if (rule === undefined) continue;
    const counts = rule.expr.map(({ counter }) => (counter as { readonly packets: number } | undefined)?.packets ?? 0);
    const listed = { text: textOf(rule), handle: rule.handle, packets: counts.reduce((sum, packets) => sum + packets, 0) };
    chains.set(rule.chain, [...(chains.get(rule.chain) ?? []), listed]);
  }
  return chains;
}
