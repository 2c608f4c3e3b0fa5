// Gathers what the sources say into one immutable Snapshot. Its revision counts changes of what is to be enforced: the same content again,
// or the same content on other lines of a file, is the same revision. Whatever says the same as before stays the same object, from one rule to
// the whole list, and a snapshot in which nothing is new is the one before: all that follows knows by `===` what it need not do again.

import { formatProblem, type Problem } from "../../rules/model/problem.ts";
import { share } from "../../rules/model/share.ts";
import type { Resource } from "../../rules/model/types.ts";
import type { Interface } from "../../rules/resolve/types.ts";
import type { SourceState } from "../sources/source.ts";
import { applyChange, changesBetween, compareText, type ResourceChange } from "./changes.ts";

/** Immutable, but for places (places.ts). */
export interface Snapshot {
  /** From 1 up for the first content; 0 while nothing was stored. */
  readonly revision: number;
  /** Sorted by kind, namespace and name. */
  readonly resources: readonly Resource[];
  /** Of the sources. */
  readonly problems: readonly Problem[];
  /** Sorted by name. */
  readonly interfaces: readonly Interface[];
}

export interface StoreUpdate {
  /** All that the sources say. Cheap where it has many of the objects that the last one had. */
  readonly source?: SourceState;
  /** What is otherwise in what they say; problems are those before where none are given. Counts after `source`. */
  readonly change?: ResourceChange & { readonly problems?: readonly Problem[] };
  readonly interfaces?: readonly Interface[];
}

export interface Store {
  snapshot(): Snapshot;
  /** Takes what the sources say. True when that made a new revision. */
  update(update: StoreUpdate): boolean;
}

export function createStore(): Store {
  let snapshot: Snapshot = { revision: 0, resources: [], problems: [], interfaces: [] };
  /** As the source gave them: its objects, in its order. */
  let given: readonly Resource[] = snapshot.resources;

  function resourcesWith({ source, change }: StoreUpdate): readonly Resource[] {
    let { resources } = snapshot;
    if (source !== undefined && source.resources !== given) {
      resources = applyChange(resources, changesBetween(given, source.resources));
      given = source.resources;
    }
    if (change === undefined) return resources;
    given = applyChange(resources, change);
    return given;
  }

  return {
    snapshot: () => snapshot,
    update(update) {
      const resources = resourcesWith(update);
      const interfaces = share(snapshot.interfaces, byName(update.interfaces ?? snapshot.interfaces));
      const problems = problemsAfter(snapshot.problems, update.change?.problems ?? update.source?.problems ?? snapshot.problems);
      const isNew = snapshot.revision === 0 || resources !== snapshot.resources || interfaces !== snapshot.interfaces;
      if (isNew || problems !== snapshot.problems) snapshot = { revision: snapshot.revision + (isNew ? 1 : 0), resources, problems, interfaces };
      return isNew;
    },
  };
}

function byName(interfaces: readonly Interface[]): readonly Interface[] {
  const isSorted = interfaces.every(({ name }, index) => index === 0 || compareText(interfaces[index - 1]?.name ?? "", name) <= 0);
  return isSorted ? interfaces : interfaces.toSorted((a, b) => compareText(a.name, b.name));
}

/** The list before, if it says the same of the same places. */
function problemsAfter(before: readonly Problem[], next: readonly Problem[]): readonly Problem[] {
  const isSame = before.length === next.length && next.every((problem, index) => isSameProblem(before[index], problem));
  return isSame ? before : next;
}

function isSameProblem(before: Problem | undefined, next: Problem): boolean {
  return before === next || (before !== undefined && formatProblem(before) === formatProblem(next));
}
