// The file datastore: a directory of manifests, read and watched. Like kubectl and the kubelet it takes *.yaml, *.yml and *.json of the
// directory itself: no subdirectories, nothing hidden, so that editors' temporary files and a ConfigMap's ..data stay out.
// When to look is watcher.ts; what a look finds is scan.ts, what becomes of it lastGood.ts.

import { isDeepStrictEqual } from "node:util";
import type { Problem } from "../../rules/model/problem.ts";
import { type AheadOptions, readAhead } from "./ahead.ts";
import type { ReadChunk } from "./decodeChunk.ts";
import { type FileState, type FoundFile, mergeFiles, nextFileState } from "./lastGood.ts";
import { type Part, partsOf } from "./manifest.ts";
import { type ScannedFile, scanDirectory, type Unreadable } from "./scan.ts";
import type { ResourceSource, SourceState } from "./source.ts";
import { unhurried } from "./unhurried.ts";
import { type Watcher, type WatchTiming, watchPath } from "./watcher.ts";

export interface DirectoryOptions {
  readonly path: string;
  /** After each look, also while not yet in sync; whether it found something new is the store's to say. */
  onChange(): void;
  readonly timing?: WatchTiming;
  readonly reading?: Omit<AheadOptions, "signal">;
}

export function watchDirectory(options: DirectoryOptions): ResourceSource {
  return new DirectorySource(options);
}

/** One look, for commands that do not stay. */
export async function readDirectory(path: string, options: AheadOptions = {}): Promise<SourceState> {
  const { state } = await look(path, nothingKnown, options);
  return state;
}

interface Known {
  readonly files: ReadonlyMap<string, FileState>;
  readonly fingerprints: ReadonlyMap<string, string | undefined>;
  /** Undefined while the directory cannot be listed. */
  readonly subdirectories: readonly string[] | undefined;
  readonly state: SourceState;
}

const nothingKnown: Known = { files: new Map(), fingerprints: new Map(), subdirectories: undefined, state: { resources: [], problems: [] } };

/** @throws what the signal says, once it is aborted */
async function look(path: string, known: Known, options: AheadOptions): Promise<Known> {
  const scan = await scanDirectory(path, known.fingerprints);
  options.signal?.throwIfAborted();
  if (scan.kind === "unreadable") return keep(known, path, scan);
  if (scan.files.length === 0 && scan.same.length === known.files.size && isDeepStrictEqual(scan.subdirectories, known.subdirectories)) return known;
  const found = await unhurried(splitFiles(scan.files, known), options.signal);
  const ahead = await readAhead(found, options);
  return await unhurried(advance(known, { ...scan, found, ahead }), options.signal);
}

/** A directory that cannot be listed keeps everything that was known of it: an unmounted volume must not open the firewall. */
function keep(known: Known, path: string, { reason }: Unreadable): Known {
  const hint = known.files.size === 0 ? "nothing is known of its resources yet" : "what it last held stays in force";
  const problem: Problem = { code: "directory-unreadable", severity: "error", place: { source: path }, message: reason, hint };
  return { ...known, fingerprints: new Map(), subdirectories: undefined, state: { resources: known.state.resources, problems: [problem] } };
}

function* splitFiles(files: readonly ScannedFile[], known: Known): Generator<void, readonly Found[]> {
  const found: Found[] = [];
  for (const { content, ...file } of files) {
    if (content.kind === "unreadable") found.push({ ...file, content });
    else found.push({ ...file, content: { kind: "parts", parts: yield* partsOf(content.text, known.files.get(file.path)?.chunks ?? []) } });
  }
  return found;
}

interface Found extends FoundFile, Pick<ScannedFile, "fingerprint"> {}

interface Look {
  readonly found: readonly Found[];
  readonly ahead: ReadonlyMap<Part, ReadChunk>;
  readonly same: readonly string[];
  readonly subdirectories: readonly string[];
}

function* advance(known: Known, { found, ahead, same, subdirectories }: Look): Generator<void, Known> {
  const files = new Map<string, FileState>();
  const fingerprints = new Map<string, string | undefined>();
  for (const path of same) {
    const state = known.files.get(path);
    if (state === undefined) continue;
    files.set(path, state);
    fingerprints.set(path, known.fingerprints.get(path));
  }
  for (const file of found) {
    files.set(file.path, yield* nextFileState(known.files.get(file.path), file, ahead));
    fingerprints.set(file.path, file.fingerprint);
  }
  yield;
  const merged = mergeFiles(files);
  const problems = [...merged.problems, ...subdirectories.map(subdirectoryIgnored)];
  yield;
  return { files, fingerprints, subdirectories, state: { ...merged, problems } };
}

function subdirectoryIgnored(path: string): Problem {
  const message = "is a subdirectory and is not read";
  return { code: "subdirectory-ignored", severity: "warning", place: { source: path }, message, hint: "move its manifests up" };
}

class DirectorySource implements ResourceSource {
  readonly #synced = Promise.withResolvers<void>();
  readonly synced = this.#synced.promise;
  readonly #options: DirectoryOptions;
  readonly #watcher: Watcher;
  readonly #closing = new AbortController();
  #known = nothingKnown;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#watcher = watchPath({ path: options.path, look: () => this.#look(), ...(options.timing && { timing: options.timing }) });
  }

  current(): SourceState {
    return this.#known.state;
  }

  close(): void {
    this.#closing.abort();
    this.#watcher.close();
  }

  async #look(): Promise<"seen" | "blind"> {
    const { signal } = this.#closing;
    try {
      this.#known = await look(this.#options.path, this.#known, { ...this.#options.reading, signal });
    } catch (error) {
      if (signal.aborted) return "blind";
      throw error;
    }
    const isListed = this.#known.subdirectories !== undefined;
    if (isListed) this.#synced.resolve();
    this.#options.onChange();
    return isListed ? "seen" : "blind";
  }
}
