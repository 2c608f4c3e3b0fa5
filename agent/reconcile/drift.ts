// Says in what the kernel's table differs from what hostward left there, in words for the log; or that it does not.

import type { Actual, ActualChain } from "../../rules/diff/types.ts";
import { sameKeys } from "../../rules/ruleset/compareKeys.ts";
import type { MapEntry } from "../../rules/ruleset/types.ts";
import { sameContent } from "../store/sameContent.ts";

/** The first difference found; undefined when there is none that hostward would repair. */
export function describeDrift(found: Actual | undefined, expected: Actual): string | undefined {
  if (found === undefined) return "the table is gone";
  return (
    listDrift("chain", found.chains, expected.chains, chainDrift) ??
    listDrift("set", found.sets, expected.sets, (a, b) => (sameContent(a.types, b.types) && sameKeys(a.keys, b.keys) ? undefined : "has other elements")) ??
    listDrift("map", found.maps, expected.maps, (a, b) => (sameContent(sortedEntries(a), sortedEntries(b)) ? undefined : "has other elements"))
  );
}

function listDrift<T extends { readonly name: string }>(
  what: string,
  found: readonly T[],
  expected: readonly T[],
  compare: (found: T, expected: T) => string | undefined,
): string | undefined {
  const byName = new Map(found.map((item) => [item.name, item]));
  for (const item of expected) {
    const there = byName.get(item.name);
    const difference = there === undefined ? "is gone" : compare(there, item);
    if (difference !== undefined) return `${what} ${item.name} ${difference}`;
    byName.delete(item.name);
  }
  const [stranger] = byName.keys();
  return stranger === undefined ? undefined : `${what} ${stranger} is not hostward's`;
}

function chainDrift(found: ActualChain, expected: ActualChain): string | undefined {
  if (!sameContent(found.base, expected.base)) return "has another hook, priority or policy";
  return found.rules === expected.rules ? undefined : `has ${found.rules} rules instead of ${expected.rules}`;
}

function sortedEntries({ entries }: { readonly entries: readonly MapEntry[] }): readonly MapEntry[] {
  const text = (entry: MapEntry) => entry.key.map((scalar) => (typeof scalar === "object" ? `${scalar.family}:${scalar.value}` : String(scalar))).join(" ");
  return entries.toSorted((a, b) => (text(a) < text(b) ? -1 : 1));
}
