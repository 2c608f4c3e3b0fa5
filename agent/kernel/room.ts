// The bytes of a batch, kept for the next one: fresh memory costs the kernel a page fault for each 4 KB, in the middle of a repair, and the collector more often
// a look at everything.

/** Bytes that are kept: those of a thousand policies, which are put back in milliseconds. What takes longer has the time for fresh ones. */
const mostKept = 4 * 1024 * 1024;

export class Room {
  #free: Uint8Array | undefined;

  /** Zeros, which are nobody else's until they are given back; undefined where there are none. */
  take(): Uint8Array | undefined {
    const taken = this.#free;
    this.#free = undefined;
    return taken;
  }

  /** @param used what was written, from the beginning of its buffer on; nobody needs it any more */
  giveBack(used: Uint8Array): void {
    if (used.buffer.byteLength > mostKept) return;
    used.fill(0);
    this.#free = new Uint8Array(used.buffer);
  }
}
