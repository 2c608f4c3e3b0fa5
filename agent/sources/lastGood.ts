// Turns what was read from each manifest file into the resources in force: a resource whose new version is invalid, or whose file cannot
// be read, stays as it last was (semantics 0, row 9). When and how files are read is not known here.

import type { Problem } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import type { Ignored, ReadChunk } from "./decodeChunk.ts";
import { joinChunks, readChunks } from "./manifest.ts";
import type { ScannedFile } from "./scan.ts";
import { resourceKey, type SourceState } from "./source.ts";
import type { ReadElsewhere } from "./threadReader.ts";
import type { Steps } from "./unhurried.ts";

/** What one file contributes. */
export interface FileState {
  /** Valid in the file as it is now. */
  readonly live: readonly Resource[];
  /** Last valid versions of what the file now holds in an invalid or unreadable form. */
  readonly kept: readonly Written[];
  readonly problems: readonly Problem[];
  readonly ignored: readonly Ignored[];
  /** As the file was last read. */
  readonly chunks: readonly ReadChunk[];
}

/** A resource, and the chunk that it was read from. */
export interface Written {
  readonly resource: Resource;
  readonly chunk: ReadChunk;
}

type FoundFile = Pick<ScannedFile, "path" | "content">;

/** The state after a file was read again. Between its steps others may have their turn. */
export function* nextFileState(previous: FileState | undefined, { path, content }: FoundFile, elsewhere?: ReadElsewhere): Steps<FileState> {
  if (content.kind === "unreadable") {
    const problem: Problem = { code: "file-unreadable", severity: "error", place: { source: path }, message: content.reason };
    return keeping({ live: [], kept: [], problems: [problem], ignored: [], chunks: previous?.chunks ?? [] }, () => inForce(previous));
  }
  const chunks = yield* readChunks(content.text, path, previous?.chunks ?? [], elsewhere);
  const { resources: live, problems, ignored } = joinChunks(chunks);
  return keeping({ live, kept: [], problems, ignored, chunks }, () => inForce(previous));
}

/** What is invalid in the file as it was read stays as it was `before`. */
export function keeping(read: FileState, before: () => readonly Written[]): FileState {
  const invalid = new Set(errorsOf(read).map(({ resource }) => resource));
  if (invalid.size === 0) return read;
  const kept = keptOf(before(), read.live, invalid);
  const problems = read.problems.map((problem) =>
    problem.severity === "error" ? withConsequence(problem, problem.resource === undefined ? kept.size > 0 : kept.has(problem.resource)) : problem,
  );
  return { ...read, kept: [...kept.values()], problems };
}

export function errorsOf({ problems }: Pick<FileState, "problems">): readonly Problem[] {
  return problems.filter(({ severity }) => severity === "error");
}

/** What counts of a file. Of one that could not be read nothing is live, though its chunks are remembered. */
function inForce(state: FileState | undefined): readonly Written[] {
  if (state === undefined) return [];
  return [...state.kept, ...(state.live.length === 0 ? [] : writtenIn(state.chunks))];
}

export function writtenIn(chunks: readonly ReadChunk[]): readonly Written[] {
  return chunks.flatMap((chunk) => chunk.resources.map((resource) => ({ resource, chunk })));
}

/** Of what was valid before: what is invalid now, or may be. Of two of one name the first, which was the one that counted. */
function keptOf(before: readonly Written[], live: readonly Resource[], invalid: ReadonlySet<string | undefined>): ReadonlyMap<string, Written> {
  const kept = new Map(before.toReversed().map((written) => [resourceKey(written.resource), written]));
  for (const resource of live) kept.delete(resourceKey(resource));
  if (!invalid.has(undefined)) for (const key of kept.keys()) if (!invalid.has(key)) kept.delete(key);
  return kept;
}

function withConsequence(problem: Problem, isKept: boolean): Problem {
  if (!isKept) return problem;
  return { ...problem, hint: [problem.hint, "what was last valid stays in force"].filter((part) => part !== undefined).join("; ") };
}

/**
 * All files as one set of resources. Of several with the same kind and name the one in the file with the first path counts, and the
 * first in that file; a kept version counts only where no file has a valid one.
 * @param files by path
 */
export function mergeFiles(files: ReadonlyMap<string, FileState>): SourceState {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, state]) => state);
  const byKey = new Map<string, Resource>();
  const problems = sorted.flatMap((state) => state.problems);
  for (const resource of sorted.flatMap((state) => state.live)) {
    const key = resourceKey(resource);
    const first = byKey.get(key);
    if (first === undefined) byKey.set(key, resource);
    else problems.push(duplicate(key, resource, first));
  }
  for (const { resource } of sorted.flatMap((state) => state.kept)) {
    const key = resourceKey(resource);
    if (!byKey.has(key)) byKey.set(key, resource);
  }
  return { resources: [...byKey.values()], problems, ignored: sorted.flatMap((state) => state.ignored) };
}

function duplicate(key: string, { place }: Resource, first: Resource): Problem {
  const { source, line } = first.place;
  const message = `is already defined in ${line === undefined ? source : `${source}:${line}`}, which counts`;
  return { code: "duplicate-name", severity: "error", place, resource: key, message, hint: "remove one of the two" };
}
