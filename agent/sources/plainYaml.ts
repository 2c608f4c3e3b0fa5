// The YAML that manifests are written in, read in one go: block mappings and lists, flow collections, quoted and plain scalars of one line,
// comments, JSON. It takes some microseconds where the yaml package takes hundreds, and keeps no tree. Whatever is not certain to be this much
// and no more (anchors, tags, texts of several lines, tabs, any fault) is left to the package: what is read here reads the same there,
// which test/fuzz/plainYaml.test.ts holds it to.

import type { Path, Spot } from "../../rules/model/problem.ts";
import { type Mark, type Marks, type Node, nowhere, offsetOf, startOf } from "./plainPlaces.ts";
import { doubtful, plainScalar, quotedEnd, unquoted } from "./plainScalar.ts";

export interface PlainDocument {
  readonly value: unknown;
  /** Where a path's place is in the text, as createLocator in yamlPlaces.ts finds it. */
  offsetOf(path: Path, spot?: Spot): number;
}

/** Undefined for anything but one plain document. */
export function readPlainYaml(text: string): PlainDocument | undefined {
  if (isUnusual(text)) return undefined;
  try {
    const root = new Reader(text).document();
    return { value: root.value, offsetOf: (path, spot) => offsetOf(text, root, path, spot) ?? startOf(root.mark) };
  } catch (error) {
    if (error === notPlain) return undefined;
    throw error;
  }
}

/** Control characters (tabs too), other line ends, byte order marks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const unusualCharacter = /[\0-\x09\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\uFEFF]/;

/** Besides these a return without a newline, a document's end, directives. */
function isUnusual(text: string): boolean {
  const begins = (start: string) => text.startsWith(start) || text.includes(`\n${start}`);
  return unusualCharacter.test(text) || begins("...") || begins("%") || (text.includes("\r") && /\r(?!\n)/.test(text));
}

const notPlain = new Error("not plain YAML");

const [space, newline, quote, hash, apostrophe, comma, dash, colon] = [32, 10, 34, 35, 39, 44, 45, 58];
const [openBracket, closeBracket, openBrace, closeBrace] = [91, 93, 123, 125];

/** A key without quotes: a letter, digit or underscore, then also . / - */
const keyCharacters = Uint8Array.from({ length: 128 }, (_, code) => Number(/[\w./-]/.test(String.fromCharCode(code))));
/** What begins something else than a plain scalar, or may. */
const indicators = new Set(Array.from("?,[]{}#&*!|>'\"%@`<=", (character) => character.charCodeAt(0)));

/** An address or CIDR, as far as it is no number and no key. */
const addressLine = /(?:\d+(?:\.\d+){3}|[\dA-Fa-f]*:[\dA-Fa-f.:]*)(?:\/\d+|(?<=[\dA-Fa-f]))(?=\r?\n)/y;

const deepest = 50;
const longestKey = 500;

class Reader {
  readonly #text: string;
  #at = 0;
  /** Column of what is at `at`, the first on its line or after a list's dash; nowhere at the end. */
  #column = nowhere;
  #depth = 0;
  /** Whether a flow collection may go over lines: only where nothing is around it, since within a block its lines must be indented. */
  #isWide = false;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Node {
    if (this.#text.startsWith("---")) {
      this.#at = 3;
      this.#skipSpaces();
      if (this.#isLineEnd()) this.#nextLine();
      else this.#column = this.#code() === openBrace || this.#code() === openBracket ? 0 : this.#fail();
    } else {
      this.#at = -1;
      this.#nextLine();
    }
    this.#isWide = true;
    const root = this.#code() === openBrace || this.#code() === openBracket ? this.#flowLine() : this.#block();
    return this.#column === nowhere ? root : this.#fail();
  }

  #fail(): never {
    throw notPlain;
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #skipSpaces(): void {
    while (this.#code() === space) this.#at++;
  }

  /** At a line's end, or a comment before it; `at` is behind a space then. */
  #isLineEnd(): boolean {
    const code = this.#code();
    return this.#at >= this.#text.length || code === newline || code === 13 || (code === hash && this.#isAfterSpace());
  }

  #isAfterSpace(): boolean {
    const before = this.#text.charCodeAt(this.#at - 1);
    return this.#at === 0 || before === space || before === newline;
  }

  /** To the first that is not a comment on a line after this one. */
  #nextLine(): void {
    for (;;) {
      const end = this.#at < 0 ? -1 : this.#text.indexOf("\n", this.#at);
      if (end === -1 && this.#at >= 0) break;
      this.#at = end + 1;
      this.#skipSpaces();
      this.#column = this.#at - end - 1;
      if (!this.#isLineEnd()) return;
    }
    this.#at = this.#text.length;
    this.#column = nowhere;
  }

  #block(): Node {
    if (++this.#depth > deepest) this.#fail();
    this.#isWide = false;
    const node = this.#isDash() ? this.#list() : this.#mapping();
    this.#depth--;
    return node;
  }

  #isDash(): boolean {
    if (this.#code() !== dash) return false;
    const next = this.#text.charCodeAt(this.#at + 1);
    return next === space || next === newline || next === 13;
  }

  #mapping(): Node {
    const column = this.#column;
    const value: Record<string, unknown> = {};
    const marks = { start: this.#at, parts: [] as Mark[], names: [] as string[], keys: [] as number[] };
    while (this.#column === column && !this.#isDash()) {
      const keyAt = this.#at;
      const name = this.#key() ?? this.#fail();
      this.#at++;
      this.#skipSpaces();
      this.#put({ value, mark: marks }, { name, keyAt, node: this.#isLineEnd() ? this.#below(column) : this.#inline() });
    }
    if (this.#column > column || marks.parts.length === 0) this.#fail();
    return { value, mark: marks };
  }

  #put({ value, mark }: { value: Record<string, unknown>; mark: Required<Marks> }, { name, keyAt, node }: { name: string; keyAt: number; node: Node }): void {
    if (name === "__proto__" || Object.hasOwn(value, name)) this.#fail();
    value[name] = node.value;
    mark.names.push(name);
    mark.keys.push(keyAt);
    mark.parts.push(node.mark);
  }

  /** The value of a key that ends its line: indented more, a list also as much; or nothing. */
  #below(column: number): Node {
    this.#nextLine();
    if (this.#column > column || (this.#column === column && this.#isDash())) return this.#block();
    return { value: null, mark: nowhere };
  }

  #list(): Node {
    const column = this.#column;
    const value: unknown[] = [];
    const mark = { start: this.#at, parts: [] as Mark[] };
    while (this.#column === column && this.#isDash()) {
      const item = this.#item(column);
      value.push(item.value);
      mark.parts.push(item.mark);
    }
    if (this.#column > column) this.#fail();
    return { value, mark };
  }

  #item(column: number): Node {
    const dashAt = this.#at++;
    this.#skipSpaces();
    if (this.#isLineEnd()) {
      this.#nextLine();
      return this.#column > column ? this.#block() : this.#fail();
    }
    const address = this.#address();
    if (address !== undefined) return address;
    const begin = this.#at;
    const isCollection = this.#isDash() || this.#key() !== undefined;
    this.#at = begin;
    if (!isCollection) return this.#inline();
    this.#column = column + begin - dashAt;
    return this.#block();
  }

  /** Nothing else on the line: a feed is a list of a hundred thousand of these. */
  #address(): Node | undefined {
    const mark = this.#at;
    addressLine.lastIndex = mark;
    if (!addressLine.test(this.#text)) return undefined;
    this.#at = addressLine.lastIndex;
    const value = this.#text.slice(mark, this.#at);
    this.#nextLine();
    return { value, mark };
  }

  /** A key and then a colon that ends it, where `at` is afterwards. */
  #key(): string | undefined {
    const from = this.#at;
    const code = this.#code();
    let name: string;
    if (code === quote || code === apostrophe) name = this.#quoted();
    else {
      if (code === dash || code === 46 || code === 47) return undefined;
      while (keyCharacters[this.#code()] === 1) this.#at++;
      name = this.#text.slice(from, this.#at);
    }
    const after = this.#text.charCodeAt(this.#at + 1);
    const isKey = this.#code() === colon && (Number.isNaN(after) || after === space || after === newline || after === 13);
    return isKey && this.#at > from && this.#at - from < longestKey ? name : undefined;
  }

  /** A value that ends with its line. */
  #inline(): Node {
    const code = this.#code();
    if (code === openBrace || code === openBracket) return this.#flowLine();
    const mark = this.#at;
    const value = code === quote || code === apostrophe ? this.#quoted() : this.#plainLine();
    this.#endLine();
    return { value, mark };
  }

  #flowLine(): Node {
    const node = this.#flow();
    this.#endLine();
    return node;
  }

  #endLine(): void {
    this.#skipSpaces();
    if (!this.#isLineEnd()) this.#fail();
    this.#nextLine();
  }

  #plainLine(): unknown {
    const end = this.#text.indexOf("\n", this.#at);
    const line = this.#text.slice(this.#at, end === -1 ? this.#text.length : end);
    const comment = line.indexOf(" #");
    const written = (comment === -1 ? line : line.slice(0, comment)).trimEnd();
    this.#at += written.length;
    return this.#plain(written);
  }

  #plain(written: string): unknown {
    const first = written.charCodeAt(0);
    const isIndicated = written === "" || indicators.has(first) || ((first === dash || first === colon) && (written.length === 1 || written[1] === " "));
    if (isIndicated || written.endsWith(":") || written.includes(": ")) this.#fail();
    const value = plainScalar(written);
    return value === doubtful ? this.#fail() : value;
  }

  #quoted(): string {
    const from = this.#at;
    const end = quotedEnd(this.#text, from);
    const value = end === undefined ? undefined : unquoted(this.#text.slice(from, end));
    if (end === undefined || value === undefined) return this.#fail();
    this.#at = end;
    return value;
  }

  #flow(): Node {
    const code = this.#code();
    if (code === quote || code === apostrophe) {
      const mark = this.#at;
      return { value: this.#quoted(), mark };
    }
    if (code !== openBrace && code !== openBracket) return this.#flowPlain();
    if (++this.#depth > deepest) this.#fail();
    const node = code === openBrace ? this.#flowMapping() : this.#flowList();
    this.#depth--;
    return node;
  }

  #flowList(): Node {
    const value: unknown[] = [];
    const mark = { start: this.#at, parts: [] as Mark[] };
    while (this.#hasMore(closeBracket, value.length)) {
      const item = this.#flow();
      value.push(item.value);
      mark.parts.push(item.mark);
    }
    return { value, mark };
  }

  #flowMapping(): Node {
    const value: Record<string, unknown> = {};
    const mark = { start: this.#at, parts: [] as Mark[], names: [] as string[], keys: [] as number[] };
    while (this.#hasMore(closeBrace, mark.parts.length)) {
      const keyAt = this.#at;
      const name = this.#flowKey();
      this.#skipBetween();
      this.#put({ value, mark }, { name, keyAt, node: this.#flow() });
    }
    return { value, mark };
  }

  /** Over the bracket or comma to the next entry, or over the closing bracket. A comma before that is left to the yaml package. */
  #hasMore(close: number, count: number): boolean {
    if (count === 0) this.#at++;
    this.#skipBetween();
    if (this.#code() === close) {
      this.#at++;
      return false;
    }
    if (count === 0) return true;
    if (this.#code() !== comma) this.#fail();
    this.#at++;
    this.#skipBetween();
    return this.#code() === close ? this.#fail() : true;
  }

  /** After a key in quotes the colon may stand alone, as in JSON. */
  #flowKey(): string {
    const code = this.#code();
    if (code !== quote && code !== apostrophe) {
      const name = this.#key() ?? this.#fail();
      this.#at++;
      return name;
    }
    const from = this.#at;
    const name = this.#quoted();
    if (this.#code() !== colon || this.#at - from > longestKey) this.#fail();
    this.#at++;
    return name;
  }

  #skipBetween(): void {
    for (let code = this.#code(); code === space || (this.#isWide && (code === newline || code === 13)); code = this.#code()) this.#at++;
  }

  #flowPlain(): Node {
    const mark = this.#at;
    let end = mark;
    for (let code = this.#code(); !isFlowEnd(code); code = this.#text.charCodeAt(end)) end++;
    const written = this.#text.slice(mark, end).trimEnd();
    if (written.includes("#") || /:[,[\]{}]/.test(this.#text.slice(mark, end + 1))) this.#fail();
    this.#at = mark + written.length;
    return { value: this.#plain(written), mark };
  }
}

function isFlowEnd(code: number): boolean {
  return code === comma || code === newline || code === openBracket || code === closeBracket || code === openBrace || code === closeBrace || Number.isNaN(code);
}
