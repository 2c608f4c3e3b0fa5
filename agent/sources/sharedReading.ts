// Reads parts of manifests on several threads: this one and some that are started for it and end with it. Each takes a portion when it is free, so
// that a slow one holds up nobody. Only parsing is shared, which is most of the work; what a document means is decoded here. A thread that cannot be
// had, or is lost, is not missed: its portions are read by the others, and a portion that has nobody else by this one.

import { Worker } from "node:worker_threads";
import { copyOf } from "./chunks.ts";
import { decodeChunk, type ReadChunk } from "./decodeChunk.ts";
import { type Part, readPart } from "./manifest.ts";
import type { Answer } from "./readerThread.ts";
import { retell, type Told } from "./told.ts";
import { unhurried } from "./unhurried.ts";

/** A part that nothing is known of. */
export interface NewPart {
  readonly part: Part;
  /** The file's name. */
  readonly source: string;
}

export type Portion = readonly NewPart[];

export interface SharedReadingOptions {
  /** To start besides this one. */
  readonly threads: number;
  readonly program: URL;
  readonly signal: AbortSignal | undefined;
}

/** @throws what the signal says, once it is aborted */
export async function readShared(portions: readonly Portion[], options: SharedReadingOptions): Promise<ReadonlyMap<Part, ReadChunk>> {
  const reading = new SharedReading(portions, options);
  const close = (): void => reading.close();
  options.signal?.addEventListener("abort", close);
  try {
    return await reading.finish(options.signal);
  } finally {
    options.signal?.removeEventListener("abort", close);
    reading.close();
  }
}

/** The sources run from agent/sources, everything else from one folder. */
export const readerThread = new URL(import.meta.url.endsWith(".ts") ? "./readerThread.ts" : "./readerThread.mjs", import.meta.url);

interface Thread {
  readonly worker: Worker;
  /** That it has, in the order in which it answers. */
  readonly portions: Portion[];
}

/** With a portion in reserve a thread goes on while this one is busy. */
const portionsAtOnce = 2;

/**
 * Megabytes. What outlives a portion is little. The stack is a little smaller than the one here, so that what is nested too deeply for this thread is too
 * deep for all.
 */
const limits = { maxOldGenerationSizeMb: 128, stackSizeMb: 1 };

class SharedReading {
  readonly #waiting: Portion[];
  readonly #threads = new Set<Thread>();
  readonly #answers: { readonly portion: Portion; readonly answer: Answer }[] = [];
  readonly #read = new Map<Part, ReadChunk>();
  #wake = (): void => undefined;

  constructor(portions: readonly Portion[], { threads, program }: SharedReadingOptions) {
    this.#waiting = portions.toReversed();
    for (let i = 0; i < threads; i++) this.#start(program);
  }

  async finish(signal: AbortSignal | undefined): Promise<ReadonlyMap<Part, ReadChunk>> {
    for (;;) {
      const { promise: heard, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await unhurried(this.#readHere(), signal);
      if (this.#isFinished()) return this.#read;
      await heard;
      signal?.throwIfAborted();
    }
  }

  #isFinished(): boolean {
    return this.#waiting.length + this.#answers.length === 0 && [...this.#threads].every(({ portions }) => portions.length === 0);
  }

  close(): void {
    for (const thread of this.#threads) this.#lose(thread);
  }

  #start(program: URL): void {
    let worker: Worker;
    try {
      worker = new Worker(program, { name: "hostward-reader", resourceLimits: limits });
    } catch {
      // No memory for one more, or no process id: it is not to be had.
      return;
    }
    const thread: Thread = { worker, portions: [] };
    this.#threads.add(thread);
    worker.on("message", (answer: Answer) => this.#take(thread, answer));
    for (const end of ["error", "messageerror", "exit"]) worker.on(end, () => this.#lose(thread));
    for (let i = 0; i < portionsAtOnce; i++) this.#give(thread);
  }

  #give(thread: Thread): void {
    const portion = this.#waiting.pop();
    if (portion === undefined) return;
    thread.portions.push(portion);
    thread.worker.postMessage(portion.map(({ part: { text, line } }) => ({ text, line })));
  }

  #take(thread: Thread, answer: Answer): void {
    const portion = thread.portions.shift();
    if (portion === undefined) return;
    this.#answers.push({ portion, answer });
    this.#give(thread);
    this.#wake();
  }

  #lose(thread: Thread): void {
    if (!this.#threads.delete(thread)) return;
    this.#waiting.push(...thread.portions.splice(0));
    void thread.worker.terminate();
    this.#wake();
  }

  /** What others have parsed comes first, so that little of it waits in memory and all of them are ready at about the same time. */
  *#readHere(): Generator<void, void> {
    for (;;) {
      const parsed = this.#answers.shift();
      const portion = parsed?.portion ?? this.#waiting.pop();
      if (portion === undefined) return;
      for (const [index, { part, source }] of portion.entries()) {
        yield;
        const told = parsed?.answer[index];
        this.#read.set(part, yield* told === undefined ? readPart(part, source) : decodeTold(part, told, source));
      }
    }
  }
}

function* decodeTold(part: Part, told: readonly Told[], source: string): Generator<void, ReadChunk> {
  const { documents, wasEnough } = retell(told, source);
  const chunk = yield* decodeChunk({ text: copyOf(part.text), line: part.line }, documents);
  return wasEnough() ? chunk : yield* readPart(part, source);
}
