// YAML text into plain values and, only when asked, the places of their parts. JSON is YAML. Nearly all of it is plain, and read by a quick parser;
// the rest, and what is wrong, by a thorough one.

import { type Document, isScalar, type ParsedNode, parseAllDocuments, visit, type YAMLError } from "yaml";
import type { Locate, Place, Problem } from "../../rules/model/problem.ts";
import { type Chunk, countLines, splitChunks } from "./chunks.ts";
import { readPlain } from "./plainYaml.ts";
import { createLocator, type Lines, linesOf } from "./yamlPlaces.ts";
import { yamlOptions } from "./yamlSchema.ts";
import { writtenTree } from "./yamlTree.ts";

export interface YamlDocument {
  /** Undefined when the document is empty or a problem keeps it from being read. */
  readonly value: unknown;
  readonly locate: Locate;
  readonly problems: readonly Problem[];
}

type Parsed = Document.Parsed<ParsedNode>;

/** Shown for one document: the first fault makes the next ones, and those tell little. */
const mostFaults = 3;

/** How often an anchor may be used, counting uses within uses: bounds what a small text can grow into. */
const mostAliases = 1000;

/** Every document of the text, in order. */
export function readYaml(text: string, source: string): readonly YamlDocument[] {
  let line = 1;
  return Array.from(splitChunks(text)).flatMap((part) => {
    const documents = readChunk({ text: part, line }, source);
    line += countLines(part);
    return documents;
  });
}

/** The documents of a chunk: one, or more where an end marker is between them. Their trees live as long as they do: best one chunk at a time. */
export function readChunk(chunk: Chunk, source: string): readonly YamlDocument[] {
  return readPlainly(chunk, source) ?? readThoroughly(chunk, source);
}

/** By the quick parser. Undefined where it leaves the chunk to the other. */
export function readPlainly(chunk: Chunk, source: string): readonly YamlDocument[] | undefined {
  const plain = readPlain(chunk.text);
  return plain && [{ value: plain.value, locate: createLocator(plain, linesOf(chunk, source)), problems: [] }];
}

/** By the parser that reads all of YAML and tells of faults: to the same documents as the quick one where that reads any. */
export function readThoroughly(chunk: Chunk, source: string): readonly YamlDocument[] {
  const lines = linesOf(chunk, source);
  const documents: readonly Parsed[] = [...withoutEnvironment(() => parseAllDocuments(chunk.text, yamlOptions))];
  return documents.map((document) => read(document, lines));
}

const nothing: NodeJS.ProcessEnv = {};

/** The parser asks at each token whether a variable wants it to log, to standard output; and asking costs an eighth of its time. */
function withoutEnvironment<T>(use: () => T): T {
  const environment = process.env;
  process.env = nothing;
  try {
    return use();
  } finally {
    process.env = environment;
  }
}

function read(document: Parsed, lines: Lines): YamlDocument {
  const locate = createLocator(writtenTree(document), lines);
  const faults = document.errors.slice(0, mostFaults).map((error) => faultProblem(error, "error", lines.placeAt(error.pos[0])));
  const warnings = document.warnings.map((warning) => faultProblem(warning, "warning", lines.placeAt(warning.pos[0])));
  const problems = [...faults, ...warnings];
  if (faults.length > 0) return { value: undefined, locate, problems };
  try {
    return { value: document.toJS({ maxAliasCount: mostAliases }), locate, problems };
  } catch (error) {
    return { value: undefined, locate, problems: [...problems, conversionProblem(error, document, lines.placeAt)] };
  }
}

/** By the parser's codes; its own message where there is none here. */
const explanations: Readonly<Record<string, { readonly message?: string; readonly hint?: string }>> = {
  BAD_ALIAS: { message: '"*" begins an alias, and this one has no good name', hint: 'put a text that begins with "*" in quotes' },
  BAD_INDENT: { hint: "compare the indentation with the lines above" },
  BLOCK_AS_IMPLICIT_KEY: { hint: 'put a value that contains ": " in quotes' },
  DUPLICATE_KEY: { message: "this key is in the mapping already", hint: "remove one of the two, or put --- between two documents" },
  MISSING_CHAR: { hint: "close the quote or bracket that is open here" },
  NON_STRING_KEY: { message: "a key must be a string", hint: 'put a value that begins with "{" or "[" in quotes' },
  RESOURCE_EXHAUSTION: { message: "this is nested too deeply" },
  TAB_AS_INDENT: { hint: "indent with spaces" },
  TAG_RESOLVE_FAILED: { hint: "remove the tag" },
};

function faultProblem({ code, message }: YAMLError, severity: Problem["severity"], place: Place): Problem {
  return { code: "yaml-syntax", severity, place, message, ...explanations[code] };
}

/** toJS throws where aliases and merges do not come out: an alias without an anchor, too many of them, a merge of what is no mapping. */
function conversionProblem(error: unknown, document: Parsed, placeAt: (offset: number) => Place): Problem {
  if (!(error instanceof Error)) throw error;
  const at = (offset: number | undefined): Place => placeAt(offset ?? document.range[0]);
  if (!(error instanceof ReferenceError)) {
    return {
      code: "yaml-syntax",
      severity: "error",
      place: at(mergeOffset(document)),
      message: '"<<" merges mappings only',
      hint: "give it an alias of a mapping",
    };
  }
  const alias = unresolvedOffset(document);
  const hint = 'put a text that begins with "*" in quotes';
  if (alias !== undefined) return { code: "yaml-syntax", severity: "error", place: at(alias), message: "this alias has no anchor before it", hint };
  const message = `anchors are used more than ${mostAliases} times, counting uses within uses`;
  return { code: "yaml-syntax", severity: "error", place: at(undefined), message, hint: "write the values out" };
}

function unresolvedOffset(document: Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return offset;
}

function mergeOffset(document: Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== "<<") return undefined;
      offset = key.range?.[0];
      return visit.BREAK;
    },
  });
  return offset;
}
