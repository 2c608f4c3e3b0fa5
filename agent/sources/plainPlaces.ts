// Where the parts of a plain document are: all that is kept of its text's form while it is decoded. Finds what createLocator in yamlPlaces.ts finds
// in the yaml package's tree.

import type { Path, Spot } from "../../rules/model/problem.ts";

/** Where a node begins, and all that is in it. A scalar is its offset, an empty value none. */
export type Mark = number | Marks;

export interface Marks {
  readonly start: number;
  readonly parts: Mark[];
  /** Of a mapping, as the parts: names and where they are. */
  readonly names?: string[];
  readonly keys?: number[];
}

export interface Node {
  readonly value: unknown;
  readonly mark: Mark;
}

export const nowhere = -1;

export function startOf(mark: Mark): number {
  return typeof mark === "number" ? mark : mark.start;
}

/** The deepest part of the path that is there: the value asked for, or the key that leads to where it is missing. */
export function offsetOf(text: string, root: Node, path: Path, spot: Spot | undefined): number | undefined {
  let { value, mark } = root;
  let offset: number | undefined;
  for (const step of path) {
    if (typeof mark === "number") return offset;
    const index: number = mark.names === undefined ? (typeof step === "number" ? step : nowhere) : mark.names.indexOf(String(step));
    const part: Mark | undefined = mark.parts[index];
    if (part === undefined) return offset;
    offset = mark.keys?.[index] ?? startOf(part);
    value = (value as Record<string | number, unknown>)[step];
    mark = part;
  }
  if (path.length === 0 || spot?.kind === "key" || mark === nowhere) return offset;
  const start = startOf(mark);
  return spot?.kind === "offset" && typeof mark === "number" ? start + verbatim(text, start, String(value), spot.offset) : start;
}

/** Characters from a scalar's start to the one at `offset` of its value; 0 where escapes make them differ. */
function verbatim(text: string, start: number, value: string, offset: number): number {
  const quote = text[start] === '"' || text[start] === "'" ? 1 : 0;
  return text.startsWith(value.slice(0, offset), start + quote) ? quote + offset : 0;
}
