// The file datastore: a directory of manifests, read and watched. Like kubectl and the kubelet it takes *.yaml, *.yml and *.json of the
// directory itself: no subdirectories, nothing hidden, so that editors' temporary files and a ConfigMap's ..data stay out.
// When to look is watcher.ts; what a look finds is scan.ts, what becomes of it lastGood.ts.

import { isDeepStrictEqual } from "node:util";
import type { Problem } from "../../rules/model/problem.ts";
import { errorsOf, type FileState, keeping, mergeFiles, nextFileState } from "./lastGood.ts";
import type { LastGoodFolder } from "./lastGoodFolder.ts";
import { type Listed, scanDirectory, type Unreadable } from "./scan.ts";
import type { ResourceSource, SourceState } from "./source.ts";
import { type ReadElsewhere, ThreadReader } from "./threadReader.ts";
import { type Steps, unhurried } from "./unhurried.ts";
import { type Watcher, type WatchTiming, watchPath } from "./watcher.ts";

export interface DirectoryOptions {
  readonly path: string;
  /** After each look, also while not yet in sync; whether it found something new is the store's to say. */
  onChange(): void;
  readonly timing?: WatchTiming;
  /** What outlives this process. Without it a resource that is invalid at a start is not in force. */
  readonly lastGood?: LastGoodFolder;
}

export function watchDirectory(options: DirectoryOptions): ResourceSource {
  return new DirectorySource(options);
}

/** One look, for commands that do not stay. */
export async function readDirectory(path: string): Promise<SourceState> {
  const { state } = await look(path, nothingKnown, {});
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

interface LookOptions {
  readonly signal?: AbortSignal;
  /** At the first look. */
  readonly lastGood?: LastGoodFolder | undefined;
}

/** @throws what the signal says, once it is aborted */
async function look(path: string, known: Known, options: LookOptions): Promise<Known> {
  const scan = await scanDirectory(path, known.fingerprints);
  options.signal?.throwIfAborted();
  if (scan.kind === "unreadable") return keep(known, path, scan);
  if (scan.files.length === 0 && scan.same.length === known.files.size && isDeepStrictEqual(scan.subdirectories, known.subdirectories)) return known;
  const { files, fingerprints } = await readFiles(known, scan, options);
  const state = await unhurried(merge(files, scan.subdirectories), options.signal);
  return { files, fingerprints, subdirectories: scan.subdirectories, state };
}

async function readFiles(known: Known, scan: Listed, { signal, lastGood }: LookOptions): Promise<Found> {
  const reader = new ThreadReader();
  const end = (): void => void reader.close();
  signal?.addEventListener("abort", end);
  try {
    const { files, fingerprints } = await unhurried(advance(known, scan, reader.read), signal);
    for (const [file, state] of files) {
      if (lastGood === undefined || errorsOf(state).length === 0) continue;
      const before = await lastGood.read(file, state, reader.read);
      files.set(
        file,
        keeping(state, () => before),
      );
    }
    return { files, fingerprints };
  } finally {
    signal?.removeEventListener("abort", end);
    await reader.close();
  }
}

/** A directory that cannot be listed keeps everything that was known of it: an unmounted volume must not open the firewall. */
function keep(known: Known, path: string, { reason }: Unreadable): Known {
  const hint = known.files.size === 0 ? "nothing is known of its resources yet" : "what it last held stays in force";
  const problem: Problem = { code: "directory-unreadable", severity: "error", place: { source: path }, message: reason, hint };
  return { ...known, fingerprints: new Map(), subdirectories: undefined, state: { resources: known.state.resources, problems: [problem] } };
}

interface Found {
  readonly files: Map<string, FileState>;
  readonly fingerprints: Known["fingerprints"];
}

function* advance(known: Known, { files: found, same }: Listed, elsewhere: ReadElsewhere): Steps<Found> {
  const files = new Map<string, FileState>();
  const fingerprints = new Map<string, string | undefined>();
  for (const path of same) {
    const state = known.files.get(path);
    if (state === undefined) continue;
    files.set(path, state);
    fingerprints.set(path, known.fingerprints.get(path));
  }
  for (const file of found) {
    files.set(file.path, yield* nextFileState(known.files.get(file.path), file, elsewhere));
    fingerprints.set(file.path, file.fingerprint);
  }
  return { files, fingerprints };
}

function* merge(files: ReadonlyMap<string, FileState>, subdirectories: readonly string[]): Steps<SourceState> {
  yield;
  const merged = mergeFiles(files);
  yield;
  return { ...merged, problems: [...merged.problems, ...subdirectories.map(subdirectoryIgnored)] };
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
  /** Whether the directory was listed at least once. */
  #isListed = false;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#watcher = watchPath({ path: options.path, look: () => this.#look(), ...(options.timing && { timing: options.timing }) });
  }

  current(): SourceState {
    const { state } = this.#known;
    const problems = this.#options.lastGood?.problems ?? [];
    return problems.length === 0 ? state : { ...state, problems: [...state.problems, ...problems] };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#watcher.close();
    await this.#options.lastGood?.close();
  }

  async #look(): Promise<"seen" | "blind"> {
    const { path, lastGood } = this.#options;
    const { signal } = this.#closing;
    try {
      this.#known = await look(path, this.#known, { signal, lastGood: this.#isListed ? undefined : lastGood });
    } catch (error) {
      if (signal.aborted) return "blind";
      throw error;
    }
    const { files, subdirectories } = this.#known;
    const isListed = subdirectories !== undefined;
    this.#isListed ||= isListed;
    if (isListed) this.#synced.resolve();
    this.#options.onChange();
    if (isListed) lastGood?.save(files);
    return isListed ? "seen" : "blind";
  }
}
