// The program of a thread that reads large documents (threadReader.ts): a chunk comes in, what it holds goes back. In an installed package it is a bundle
// of its own (tools/bundle.mjs).

import { parentPort } from "node:worker_threads";
import type { Chunk } from "./chunks.ts";
import { decodeChunk, type ReadChunk } from "./decodeChunk.ts";
import { readChunk } from "./yaml.ts";

export interface Errand {
  readonly chunk: Chunk;
  readonly source: string;
}

/** Whoever asks has the chunk. */
export type Answer = Omit<ReadChunk, keyof Chunk>;

parentPort?.on("message", ({ chunk, source }: Errand) => {
  const steps = decodeChunk(chunk, readChunk(chunk, source));
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done !== true) continue;
    const { text: _, line: __, ...answer } = step.value;
    parentPort?.postMessage(answer satisfies Answer);
    return;
  }
});
