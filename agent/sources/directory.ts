// The file datastore: a directory of manifests, read and watched. Like kubectl and the kubelet it takes *.yaml, *.yml and *.json of the
// directory itself: no subdirectories, nothing hidden, so that editors' temporary files and a ConfigMap's ..data stay out.
// When to look is watcher.ts; what a look finds is scan.ts, what becomes of it lastGood.ts.

import type { Problem } from "../../rules/model/problem.ts";
import { type FileState, mergeFiles, nextFileState } from "./lastGood.ts";
import { type Scan, scanDirectory } from "./scan.ts";
import type { ResourceSource, SourceState } from "./source.ts";
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
  const { state } = advance({ files: new Map(), fingerprints: new Map(), state: empty }, path, await scanDirectory(path, new Map()));
  return state;
}

interface Known {
  readonly files: ReadonlyMap<string, FileState>;
  readonly fingerprints: ReadonlyMap<string, string | undefined>;
  readonly state: SourceState;
}

const empty: SourceState = { resources: [], problems: [] };

/** A directory that cannot be listed keeps everything that was known of it: an unmounted volume must not open the firewall. */
function advance(known: Known, path: string, scan: Scan): Known {
  if (scan.kind === "unreadable") {
    const hint = known.files.size === 0 ? "nothing is known of its resources yet" : "what it last held stays in force";
    const problem: Problem = { code: "directory-unreadable", severity: "error", place: { source: path }, message: scan.reason, hint };
    return { ...known, fingerprints: new Map(), state: { resources: known.state.resources, problems: [problem] } };
  }
  const files = new Map<string, FileState>();
  const fingerprints = new Map<string, string | undefined>();
  for (const same of scan.same) {
    const state = known.files.get(same);
    if (state === undefined) continue;
    files.set(same, state);
    fingerprints.set(same, known.fingerprints.get(same));
  }
  for (const file of scan.files) {
    files.set(file.path, nextFileState(known.files.get(file.path), file));
    fingerprints.set(file.path, file.fingerprint);
  }
  const merged = mergeFiles(files);
  return { files, fingerprints, state: { ...merged, problems: [...merged.problems, ...scan.subdirectories.map(subdirectoryIgnored)] } };
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
  #known: Known = { files: new Map(), fingerprints: new Map(), state: empty };

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
    this.#known = advance(this.#known, this.#options.path, scan);
    if (scan.kind === "listed") this.#synced.resolve();
    this.#options.onChange();
    return scan.kind === "listed" ? "seen" : "blind";
  }
}
