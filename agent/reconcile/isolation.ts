// Which resources the kernel has refused, so that one bad rule does not hold up the rest (semantics 0, row 10; G19): a snapshot goes to the kernel
// with such a resource as it was when it was last in force, in this run or the one before, or without it if it never was. A resource that changed is
// tried anew.

import type { Problem } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import { KernelError } from "../kernel/interface.ts";
import { sameContent } from "../store/sameContent.ts";
import type { Snapshot } from "../store/store.ts";
import { passProblem } from "./trouble.ts";

/** Outlives the process. */
export interface PreviousRun {
  /** What was in force in place of what the kernel had refused. */
  read(): Promise<readonly Resource[]>;
  /** What is in force in place of each resource that it refuses: undefined where no other version is known. */
  save(instead: readonly (Resource | undefined)[]): void;
}

const noRunBefore: PreviousRun = { read: async () => [], save: () => undefined };

interface Held {
  readonly refused: Resource;
  /** As it was last in force. */
  readonly instead: Resource | undefined;
  readonly problem: Problem;
}

/** Each costs a refused commit, which takes the kernel 8 to 16 ms; with more than these it is not a resource that is at fault. */
const mostHeld = 16;

export class Isolation {
  readonly #previousRun: PreviousRun;
  readonly #held = new Map<string, Held>();
  #inForce: readonly Resource[] = [];

  constructor(previousRun = noRunBefore) {
    this.#previousRun = previousRun;
  }

  /** The snapshot without what was refused; the same object when nothing was. */
  spare(snapshot: Snapshot): Snapshot {
    if (this.#held.size === 0) return snapshot;
    const current = new Map(snapshot.resources.map((resource) => [keyOf(resource), resource]));
    for (const [key, { refused }] of this.#held) if (!sameContent(current.get(key), refused)) this.#held.delete(key);
    if (this.#held.size === 0) return snapshot;
    const resources = snapshot.resources.map((resource) => {
      const held = this.#held.get(keyOf(resource));
      return held === undefined ? resource : held.instead;
    });
    return { ...snapshot, resources: resources.filter((resource) => resource !== undefined) };
  }

  /** Whether an attempt without the culprit is worth it: the error names a resource, and one of which something else can be tried, be it nothing. */
  async blame(error: unknown, { resources }: Snapshot): Promise<boolean> {
    const key = culpritOf(error);
    const refused = key === undefined ? undefined : versionIn(resources, key);
    if (key === undefined || refused === undefined || this.#isInForce(key, refused)) return false;
    const held = this.#held.get(key);
    if (held === undefined ? this.#held.size === mostHeld : held.instead === undefined) return false;
    const instead = held === undefined ? await this.#versionBefore(key, refused) : undefined;
    const hint = instead === undefined ? "it is left out until the kernel takes it" : "its previous version stays in force until the kernel takes this one";
    this.#held.set(key, { refused, instead, problem: { ...passProblem(error, resources), hint } });
    return true;
  }

  /** The kernel has taken these resources. */
  landed(resources: readonly Resource[]): void {
    this.#inForce = resources;
    this.#previousRun.save(Array.from(this.#held.values(), ({ instead }) => instead));
  }

  /** Gives all of them another chance. */
  release(): void {
    this.#held.clear();
  }

  /** One for each resource that the last spared snapshot had otherwise or not at all. */
  problems(): readonly Problem[] {
    return Array.from(this.#held.values(), ({ problem }) => problem);
  }

  /** The kernel holds it, whatever it says of it now. */
  #isInForce(key: string, refused: Resource): boolean {
    const before = versionIn(this.#inForce, key);
    return before !== undefined && sameContent(before, this.#held.get(key)?.instead ?? refused);
  }

  /** Another version than the refused one, of this run or the one before; undefined where none is known. */
  async #versionBefore(key: string, refused: Resource): Promise<Resource | undefined> {
    const before = versionIn(this.#inForce, key) ?? versionIn(await this.#previousRun.read(), key);
    return sameContent(before, refused) ? undefined : before;
  }
}

/** Of what the kernel did not take for itself; a missing privilege or a full buffer is no resource's fault. */
function culpritOf(error: unknown): string | undefined {
  if (!(error instanceof KernelError) || (error.code !== "refused" && error.code !== "unsupported")) return undefined;
  if (error.operation?.object !== "rule" || error.operation.verb === "delete") return undefined;
  const { kind, name } = error.operation.rule.origin;
  return `${kind}/${name}`;
}

function versionIn(resources: readonly Resource[], key: string): Resource | undefined {
  return resources.find((resource) => keyOf(resource) === key);
}

/** As origins name resources; those that come from rules belong to no namespace. */
function keyOf({ kind, metadata: { name, namespace } }: Resource): string {
  return namespace === "" ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}
