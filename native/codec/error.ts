// The one error of the codec: bytes that are not what they claim to be, or a value that no netlink attribute can hold.
// Writer and reader keep the first trouble they meet and go on; it surfaces once, here, when the message is finished.

export class CodecError extends Error {
  override readonly name = "CodecError";
  /** Byte offset in the buffer that was being written or read. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.offset = offset;
  }
}
