// Policies and local endpoints in, for every endpoint its four lists of tiers and policies out (semantics E1-E6). Endpoints that the same policies
// select share one Lists object. What a change does not touch stays the same object, down to the single tier.

import type { Direction, HostEndpoint, Labels, Tier } from "../model/types.ts";
import type { Selector } from "../selector/ast.ts";
import { printSelector } from "../selector/print.ts";
import { assemble, keptLists } from "./assemble.ts";
import { type PolicyChanges, type RankedPolicy, Ranking, type RankingChanges } from "./ranking.ts";
import type { RuleBook, RuleEntry, Use } from "./ruleBook.ts";
import { SelectorIndex } from "./selectorIndex.ts";
import type { Lists, ResolvedRules } from "./types.ts";

export interface PolicyInput {
  readonly changes: PolicyChanges;
  readonly tiers: ReadonlyMap<string, Tier>;
  /** Those whose policies have an effect. */
  readonly endpoints: readonly HostEndpoint[];
  /** The effective labels of one. */
  readonly labelsOf: (endpoint: HostEndpoint) => Labels;
}

/** Policies that select alike. */
interface SelectorGroup {
  readonly selector: Selector;
  readonly policies: Set<RankedPolicy>;
  /** Tells groups apart, nothing more. */
  readonly number: number;
}

interface SelectedEndpoint {
  readonly endpoint: HostEndpoint;
  readonly labels: Labels;
  /** By number. */
  readonly groups: readonly SelectorGroup[];
  readonly assembly: Assembly | undefined;
  /** Or with other labels or groups than before: its assembly is that of the last ones. */
  readonly isNew: boolean;
}

/** What endpoints of the same groups share. */
interface Assembly extends Use {
  readonly key: string;
  readonly lists: Lists;
}

export class PolicyLists {
  readonly #book: RuleBook;
  readonly #ranking = new Ranking();
  readonly #groups = new Map<string, SelectorGroup>();
  readonly #index = new SelectorIndex<SelectorGroup>();
  /** By name. */
  readonly #selected = new Map<string, SelectedEndpoint>();
  #assemblies: ReadonlyMap<string, Assembly> = new Map();
  #groupCount = 0;
  #logPrefix = "";

  constructor(book: RuleBook) {
    this.#book = book;
  }

  update(input: PolicyInput): void {
    const { dirty, fresh } = this.#regroup(this.#ranking.change(input.changes, input.tiers));
    const isNewPrefix = this.#book.logPrefix !== this.#logPrefix;
    this.#logPrefix = this.#book.logPrefix;
    const isDirty = ({ groups }: SelectedEndpoint) => isNewPrefix || (dirty.size > 0 && groups.some((group) => dirty.has(group)));
    const assemblies = new Map<string, Assembly>();
    for (const one of this.#select(input, fresh)) {
      const dirtied = isDirty(one);
      const key = one.isNew || one.assembly === undefined ? one.groups.map(({ number }) => number).join() : one.assembly.key;
      const assembly = assemblies.get(key) ?? (dirtied ? undefined : this.#assemblies.get(key)) ?? this.#assemble(key, one);
      if (assemblies.get(key) === undefined) assemblies.set(key, assembly);
      if (one.isNew || one.assembly !== assembly) this.#selected.set(one.endpoint.metadata.name, { ...one, assembly, isNew: false });
    }
    this.#forget(input.endpoints);
    this.#exchange(assemblies);
  }

  /** Of an endpoint of the last update. */
  listsOf({ metadata }: HostEndpoint): Lists {
    return this.#selected.get(metadata.name)?.assembly?.lists ?? noLists;
  }

  /** Empty groups go only when all have come, so that the group of a policy that changed stays. */
  #regroup({ gone, come }: RankingChanges): Readonly<Record<"dirty" | "fresh", ReadonlySet<SelectorGroup>>> {
    const dirty = new Set<SelectorGroup>();
    const fresh = new Set<SelectorGroup>();
    for (const entry of gone) {
      const group = this.#groups.get(printSelector(entry.policy.selector));
      if (group?.policies.delete(entry)) dirty.add(group);
    }
    for (const entry of come) {
      const text = printSelector(entry.policy.selector);
      const known = this.#groups.get(text);
      const group = known ?? { selector: entry.policy.selector, policies: new Set(), number: this.#groupCount++ };
      if (known === undefined) fresh.add(group);
      this.#groups.set(text, group);
      group.policies.add(entry);
      dirty.add(group);
    }
    for (const group of fresh) this.#index.add(group);
    for (const group of dirty) {
      if (group.policies.size > 0) continue;
      this.#groups.delete(printSelector(group.selector));
      this.#index.delete(group);
    }
    return { dirty, fresh };
  }

  /** Endpoints that are known are asked about new groups only. */
  #select({ endpoints, labelsOf }: PolicyInput, fresh: ReadonlySet<SelectorGroup>): readonly SelectedEndpoint[] {
    const news = new SelectorIndex<SelectorGroup>();
    for (const group of fresh) news.add(group);
    return endpoints.map((endpoint) => {
      const labels = labelsOf(endpoint);
      const known = this.#selected.get(endpoint.metadata.name);
      const isKnown = known !== undefined && known.labels === labels;
      const kept = isKnown ? withoutEmpty(known.groups) : [];
      const more = isKnown ? (fresh.size === 0 ? [] : news.matching(labels)) : this.#index.matching(labels);
      const groups = more.length === 0 ? kept : [...kept, ...more].sort((a, b) => a.number - b.number);
      return known?.endpoint === endpoint && groups === known.groups ? known : { endpoint, labels, groups, assembly: known?.assembly, isNew: true };
    });
  }

  #assemble(key: string, { groups, assembly: last }: SelectedEndpoint): Assembly {
    const policies = groups.flatMap((group) => [...group.policies]).sort((a, b) => a.rank - b.rank);
    const used: RuleEntry[] = [];
    const rulesOf = ({ rules }: RankedPolicy, direction: Direction): ResolvedRules => {
      const entry = this.#book.entryOf(rules, direction);
      used.push(entry);
      return entry.rules;
    };
    const lists = assemble(policies, rulesOf);
    return { key, lists: last === undefined ? lists : keptLists(last.lists, lists), used };
  }

  /** Who governs nothing is not told of new groups: when it comes back it is asked about all. */
  #forget(endpoints: readonly HostEndpoint[]): void {
    if (this.#selected.size === endpoints.length) return;
    const names = new Set(endpoints.map(({ metadata }) => metadata.name));
    for (const name of this.#selected.keys()) if (!names.has(name)) this.#selected.delete(name);
  }

  #exchange(next: ReadonlyMap<string, Assembly>): void {
    const last = this.#assemblies;
    const coming = [...next.values()].filter((assembly) => last.get(assembly.key) !== assembly);
    const going = [...last.values()].filter((assembly) => next.get(assembly.key) !== assembly);
    this.#book.exchange(going, coming);
    this.#assemblies = next;
  }
}

const none = { ingress: [], egress: [] };
const noLists: Lists = { normal: none, forward: none, preDNAT: none, untracked: none };

function withoutEmpty(groups: readonly SelectorGroup[]): readonly SelectorGroup[] {
  return groups.every(({ policies }) => policies.size > 0) ? groups : groups.filter(({ policies }) => policies.size > 0);
}
