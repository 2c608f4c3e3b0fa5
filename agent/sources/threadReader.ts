// Has large documents read on a thread. A parser reads each in one piece, the thorough one in a second and with 70 MB for each MB of text: here others
// would have to wait, and what is wrong with one file could take the memory from all. The thread is there while a directory is looked at.

import { Worker } from "node:worker_threads";
import type { Problem } from "../../rules/model/problem.ts";
import { type Chunk, countLines } from "./chunks.ts";
import type { ReadChunk } from "./decodeChunk.ts";
import type { Answer, Errand } from "./readerThread.ts";

/** Undefined: it has to be read here. */
export type ReadElsewhere = (chunk: Chunk, source: string) => Promise<ReadChunk | undefined>;

const mostMegabytes = 1024;

/** The sources run from agent/sources, everything else from one folder. */
const program = new URL(import.meta.url.endsWith(".ts") ? "./readerThread.ts" : "./readerThread.mjs", import.meta.url);

export class ThreadReader {
  /** That the thread may take. */
  #megabytes: number | undefined;
  #worker: Worker | undefined;
  #asked: PromiseWithResolvers<Answer> | undefined;
  #isClosed = false;

  /** @param megabytes that the thread may take; by default half of what there is when it starts, up to a gigabyte */
  constructor(megabytes?: number) {
    this.#megabytes = megabytes;
  }

  /** One after the other. A thread that cannot be had, or ends, is not missed: undefined. @throws when it is closed before or meanwhile */
  readonly read: ReadElsewhere = async (chunk, source) => {
    if (this.#isClosed) throw new Error("the reader is closed");
    const asked = Promise.withResolvers<Answer>();
    // Nobody waits for it where the errand cannot even be sent.
    asked.promise.catch(() => undefined);
    this.#asked = asked;
    try {
      this.#worker ??= this.#start();
      this.#worker.postMessage({ chunk, source } satisfies Errand);
      return { ...chunk, ...(await asked.promise) };
    } catch (error) {
      await this.#end();
      if (this.#isClosed) throw error;
      if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY") return undefined;
      return { ...chunk, lines: countLines(chunk.text), resources: [], problems: [this.#tooLarge(chunk, source)], ignored: [] };
    }
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** Its stack is no larger than the one here, so that what is nested too deeply for one is too deep for both. */
  #start(): Worker {
    this.#megabytes ??= Math.min(mostMegabytes, Math.floor(process.availableMemory() / 2 ** 21));
    const worker = new Worker(program, { name: "hostward-reader", resourceLimits: { maxOldGenerationSizeMb: this.#megabytes, stackSizeMb: 1 } });
    worker.on("message", (answer: Answer) => this.#asked?.resolve(answer));
    worker.on("error", (error) => this.#asked?.reject(error));
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#asked?.reject(new Error("the thread has ended"));
    });
    return worker;
  }

  #tooLarge({ text, line }: Chunk, source: string): Problem {
    const size = `${Math.round(text.length / 1e5) / 10} MB`;
    return {
      code: "yaml-syntax",
      severity: "error",
      place: { source, line },
      message: `is a document of ${size}, and more than ${this.#megabytes} MB of memory would be needed to read it`,
      hint: "divide it into documents by --- lines",
    };
  }
}
