// Long lists of addresses around the YAML parser, which takes some 15 us for a line: a feed of 100k networks would stop the daemon for
// 1.5 s. A run of lines that each hold one address or CIDR has one reading only; all but its first line is hidden from the parser behind
// a comment of the same length, so that offsets stay, and put into the tree afterwards as the parser would have put it.

import { type Document, isScalar, type ParsedNode, Scalar, visit, type YAMLSeq } from "yaml";

/** The entries of one run after its first, which begins at `first` and stays in the text. */
export interface Run {
  readonly first: number;
  readonly entries: readonly Entry[];
}

interface Entry {
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

interface OpenRun {
  readonly indent: string;
  readonly entries: Entry[];
  /** Where the second line begins; where the line after the last one does. */
  second: number;
  end: number;
}

/** Below it hiding gains nothing. */
const fewest = 100;

/** A line with one entry that is a string in every schema of YAML 1.2: in quotes, with a slash, four numbers, or with a colon that ends nothing. */
const line = /( *)- ("[\dA-Fa-f.:/]+"|'[\dA-Fa-f.:/]+'|[\dA-Fa-f.:]+\/\d+|\d+(?:\.\d+){3}|[\dA-Fa-f.:]*:[\dA-Fa-f.:]*[\dA-Fa-f])\r?\n/y;

/** The text with its long runs hidden, and what they hold. A directive may choose another YAML: then nothing is hidden. */
export function hideLongLists(text: string): { readonly text: string; readonly runs: readonly Run[] } {
  const found = text.startsWith("%") ? [] : findRuns(text);
  let hidden = "";
  let at = 0;
  for (const { second, end } of found) {
    hidden += `${text.slice(at, second)}#${" ".repeat(end - second - 2)}\n`;
    at = end;
  }
  const runs = found.map(({ entries: [first, ...entries] }) => ({ first: first?.from ?? 0, entries }));
  return { text: hidden + text.slice(at), runs };
}

/** Puts the runs back; false when the first entry of one is no item of a list, so that its lines meant something else. */
export function restoreLongLists(documents: readonly Document.Parsed<ParsedNode>[], runs: readonly Run[]): boolean {
  const missing = new Map(runs.map((run) => [run.first, run]));
  const restore = (_: unknown, list: YAMLSeq): undefined => {
    if (list.items.some((item) => runAt(item, missing) !== undefined)) {
      list.items = list.items.flatMap((item) => {
        const run = runAt(item, missing);
        if (run !== undefined) missing.delete(run.first);
        return run === undefined ? [item] : [item, ...run.entries.map(toScalar)];
      });
    }
  };
  for (const document of documents) visit(document, { Seq: restore });
  return missing.size === 0;
}

function runAt(item: unknown, runs: ReadonlyMap<number, Run>): Run | undefined {
  return isScalar(item) && item.range ? runs.get(item.range[0]) : undefined;
}

function toScalar({ value, from, to }: Entry): Scalar {
  const scalar = new Scalar(value);
  scalar.range = [from, to, to];
  scalar.type = to - from === value.length ? "PLAIN" : "QUOTE_DOUBLE";
  return scalar;
}

function findRuns(text: string): readonly OpenRun[] {
  const runs: OpenRun[] = [];
  let run: OpenRun | undefined;
  for (let at = 0; at < text.length; ) {
    line.lastIndex = at;
    const [whole = "", indent = "", written = ""] = line.exec(text) ?? [];
    const end = whole === "" ? text.indexOf("\n", at) + 1 || text.length : at + whole.length;
    if (whole === "") run = undefined;
    else if (run === undefined || run.indent !== indent) {
      run = { indent, entries: [], second: end, end };
      runs.push(run);
    }
    if (run !== undefined) {
      run.entries.push(toEntry(written, at + indent.length + 2));
      run.end = end;
    }
    at = end;
  }
  return runs.filter(({ entries }) => entries.length >= fewest);
}

function toEntry(written: string, from: number): Entry {
  const value = written.startsWith('"') || written.startsWith("'") ? written.slice(1, -1) : written;
  return { value, from, to: from + written.length };
}
