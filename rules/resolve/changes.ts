// Which resources came and went since the pass before. Nobody says so: an unchanged resource is the same object.

import type { Resource } from "../model/types.ts";

/** A resource that changed went as it was and came as it is. */
export interface Changes {
  readonly removed: readonly Resource[];
  readonly added: readonly Resource[];
}

/**
 * One walk over both by reference. Where they are sorted alike, as the store has them, only what differs is looked at by name; in any other order
 * the answer is the same, only later.
 */
export function changesBetween(before: readonly Resource[], after: readonly Resource[]): Changes {
  const removed: Resource[] = [];
  const added: Resource[] = [];
  let [old, now] = [0, 0];
  while (old < before.length || now < after.length) {
    const left = before[old];
    const right = after[now];
    if (left === right) {
      old++;
      now++;
      continue;
    }
    const order = compareNames(left, right);
    if (left !== undefined && order <= 0) removed.push(left);
    if (right !== undefined && order >= 0) added.push(right);
    if (order <= 0) old++;
    if (order >= 0) now++;
  }
  return removed.length === 0 || added.length === 0 ? { removed, added } : withoutMoved(removed, added);
}

/** What only stands elsewhere has not changed. */
function withoutMoved(removed: readonly Resource[], added: readonly Resource[]): Changes {
  const [gone, come] = [new Set(removed), new Set(added)];
  return { removed: removed.filter((resource) => !come.has(resource)), added: added.filter((resource) => !gone.has(resource)) };
}

/** What is not there comes last. */
function compareNames(a: Resource | undefined, b: Resource | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  return compareText(a.kind, b.kind) || compareText(a.metadata.namespace, b.metadata.namespace) || compareText(a.metadata.name, b.metadata.name);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
