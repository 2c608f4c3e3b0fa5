// The typed face of the addon: netlink sockets, a multicast monitor and sd_notify. Checks arguments, turns the addon's plain data into
// values or a NetlinkError, and keeps one exchange at a time on a socket. Knows message headers, nothing of what messages say.

import type { Addon, NativeExchange, NativeMonitor, NativeReply, NativeSocket } from "./addon.ts";
import { loadAddon } from "./addon.ts";
import type { NetlinkErrorCode, NetlinkReply } from "./netlinkError.ts";
import { errnoName, NetlinkError, systemError } from "./netlinkError.ts";

export type { NetlinkErrorCode, NetlinkReply };
export { NetlinkError };

export type NetlinkProtocol = "netfilter" | "route";

export interface SocketOptions {
  /** Bytes; without privilege the system's limit applies. */
  readonly receiveBuffer?: number;
  /** Bytes to start with; grows by itself to fit a batch. */
  readonly sendBuffer?: number;
}

export interface Sent {
  /** Wall time inside sendmsg: the kernel's parsing, validation and commit. */
  readonly sendMicroseconds: number;
  /** Whole netlink messages that the kernel sent back, of what asked for it (NLM_F_ECHO). */
  readonly messages: Uint8Array;
}

export interface MonitorListener {
  /** Whole netlink messages, headers kept, several datagrams at a time. */
  messages(bytes: Uint8Array): void;
  /** Messages were lost; those delivered before may be older than what was lost. Whatever is known of the kernel must be read again. */
  overflow(): void;
  /** The monitor has ended. */
  failed(error: NetlinkError): void;
}

const protocols: Readonly<Record<NetlinkProtocol, number>> = { route: 0, netfilter: 12 };
const defaultReceiveBuffer = 4 * 1024 * 1024;
/** A worker thread costs some 50 us to reach: small batches are sooner done here. */
export const largeBatch = 64 * 1024;
const headerLength = 16;
const dumpFlag = 0x300;

let loaded: Addon | undefined;

function addon(): Addon {
  loaded ??= loadAddon();
  return loaded;
}

export class NetlinkSocket {
  readonly portId: number;
  #native: NativeSocket | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @throws NetlinkError */
  constructor(protocol: NetlinkProtocol, options: SocketOptions = {}) {
    const { Socket } = addon();
    const receive = checkSize("receiveBuffer", options.receiveBuffer ?? defaultReceiveBuffer);
    const send = checkSize("sendBuffer", options.sendBuffer ?? 0);
    this.#native = opened(() => new Socket(checkProtocol(protocol), receive, send));
    this.portId = this.#native.portId;
  }

  /**
   * Sends the bytes, one or more messages, with one sendmsg and resolves when the kernel has answered.
   * `lastSequence` is the sequence number of the message that carries NLM_F_ACK. The bytes must not be changed meanwhile. What takes the kernel
   * milliseconds, as a large batch does, is done on another thread.
   * @throws NetlinkError of the first refused message, with all of them in `replies`
   */
  async transact(bytes: Uint8Array, lastSequence: number, takes: "short" | "long" = bytes.length > largeBatch ? "long" : "short"): Promise<Sent> {
    checkMessages(bytes);
    if (takes === "short") return this.#inTurn(async (native) => sent(native.transactSync(bytes, lastSequence), bytes));
    return this.#inTurn(async (native) => sent(await elsewhere<NativeExchange>((done) => native.transact(bytes, lastSequence, done)), bytes));
  }

  /** The same on the calling thread: for small messages, and where one cannot wait. */
  transactSync(bytes: Uint8Array, lastSequence: number): Sent {
    checkMessages(bytes);
    return sent(this.#open().transactSync(bytes, lastSequence), bytes);
  }

  /** Reply messages of a dump request (NLM_F_DUMP), headers kept, concatenated: one consistent state, read again when a change interrupted it. */
  async dump(request: Uint8Array): Promise<Uint8Array> {
    checkMessages(request);
    if ((flagsOf(request) & dumpFlag) !== dumpFlag) throw new TypeError("a dump request carries NLM_F_DUMP");
    return this.#inTurn(async (native) => {
      const exchange = await elsewhere<NativeExchange>((done) => native.dump(request, done));
      throwIfFailed(exchange, request);
      if (exchange.interrupted) throw new NetlinkError("NETLINK_INTERRUPTED", "a dump was interrupted by changes again and again");
      if (!exchange.done) throw new NetlinkError("NETLINK_UNANSWERED", "the kernel did not end a dump");
      return exchange.messages;
    });
  }

  /** The reply to a request that the kernel answers with one message, as GETGEN or GETTABLE by name. */
  async request(message: Uint8Array): Promise<Uint8Array> {
    checkMessages(message);
    return this.#inTurn(async (native) => {
      const exchange = native.transactSync(message, sequenceOf(message));
      throwIfFailed(exchange, message);
      if (exchange.messages.length === 0) throw new NetlinkError("NETLINK_UNANSWERED", "the kernel did not answer a request");
      return exchange.messages;
    });
  }

  /** What runs ends; what waits its turn is rejected with NETLINK_CLOSED. */
  close(): void {
    this.#native?.close();
    this.#native = undefined;
  }

  #open(): NativeSocket {
    if (this.#native === undefined) throw new NetlinkError("NETLINK_CLOSED", "the netlink socket is closed");
    return this.#native;
  }

  /** The kernel runs one dump at a time on a socket (EBUSY), and replies of two exchanges would mix. */
  #inTurn<T>(work: (native: NativeSocket) => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => work(this.#open()));
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** Multicast messages of the kernel. Does not keep the process alive unless ref() is called. */
export class NetlinkMonitor {
  #native: NativeMonitor | undefined;

  /**
   * @param groups numbers of RTNLGRP_* or NFNLGRP_*
   * @throws NetlinkError
   */
  constructor(protocol: NetlinkProtocol, groups: readonly number[], listener: MonitorListener, options: Pick<SocketOptions, "receiveBuffer"> = {}) {
    if (groups.length === 0 || groups.some((group) => !Number.isInteger(group) || group < 1)) throw new TypeError("groups are positive integers");
    const { Monitor } = addon();
    const receive = checkSize("receiveBuffer", options.receiveBuffer ?? defaultReceiveBuffer);
    const deliver = (messages: Uint8Array, overflowed: boolean, syscall: string, errno: number): void => {
      try {
        if (this.#native !== undefined && messages.length > 0) listener.messages(messages);
        if (this.#native !== undefined && overflowed) listener.overflow();
        if (this.#native !== undefined && errno !== 0) listener.failed(systemError(syscall, errno));
      } catch (error) {
        // Node only warns of an error that passes through Node-API; a listener's is to be uncaught like any other.
        process.nextTick(() => {
          throw error;
        });
      }
    };
    this.#native = opened(() => new Monitor(checkProtocol(protocol), receive, groups, deliver));
  }

  /** Of its socket: what it sends is answered there, among the messages. */
  get portId(): number {
    return this.#open().portId;
  }

  /** Nothing of the group is heard any more; what came before still is. A listener makes large commits dearer (kernel-facts). @throws NetlinkError */
  leave(group: number): void {
    const native = this.#open();
    opened(() => native.leave(group));
  }

  /** @throws NetlinkError */
  join(group: number): void {
    const native = this.#open();
    opened(() => native.join(group));
  }

  /** Sends a request: its answer stands among the messages where the kernel gave it, after what came before and before what comes later. @throws NetlinkError */
  send(request: Uint8Array): void {
    checkMessages(request);
    const native = this.#open();
    opened(() => native.send(request));
  }

  ref(): this {
    this.#native?.ref();
    return this;
  }

  unref(): this {
    this.#native?.unref();
    return this;
  }

  /** After it returns the listener is not called again. */
  close(): void {
    this.#native?.close();
    this.#native = undefined;
  }

  #open(): NativeMonitor {
    if (this.#native === undefined) throw new NetlinkError("NETLINK_CLOSED", "the netlink monitor is closed");
    return this.#native;
  }
}

/**
 * sd_notify(3): "READY=1", "WATCHDOG=1", "STATUS=...". False when no service manager asked for it ($NOTIFY_SOCKET).
 * @throws NetlinkError NETLINK_SYSTEM when the datagram could not be sent
 */
export function notifySystemd(state: string): boolean {
  const address = process.env["NOTIFY_SOCKET"];
  if (address === undefined || address === "") return false;
  opened(() => addon().notify(address, state));
  return true;
}

/**
 * Resolves with true when everything in the kernel that was under way is over that looks at what changes by RCU, packets in hooks among it: some 8 ms, in
 * which nobody waits but the caller (membarrier(2), MEMBARRIER_CMD_GLOBAL: synchronize_rcu). False at once where this system cannot tell.
 */
export function passGracePeriod(): Promise<boolean> {
  return elsewhere((done) => addon().gracePeriod(done));
}

function opened<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error) || !("errno" in error)) throw error;
    throw systemError(String(error.syscall), Number(error.errno), error);
  }
}

/** What is done on another thread. */
function elsewhere<T>(start: (done: (error: Error | undefined, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}

function sent(exchange: NativeExchange, bytes: Uint8Array): Sent {
  throwIfFailed(exchange, bytes);
  if (!exchange.acknowledged) throw new NetlinkError("NETLINK_UNANSWERED", "the kernel did not acknowledge a batch: does its last message carry NLM_F_ACK?");
  const { sendMicroseconds, messages } = exchange;
  return { sendMicroseconds, messages };
}

function throwIfFailed(exchange: NativeExchange, bytes: Uint8Array): void {
  const first = exchange.refusals[0];
  if (first !== undefined) throw refused(first, exchange, bytes);
  if (exchange.errno !== 0) throw systemError(exchange.syscall, exchange.errno);
  if (exchange.overflowed) {
    throw new NetlinkError("NETLINK_OVERFLOW", "the kernel's replies did not fit the receive buffer and some are lost", {
      errno: "ENOBUFS",
      syscall: "recvmsg",
    });
  }
}

/** A lack of privilege is told of the first message (nfnetlink_rcv, rtnetlink_rcv_msg); EPERM further in a batch is a table that another process owns. */
function refused(first: NativeReply, exchange: NativeExchange, bytes: Uint8Array): NetlinkError {
  const replies: readonly NetlinkReply[] = exchange.refusals.map((reply) => ({ ...reply, errno: errnoName(reply.errno) }));
  const errno = errnoName(first.errno);
  const text = first.message === undefined ? errno : `${errno}: ${first.message}`;
  if (errno === "ERESTART") return new NetlinkError("NETLINK_STALE", "the ruleset's generation is not the expected one", { errno, replies });
  if (errno === "EPERM" && first.sequence === sequenceOf(bytes)) {
    return new NetlinkError("NETLINK_PERMISSION", "CAP_NET_ADMIN over this network namespace is needed", { errno, replies });
  }
  return new NetlinkError("NETLINK_REFUSED", `the kernel refused message ${first.sequence}: ${text}`, { errno, replies });
}

function checkProtocol(protocol: NetlinkProtocol): number {
  const number = protocols[protocol];
  if (number === undefined) throw new TypeError(`no netlink protocol "${String(protocol)}"`);
  return number;
}

function checkSize(name: string, bytes: number): number {
  if (!Number.isInteger(bytes) || bytes < 0 || bytes > 2 ** 30) throw new RangeError(`${name} is a number of bytes from 0 to 2^30, not ${bytes}`);
  return bytes;
}

function checkMessages(bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("netlink messages are a Uint8Array");
  if (bytes.length < headerLength) throw new RangeError(`a netlink message has at least ${headerLength} bytes, not ${bytes.length}`);
}

/** struct nlmsghdr: length u32, type u16, flags u16, sequence u32, port u32, in the host's order, which is little endian on x64 and arm64. */
function sequenceOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
}

function flagsOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint16(6, true);
}
