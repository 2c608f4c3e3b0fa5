// YAML documents from one thread to another: their values, and the places in them that are asked for in any case. Whoever is told decodes the values as
// if he had parsed them; a place that he was not told of is a problem's, and he has to look for it in the text. No object of a resource passes between
// threads: a copy of one would have no part in common with others, and texts of its own.

import type { Path, Place } from "../../rules/model/problem.ts";
import type { YamlDocument } from "./yaml.ts";

/** Of a document without problems. */
export interface Told {
  readonly value: unknown;
  /** Of the document itself and of each mapping in a list: resources and rules are such. */
  readonly places: readonly ToldPlace[];
}

interface ToldPlace {
  /** See keyOf. */
  readonly key: string;
  readonly line: number;
  readonly column: number;
}

export function tell({ value, locate }: YamlDocument): Told {
  const places = [[], ...placedPaths(value, [], new Set())].map((path) => {
    const { line = 0, column = 0 } = locate(path);
    return { key: keyOf(path), line, column };
  });
  return { value, places };
}

/** What is there twice, by an alias, is looked at once: an alias may even lead to what it is in. */
function* placedPaths(value: unknown, path: Path, seen: Set<object>): Generator<Path, void> {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  for (const [step, inner] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    if (typeof inner !== "object" || inner === null) continue;
    const within = [...path, step];
    if (typeof step === "number" && !Array.isArray(inner)) yield within;
    yield* placedPaths(inner, within, seen);
  }
}

export interface Hearsay {
  readonly documents: readonly YamlDocument[];
  /** Whether all places that were asked for had been told; those that had not are wrong. */
  wasEnough(): boolean;
}

/** `source` is the file's name: one text for all places. */
export function retell(told: readonly Told[], source: string): Hearsay {
  let isEnough = true;
  const documents = told.map(({ value, places }): YamlDocument => {
    const known = new Map(places.map(({ key, line, column }) => [key, { line, column }]));
    const locate: YamlDocument["locate"] = (path, spot): Place => {
      const place = spot === undefined ? known.get(keyOf(path)) : undefined;
      isEnough &&= place !== undefined;
      return { source, line: place?.line ?? 0, column: place?.column ?? 0 };
    };
    return { value, problems: [], locate };
  });
  return { documents, wasEnough: () => isEnough };
}

function keyOf(path: Path): string {
  return JSON.stringify(path);
}
