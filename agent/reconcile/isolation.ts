// Which resources the kernel has refused, so that one bad rule does not hold up the rest (semantics 0, row 10; G19): a snapshot goes to the kernel
// with such a resource as it was when it was last in force, or without it if it never was. A resource that changed is tried anew.

import type { Problem } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import { KernelError } from "../kernel/interface.ts";
import { sameContent } from "../store/sameContent.ts";
import type { Snapshot } from "../store/store.ts";
import { passProblem } from "./trouble.ts";

export interface Isolation {
  /** The snapshot without what was refused; the same object when nothing was. */
  spare(snapshot: Snapshot): Snapshot;
  /** Whether an attempt without the culprit is worth it: the error names a resource, and not one that is held back already. */
  blame(error: unknown, snapshot: Snapshot): boolean;
  /** The kernel has taken these resources. */
  landed(resources: readonly Resource[]): void;
  /** Gives all of them another chance. */
  release(): void;
  /** One for each resource that the last spared snapshot had otherwise or not at all. */
  problems(): readonly Problem[];
}

interface Held {
  readonly refused: Resource;
  /** As it was last in force. */
  readonly instead: Resource | undefined;
  readonly problem: Problem;
}

/** Each costs a refused commit, which takes the kernel 8 to 16 ms; with more than these it is not a resource that is at fault. */
const mostHeld = 16;

export function createIsolation(): Isolation {
  const held = new Map<string, Held>();
  let inForce: readonly Resource[] = [];

  return {
    spare(snapshot) {
      if (held.size === 0) return snapshot;
      const current = new Map(snapshot.resources.map((resource) => [keyOf(resource), resource]));
      for (const [key, { refused }] of held) if (!sameContent(current.get(key), refused)) held.delete(key);
      if (held.size === 0) return snapshot;
      const resources = snapshot.resources.map((resource) => {
        const instead = held.get(keyOf(resource));
        return instead === undefined ? resource : instead.instead;
      });
      return { ...snapshot, resources: resources.filter((resource) => resource !== undefined) };
    },
    blame(error, { resources }) {
      const key = culpritOf(error);
      const refused = key === undefined ? undefined : resources.find((resource) => keyOf(resource) === key);
      if (key === undefined || refused === undefined || held.has(key) || held.size === mostHeld) return false;
      const before = inForce.find((resource) => keyOf(resource) === key);
      const instead = sameContent(before, refused) ? undefined : before;
      if (before !== undefined && instead === undefined) return false;
      const hint = instead === undefined ? "it is left out until the kernel takes it" : "its previous version stays in force until the kernel takes this one";
      held.set(key, { refused, instead, problem: { ...passProblem(error, resources), hint } });
      return true;
    },
    landed: (resources) => {
      inForce = resources;
    },
    release: () => held.clear(),
    problems: () => [...held.values()].map(({ problem }) => problem),
  };
}

/** Of what the kernel did not take for itself; a missing privilege or a full buffer is no resource's fault. */
function culpritOf(error: unknown): string | undefined {
  if (!(error instanceof KernelError) || (error.code !== "refused" && error.code !== "unsupported")) return undefined;
  if (error.operation?.object !== "rule" || error.operation.verb === "delete") return undefined;
  const { kind, name } = error.operation.rule.origin;
  return `${kind}/${name}`;
}

/** As origins name resources; those that come from rules belong to no namespace. */
function keyOf({ kind, metadata: { name, namespace } }: Resource): string {
  return namespace === "" ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}
