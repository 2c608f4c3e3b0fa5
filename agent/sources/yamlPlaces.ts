// From a path in a YAML document to its line and column. Nothing is prepared for it but the tree that the parser leaves behind:
// a manifest without problems pays for its resources' and rules' places only.

import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type ParsedNode, type Scalar } from "yaml";
import type { Locate, Path, Place, Spot } from "../../rules/model/problem.ts";
import type { Chunk } from "./chunks.ts";

type Parsed = Document.Parsed<ParsedNode>;

/** A chunk's lines, found as far as places are asked for. */
export interface Lines {
  readonly text: string;
  /** Of an offset in the text, in UTF-16 units. */
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

export function createLocator(document: Parsed, lines: Lines): Locate {
  const root = document.contents?.range[0] ?? document.range[0];
  return (path, spot) => lines.placeAt(offsetOf(document, path, spot, lines.text) ?? root);
}

/** The deepest part of the path that is there: the value asked for, or the key that leads to where it is missing. */
function offsetOf(document: Parsed, path: Path, spot: Spot | undefined, text: string): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const [index, step] of path.entries()) {
    const child = childOf(isAlias(node) ? node.resolve(document) : node, step);
    if (child === undefined) return offset;
    offset = child.key;
    node = child.value;
    if (index < path.length - 1 || spot?.kind === "key") continue;
    return within(node, spot, text) ?? offset;
  }
  return offset ?? startOf(node);
}

/** A child and where it is named: a pair's key, or the item itself. */
function childOf(parent: unknown, step: string | number): { key: number | undefined; value: unknown } | undefined {
  if (isSeq(parent) && typeof step === "number") {
    const item = parent.items[step];
    return item === undefined ? undefined : { key: startOf(item), value: item };
  }
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(step)) : undefined;
  return pair === undefined ? undefined : { key: startOf(pair.key), value: (pair as Pair).value };
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

/** Where a value begins, or a character within it; an absent value has no place of its own. */
function within(node: unknown, spot: Spot | undefined, text: string): number | undefined {
  const start = startOf(node);
  if (start === undefined || (isScalar(node) && node.value === null && node.source === "")) return undefined;
  return spot?.kind === "offset" && isScalar(node) ? start + verbatim(node, start, spot.offset, text) : start;
}

/** Characters from the scalar's start to the one at `offset` of its value; 0 where escapes or line folding make them differ. */
function verbatim(scalar: Scalar, start: number, offset: number, text: string): number {
  const quote = scalar.type === "QUOTE_SINGLE" || scalar.type === "QUOTE_DOUBLE" ? 1 : 0;
  const before = String(scalar.value).slice(0, offset);
  return text.startsWith(before, start + quote) ? quote + offset : 0;
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
