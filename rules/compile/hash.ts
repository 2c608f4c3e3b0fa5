// Texts and packed keys become short digests for names: SHA-256 (FIPS 180-4), cut to 100 bits. Own code, because this floor
// has no crypto module; cryptographic, because whoever feeds an address set must not be able to make two sets share a name.

/** Characters of a digest: legal in nft names, five bits each. */
const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
export const digestLength = 20;

const initial = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

// biome-ignore format: eight a line, as in FIPS 180-4 section 4.2.2
const roundConstants = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

/** Twenty characters of `a-z2-7` that stand for the list of parts; where one part ends and the next begins matters. */
export function digest(parts: readonly (string | Uint8Array)[]): string {
  const words = sha256(frame(parts));
  let text = "";
  for (let at = 0; at < digestLength; at++) {
    const bit = at * 5;
    const word = words[bit >> 5] ?? 0;
    const next = words[(bit >> 5) + 1] ?? 0;
    const shift = bit & 31;
    const window = shift === 0 ? word : (word << shift) | (next >>> (32 - shift));
    text += alphabet[window >>> 27];
  }
  return text;
}

/** Each part with its kind and length before it, so that different lists never give the same bytes. Texts as UTF-16 units. */
function frame(parts: readonly (string | Uint8Array)[]): Uint8Array {
  const sizes = parts.map((part) => (typeof part === "string" ? part.length * 2 : part.length));
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size + 5, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    bytes[at] = typeof part === "string" ? 1 : 2;
    view.setUint32(at + 1, sizes[index] ?? 0);
    at += 5;
    if (typeof part === "string") for (let unit = 0; unit < part.length; unit++) view.setUint16(at + unit * 2, part.charCodeAt(unit));
    else bytes.set(part, at);
    at += sizes[index] ?? 0;
  }
  return bytes;
}

/** The eight words of the message's SHA-256. */
export function sha256(message: Uint8Array): Uint32Array {
  const padded = new DataView(new ArrayBuffer((((message.length + 8) >> 6) + 1) << 6));
  new Uint8Array(padded.buffer).set(message);
  padded.setUint8(message.length, 0x80);
  padded.setBigUint64(padded.byteLength - 8, BigInt(message.length) * 8n);
  const state = new Uint32Array(initial);
  const schedule = new Uint32Array(64);
  for (let block = 0; block < padded.byteLength; block += 64) {
    for (let t = 0; t < 16; t++) schedule[t] = padded.getUint32(block + t * 4);
    expand(schedule);
    compress(state, schedule);
  }
  return state;
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function expand(schedule: Uint32Array): void {
  for (let t = 16; t < 64; t++) {
    const early = schedule[t - 15] as number;
    const late = schedule[t - 2] as number;
    const sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    schedule[t] = ((schedule[t - 16] as number) + sigma0 + (schedule[t - 7] as number) + sigma1) | 0;
  }
}

function compress(state: Uint32Array, schedule: Uint32Array): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let t = 0; t < 64; t++) {
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const choice = (e & f) ^ (~e & g);
    const temp1 = (h + sum1 + choice + (roundConstants[t] as number) + (schedule[t] as number)) | 0;
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + temp1) | 0;
    d = c;
    c = b;
    b = a;
    a = (temp1 + sum0 + majority) | 0;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
  state[5] = (state[5] as number) + f;
  state[6] = (state[6] as number) + g;
  state[7] = (state[7] as number) + h;
}
