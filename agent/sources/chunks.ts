// A manifest file's text into the chunks that its documents stand in, one after the other. A chunk stands alone: a quote or bracket that is
// never closed ends with it, and while its text stays the same it means the same, wherever in the file it is.

export interface Chunk {
  readonly text: string;
  /** Of the file, where the chunk begins; from 1. It always begins a line. */
  readonly line: number;
}

/** How a document may begin, after a line's end. */
const marker = "(?:%[^\\r\\n]*\\r?\\n)*---(?=[ \\t\\r\\n]|$)";

/**
 * At each `---`, or at the directives above it. A line that begins with `---` is a document's beginning in whatever it stands (YAML 1.2.2
 * section 9.1.2). A byte order mark is no part of the text, and no column.
 */
export function* splitChunks(text: string): Generator<string, void> {
  let from = text.startsWith("\uFEFF") ? 1 : 0;
  const first = new RegExp(marker, "y");
  first.lastIndex = from;
  const next = new RegExp(`\\n${marker}`, "g");
  next.lastIndex = first.test(text) ? first.lastIndex : from;
  for (let found = next.exec(text); found !== null; found = next.exec(text)) {
    yield text.slice(from, found.index + 1);
    from = found.index + 1;
  }
  yield text.slice(from);
}

export function countLines(text: string): number {
  let lines = 0;
  for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", end + 1)) lines++;
  return lines;
}

/** What is kept of a part of a text keeps all of the text in memory, since V8 makes the part a view of the whole; of a copy it does not. */
export function copyOf(part: string): string {
  const encoding = /[^\0-\xff]/.test(part) ? "utf16le" : "latin1";
  return Buffer.from(part, encoding).toString(encoding);
}
