// A netlink socket with faults: a real one, and between it and the kernel layer what a test chooses to happen. Where the kernel can be brought to
// do it, it does it (a message without its acknowledgement, a name it does not know); only what it cannot be brought to is made up, in the shape
// that native/ gives it.

import { spawnSync } from "node:child_process";
import type { KernelSocket } from "../../../agent/kernel/netlink.ts";
import { readMessages } from "../../../native/codec/message.ts";
import { NetlinkSocket, type Sent } from "../../../native/index.ts";
import { errnoName, NetlinkError, systemError } from "../../../native/netlinkError.ts";

export type Fault =
  /** The batch is carried out, and its replies do not fit the receive buffer. */
  | { readonly kind: "replies overflow" }
  /** The batch is carried out, and nobody acknowledges it. */
  | { readonly kind: "lost acknowledgement" }
  /** sendmsg fails: nothing of the batch reaches the kernel. */
  | { readonly kind: "send fails"; readonly errno: "ENOMEM" | "EPERM" | "ENOBUFS" }
  /** The kernel refuses the message with this number in the batch, from 1. */
  | { readonly kind: "message fails"; readonly errno: "ENOMEM"; readonly message: number }
  /** Somebody else commits right before the batch. */
  | { readonly kind: "overtaken" }
  /** The kernel has no expression of this name. */
  | { readonly kind: "missing expression"; readonly name: string }
  /** Dumps are interrupted by changes for longer than the socket's patience. */
  | { readonly kind: "interrupted dump" }
  /** Replies of a dump or a request do not fit the receive buffer. */
  | { readonly kind: "answers overflow" }
  /** The socket is closed under our hands. */
  | { readonly kind: "closed" };

const errnos = { ENOMEM: 12, EPERM: 1, ENOBUFS: 105 } as const;

export class FaultySocket implements KernelSocket {
  readonly #socket = new NetlinkSocket("netfilter");
  #fault: Fault | undefined;
  #times = 0;

  get portId(): number {
    return this.#socket.portId;
  }

  /** The next calls that it concerns fail so. */
  fail(fault: Fault, times = 1): void {
    this.#fault = fault;
    this.#times = times;
  }

  heal(): void {
    this.#times = 0;
  }

  async transact(bytes: Uint8Array, lastSequence: number, takes?: "short" | "long"): Promise<Sent> {
    const fault = this.#due(["interrupted dump", "answers overflow"]);
    switch (fault?.kind) {
      case "replies overflow":
        await this.#socket.transact(bytes, lastSequence);
        throw overflow();
      case "lost acknowledgement":
        return this.#socket.transact(withoutAcknowledgement(bytes), lastSequence);
      case "send fails":
        throw systemError("sendmsg", errnos[fault.errno]);
      case "message fails":
        throw refusal(bytes, fault);
      case "overtaken":
        spawnSync("nft", ["add", "table", "inet", `stranger${performance.now()}`.replace(".", "_")]);
        return this.#socket.transact(bytes, lastSequence);
      case "missing expression":
        return this.#socket.transact(withoutExpression(bytes, fault.name), lastSequence);
      case "closed":
        this.#socket.close();
        return this.#socket.transact(bytes, lastSequence);
      default:
        return this.#socket.transact(bytes, lastSequence, takes);
    }
  }

  async dump(request: Uint8Array): Promise<Uint8Array> {
    const fault = this.#due(["replies overflow", "lost acknowledgement", "message fails", "overtaken", "missing expression", "send fails"]);
    if (fault?.kind === "interrupted dump") throw new NetlinkError("NETLINK_INTERRUPTED", "a dump was interrupted by changes again and again");
    if (fault?.kind === "answers overflow") throw overflow();
    if (fault?.kind === "closed") this.#socket.close();
    return this.#socket.dump(request);
  }

  request(message: Uint8Array): Promise<Uint8Array> {
    return this.#socket.request(message);
  }

  close(): void {
    this.#socket.close();
  }

  #due(others: readonly Fault["kind"][]): Fault | undefined {
    const fault = this.#fault;
    if (fault === undefined || this.#times === 0 || others.includes(fault.kind)) return undefined;
    this.#times--;
    return fault;
  }
}

function overflow(): NetlinkError {
  return new NetlinkError("NETLINK_OVERFLOW", "the kernel's replies did not fit the receive buffer and some are lost", {
    errno: "ENOBUFS",
    syscall: "recvmsg",
  });
}

function refusal(bytes: Uint8Array, { errno, message }: Extract<Fault, { readonly kind: "message fails" }>): NetlinkError {
  const sequence = [...readMessages(bytes)][message]?.sequence ?? 0;
  const replies = [{ sequence, errno: errnoName(errnos[errno]), attributeOffset: undefined, message: undefined }];
  return new NetlinkError("NETLINK_REFUSED", `the kernel refused message ${sequence}: ${errno}`, { errno, replies });
}

const acknowledge = 4;
const headerLength = 16;

function withoutAcknowledgement(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  for (let at = 0; at + headerLength <= copy.length; at += (view.getUint32(at, true) + 3) & ~3)
    view.setUint16(at + 6, view.getUint16(at + 6, true) & ~acknowledge, true);
  return copy;
}

/** The name as no kernel has it. */
function withoutExpression(bytes: Uint8Array, name: string): Uint8Array {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(`${name}\0`);
  if (at < 0) throw new Error(`the batch has no expression ${name}`);
  copy.write(`x${name.slice(1)}`, at);
  return copy;
}
