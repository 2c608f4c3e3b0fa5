// The documents of a chunk into resources and located problems: each is a resource, or a List kind of some. What a resource means is rules/model's to
// say; how a document was written, and by which parser it was read, is not known here.

import { type Decoded, decodeResource } from "../../rules/model/decode.ts";
import { isMapping } from "../../rules/model/decoder.ts";
import type { Path, Place, Problem } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import { trimmed } from "../../rules/net/listChanges.ts";
import { type Chunk, countLines } from "./chunks.ts";
import type { Steps } from "./unhurried.ts";
import type { YamlDocument } from "./yaml.ts";

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

/** Between the steps others may have their turn. */
export function* decodeChunk(chunk: Chunk, documents: Iterable<YamlDocument>): Steps<ReadChunk> {
  const resources: Resource[] = [];
  const problems: Problem[] = [];
  const ignored: Ignored[] = [];
  for (const document of documents) {
    problems.push(...document.problems);
    for (const { decoded, path } of decodeItems(document)) {
      yield;
      if (decoded.resource !== undefined) resources.push(decoded.resource);
      problems.push(...decoded.problems);
      if (decoded.ignored !== undefined) ignored.push({ place: document.locate(path), reason: decoded.ignored });
    }
  }
  return { ...chunk, lines: countLines(chunk.text), resources: trimmed(resources), problems: trimmed(problems), ignored: trimmed(ignored) };
}

interface Item {
  readonly value: unknown;
  readonly path: Path;
}

/** What a document holds, by value and by meaning. */
export function* decodeItems({ value: whole, locate }: YamlDocument): Generator<Item & { readonly decoded: Decoded }, void> {
  for (const { value, path } of unfold(whole)) {
    yield { value, path, decoded: decodeResource(value, (within, spot) => locate([...path, ...within], spot)) };
  }
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
