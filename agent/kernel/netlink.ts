// The real kernel: reads the table by dumps, commits batches, hears of changes, all over one netlink socket of its own. The only
// importer of native/ besides its siblings here; what the messages look like is native/codec's.

import { setTimeout as sleep } from "node:timers/promises";
import { NFNLGRP_NFTABLES } from "../../native/codec/constants.ts";
import { decodeGeneration, type Generation, generationRequest } from "../../native/codec/generation.ts";
import { readMessages } from "../../native/codec/message.ts";
import { tableRequest } from "../../native/codec/table.ts";
import { NetlinkMonitor, NetlinkSocket } from "../../native/index.ts";
import { NetlinkError } from "../../native/netlinkError.ts";
import { describeOperation } from "../../rules/diff/plan.ts";
import type { Actual, Batch } from "../../rules/diff/types.ts";
import { type Committed, type Kernel, KernelError, type KernelEvent } from "./interface.ts";
import { listTable } from "./listing.ts";
import { encodeOperations } from "./operations.ts";
import { kernelError } from "./refusal.ts";

/** How often a table is read again because the ruleset changed meanwhile, with a millisecond more of patience each time. */
const READ_ATTEMPTS = 20;

/** @throws KernelError where there is no netlink socket to be had */
export function openNetlinkKernel(): Kernel {
  try {
    return new NetlinkKernel(new NetlinkSocket("netfilter"));
  } catch (error) {
    throw kernelError(error);
  }
}

class NetlinkKernel implements Kernel {
  readonly #socket: NetlinkSocket;
  readonly #monitors = new Set<NetlinkMonitor>();
  #sequence = 0;

  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  async generation(): Promise<number> {
    return (await translated(this.#generation())).generation;
  }

  async read(table: string): Promise<{ generation: number; actual: Actual | undefined }> {
    for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt++) {
      const before = await this.generation();
      const actual = await translated(this.#list(table));
      if (actual !== "changing" && (await this.generation()) === before) return { generation: before, actual };
      await sleep(attempt);
    }
    throw new KernelError("stale", `the ruleset changed during each of ${READ_ATTEMPTS} attempts to read table inet ${table}`);
  }

  async commit(batch: Batch, { generation }: { readonly generation?: number } = {}): Promise<Committed> {
    if (batch.operations.length === 0) return this.#nothing();
    const start = performance.now();
    const encoding = encodeOperations(batch, { firstSequence: this.#next(), ...(generation === undefined ? {} : { generation }) });
    if (!encoding.ok) {
      const { operation, error } = encoding;
      throw new KernelError("refused", `${describeOperation(operation)}: no netlink message can carry it: ${error.message}`, { operation, cause: error });
    }
    const { encoded } = encoding;
    const encodeMicroseconds = (performance.now() - start) * 1000;
    this.#sequence += encoded.offsets.length;
    const { sendMicroseconds } = await translated(this.#socket.transact(encoded.bytes, encoded.lastSequence), encoded);
    const now = await this.generation();
    return {
      generation: generation === undefined || now === generation ? now : following(generation),
      messages: encoded.offsets.length,
      bytes: encoded.bytes.length,
      encodeMicroseconds,
      sendMicroseconds,
    };
  }

  watch(listener: (event: KernelEvent) => void): () => void {
    const lost = () => listener({ kind: "overflow" });
    const monitor = new NetlinkMonitor("netfilter", [NFNLGRP_NFTABLES], {
      messages: (bytes) => {
        for (const event of generationsIn(bytes)) listener({ kind: "generation", ...event });
      },
      overflow: lost,
      failed: lost,
    });
    this.#monitors.add(monitor);
    return () => {
      this.#monitors.delete(monitor);
      monitor.close();
    };
  }

  close(): void {
    for (const monitor of this.#monitors) monitor.close();
    this.#monitors.clear();
    this.#socket.close();
  }

  async #nothing(): Promise<Committed> {
    return { generation: await this.generation(), messages: 0, bytes: 0, encodeMicroseconds: 0, sendMicroseconds: 0 };
  }

  /** "changing": the table went away while it was being read. */
  async #list(table: string): Promise<Actual | undefined | "changing"> {
    const dump = (request: (sequence: number) => Uint8Array) => this.#socket.dump(request(this.#next()));
    try {
      await this.#socket.request(tableRequest(table, this.#next()));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      return await listTable(dump, table);
    } catch (error) {
      if (isMissing(error)) return "changing";
      throw error;
    }
  }

  async #generation(): Promise<Generation> {
    const [answer] = generationsIn(await this.#socket.request(generationRequest(this.#next())));
    if (answer === undefined) throw new KernelError("socket", "the kernel answered GETGEN with something else");
    return answer;
  }

  #next(): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    return this.#sequence;
  }
}

function* generationsIn(bytes: Uint8Array): Generator<Generation> {
  for (const message of readMessages(bytes)) {
    const generation = decodeGeneration(message);
    if (generation) yield generation;
  }
}

/** The kernel counts in 32 bits and leaves out 0 (nf_tables_commit). */
function following(generation: number): number {
  return (generation + 1) >>> 0 || 1;
}

function isMissing(error: unknown): boolean {
  return error instanceof NetlinkError && error.errno === "ENOENT";
}

async function translated<T>(work: Promise<T>, encoded?: Parameters<typeof kernelError>[1]): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw kernelError(error, encoded);
  }
}
