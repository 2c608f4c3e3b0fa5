// Steps from one resolved snapshot to another that share everything that the step leaves alone, as the resolver does it: a set gets other members, a policy
// other rules, a list another policy, endpoints and interfaces come and go, settings change, and an earlier snapshot comes back.

import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import type { Direction } from "../../../rules/model/types.ts";
import type { ListName, Lists, MemberSet, PolicySettings, Resolved, ResolvedEndpoint, ResolvedRules, ResolvedTier } from "../../../rules/resolve/types.ts";
import * as arbitrary from "./arbitrary.ts";

export interface Step {
  readonly kind: "nothing" | "members" | "rules" | "policies" | "endpoints" | "interfaces" | "settings" | "back";
  /** Chooses what the step is about. */
  readonly which: number;
  readonly settings: PolicySettings;
  /** Another world, of which a part is taken. */
  readonly other: Resolved;
}

export interface Taken {
  readonly next: Resolved;
  /** The name of the policy or profile whose rules are others. */
  readonly replaced?: string;
}

const kinds = ["nothing", "members", "members", "rules", "rules", "policies", "policies", "endpoints", "interfaces", "settings", "back"] as const;

export const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  which: fc.nat(1000),
  settings: arbitrary.settings,
  other: arbitrary.resolved,
});

/** The next snapshot after those of the past. */
export function take(past: readonly Resolved[], one: Step): Taken {
  return one.kind === "rules" ? withRules(past.at(-1) as Resolved, one) : { next: takeOther(past, one) };
}

function takeOther(past: readonly Resolved[], one: Step): Resolved {
  const last = past.at(-1) as Resolved;
  switch (one.kind) {
    case "nothing":
    case "rules":
      return { ...last };
    case "members":
      return withMembers(past, one);
    case "policies":
      return {
        ...last,
        endpoints: last.endpoints.map((endpoint, at) => (at === one.which % last.endpoints.length ? otherPolicies(endpoint, one.which) : endpoint)),
      };
    case "endpoints":
      return { ...last, endpoints: last.endpoints.length < 2 ? (past[0]?.endpoints ?? []) : last.endpoints.toSpliced(one.which % last.endpoints.length, 1) };
    case "interfaces":
      return { ...last, endpoints: last.endpoints.map((endpoint, at) => (at === one.which % last.endpoints.length ? otherInterfaces(endpoint) : endpoint)) };
    case "settings":
      return { ...last, settings: one.settings };
    case "back":
      return past[one.which % past.length] as Resolved;
  }
}

/** In one family or in both; what is equal to what it was at any time is the same object, since the past may come back. */
function withMembers(past: readonly Resolved[], { which, other }: Step): Resolved {
  const last = past.at(-1) as Resolved;
  const ids = [...last.sets.keys()];
  const id = ids[which % ids.length] as string;
  const [held, wanted] = [last.sets.get(id) as MemberSet, other.sets.get(id) as MemberSet];
  const of = (family: 4 | 6) => {
    const ever = [held, ...past.flatMap(({ sets }) => sets.get(id) ?? [])].map(({ members }) => members[family]);
    return ever.find((members) => isDeepStrictEqual(members, wanted.members[family])) ?? wanted.members[family];
  };
  const members = { 4: of(4), 6: of(6) };
  if (members[4] === held.members[4] && members[6] === held.members[6]) return last;
  return { ...last, sets: new Map(last.sets).set(id, { id, members }) };
}

/** One policy or profile, wherever it stands, with the rules that one of that name has in the other world. */
function withRules(last: Resolved, one: Step): Taken {
  const all = [...new Set(last.endpoints.flatMap(rulesOf))];
  const held = all[one.which % all.length];
  const wanted = one.other.endpoints
    .flatMap(rulesOf)
    .find((rules) => rules.name === held?.name && rules.kind === held.kind && rules.direction === held.direction);
  if (held === undefined || wanted === undefined || isDeepStrictEqual(held, wanted)) return { next: last };
  const endpoints = last.endpoints.map((endpoint) => mapRules(endpoint, (rules) => (rules === held ? wanted : rules)));
  return { next: { ...last, endpoints }, replaced: held.name };
}

function rulesOf({ lists, profiles }: ResolvedEndpoint): readonly ResolvedRules[] {
  const tiers = Object.values(lists).flatMap(({ ingress, egress }) => [...ingress, ...egress]);
  return [...tiers.flatMap(({ policies }) => policies), ...profiles.flatMap(({ ingress, egress }) => [ingress, egress])];
}

type Replace = (rules: ResolvedRules) => ResolvedRules;

function mapRules(endpoint: ResolvedEndpoint, replace: Replace): ResolvedEndpoint {
  if (rulesOf(endpoint).every((rules) => replace(rules) === rules)) return endpoint;
  const profiles = endpoint.profiles.map((profile) => ({ ...profile, ingress: replace(profile.ingress), egress: replace(profile.egress) }));
  return { ...endpoint, profiles, lists: mapTiers(endpoint.lists, (tiers) => tiers.map((tier) => mapTier(tier, replace))) };
}

function mapTier(tier: ResolvedTier, replace: Replace): ResolvedTier {
  const policies = tier.policies.map(replace);
  return policies.every((policy, at) => policy === tier.policies[at]) ? tier : { ...tier, policies };
}

function mapTiers(lists: Lists, map: (tiers: readonly ResolvedTier[], direction: Direction) => readonly ResolvedTier[]): Lists {
  const names: readonly ListName[] = ["normal", "forward", "preDNAT", "untracked"];
  const entries = names.map((name) => [name, { ingress: map(lists[name].ingress, "ingress"), egress: map(lists[name].egress, "egress") }] as const);
  return Object.fromEntries(entries) as unknown as Lists;
}

/** The first tier of each list loses a policy, or has its policies the other way round. */
function otherPolicies(endpoint: ResolvedEndpoint, which: number): ResolvedEndpoint {
  const other = (policies: readonly ResolvedRules[]) =>
    which % 2 === 0 || policies.length < 2 ? policies.toReversed() : policies.toSpliced(which % policies.length, 1);
  const change = ([first, ...rest]: readonly ResolvedTier[]) => (first === undefined ? [] : [{ ...first, policies: other(first.policies) }, ...rest]);
  return { ...endpoint, lists: mapTiers(endpoint.lists, change) };
}

function otherInterfaces(endpoint: ResolvedEndpoint): ResolvedEndpoint {
  if (endpoint.governs.kind === "wildcard") return endpoint;
  const { names } = endpoint.governs;
  return { ...endpoint, governs: { kind: "interfaces", names: names.length > 1 ? names.slice(1) : [...names, `${names[0]}.1`] } };
}
