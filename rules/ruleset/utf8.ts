// Text into UTF-8 bytes and back, and a cut at a byte limit that never splits a character. Written here because rules/ has no
// Node or DOM types, so neither Buffer nor TextEncoder. Lone surrogates become U+FFFD.

export function encodeUtf8(text: string): Uint8Array {
  return encodeAscii(text) ?? encodeCharacters(text);
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 0x80) return false;
  return true;
}

/** Most texts are names. */
function encodeAscii(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) return undefined;
    bytes[at] = code;
  }
  return bytes;
}

function encodeCharacters(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text.toWellFormed()) bytes.push(...encodeCodePoint(character.codePointAt(0) ?? 0));
  return Uint8Array.from(bytes);
}

/** The inverse of encodeUtf8; bytes that it never writes are each read as U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] ?? 0);
    let code = (bytes[at] ?? 0) & (length === 1 ? 0x7f : 0xff >> (length + 1));
    for (let i = 1; i < length; i++) code = (code << 6) | ((bytes[at + i] ?? 0) & 0x3f);
    const read = encodeCodePoint(code <= 0x10ffff ? code : 0xfffd);
    const same = read.length === length && read.every((byte, i) => byte === bytes[at + i]);
    text += same ? String.fromCodePoint(code).toWellFormed() : "\ufffd";
    at += same ? length : 1;
  }
  return text;
}

/** The longest beginning of the text that takes at most `limit` bytes. */
export function cutUtf8(text: string, limit: number): string {
  if (text.length <= limit && isAscii(text)) return text;
  let size = 0;
  let kept = "";
  for (const character of text.toWellFormed()) {
    size += encodeCodePoint(character.codePointAt(0) ?? 0).length;
    if (size > limit) break;
    kept += character;
  }
  return kept;
}

function sequenceLength(first: number): 1 | 2 | 3 | 4 {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** RFC 3629, section 3. */
function encodeCodePoint(code: number): number[] {
  if (code < 0x80) return [code];
  if (code < 0x800) return [0xc0 | (code >> 6), continuation(code)];
  if (code < 0x10000) return [0xe0 | (code >> 12), continuation(code >> 6), continuation(code)];
  return [0xf0 | (code >> 18), continuation(code >> 12), continuation(code >> 6), continuation(code)];
}

function continuation(code: number): number {
  return 0x80 | (code & 0x3f);
}
