// In what the kernel's table differs from what hostward left there, in words for the log; or that it does not. Judges as diff does: where it finds
// nothing, a diff would be empty.

import { commentOf } from "../ruleset/identity.ts";
import { alignRules } from "./align.ts";
import { type ActualMap, canStay as canMapStay, changeOf as mapChangeOf } from "./maps.ts";
import { pairUp } from "./pairs.ts";
import { type ActualSet, canStay as canSetStay, changeOf as setChangeOf } from "./sets.ts";
import type { Actual, ActualChain, ActualRule } from "./types.ts";

/** The first difference found; undefined when there is none. */
export function describeDifference(found: Actual | undefined, expected: Actual): string | undefined {
  if (found === undefined) return "the table is gone";
  if (found.dormant) return "the table is dormant";
  return (
    listDifference("chain", { found: found.chains, expected: expected.chains, compare: chainDifference }) ??
    listDifference("set", { found: found.sets, expected: expected.sets, compare: setDifference }) ??
    listDifference("map", { found: found.maps, expected: expected.maps, compare: mapDifference })
  );
}

interface Lists<T> {
  readonly found: readonly T[];
  readonly expected: readonly T[];
  readonly compare: (found: T, expected: T) => string | undefined;
}

function listDifference<T extends { readonly name: string }>(what: string, { found, expected, compare }: Lists<T>): string | undefined {
  const { changed, gone, fresh } = pairUp(found, expected, ({ name }) => name);
  const [missing] = fresh;
  if (missing !== undefined) return `${what} ${missing.name} is gone`;
  for (const [there, wanted] of changed) {
    const difference = compare(there, wanted);
    if (difference !== undefined) return `${what} ${wanted.name}${difference}`;
  }
  const [stranger] = gone;
  return stranger === undefined ? undefined : `${what} ${stranger.name} is not hostward's`;
}

function chainDifference(found: ActualChain, expected: ActualChain): string | undefined {
  const [a, b] = [found.base, expected.base];
  if (a?.hook !== b?.hook || a?.priority !== b?.priority || a?.policy !== b?.policy) return " has another hook, priority or policy";
  if (found.rules === expected.rules) return undefined;
  const [gap] = alignRules(found.rules, expected.rules).gaps;
  if (gap === undefined) return undefined;
  if (gap.from === gap.to) return `: ${describeRule(expected.rules, gap.wantedFrom)} is gone`;
  if (gap.wantedFrom === gap.wantedTo) return `: ${describeRule(found.rules, gap.from)} is not hostward's`;
  return `: ${describeRule(expected.rules, gap.wantedFrom)} was changed`;
}

/** The index is nft's, from 0. */
function describeRule(rules: readonly ActualRule[], at: number): string {
  const comment = commentOf(rules[at] as ActualRule);
  return `rule ${at}${comment === "" ? "" : ` (${comment})`}`;
}

function setDifference(found: ActualSet, expected: ActualSet): string | undefined {
  if (!canSetStay(found, expected)) return " is declared otherwise";
  const change = setChangeOf(found, expected);
  return change && describeElements(change.added.count, change.removed.count);
}

function mapDifference(found: ActualMap, expected: ActualMap): string | undefined {
  if (!canMapStay(found, expected)) return " is declared otherwise";
  const change = mapChangeOf(found, expected);
  return change && describeElements(change.added.length, change.gone.length + change.replaced.length);
}

function describeElements(missing: number, strange: number): string {
  const parts = [
    ...(missing > 0 ? [`lacks ${counted(missing)}`] : []),
    ...(strange > 0 ? [`has ${counted(strange)} that ${strange === 1 ? "is" : "are"} not hostward's`] : []),
  ];
  return ` ${parts.join(" and ")}`;
}

function counted(elements: number): string {
  return elements === 1 ? "1 element" : `${elements} elements`;
}
