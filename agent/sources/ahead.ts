// What is new in the files of one look, read before they are put together: where it is much, on several threads. A look at a directory of ten thousand
// small files gains as much as one at a file of ten thousand documents.

import { availableParallelism } from "node:os";
import type { ReadChunk } from "./decodeChunk.ts";
import type { FoundFile } from "./lastGood.ts";
import type { Part } from "./manifest.ts";
import { type NewPart, type Portion, readerThread, readShared } from "./sharedReading.ts";

export interface AheadOptions {
  readonly signal?: AbortSignal;
  /** How many threads can run at the same time; as the machine has it unless told. */
  readonly processors?: number;
  /** Characters of new text from which on other threads are started. */
  readonly least?: number;
  /** What the threads run. */
  readonly program?: URL;
}

/**
 * Characters of new text. A thread costs some second of processor time before its code is as quick as that of this one, half of it on the processor that
 * this one would compile on: with less to read that is more than it takes off.
 */
const usualLeast = 1536 * 1024;

/** Characters: some 15 ms of parsing. */
const portionSize = 32 * 1024;

/** Characters. The tree of a document takes a hundred times its text, and a thread may have less memory than the process. */
const largestShared = 512 * 1024;

/** More do not pay: decoding stays on one thread. */
const mostThreads = 4;

/**
 * Reads new parts of the files, or none where they are few; what is missing of the result is for the caller to read.
 * @throws what the signal says, once it is aborted
 */
export async function readAhead(files: readonly FoundFile[], options: AheadOptions = {}): Promise<ReadonlyMap<Part, ReadChunk>> {
  const { signal, program = readerThread, processors = availableParallelism(), least = usualLeast } = options;
  const parts = files.flatMap(newParts);
  if (sizeOf(parts) < least) return new Map();
  const portions = portionsOf(parts);
  const threads = Math.min(processors, mostThreads, portions.length) - 1;
  return threads < 1 ? new Map() : await readShared(portions, { threads, program, signal });
}

function newParts({ path: source, content }: FoundFile): readonly NewPart[] {
  if (content.kind === "unreadable") return [];
  return content.parts.filter(({ before, text }) => before === undefined && text.length <= largestShared).map((part) => ({ part, source }));
}

function sizeOf(parts: readonly NewPart[]): number {
  return parts.reduce((sum, { part }) => sum + part.text.length, 0);
}

function portionsOf(parts: readonly NewPart[]): readonly Portion[] {
  const portions: NewPart[][] = [];
  let room = 0;
  for (const part of parts) {
    if (room <= 0) {
      portions.push([]);
      room = portionSize;
    }
    portions.at(-1)?.push(part);
    room -= part.part.text.length;
  }
  return portions;
}
