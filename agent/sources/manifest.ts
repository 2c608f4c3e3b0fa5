// The text of a manifest file into resources and located problems: YAML 1.2 or JSON, several documents, List kinds. What a document means
// is rules/model's to say. Every document stands alone: a fault in one costs the others nothing, and where its text is as it was, the very
// same resources come out, moved to the lines where it is now.

import { decodeResource } from "../../rules/model/decode.ts";
import { isMapping } from "../../rules/model/decoder.ts";
import type { Path, Place, Problem } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import { eachPlace } from "../store/places.ts";
import { type Chunk, copyOf, countLines, splitChunks } from "./chunks.ts";
import { readChunk } from "./yaml.ts";

export interface Manifest {
  /** The valid ones, in the order of the text. */
  readonly resources: readonly Resource[];
  /** Errors and warnings, each with line and column. An error without `resource` may hide any resource of the file. */
  readonly problems: readonly Problem[];
  /** Documents that are none of hostward's business, by no one's mistake. */
  readonly ignored: readonly Ignored[];
}

export interface Ignored {
  readonly place: Place;
  readonly reason: string;
}

/** A chunk of a file and what it held. */
export interface ReadChunk extends Manifest, Chunk {
  readonly lines: number;
}

/** Never throws. `source` is the file's name, for places. */
export function readManifest(text: string, source: string): Manifest {
  const steps = readChunks(text, source, []);
  for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return joinChunks(step.value);
}

export function joinChunks(chunks: readonly ReadChunk[]): Manifest {
  return {
    resources: chunks.flatMap(({ resources }) => resources),
    problems: chunks.flatMap(({ problems }) => problems),
    ignored: chunks.flatMap(({ ignored }) => ignored),
  };
}

/**
 * One chunk after the other, so that no more than one is in memory as a tree; between the steps others may have their turn. `before` is what the
 * same file held; its places move.
 */
export function* readChunks(text: string, source: string, before: readonly ReadChunk[]): Generator<void, readonly ReadChunk[]> {
  const known = new Map<string, ReadChunk[]>();
  for (const chunk of before.toReversed()) {
    const same = known.get(chunk.text);
    if (same === undefined) known.set(chunk.text, [chunk]);
    else same.push(chunk);
  }
  const chunks: ReadChunk[] = [];
  let line = 1;
  for (const part of splitChunks(text)) {
    yield;
    const same = known.get(part)?.pop();
    const chunk = same === undefined ? yield* decodeChunk({ text: copyOf(part), line }, source) : moved(same, line);
    line += chunk.lines;
    chunks.push(chunk);
  }
  return chunks;
}

function* decodeChunk(chunk: Chunk, source: string): Generator<void, ReadChunk> {
  const resources: Resource[] = [];
  const problems: Problem[] = [];
  const ignored: Ignored[] = [];
  for (const document of readChunk(chunk, source)) {
    problems.push(...document.problems);
    for (const { value, path } of unfold(document.value)) {
      yield;
      const decoded = decodeResource(value, (within, spot) => document.locate([...path, ...within], spot));
      if (decoded.resource !== undefined) resources.push(decoded.resource);
      problems.push(...decoded.problems);
      if (decoded.ignored !== undefined) ignored.push({ place: document.locate(path), reason: decoded.ignored });
    }
  }
  return { ...chunk, lines: countLines(chunk.text), resources: trimmed(resources), problems: trimmed(problems), ignored: trimmed(ignored) };
}

const none: readonly never[] = [];

/** Without the room that an array gets as it grows: a file has ten thousand of these. */
function trimmed<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? none : list.slice();
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

interface Item {
  readonly value: unknown;
  readonly path: Path;
}

/** A List is its items; those of a HostEndpointList may leave out what the list says already. An empty document is nothing. */
function unfold(value: unknown): readonly Item[] {
  if (value === undefined || value === null) return [];
  const whole = [{ value, path: [] }];
  if (!isMapping(value)) return whole;
  const { apiVersion, kind, items } = value;
  if (typeof kind !== "string" || !kind.endsWith("List") || !(Array.isArray(items) || items === null)) return whole;
  const implied = kind === "List" ? {} : { apiVersion, kind: kind.slice(0, -"List".length) };
  return (items ?? []).map((item: unknown, index: number) => ({ value: isMapping(item) ? { ...implied, ...item } : item, path: ["items", index] }));
}
