// The text of a manifest file into resources and located problems: YAML 1.2 or JSON, several documents, List kinds. What a document means
// is rules/model's to say. Every document stands alone: a fault in one costs the others nothing.

import { decodeResource } from "../../rules/model/decode.ts";
import { isMapping } from "../../rules/model/decoder.ts";
import type { Path, Place, Problem } from "../../rules/model/problem.ts";
import type { Resource } from "../../rules/model/types.ts";
import { readYaml } from "./yaml.ts";

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

/** Never throws. `source` is the file's name, for places. */
export function readManifest(text: string, source: string): Manifest {
  const resources: Resource[] = [];
  const problems: Problem[] = [];
  const ignored: Ignored[] = [];
  for (const document of readYaml(text, source)) {
    problems.push(...document.problems);
    for (const { value, path } of unfold(document.value)) {
      const decoded = decodeResource(value, (within, spot) => document.locate([...path, ...within], spot));
      if (decoded.resource !== undefined) resources.push(decoded.resource);
      problems.push(...decoded.problems);
      if (decoded.ignored !== undefined) ignored.push({ place: document.locate(path), reason: decoded.ignored });
    }
  }
  return { resources, problems, ignored };
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
