// Resources by kind, namespace and name: what differs between two lists of them, and a sorted list with a few changes applied. Both cost what
// they change, and beside that a look at each pointer: no map of everything, no sort of everything.

import type { Resource } from "../../rules/model/types.ts";
import { type Edit, listChanges, withEdits } from "../../rules/net/listChanges.ts";
import { shareMoved } from "./places.ts";

export interface ResourceName {
  readonly kind: Resource["kind"];
  readonly namespace: string;
  readonly name: string;
}

export interface ResourceChange {
  /** New, or otherwise than before. */
  readonly upserted: readonly Resource[];
  /** Of what is also upserted, nothing is removed. */
  readonly removed: readonly ResourceName[];
}

export function nameOf({ kind, metadata: { namespace, name } }: Resource): ResourceName {
  return { kind, namespace, name };
}

/** What to change in `before` to have `after`, in whatever order each is. What is the same object in both is the same. */
export function changesBetween(before: readonly Resource[], after: readonly Resource[]): ResourceChange {
  const { removed, added } = listChanges(before, after);
  return { upserted: added, removed: removed.map(nameOf) };
}

interface Asked {
  readonly of: ResourceName;
  /** Undefined: it goes. */
  readonly next: Resource | undefined;
}

/** @returns `sorted` itself when nothing is new in it; what was there and says the same stays the same object */
export function applyChange(sorted: readonly Resource[], { upserted, removed }: ResourceChange): readonly Resource[] {
  const asked: Asked[] = [...removed.map((of) => ({ of, next: undefined })), ...upserted.map((next) => ({ of: nameOf(next), next }))];
  asked.sort((a, b) => compareNames(a.of, b.of));
  const edits: Edit<Resource>[] = [];
  let from = 0;
  for (const [index, { of, next }] of asked.entries()) {
    const later = asked[index + 1];
    if (later !== undefined && compareNames(of, later.of) === 0) continue;
    const at = lowerBound(sorted, of, from);
    from = at;
    const there = sorted[at];
    const old = there !== undefined && compareNames(nameOf(there), of) === 0 ? there : undefined;
    const now = old === undefined || next === undefined ? next : shareMoved(old, next);
    if (now !== old) edits.push({ place: at, held: old, thing: now });
  }
  return withEdits(sorted, edits);
}

/** Index of the first at or after `from` that is not before the name. */
function lowerBound(sorted: readonly Resource[], name: ResourceName, from: number): number {
  let [low, high] = [from, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareNames(nameOf(sorted[middle] as Resource), name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareNames(a: ResourceName, b: ResourceName): number {
  return compareText(a.kind, b.kind) || compareText(a.namespace, b.namespace) || compareText(a.name, b.name);
}

export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
