// The previous versions of resources whose present ones the kernel refuses, in a file that outlives the process: a start at which the kernel refuses
// them again finds there what was in force (semantics 0, row 10). The file is a manifest, so that people can read it, and `hostward check` too.

import { rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Problem } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import { resourceDocument } from "../control/document.ts";
import { Latest } from "./latest.ts";
import { readManifest } from "./manifest.ts";
import { makeOwnFolder, readOwn, stateProblem, writeWhole } from "./ownFile.ts";
import { isGone, reasonOf } from "./scan.ts";

export interface PreviousVersionsOptions {
  /** The folder that the daemon has for its state; made where it is missing. */
  readonly state: string;
  /** `problems` are others than before. */
  onProblem(): void;
}

export class PreviousVersions {
  readonly #options: PreviousVersionsOptions;
  readonly #path: string;
  #unusable: Problem | undefined;
  #unwritten: Problem | undefined;
  /** Undefined: what the file holds is of an earlier run, or cannot be used. */
  #saved: string | undefined;
  readonly #saving = new Latest<string>((text) => this.#saveText(text));

  constructor(options: PreviousVersionsOptions) {
    this.#options = options;
    this.#path = join(resolve(options.state), "previous-versions.yaml");
  }

  get problems(): readonly Problem[] {
    return [this.#unusable, this.#unwritten].filter((problem) => problem !== undefined);
  }

  /** Nothing where nothing is known. */
  async read(): Promise<readonly Resource[]> {
    try {
      const { resources, problems } = readManifest((await readOwn(this.#path)) ?? "", this.#path);
      const error = problems.find(({ severity }) => severity === "error");
      if (error !== undefined) this.#tellUnusable(error.message);
      return resources;
    } catch (error) {
      this.#tellUnusable(reasonOf(error));
      return [];
    }
  }

  /**
   * Soon, and of several at once the last. Asked again with the same it does nothing but what could not be done before.
   * @param versions undefined: none is known, which a file that could not be used may tell one day, so it stays
   */
  save(versions: readonly (Resource | undefined)[]): void {
    if (this.#unusable !== undefined && versions.includes(undefined)) return;
    this.#saving.do(versions.map((resource) => (resource === undefined ? "" : `---\n${JSON.stringify(resourceDocument(resource))}\n`)).join(""));
  }

  /** Fulfilled when all is written. */
  async close(): Promise<void> {
    await this.#saving.idle();
  }

  async #saveText(text: string): Promise<void> {
    try {
      if (text !== this.#saved) await this.#write(text);
      this.#saved = text;
      this.#tell({ unusable: undefined, unwritten: undefined });
    } catch (error) {
      const hint = "what the kernel refuses is left out at the next start; let hostward write there, or name another directory in the setting `state`";
      this.#tell({ unusable: this.#unusable, unwritten: stateProblem(this.#path, `cannot be written: ${(error as Error).message}`, hint) });
    }
  }

  async #write(text: string): Promise<void> {
    if (text === "") {
      // A file system that is read-only refuses also to remove what is not there (do_unlinkat).
      if (!(await isGone(this.#path))) await rm(this.#path, { force: true });
      return;
    }
    await makeOwnFolder(dirname(this.#path));
    await writeWhole(this.#path, text);
  }

  #tellUnusable(message: string): void {
    this.#saved = undefined;
    this.#tell({ unusable: stateProblem(this.#path, message, "what the kernel refuses is left out until it takes it"), unwritten: this.#unwritten });
  }

  #tell({ unusable, unwritten }: { readonly unusable: Problem | undefined; readonly unwritten: Problem | undefined }): void {
    const isSame = unusable?.message === this.#unusable?.message && unwritten?.message === this.#unwritten?.message;
    [this.#unusable, this.#unwritten] = [unusable, unwritten];
    if (!isSame) this.#options.onProblem();
  }
}
