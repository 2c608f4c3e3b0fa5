// Gathers what the sources say into one immutable Snapshot. Its revision counts changes of what is to be enforced: the same content again,
// or the same content on other lines of a file, is the same revision.

import type { Problem } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import type { Interface } from "../../rules/resolve/types.ts";
import type { SourceState } from "../sources/source.ts";
import { sameContent } from "./sameContent.ts";

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

export interface Store {
  snapshot(): Snapshot;
  /** Replaces what the sources said. True when that made a new revision. */
  update(change: { readonly source?: SourceState; readonly interfaces?: readonly Interface[] }): boolean;
}

export function createStore(): Store {
  let snapshot: Snapshot = { revision: 0, resources: [], problems: [], interfaces: [] };
  return {
    snapshot: () => snapshot,
    update({ source, interfaces }) {
      const resources = source === undefined ? snapshot.resources : source.resources.toSorted(byKindAndNames);
      const problems = source === undefined ? snapshot.problems : source.problems;
      const links = interfaces === undefined ? snapshot.interfaces : interfaces.toSorted((a, b) => compareText(a.name, b.name));
      const isNew = snapshot.revision === 0 || !sameContent(resources, snapshot.resources) || !sameContent(links, snapshot.interfaces);
      snapshot = { revision: snapshot.revision + (isNew ? 1 : 0), resources, problems, interfaces: links };
      return isNew;
    },
  };
}

function byKindAndNames(a: Resource, b: Resource): number {
  return compareText(a.kind, b.kind) || compareText(a.metadata.namespace, b.metadata.namespace) || compareText(a.metadata.name, b.metadata.name);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
