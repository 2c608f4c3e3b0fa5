// Reads the words of a selector for parser.ts, which says at each place what may come there: a label may be named like an operator
// (semantics S46), so no list of tokens made beforehand would do. Knows characters and offsets, nothing of what a selector means.

/** Thrown at the first fault and caught in parseSelector only. */
export class SelectorFault extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const labelCharacters = /[A-Za-z0-9_./-]*/y;
const spaces = /[ \t]*/y;
const longestLabel = 512;

export class Scanner {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipSpaces();
  }

  /** Where the next word begins: spaces are always skipped already. */
  get offset(): number {
    return this.#offset;
  }

  atEnd(): boolean {
    return this.#offset === this.#text.length;
  }

  /** Whether the text goes on with these characters; they are taken if so. */
  take(symbol: string): boolean {
    if (!this.#text.startsWith(symbol, this.#offset)) return false;
    this.#advance(symbol.length);
    return true;
  }

  /** Takes the symbol or fails with "expected `what`". */
  expect(symbol: string, what = `"${symbol}"`): void {
    if (!this.take(symbol)) this.fail(`expected ${what}, found ${this.found()}`);
  }

  /** As take, for a word that has a sticky pattern of its own. */
  takeWord(pattern: RegExp): boolean {
    const { length } = this.#match(pattern);
    if (length > 0) this.#advance(length);
    return length > 0;
  }

  /** A label at this place, "" when there is none. */
  takeLabel(): string {
    const label = this.#match(labelCharacters);
    if (label.length > longestLabel) this.fail(`a label has at most ${longestLabel} characters, this one has ${label.length}`);
    this.#advance(label.length);
    return label;
  }

  /** A string in either quotes; undefined when none begins here. No escapes: it ends at the same quote. */
  takeString(): string | undefined {
    const quote = this.#text[this.#offset];
    if (quote !== "'" && quote !== '"') return undefined;
    const end = this.#text.indexOf(quote, this.#offset + 1);
    if (end === -1) this.fail(`this string is not closed: expected another ${quote}`);
    const value = this.#text.slice(this.#offset + 1, end);
    this.#advance(value.length + 2);
    return value;
  }

  /** What stands here, for "found …". */
  found(): string {
    const character = this.#text[this.#offset];
    if (character === undefined) return "the end";
    if (character === "\n" || character === "\r") return "a line break (a selector is one line)";
    const word = this.#match(labelCharacters);
    return JSON.stringify(word === "" ? String.fromCodePoint(this.#text.codePointAt(this.#offset) ?? 0) : word.slice(0, 40));
  }

  fail(message: string): never {
    throw new SelectorFault(this.#offset, message);
  }

  #advance(length: number): void {
    this.#offset += length;
    this.#skipSpaces();
  }

  #skipSpaces(): void {
    this.#offset += this.#match(spaces).length;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#offset;
    return pattern.exec(this.#text)?.[0] ?? "";
  }
}
