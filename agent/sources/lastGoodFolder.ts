// What is in force of each manifest, in a folder of its own that outlives the process: a start at which a manifest is invalid or unreadable finds there
// what was last valid of it (semantics 0, row 9). The folder has the manifests' own paths and names, so that people can read it, and `hostward check` too.

import { readdir, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Problem } from "../../rules/model/problem.ts";
import { errorsOf, type FileState, type Written, writtenIn } from "./lastGood.ts";
import { lastGoodText } from "./lastGoodText.ts";
import { Latest } from "./latest.ts";
import { type Part, partsOf, readParts } from "./manifest.ts";
import { makeOwnFolder, readOwn, stateProblem, writeWhole } from "./ownFile.ts";
import { reasonOf } from "./scan.ts";
import type { ReadElsewhere } from "./threadReader.ts";
import { type Steps, unhurried } from "./unhurried.ts";

export interface LastGoodOptions {
  /** The folder that the daemon has for its state; made where it is missing. */
  readonly state: string;
  /** The directory of the manifests. */
  readonly manifests: string;
  /** `problems` are others than before. */
  onProblem(): void;
}

const mostMillisecondsOfClosing = 2000;

type Files = ReadonlyMap<string, FileState>;

export class LastGoodFolder {
  readonly #options: LastGoodOptions;
  readonly #folder: string;
  /** Why nothing can be written. */
  #unwritten: Problem | undefined;
  /** What was kept and cannot be used, by the manifest's path. It stays there until the manifest is valid. */
  readonly #unusable = new Map<string, Problem>();
  /** As written, by name. Undefined: what the folder has is of an earlier run. */
  #saved: Map<string, FileState> | undefined;
  /** All of these are written. */
  #done: Files | undefined;
  readonly #saving = new Latest<Files>((files) => this.#saveAll(files));
  /** By performance.now(): what is not written by then stays as it is. */
  #deadline = Number.POSITIVE_INFINITY;

  constructor(options: LastGoodOptions) {
    this.#options = options;
    this.#folder = join(resolve(options.state), "last-good", resolve(options.manifests));
  }

  get problems(): readonly Problem[] {
    return [...this.#unusable.values(), ...(this.#unwritten === undefined ? [] : [this.#unwritten])];
  }

  /** What was last in force of the manifest, less what it holds unchanged. Nothing where nothing is known. */
  async read(manifest: string, now: FileState, elsewhere?: ReadElsewhere): Promise<readonly Written[]> {
    const path = this.#pathOf(manifest);
    try {
      const text = await readOwn(path);
      if (text === undefined) return [];
      const unchanged = new Set(now.chunks.map((chunk) => chunk.text));
      return await unhurried(readOthers({ text, path, unchanged }, elsewhere));
    } catch (error) {
      const hint = "what is invalid in the manifest is not in force until it is put right";
      this.#unusable.set(manifest, stateProblem(path, reasonOf(error), hint));
      return [];
    }
  }

  /** Soon, and of several at once the last. Asked again with the same it does nothing but what could not be done before. */
  save(files: Files): void {
    if (files !== this.#done) this.#saving.do(files);
  }

  /** Fulfilled when all is written, or as much as can be in the time that an end may take: the first save of thousands of manifests takes longer. */
  async close(): Promise<void> {
    this.#deadline = performance.now() + mostMillisecondsOfClosing;
    await this.#saving.idle();
  }

  async #saveAll(files: Files): Promise<void> {
    const [failure] = await this.#saveFiles(files).catch((error: unknown) => [error]);
    if (failure === undefined) this.#done = files;
    this.#tell(failure);
  }

  /** Of what fails the others are done all the same. @returns why it failed @throws when nothing can be done */
  async #saveFiles(files: Files): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    const attempt = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => void failures.push(error));
    await makeOwnFolder(this.#folder);
    const there = this.#saved === undefined ? await filesIn(this.#folder) : this.#saved.keys();
    this.#saved ??= new Map();
    const names = new Set(Array.from(files.keys(), (path) => basename(path)));
    for (const name of [...there]) if (!names.has(name)) await attempt(this.#remove(name));
    for (const [path, state] of files) {
      if (performance.now() > this.#deadline) break;
      await attempt(this.#saveFile(path, state));
    }
    return failures;
  }

  async #remove(name: string): Promise<void> {
    await rm(join(this.#folder, name), { force: true });
    this.#saved?.delete(name);
  }

  /** What an earlier run has left is not written again where it is the same. */
  async #saveFile(manifest: string, state: FileState): Promise<void> {
    const [name, path] = [basename(manifest), this.#pathOf(manifest)];
    const before = this.#saved?.get(name);
    if (before === state || isUnreadable(state)) return;
    if (this.#unusable.has(manifest) && errorsOf(state).length > 0) return;
    const text = lastGoodText(state);
    if (before !== undefined || (await readOwn(path).catch(() => undefined)) !== text) await writeWhole(path, text);
    this.#saved?.set(name, state);
    if (this.#unusable.delete(manifest)) this.#options.onProblem();
  }

  #pathOf(manifest: string): string {
    return join(this.#folder, basename(manifest));
  }

  #tell(failure: unknown): void {
    const before = this.#unwritten?.message;
    const hint = "what is invalid at the next start is not in force then; let hostward write there, or name another directory in the setting `state`";
    this.#unwritten = failure === undefined ? undefined : stateProblem(this.#folder, `cannot be written: ${(failure as Error).message}`, hint);
    if (this.#unwritten?.message !== before) this.#options.onProblem();
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}

/** Then what was last valid is what was saved before. */
function isUnreadable({ problems }: FileState): boolean {
  return problems.some(({ code }) => code === "file-unreadable");
}

interface Kept {
  readonly text: string;
  readonly path: string;
  /** Texts of chunks that need not be read: what is in them is in force in any case. */
  readonly unchanged: ReadonlySet<string>;
}

function* readOthers({ text, path, unchanged }: Kept, elsewhere?: ReadElsewhere): Steps<readonly Written[]> {
  const parts: readonly Part[] = yield* partsOf(text, []);
  const others = parts.filter((part) => !unchanged.has(part.text));
  return writtenIn(yield* readParts(others, path, elsewhere));
}
