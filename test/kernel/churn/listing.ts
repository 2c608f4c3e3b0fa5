// What `nft -j list table` says, in a form that is equal where two tables are: without handles and counts, and in an order of its own where the
// kernel's is that of their making. Chains keep the order of their rules.

interface Listed {
  readonly rule?: { readonly chain: string; readonly handle: number; readonly expr: readonly Readonly<Record<string, unknown>>[] } & Readonly<
    Record<string, unknown>
  >;
  readonly set?: ListedSet;
  readonly map?: ListedSet;
}

interface ListedSet {
  readonly name: string;
  readonly elem?: readonly unknown[];
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
  const objects = parse(json).filter(({ rule, set, map }) => rule === undefined && set === undefined && map === undefined);
  const chains = [...rulesOf(json)].map(([chain, rules]) => `${chain}: ${rules.map(({ text }) => text).join("\n")}`);
  return [...objects.map(textOf).toSorted(), ...[...setsOf(json).values()].toSorted(), ...chains.toSorted()].join("\n");
}

/** Sets and maps with their elements, by name. */
export function setsOf(json: string): ReadonlyMap<string, string> {
  const listed = parse(json).flatMap((object) => {
    const set = object.set ?? object.map;
    if (set === undefined) return [];
    return [[set.name, `${textOf({ ...object, ...withoutElements(object) })} ${(set.elem ?? []).map(textOf).toSorted().join(" ")}`] as const];
  });
  return new Map(listed);
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
