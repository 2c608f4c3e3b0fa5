// The file datastore: a directory of manifests, read and watched. Like kubectl and the kubelet it takes *.yaml, *.yml and *.json of the
// directory itself: no subdirectories, nothing hidden, so that editors' temporary files and a ConfigMap's ..data stay out.
// When to look is watcher.ts; what a look finds is scan.ts, what becomes of it lastGood.ts.

import { isDeepStrictEqual } from "node:util";
import type { Problem } from "../../rules/model/problem.ts";
import { type FileState, mergeFiles, nextFileState } from "./lastGood.ts";
import { type Scan, scanDirectory } from "./scan.ts";
import type { ResourceSource, SourceState } from "./source.ts";
import { unhurried } from "./unhurried.ts";
import { type Watcher, type WatchTiming, watchPath } from "./watcher.ts";

export interface DirectoryOptions {
  readonly path: string;
  /** After each look, also while not yet in sync; whether it found something new is the store's to say. */
  onChange(): void;
  readonly timing?: WatchTiming;
}

export function watchDirectory(options: DirectoryOptions): ResourceSource {
  return new DirectorySource(options);
}

/** One look, for commands that do not stay. */
export async function readDirectory(path: string): Promise<SourceState> {
  const { state } = await unhurried(advance(nothingKnown, path, await scanDirectory(path, new Map())));
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

/** A directory that cannot be listed keeps everything that was known of it: an unmounted volume must not open the firewall. */
function* advance(known: Known, path: string, scan: Scan): Generator<void, Known> {
  if (scan.kind === "unreadable") {
    const hint = known.files.size === 0 ? "nothing is known of its resources yet" : "what it last held stays in force";
    const problem: Problem = { code: "directory-unreadable", severity: "error", place: { source: path }, message: scan.reason, hint };
    return { ...known, fingerprints: new Map(), subdirectories: undefined, state: { resources: known.state.resources, problems: [problem] } };
  }
  if (isAsBefore(known, scan)) return known;
  const files = new Map<string, FileState>();
  const fingerprints = new Map<string, string | undefined>();
  for (const same of scan.same) {
    const state = known.files.get(same);
    if (state === undefined) continue;
    files.set(same, state);
    fingerprints.set(same, known.fingerprints.get(same));
  }
  for (const file of scan.files) {
    files.set(file.path, yield* nextFileState(known.files.get(file.path), file));
    fingerprints.set(file.path, file.fingerprint);
  }
  yield;
  const merged = mergeFiles(files);
  const problems = [...merged.problems, ...scan.subdirectories.map(subdirectoryIgnored)];
  yield;
  return { files, fingerprints, subdirectories: scan.subdirectories, state: { ...merged, problems } };
}

function isAsBefore({ files, subdirectories }: Known, scan: Scan & { readonly kind: "listed" }): boolean {
  return scan.files.length === 0 && scan.same.length === files.size && isDeepStrictEqual(scan.subdirectories, subdirectories);
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
  #known = nothingKnown;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#watcher = watchPath({ path: options.path, look: (isClosed) => this.#look(isClosed), ...(options.timing && { timing: options.timing }) });
  }

  current(): SourceState {
    return this.#known.state;
  }

  close(): void {
    this.#watcher.close();
  }

  async #look(isClosed: () => boolean): Promise<"seen" | "blind"> {
    const scan = await scanDirectory(this.#options.path, this.#known.fingerprints);
    if (isClosed()) return "blind";
    this.#known = await unhurried(advance(this.#known, this.#options.path, scan));
    if (isClosed()) return "blind";
    if (scan.kind === "listed") this.#synced.resolve();
    this.#options.onChange();
    return scan.kind === "listed" ? "seen" : "blind";
  }
}
