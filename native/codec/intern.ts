// Short texts out of bytes, most of which were met before: names of tables, chains and expressions stand in every message of a dump. A text that is
// remembered is compared with the bytes, which takes a tenth of the time of decoding them.

const utf8 = new TextDecoder();

/** Longer texts, which are comments, are seldom the same; names of the index's chains are the longest of the others. */
const longest = 128;

/** A power of two: the last text of each hash is kept. */
const slots = 1024;
const texts: string[] = new Array<string>(slots).fill("");

/** UTF-8. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length > longest) return utf8.decode(bytes.subarray(start, end));
  let hash = length;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  const slot = (hash ^ (hash >>> 15)) & (slots - 1);
  const known = texts[slot] as string;
  if (isText(known, bytes, { start, length })) return known;
  const text = utf8.decode(bytes.subarray(start, end));
  texts[slot] = text;
  return text;
}

/** Never of a text that is not all ASCII. */
function isText(text: string, bytes: Uint8Array, { start, length }: { readonly start: number; readonly length: number }): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f || code !== bytes[start + i]) return false;
  }
  return true;
}
