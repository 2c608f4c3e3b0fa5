// A batch: what the kernel commits as one transaction, between BATCH_BEGIN and BATCH_END (kernel nfnetlink.c,
// nfnetlink_rcv_batch). Every message has a sequence number of its own, so that a refusal leads back to the message, and from
// there to the operation. Knows framing only; table.ts, rule.ts, set.ts and the others fill the messages.

import { NFNL_BATCH_GENID, NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END, NFNL_SUBSYS_NFTABLES, NFPROTO_INET, NFPROTO_UNSPEC, NLM_F_REQUEST } from "./constants.ts";
import type { CodecError } from "./error.ts";
import { beginMessage, endMessage, requestAck, tablesType } from "./message.ts";
import { AttributeWriter } from "./writer.ts";

export interface EncodedBatch {
  readonly bytes: Uint8Array;
  readonly firstSequence: number;
  /** Of the message that asks for an acknowledgement: the last one before BATCH_END. */
  readonly lastSequence: number;
  /** Where each message starts in `bytes`: the begin of the batch, its messages, its end. */
  readonly offsets: readonly number[];
}

export interface BatchOptions {
  readonly firstSequence?: number;
  /** The ruleset generation that must still be in force: the kernel answers ERESTART when it is not. */
  readonly generation?: number;
  /** Bytes to allocate at first. */
  readonly capacity?: number;
  /** Written into instead where it has that capacity: a whole buffer of zeros. */
  readonly room?: Uint8Array | undefined;
}

export class BatchWriter {
  readonly #writer: AttributeWriter;
  readonly #offsets: number[] = [];
  readonly #first: number;

  constructor({ firstSequence = 1, generation, capacity = 4096, room }: BatchOptions = {}) {
    this.#writer = new AttributeWriter(capacity, room);
    this.#first = firstSequence;
    this.#frame(NFNL_MSG_BATCH_BEGIN, () => generation !== undefined && this.#writer.u32(NFNL_BATCH_GENID, generation));
  }

  /** How many messages stand in the batch, without its begin. */
  get count(): number {
    return this.#offsets.length - 1;
  }

  /** The first trouble met so far. */
  get failure(): CodecError | undefined {
    return this.#writer.failure;
  }

  /** Opens an nf_tables message (NFT_MSG_*) of family inet. Returns where its attributes go. */
  begin(message: number, flags: number): AttributeWriter {
    this.#open(tablesType(message), flags | NLM_F_REQUEST, NFPROTO_INET);
    return this.#writer;
  }

  end(): void {
    endMessage(this.#writer, this.#offsets.at(-1) as number);
  }

  /**
   * Only the last message asks for an acknowledgement: replies to all would overflow the socket's buffer, and kernels before
   * 6.10 do not answer BATCH_END. Without `commit` the batch has no end: the kernel checks it and throws it away.
   * @throws CodecError the first trouble met while writing
   */
  finish({ commit = true }: { readonly commit?: boolean } = {}): EncodedBatch {
    requestAck(this.#writer, this.#offsets.at(-1) as number);
    const lastSequence = this.#sequence(this.count);
    if (commit) this.#frame(NFNL_MSG_BATCH_END, () => undefined);
    return { bytes: this.#writer.finish(), firstSequence: this.#first, lastSequence, offsets: this.#offsets };
  }

  #frame(type: number, body: () => void): void {
    this.#open(type, NLM_F_REQUEST, NFPROTO_UNSPEC);
    body();
    this.end();
  }

  #open(type: number, flags: number, family: number): void {
    const resource = family === NFPROTO_UNSPEC ? NFNL_SUBSYS_NFTABLES : 0;
    const sequence = this.#sequence(this.#offsets.length);
    this.#offsets.push(beginMessage(this.#writer, { type, flags, sequence, family, resource }));
  }

  #sequence(index: number): number {
    return (this.#first + index) >>> 0;
  }
}

/** Index of the message with this sequence number: 0 is BATCH_BEGIN. Undefined when the batch has no such message. */
export function messageIndex(batch: EncodedBatch, sequence: number): number | undefined {
  const index = (sequence - batch.firstSequence) >>> 0;
  return index < batch.offsets.length ? index : undefined;
}

/** The bytes of one message of the batch. */
export function messageBytes(batch: EncodedBatch, index: number): Uint8Array {
  return batch.bytes.subarray(batch.offsets[index], batch.offsets[index + 1] ?? batch.bytes.length);
}
