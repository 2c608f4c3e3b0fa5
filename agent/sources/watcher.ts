// When to look at a directory again: soon after something in it changed, and every few seconds without a word, since inotify does not tell
// everything. What a look finds is not known here.

import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";

export interface WatchOptions {
  /** Of the directory. */
  readonly path: string;
  /** One look; never two at a time. "blind" when there was nothing to be seen, and the next should come sooner. */
  look(isClosed: () => boolean): Promise<"seen" | "blind">;
  readonly timing?: WatchTiming;
}

/** Milliseconds. */
export interface WatchTiming {
  /** A look follows the last event by this much: an editor or a copy is then done, and a half-written file is not read. */
  readonly quiet: number;
  /** Steady events delay a look no longer than this. */
  readonly patience: number;
  /** A look without any event: finds what inotify cannot tell (targets of links, network file systems). */
  readonly rescan: number;
  /** The same while there is no directory, or no watch on it. */
  readonly rescanBlind: number;
}

const defaultTiming: WatchTiming = { quiet: 100, patience: 1000, rescan: 5000, rescanBlind: 1000 };

export interface Watcher {
  close(): void;
}

/** The first look is at once. */
export function watchPath(options: WatchOptions): Watcher {
  return new PathWatcher(options);
}

class PathWatcher implements Watcher {
  readonly #options: WatchOptions;
  readonly #timing: WatchTiming;
  #watcher: FSWatcher | undefined;
  /** Device and inode that the watch is on. */
  #watched: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the oldest event came that no look has answered yet. */
  #waitingSince: number | undefined;
  #isLooking = false;
  #isClosed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#timing = options.timing ?? defaultTiming;
    void this.#look();
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
    if (this.#isLooking) return;
    const delay = Math.min(this.#timing.quiet, Math.max(0, this.#waitingSince + this.#timing.patience - now));
    this.#lookIn(delay);
  }

  #lookIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), milliseconds);
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    this.#waitingSince = undefined;
    await this.#watchAgain();
    const found = await this.#options.look(() => this.#isClosed);
    this.#isLooking = false;
    if (this.#isClosed) return;
    if (this.#waitingSince !== undefined) this.#lookIn(this.#timing.quiet);
    else this.#lookIn(this.#watcher === undefined || found === "blind" ? this.#timing.rescanBlind : this.#timing.rescan);
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
