// The text of a manifest file into resources and located problems: YAML 1.2 or JSON, several documents, List kinds. Every document stands alone:
// a fault in one costs the others nothing, and where its text is as it was, the very same resources come out, moved to the lines where it is now.

import type { Place } from "../../rules/model/problem.ts";
import { eachPlace } from "../store/places.ts";
import { type Chunk, copyOf, countLines, splitChunks } from "./chunks.ts";
import { decodeChunk, type Manifest, type ReadChunk } from "./decodeChunk.ts";
import type { ReadElsewhere } from "./threadReader.ts";
import { atOnce, type Steps, waitingFor } from "./unhurried.ts";
import { readChunk, readPlainly, readThoroughly } from "./yaml.ts";

/** Never throws. `source` is the file's name, for places. */
export function readManifest(text: string, source: string): Manifest {
  return joinChunks(atOnce(readChunks(text, source, [])));
}

export function joinChunks(chunks: readonly ReadChunk[]): Manifest {
  return {
    resources: chunks.flatMap(({ resources }) => resources),
    problems: chunks.flatMap(({ problems }) => problems),
    ignored: chunks.flatMap(({ ignored }) => ignored),
  };
}

/** A chunk of a file as it is now. Its text is a view of the file's: see copyOf. */
export interface Part extends Chunk {
  /** What was read of the same text before, at the line where it then was. */
  readonly before: ReadChunk | undefined;
}

/** `before` is what the same file held; each chunk of it is found once. */
export function* partsOf(text: string, before: readonly ReadChunk[]): Steps<readonly Part[]> {
  const known = new Map<string, ReadChunk[]>();
  for (const chunk of before.toReversed()) {
    const same = known.get(chunk.text);
    if (same === undefined) known.set(chunk.text, [chunk]);
    else same.push(chunk);
  }
  const parts: Part[] = [];
  let line = 1;
  for (const part of splitChunks(text)) {
    yield;
    const same = known.get(part)?.pop();
    parts.push({ text: part, line, before: same });
    line += same?.lines ?? countLines(part);
  }
  return parts;
}

/** One part after the other, so that no more than one is in memory as a tree. What was read before moves to where it is now. */
export function* readParts(parts: readonly Part[], source: string, elsewhere?: ReadElsewhere): Steps<readonly ReadChunk[]> {
  const chunks: ReadChunk[] = [];
  for (const { before, text, line } of parts) {
    yield;
    if (before !== undefined) {
      chunks.push(moved(before, line));
      continue;
    }
    chunks.push(yield* readNew({ text: copyOf(text), line }, source, elsewhere));
  }
  return chunks;
}

/** Characters of a document. Each takes the parser that reads it some 50 to 100 ms, in one piece. */
const mostPlainHere = 1024 * 1024;
export const mostOthersHere = 64 * 1024;

/** A large document goes elsewhere, if there is an elsewhere. */
function* readNew(chunk: Chunk, source: string, elsewhere: ReadElsewhere | undefined): Steps<ReadChunk> {
  const isAnyTooLarge = elsewhere !== undefined && chunk.text.length > mostPlainHere;
  const plain = isAnyTooLarge ? undefined : readPlainly(chunk, source);
  if (plain !== undefined) return yield* decodeChunk(chunk, plain);
  const isTooLarge = elsewhere !== undefined && chunk.text.length > mostOthersHere;
  const read = isTooLarge ? yield* waitingFor(elsewhere(chunk, source)) : undefined;
  return read ?? (yield* decodeChunk(chunk, isAnyTooLarge ? readChunk(chunk, source) : readThoroughly(chunk, source)));
}

export function* readChunks(text: string, source: string, before: readonly ReadChunk[], elsewhere?: ReadElsewhere): Steps<readonly ReadChunk[]> {
  return yield* readParts(yield* partsOf(text, before), source, elsewhere);
}

/** Its places are changed, not replaced: whoever holds the resources or problems sees where they are now (store/places.ts). */
function moved(chunk: ReadChunk, line: number): ReadChunk {
  const by = line - chunk.line;
  if (by === 0) return chunk;
  const move = (place: Place): void => {
    if (place.line !== undefined) (place as { line: number }).line += by;
  };
  for (const resource of chunk.resources) eachPlace(resource, move);
  for (const { place } of chunk.problems) move(place);
  for (const { place } of chunk.ignored) move(place);
  return { ...chunk, line };
}
