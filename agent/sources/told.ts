// A YAML document from one thread to another: its value, and the places that decoding it asked for, in their order. Decoding the value once more asks
// for the same places again, so that whoever is told decodes it as if he had parsed it, and no object of a resource passes between threads: a copy of
// one would have no part in common with others, and texts of its own.

import type { Place } from "../../rules/model/problem.ts";
import type { YamlDocument } from "./yaml.ts";

/** Of a document without problems. */
export interface Told {
  readonly value: unknown;
  /** Line and column of each. */
  readonly places: readonly number[];
}

/** The document with an ear for what it is asked, and what there is to tell after that. */
export function listenTo(document: YamlDocument): { readonly document: YamlDocument; readonly told: Told } {
  const { value, problems } = document;
  const places: number[] = [];
  const locate: YamlDocument["locate"] = (path, spot) => {
    const place = document.locate(path, spot);
    places.push(place.line ?? 0, place.column ?? 0);
    return place;
  };
  return { document: { value, problems, locate }, told: { value, places } };
}

/** The document for one decoding. `source` is the file's name: one text for all places. */
export function retell({ value, places }: Told, source: string): YamlDocument {
  let next = 0;
  const locate = (): Place => ({ source, line: places[next++] ?? 0, column: places[next++] ?? 0 });
  return { value, problems: [], locate };
}
