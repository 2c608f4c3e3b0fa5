// The file datastore: a directory of manifests, read and watched. Like kubectl and the kubelet it takes *.yaml, *.yml and *.json of the
// directory itself: no subdirectories, nothing hidden, so that editors' temporary files and a ConfigMap's ..data stay out.
// Decides when to look; what a look finds is scan.ts, what becomes of it lastGood.ts.

import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import type { Problem } from "../../rules/model/problem.ts";
import { type FileState, mergeFiles, nextFileState } from "./lastGood.ts";
import { type Scan, scanDirectory } from "./scan.ts";
import type { ResourceSource, SourceState } from "./source.ts";

export interface DirectoryOptions {
  readonly path: string;
  /** After each look, also while not yet in sync; whether it found something new is the store's to say. */
  onChange(): void;
  readonly timing?: DirectoryTiming;
}

/** Milliseconds. */
export interface DirectoryTiming {
  /** A look follows the last event by this much: an editor or a copy is then done, and a half-written file is not read. */
  readonly quiet: number;
  /** Steady events delay a look no longer than this. */
  readonly patience: number;
  /** A look without any event: finds what inotify cannot tell (targets of links, network file systems). */
  readonly rescan: number;
  /** The same while there is no directory, or no watch on it. */
  readonly rescanBlind: number;
}

const defaultTiming: DirectoryTiming = { quiet: 100, patience: 1000, rescan: 5000, rescanBlind: 1000 };

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
  readonly #timing: DirectoryTiming;
  #known: Known = { files: new Map(), fingerprints: new Map(), state: empty };
  #watcher: FSWatcher | undefined;
  /** Device and inode that the watch is on. */
  #watched: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the oldest event came that no look has answered yet. */
  #waitingSince: number | undefined;
  #isScanning = false;
  #isClosed = false;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#timing = options.timing ?? defaultTiming;
    void this.#look();
  }

  current(): SourceState {
    return this.#known.state;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }

  #onEvent(): void {
    if (this.#isClosed) return;
    const now = performance.now();
    this.#waitingSince ??= now;
    if (this.#isScanning) return;
    const delay = Math.min(this.#timing.quiet, Math.max(0, this.#waitingSince + this.#timing.patience - now));
    this.#lookIn(delay);
  }

  #lookIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), milliseconds);
  }

  async #look(): Promise<void> {
    this.#isScanning = true;
    this.#waitingSince = undefined;
    await this.#watchAgain();
    const scan = await scanDirectory(this.#options.path, this.#known.fingerprints);
    this.#isScanning = false;
    if (this.#isClosed) return;
    this.#take(scan);
    if (this.#waitingSince !== undefined) this.#lookIn(this.#timing.quiet);
    else this.#lookIn(this.#watcher === undefined || scan.kind === "unreadable" ? this.#timing.rescanBlind : this.#timing.rescan);
  }

  #take(scan: Scan): void {
    this.#known = advance(this.#known, this.#options.path, scan);
    if (scan.kind === "listed") this.#synced.resolve();
    this.#options.onChange();
  }

  /** A removed directory's watch is dead, and so is one on a directory that a link no longer leads to: watch what is there now. */
  async #watchAgain(): Promise<void> {
    const { path } = this.#options;
    const there = await stat(path).then(
      ({ dev, ino }) => `${dev}:${ino}`,
      () => undefined,
    );
    if (there === this.#watched || this.#isClosed) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#watched = undefined;
    if (there === undefined) return;
    try {
      this.#watcher = watch(path, () => this.#onEvent());
      this.#watcher.on("error", () => this.#onEvent());
      this.#watched = there;
    } catch {
      // Out of inotify watches, or just gone: the next look without an event comes sooner instead.
    }
  }
}
