// What is in force of each manifest, in a folder of its own that outlives the process: a start at which a manifest is invalid or unreadable finds there
// what was last valid of it (semantics 0, row 9). The folder has the manifests' own paths and names, so that people can read it, and `hostward check` too.

import { constants } from "node:fs";
import { mkdir, open, readdir, rename, unlink } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Problem } from "../../rules/model/problem.ts";
import { errorsOf, type FileState, type Written, writtenIn } from "./lastGood.ts";
import { lastGoodText } from "./lastGoodText.ts";
import { type Part, partsOf, readParts } from "./manifest.ts";
import { unhurried } from "./unhurried.ts";

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
  /** As written, by the manifest's path. Undefined: what the folder has is of an earlier run. */
  #saved: Map<string, FileState> | undefined;
  #wanted: Files | undefined;
  #saving: Promise<void> | undefined;
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
  async read(manifest: string, now: FileState): Promise<readonly Written[]> {
    const path = this.#pathOf(manifest);
    try {
      const text = await readOwn(path);
      if (text === undefined) return [];
      const unchanged = new Set(now.chunks.map((chunk) => chunk.text));
      return await unhurried(readOthers({ text, path, unchanged }));
    } catch (error) {
      const hint = "what is invalid in the manifest is not in force until it is put right";
      this.#unusable.set(manifest, stateProblem(path, `cannot be used: ${reasonOf(error)}`, hint));
      return [];
    }
  }

  /** Soon, and of several at once the last; never rejects. Files that are as they were are not written. */
  save(files: Files): void {
    this.#wanted = files;
    this.#saving ??= this.#saveAll().finally(() => {
      this.#saving = undefined;
    });
  }

  /** Fulfilled when all is written, or as much as can be in the time that an end may take: the first save of thousands of manifests takes longer. */
  async close(): Promise<void> {
    this.#deadline = performance.now() + mostMillisecondsOfClosing;
    await this.#saving;
  }

  async #saveAll(): Promise<void> {
    for (let files = this.#wanted; files !== undefined; files = this.#wanted) {
      this.#wanted = undefined;
      try {
        await this.#saveFiles(files);
        this.#tell(undefined);
      } catch (error) {
        const hint = "what is invalid at the next start is not in force then; let hostward write there, or name another directory in the setting `state`";
        this.#tell(stateProblem(this.#folder, `cannot be written: ${reasonOf(error)}`, hint));
      }
    }
  }

  async #saveFiles(files: Files): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const there = this.#saved === undefined ? await filesIn(this.#folder) : [...this.#saved.keys()].map((path) => basename(path));
    this.#saved ??= new Map();
    const names = new Set([...files.keys()].map((path) => basename(path)));
    for (const name of there) if (!names.has(name)) await this.#remove(name);
    for (const [path, state] of files) {
      if (performance.now() > this.#deadline) return;
      if (this.#saved.get(path) === state || isUnreadable(state)) continue;
      if (this.#unusable.has(path) && errorsOf(state).length > 0) continue;
      await write(this.#pathOf(path), lastGoodText(state));
      if (this.#unusable.delete(path)) this.#options.onProblem();
      this.#saved.set(path, state);
    }
  }

  async #remove(name: string): Promise<void> {
    await unlink(join(this.#folder, name));
    this.#saved?.delete(join(this.#options.manifests, name));
  }

  #pathOf(manifest: string): string {
    return join(this.#folder, basename(manifest));
  }

  #tell(unwritten: Problem | undefined): void {
    const before = this.#unwritten?.message;
    this.#unwritten = unwritten;
    if (unwritten?.message !== before) this.#options.onProblem();
  }
}

function stateProblem(source: string, message: string, hint: string): Problem {
  return { code: "state-directory", severity: "warning", place: { source }, message, hint };
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

function* readOthers({ text, path, unchanged }: Kept): Generator<void, readonly Written[]> {
  const parts: readonly Part[] = yield* partsOf(text, []);
  const others = parts.filter((part) => !unchanged.has(part.text));
  return writtenIn(yield* readParts(others, path, new Map()));
}

/** Undefined: there is none. @throws also where others than this process's user may write: whoever does could put policies in force */
async function readOwn(path: string): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { uid, mode } = await file.stat();
    if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) throw new Error("others may write to it");
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/** Whole or not at all, also when the machine stops meanwhile. What is there already is not written again. */
async function write(path: string, text: string): Promise<void> {
  if ((await readOwn(path).catch(() => undefined)) === text) return;
  const beside = `${path}.new`;
  const file = await open(beside, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
