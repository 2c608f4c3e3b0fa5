// From a path in a YAML document to its line and column. Nothing is prepared for it but what a parser leaves behind: a manifest without problems pays
// for its resources' and rules' places only.

import type { Locate, Path, Place, Spot } from "../../rules/model/problem.ts";
import type { Chunk } from "./chunks.ts";

/** A value as it is written. Offsets are in UTF-16 units. */
export interface WrittenValue {
  /** Of a scalar at least. */
  readonly value: unknown;
  /** Of its first character. Undefined where a key has no value. */
  readonly start: number | undefined;
  /** Of a scalar: behind its quote, if it has one. */
  readonly content: number | undefined;
  child(step: string | number): WrittenChild | undefined;
}

export interface WrittenChild {
  /** Where it is named: a pair's key, or the item itself. */
  readonly key: number | undefined;
  readonly value: WrittenValue;
}

/** A chunk's lines, found as far as places are asked for. */
export interface Lines {
  readonly text: string;
  /** Of an offset in the text. */
  readonly placeAt: (offset: number) => Place;
}

export function linesOf({ text, line: first }: Chunk, source: string): Lines {
  const starts = [0];
  let end = text.indexOf("\n");
  return {
    text,
    placeAt(offset) {
      for (; end !== -1 && end < offset; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
      const line = lastAtMost(starts, offset);
      return { source, line: first + line, column: offset - (starts[line] ?? 0) + 1 };
    },
  };
}

export function createLocator(root: WrittenValue, lines: Lines): Locate {
  return (path, spot) => lines.placeAt(offsetOf(root, path, spot, lines.text) ?? 0);
}

/** The deepest part of the path that is there: the value asked for, or the key that leads to where it is missing. */
function offsetOf(root: WrittenValue, path: Path, spot: Spot | undefined, text: string): number | undefined {
  let value = root;
  let offset = root.start;
  for (const [index, step] of path.entries()) {
    const child = value.child(step);
    if (child === undefined) return offset;
    offset = child.key ?? offset;
    value = child.value;
    if (index < path.length - 1 || spot?.kind === "key") continue;
    return within(value, spot, text) ?? offset;
  }
  return offset;
}

/** Where a value begins, or a character within it; an absent value has no place of its own. */
function within({ value, start, content }: WrittenValue, spot: Spot | undefined, text: string): number | undefined {
  if (spot?.kind !== "offset" || content === undefined) return start;
  const before = String(value).slice(0, spot.offset);
  // Where escapes or line folding make them differ, it is the scalar's beginning.
  return text.startsWith(before, content) ? content + spot.offset : start;
}

/** Index of the last element that is not over the limit, in a sorted array. */
function lastAtMost(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sorted[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}
