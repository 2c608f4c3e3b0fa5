// Turns what was read from each manifest file into the resources in force: a resource whose new version is invalid, or whose file cannot
// be read, stays as it last was (semantics 0, row 9). When and how files are read is not known here.

import type { Problem } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import type { Ignored, ReadChunk } from "./decodeChunk.ts";
import { joinChunks, type Part, readParts } from "./manifest.ts";
import type { Unreadable } from "./scan.ts";
import { resourceKey, type SourceState } from "./source.ts";

/** What one file contributes. */
export interface FileState {
  /** Valid in the file as it is now. */
  readonly live: readonly Resource[];
  /** Last valid versions of what the file now holds in an invalid or unreadable form. */
  readonly kept: readonly Resource[];
  readonly problems: readonly Problem[];
  readonly ignored: readonly Ignored[];
  /** As the file was last read. */
  readonly chunks: readonly ReadChunk[];
}

/** A file as it is found, in parts of which some are known from before. */
export interface FoundFile {
  readonly path: string;
  readonly content: { readonly kind: "parts"; readonly parts: readonly Part[] } | Unreadable;
}

/** The state after a file was read again; `ahead` has what was read of its parts already. Between its steps others may have their turn. */
export function* nextFileState(previous: FileState | undefined, { path, content }: FoundFile, ahead: ReadonlyMap<Part, ReadChunk>): Generator<void, FileState> {
  const before = [...(previous?.kept ?? []), ...(previous?.live ?? [])];
  if (content.kind === "unreadable") {
    const problem: Problem = { code: "file-unreadable", severity: "error", place: { source: path }, message: content.reason };
    return { live: [], kept: before, problems: [withConsequence(problem, before.length > 0)], ignored: [], chunks: previous?.chunks ?? [] };
  }
  const chunks = yield* readParts(content.parts, path, ahead);
  const { resources, problems, ignored } = joinChunks(chunks);
  const invalid = new Set(problems.filter(({ severity }) => severity === "error").map(({ resource }) => resource));
  const kept = invalid.size === 0 ? new Map<string, Resource>() : keptOf(before, resources, invalid);
  const explained = problems.map((problem) =>
    problem.severity === "error" ? withConsequence(problem, problem.resource === undefined ? kept.size > 0 : kept.has(problem.resource)) : problem,
  );
  return { live: resources, kept: [...kept.values()], problems: explained, ignored, chunks };
}

/** Of what was valid before: what is invalid now, or may be. Of two of one name the first, which was the one that counted. */
function keptOf(before: readonly Resource[], live: readonly Resource[], invalid: ReadonlySet<string | undefined>): ReadonlyMap<string, Resource> {
  const kept = new Map(before.toReversed().map((resource) => [resourceKey(resource), resource]));
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
  for (const resource of sorted.flatMap((state) => state.kept)) {
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
