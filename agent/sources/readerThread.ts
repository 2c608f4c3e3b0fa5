// A thread that parses YAML for another: portions of chunks come in, their documents go back. Started by sharedReading.ts. What documents mean is not
// known here: the thread is to start quickly, and in an installed package it is a small bundle of its own (tools/bundle.mjs).

import { parentPort } from "node:worker_threads";
import type { Chunk } from "./chunks.ts";
import { type Told, tell } from "./told.ts";
import { readChunk } from "./yaml.ts";

/** The documents of each chunk, or undefined where somebody else has to read it. */
export type Answer = readonly (readonly Told[] | undefined)[];

/** A fault may come of this thread's smaller stack (a deep nest is one), so the thread that has to tell of it finds it itself. */
function read(chunk: Chunk): readonly Told[] | undefined {
  try {
    const documents = readChunk(chunk, "");
    return documents.every(({ problems }) => problems.length === 0) ? documents.map(tell) : undefined;
  } catch {
    return undefined;
  }
}

parentPort?.on("message", (portion: readonly Chunk[]) => {
  const answer: Answer = portion.map(read);
  parentPort?.postMessage(answer);
});
