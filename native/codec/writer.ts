// Netlink attributes into one growing buffer: a header of length and type in host order, a payload whose integers are
// big-endian (nf_tables' convention), padding to four bytes. Errors are sticky: the first is kept, writing goes on, finish()
// throws it. Knows attributes, not messages. Host order is little-endian: hostward runs on x64 and arm64.

import { NLA_F_NESTED } from "./constants.ts";
import { CodecError } from "./error.ts";

const HEADER = 4;
/** Bytes that a loop copies sooner than a call into the engine. */
const SHORT = 64;
const MAX_ATTRIBUTE = 0xffff;
const utf8 = new TextEncoder();

export class AttributeWriter {
  /** The buffer; only `length` bytes of it are written. Replaced by a larger one as it grows. */
  bytes: Uint8Array;
  length = 0;
  /** Of the buffer: one store for what would be four. */
  #view: DataView;
  #failure: CodecError | undefined;

  /** @param room to write into if it is as large: zeros that nobody else uses as long as what is written is needed */
  constructor(capacity = 4096, room?: Uint8Array) {
    this.bytes = room !== undefined && room.length >= capacity ? room : new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Makes room, so that a caller may write `count` bytes straight into `bytes` and advance `length`. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
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
    this.#view.setUint32(this.length, value);
    this.length += 4;
  }

  /** Big-endian. */
  u64(type: number, value: bigint): void {
    if (BigInt.asUintN(64, value) !== value) this.fail(`attribute ${type}: ${value} is not a 64-bit number`);
    this.#header(type, 8);
    this.#view.setBigUint64(this.length, value);
    this.length += 8;
  }

  /** UTF-8 with the NUL that the kernel's NLA_STRING policies and nft expect. */
  text(type: number, value: string): void {
    const mark = this.open(type);
    if (!this.string(value)) this.fail(`attribute ${type}: text with a NUL in it`);
    this.end(mark);
  }

  /** UTF-8 with a NUL behind it, inside an open attribute. False for a text that has one itself. */
  string(value: string): boolean {
    this.reserve(3 * value.length + 4);
    const size = writeText(this.bytes, this.length, value);
    this.length += Math.max(size, 0) + 1;
    return size >= 0;
  }

  /** One byte inside an open attribute. */
  byte(value: number): void {
    this.reserve(4);
    this.bytes[this.length++] = value;
  }

  data(type: number, value: Uint8Array): void {
    const { length } = value;
    this.#header(type, length);
    this.#put(value);
    this.length += (length + 3) & ~3;
  }

  /** Bytes that were written somewhere else, whole attributes or the beginning of one. */
  copy(value: Uint8Array): void {
    this.reserve(value.length);
    this.#put(value);
    this.length += value.length;
  }

  /** An attribute without payload. */
  empty(type: number): void {
    this.#header(type, 0);
  }

  /** Opens a nest. Returns the mark that `end` takes. */
  begin(type: number): number {
    return this.open(type | NLA_F_NESTED);
  }

  /** Opens an attribute whose length is not known yet. Returns the mark that `end` takes. */
  open(type: number): number {
    const mark = this.length;
    this.#header(type, 0);
    return mark;
  }

  end(mark: number): void {
    const size = this.length - mark;
    if (size > MAX_ATTRIBUTE) this.fail(`a nest of ${size} bytes: netlink holds at most ${MAX_ATTRIBUTE}`);
    this.#view.setUint16(mark, size & 0xffff, true);
    this.length = mark + ((size + 3) & ~3);
  }

  /** In the host's order, of bytes that are written: message headers. */
  host16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  host32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
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

  #put(value: Uint8Array): void {
    const { bytes, length: at } = this;
    if (value.length > SHORT) bytes.set(value, at);
    else for (let i = 0; i < value.length; i++) bytes[at + i] = value[i] as number;
  }

  #header(type: number, payload: number): void {
    const size = HEADER + payload;
    if (size > MAX_ATTRIBUTE) this.fail(`attribute ${type} of ${size} bytes: netlink holds at most ${MAX_ATTRIBUTE}`);
    this.reserve(size + 3);
    this.#view.setUint32(this.length, (size & 0xffff) | (type << 16), true);
    this.length += HEADER;
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
