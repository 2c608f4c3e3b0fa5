// The program of a thread that reads large documents (threadReader.ts): a chunk comes in, what it holds goes back. In an installed package it is a bundle
// of its own (tools/bundle.mjs).

import { parentPort } from "node:worker_threads";
import type { Chunk } from "./chunks.ts";
import { decodeChunk, type ReadChunk } from "./decodeChunk.ts";
import { atOnce } from "./unhurried.ts";
import { readChunk } from "./yaml.ts";

export interface Errand {
  readonly chunk: Chunk;
  readonly source: string;
}

/** Whoever asks has the chunk. */
export type Answer = Omit<ReadChunk, keyof Chunk>;

parentPort?.on("message", ({ chunk, source }: Errand) => {
  const { text: _, line: __, ...answer } = atOnce(decodeChunk(chunk, readChunk(chunk, source)));
  parentPort?.postMessage(answer satisfies Answer);
});
