// A manifest file's text into the chunks that its documents stand in, one after the other. A chunk stands alone: a quote or bracket that is
// never closed ends with it, and while its text stays the same it means the same, wherever in the file it is.

export interface Chunk {
  /** A copy: what is kept of one chunk does not keep the whole file's text in memory, as a part of that text would. */
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
export function* splitChunks(text: string): Generator<Chunk, void> {
  let from = text.startsWith("\uFEFF") ? 1 : 0;
  let line = 1;
  const first = new RegExp(marker, "y");
  first.lastIndex = from;
  const next = new RegExp(`\\n${marker}`, "g");
  next.lastIndex = first.test(text) ? first.lastIndex : from;
  for (let found = next.exec(text); found !== null; found = next.exec(text)) {
    const to = found.index + 1;
    yield { text: copy(text.slice(from, to)), line };
    line += countLines(text, from, to);
    from = to;
  }
  yield { text: from === 0 ? text : copy(text.slice(from)), line };
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let end = text.indexOf("\n", from); end !== -1 && end < to; end = text.indexOf("\n", end + 1)) lines++;
  return lines;
}

/** V8 makes a part of a string a view of the whole, which lives as long as the part. */
function copy(part: string): string {
  const encoding = /[^\0-\xff]/.test(part) ? "utf16le" : "latin1";
  return Buffer.from(part, encoding).toString(encoding);
}
