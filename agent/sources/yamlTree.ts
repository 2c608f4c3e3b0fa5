// The tree that the yaml package leaves behind, as what is written where.

import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type ParsedNode, type Scalar } from "yaml";
import type { WrittenChild, WrittenValue } from "./yamlPlaces.ts";

type Parsed = Document.Parsed<ParsedNode>;

/** An empty document is where it would begin. */
export function writtenTree(document: Parsed): WrittenValue {
  return { ...written(document.contents, document), start: startOf(document.contents) ?? document.range[0] };
}

function written(node: unknown, document: Parsed): WrittenValue {
  const value = isScalar(node) ? node.value : undefined;
  const start = isScalar(node) && value === null && node.source === "" ? undefined : startOf(node);
  const content = isScalar(node) && start !== undefined ? start + quoteOf(node) : undefined;
  return { value, start, content, child: (step) => childOf(isAlias(node) ? node.resolve(document) : node, step, document) };
}

function childOf(parent: unknown, step: string | number, document: Parsed): WrittenChild | undefined {
  if (isSeq(parent) && typeof step === "number") {
    const item = parent.items[step];
    return item === undefined ? undefined : { key: startOf(item), value: written(item, document) };
  }
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(step)) : undefined;
  return pair === undefined ? undefined : { key: startOf(pair.key), value: written((pair as Pair).value, document) };
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

function quoteOf({ type }: Scalar): number {
  return type === "QUOTE_SINGLE" || type === "QUOTE_DOUBLE" ? 1 : 0;
}
