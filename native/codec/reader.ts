// Netlink attributes out of bytes that are not to be trusted: a cursor over one level at a time, entered and left like a
// tree. Every access is checked against the attribute's own bounds. Errors are sticky: after the first, next() is false and
// values are zero or empty; check() throws it once. Never reads outside its bounds, never loops without advancing.

import { NLA_TYPE_MASK } from "./constants.ts";
import { CodecError } from "./error.ts";
import { textOf } from "./intern.ts";

const HEADER = 4;
/** The deepest tree nf_tables sends is about ten levels (rule, expressions, expression, data, verdict). */
const MAX_DEPTH = 32;
const EMPTY = new Uint8Array(0);

export class AttributeReader {
  /** Type of the current attribute, without the nested and byte order flags. */
  type = 0;
  readonly #bytes: Uint8Array;
  #start = 0;
  #end = 0;
  #next: number;
  #limit: number;
  /** Of the levels above; made by the first that is entered, since most messages are only looked at from above. */
  #outer: number[] | undefined;
  #failure: CodecError | undefined;

  /** Reads the attributes in `bytes[from, to)`. */
  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.#bytes = bytes;
    this.#next = from;
    this.#limit = Math.min(to, bytes.length);
  }

  /** Steps to the next attribute of this level. False at its end, and for ever after an error. */
  next(): boolean {
    if (this.#failure) return false;
    const at = this.#next;
    const left = this.#limit - at;
    if (left < HEADER) {
      if (left > 0) this.fail(`${left} bytes behind the last attribute`);
      return false;
    }
    const bytes = this.#bytes;
    const size = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    if (size < HEADER || size > left) {
      this.fail(`an attribute of ${size} bytes where ${left} are left`);
      return false;
    }
    this.type = ((bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8)) & NLA_TYPE_MASK;
    this.#start = at + HEADER;
    this.#end = at + size;
    // The last attribute of a level may end without its padding.
    this.#next = Math.min(at + ((size + 3) & ~3), this.#limit);
    return true;
  }

  u8(): number {
    return this.#has(1) ? (this.#bytes[this.#start] as number) : 0;
  }

  /** Big-endian, unsigned. */
  u32(): number {
    return this.#has(4) ? this.#big32(this.#start) : 0;
  }

  /** Big-endian, signed: priorities and verdict codes. */
  i32(): number {
    return this.u32() | 0;
  }

  /** Big-endian, unsigned. */
  u64(): bigint {
    return this.#has(8) ? (BigInt(this.#big32(this.#start)) << 32n) | BigInt(this.#big32(this.#start + 4)) : 0n;
  }

  /** UTF-8 up to the first NUL or the attribute's end. */
  text(): string {
    if (this.#failure) return "";
    let end = this.#start;
    while (end < this.#end && this.#bytes[end] !== 0) end++;
    return textOf(this.#bytes, this.#start, end);
  }

  /** A copy of the payload, of no other class than Uint8Array: the slice of a Buffer would be a view. */
  data(): Uint8Array {
    if (this.#failure) return EMPTY;
    const bytes = this.#bytes;
    const start = this.#start;
    const copy = new Uint8Array(this.#end - start);
    for (let i = 0; i < copy.length; i++) copy[i] = bytes[start + i] as number;
    return copy;
  }

  /** Of the payload: equal payloads have equal ones. */
  hash(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let hash = end - this.#start;
    for (let at = this.#start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    return hash ^ (hash >>> 15);
  }

  /** Whether the payload is `other`. */
  is(other: Uint8Array): boolean {
    const bytes = this.#bytes;
    const start = this.#start;
    if (this.#failure || other.length !== this.#end - start) return false;
    for (let i = 0; i < other.length; i++) if (other[i] !== bytes[start + i]) return false;
    return true;
  }

  /** Copies the payload to `target` at `offset`; an error unless it is `size` bytes. The target has room. */
  copyTo(target: Uint8Array, offset: number, size: number): void {
    if (this.#failure) return;
    if (this.#end - this.#start !== size) this.fail(`a value of ${this.#end - this.#start} bytes where ${size} are due`);
    else for (let i = 0; i < size; i++) target[offset + i] = this.#bytes[this.#start + i] as number;
  }

  /** Goes down into the current attribute; next() then walks its children until leave(). */
  enter(): void {
    this.#outer ??= [];
    if (this.#outer.length >= 2 * MAX_DEPTH) this.fail("attributes nested too deep");
    this.#outer.push(this.#next, this.#limit);
    this.#next = this.#start;
    this.#limit = this.#failure ? this.#start : this.#end;
  }

  leave(): void {
    this.#limit = this.#outer?.pop() ?? 0;
    this.#next = this.#outer?.pop() ?? 0;
  }

  /** Keeps the first trouble; check() throws it. */
  fail(message: string): void {
    this.#failure ??= new CodecError(message, this.#next);
  }

  get failure(): CodecError | undefined {
    return this.#failure;
  }

  /** @throws CodecError the first trouble met while reading */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  #has(size: number): boolean {
    if (this.#failure) return false;
    if (this.#end - this.#start !== size) this.fail(`a number of ${this.#end - this.#start} bytes where ${size} are due`);
    return this.#failure === undefined;
  }

  #big32(at: number): number {
    const bytes = this.#bytes;
    return (((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0;
  }
}
