// A thread that parses YAML for another: portions of chunks come in, what they say goes back. It decodes them too, as only that says which places
// will be asked for. Started by sharedReading.ts; needs no more than the two stages, as it is a bundle of its own (tools/bundle.mjs).

import { parentPort } from "node:worker_threads";
import type { Chunk } from "./chunks.ts";
import { decodeChunk } from "./decodeChunk.ts";
import { listenTo, type Told } from "./told.ts";
import { readChunk } from "./yaml.ts";

/** The documents of each chunk, or undefined where somebody else has to read it. */
export type Answer = readonly (readonly Told[] | undefined)[];

/** A fault may come of this thread's smaller stack (a deep nest is one), so the thread that has to tell of it finds it itself. */
function read(chunk: Chunk): readonly Told[] | undefined {
  try {
    const documents = readChunk(chunk, "");
    if (documents.some(({ problems }) => problems.length > 0)) return undefined;
    const heard = documents.map(listenTo);
    for (
      const steps = decodeChunk(
        chunk,
        heard.map(({ document }) => document),
      );
      steps.next().done !== true;
    );
    return heard.map(({ told }) => told);
  } catch {
    return undefined;
  }
}

parentPort?.on("message", (portion: readonly Chunk[]) => {
  const answer: Answer = portion.map(read);
  parentPort?.postMessage(answer);
});
