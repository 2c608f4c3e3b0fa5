// Netlink attributes into one growing buffer: a header of length and type in host order, a payload whose integers are
// big-endian (nf_tables' convention), padding to four bytes. Errors are sticky: the first is kept, writing goes on, finish()
// throws it. Knows attributes, not messages. Host order is little-endian: hostward runs on x64 and arm64.

import { NLA_F_NESTED } from "./constants.ts";
import { CodecError } from "./error.ts";

const HEADER = 4;
const MAX_ATTRIBUTE = 0xffff;
const utf8 = new TextEncoder();

export class AttributeWriter {
  /** The buffer; only `length` bytes of it are written. Replaced by a larger one as it grows. */
  bytes: Uint8Array;
  length = 0;
  #failure: CodecError | undefined;

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room, so that a caller may write `count` bytes straight into `bytes` and advance `length`. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  u8(type: number, value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xff) this.fail(`attribute ${type}: ${value} is not an 8-bit number`);
    this.#header(type, 1);
    this.bytes[this.length] = value;
    this.length += HEADER;
  }

  /** Big-endian. Also takes negative 32-bit numbers (priorities, verdict codes). */
  u32(type: number, value: number): void {
    if (!Number.isInteger(value) || value < -0x80000000 || value > 0xffffffff) this.fail(`attribute ${type}: ${value} is not a 32-bit number`);
    this.#header(type, 4);
    this.#big32(value);
  }

  /** Big-endian. */
  u64(type: number, value: bigint): void {
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn) this.fail(`attribute ${type}: ${value} is not a 64-bit number`);
    this.#header(type, 8);
    this.#big32(Number((value >> 32n) & 0xffffffffn));
    this.#big32(Number(value & 0xffffffffn));
  }

  /** UTF-8 with the NUL that the kernel's NLA_STRING policies and nft expect. */
  text(type: number, value: string): void {
    this.reserve(HEADER + 3 * value.length + 4);
    const size = writeText(this.bytes, this.length + HEADER, value);
    if (size < 0) this.fail(`attribute ${type}: text with a NUL in it`);
    this.#header(type, size + 1);
    this.length += (size + 4) & ~3;
  }

  data(type: number, value: Uint8Array): void {
    this.#header(type, value.length);
    this.bytes.set(value, this.length);
    this.length += (value.length + 3) & ~3;
  }

  /** An attribute without payload. */
  empty(type: number): void {
    this.#header(type, 0);
  }

  /** Opens a nest. Returns the mark that `end` takes. */
  begin(type: number): number {
    const mark = this.length;
    this.#header(type | NLA_F_NESTED, 0);
    return mark;
  }

  end(mark: number): void {
    const size = this.length - mark;
    if (size > MAX_ATTRIBUTE) this.fail(`a nest of ${size} bytes: netlink holds at most ${MAX_ATTRIBUTE}`);
    this.bytes[mark] = size & 0xff;
    this.bytes[mark + 1] = (size >> 8) & 0xff;
  }

  /** Keeps the first trouble of this buffer; finish() throws it. */
  fail(message: string): void {
    this.#failure ??= new CodecError(message, this.length);
  }

  get failure(): CodecError | undefined {
    return this.#failure;
  }

  /**
   * The written bytes: a view, valid until the next write.
   * @throws CodecError the first trouble met while writing
   */
  finish(): Uint8Array {
    if (this.#failure) throw this.#failure;
    return this.bytes.subarray(0, this.length);
  }

  #header(type: number, payload: number): void {
    const size = HEADER + payload;
    if (size > MAX_ATTRIBUTE) this.fail(`attribute ${type} of ${size} bytes: netlink holds at most ${MAX_ATTRIBUTE}`);
    this.reserve(size + 3);
    const { bytes, length } = this;
    bytes[length] = size & 0xff;
    bytes[length + 1] = (size >> 8) & 0xff;
    bytes[length + 2] = type & 0xff;
    bytes[length + 3] = type >> 8;
    this.length = length + HEADER;
  }

  #big32(value: number): void {
    const { bytes, length } = this;
    bytes[length] = value >>> 24;
    bytes[length + 1] = value >>> 16;
    bytes[length + 2] = value >>> 8;
    bytes[length + 3] = value;
    this.length = length + 4;
  }
}

/** Writes UTF-8 without a NUL where there is room for it. Returns how many bytes, negative for a NUL. Names are short and ASCII: no call into C++ for them. */
function writeText(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0) return -1;
    if (code > 0x7f) return text.includes("\0") ? -1 : utf8.encodeInto(text, bytes.subarray(at)).written;
    bytes[at + i] = code;
  }
  return text.length;
}
