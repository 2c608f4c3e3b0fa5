// What every source of resources gives to the store, and how resources are named in problems and lookups.

import type { Problem } from "../../rules/model/problem.ts";
import { resourceName } from "../../rules/model/resourceName.ts";
import type { Resource } from "../../rules/model/types.ts";
import type { Ignored } from "./decodeChunk.ts";

export interface SourceState {
  /** At most one of each kind, namespace and name. */
  readonly resources: readonly Resource[];
  readonly problems: readonly Problem[];
  /** What was found and is not for hostward, by no one's mistake. */
  readonly ignored?: readonly Ignored[];
}

export interface ResourceSource {
  current(): SourceState;
  /** Fulfilled when `current` has been complete once. Nothing may be programmed before (semantics 0, row 22). */
  readonly synced: Promise<void>;
  /** Fulfilled when what it keeps is written. */
  close(): Promise<void>;
}

/** As in `Problem.resource`. */
export function resourceKey(resource: Resource): string {
  return resourceName(resource.kind, resource.metadata);
}
