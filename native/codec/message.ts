// Netlink messages of the nf_tables subsystem: the 16 bytes of nlmsghdr (host order) and the 4 of nfgenmsg, around
// attributes. Writing closes a message by patching its length; reading walks a buffer of messages, as a dump or a
// notification brings them. Knows neither batches nor what any attribute means.

import { NFNL_SUBSYS_NFTABLES, NFPROTO_INET, NLM_F_ACK, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR } from "./constants.ts";
import { CodecError } from "./error.ts";
import { AttributeReader } from "./reader.ts";
import { AttributeWriter } from "./writer.ts";

/** nlmsghdr and nfgenmsg. */
export const MESSAGE_HEADER = 20;
const NETLINK_HEADER = 16;

export interface MessageHeader {
  /** nlmsg_type as it stands in the message: subsystem and message number. */
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly family: number;
  /** nfgen res_id: the subsystem in a batch's begin and end, low bits of the generation in what the kernel sends. */
  readonly resource: number;
}

interface Request {
  /** NFT_MSG_GET*. */
  readonly message: number;
  readonly flags: number;
  readonly sequence: number;
}

/** nlmsg_type of an nf_tables message (NFT_MSG_*). */
export function tablesType(message: number): number {
  return (NFNL_SUBSYS_NFTABLES << 8) | message;
}

/** Opens a message. Returns the mark that `endMessage` takes. */
export function beginMessage(writer: AttributeWriter, header: MessageHeader): number {
  writer.reserve(MESSAGE_HEADER);
  const mark = writer.length;
  writer.host16(mark + 4, header.type);
  writer.host16(mark + 6, header.flags);
  writer.host32(mark + 8, header.sequence);
  // Version 0 and res_id, the only field in network order.
  writer.host32(mark + 16, header.family | ((header.resource >> 8) << 16) | ((header.resource & 0xff) << 24));
  writer.length = mark + MESSAGE_HEADER;
  return mark;
}

export function endMessage(writer: AttributeWriter, mark: number): void {
  writer.host32(mark, writer.length - mark);
}

/** Asks the kernel to acknowledge the finished message at `mark`. */
export function requestAck(writer: AttributeWriter, mark: number): void {
  writer.bytes[mark + 6] = (writer.bytes[mark + 6] as number) | NLM_F_ACK;
}

/** One message by itself, outside a batch. */
export function singleMessage(writer: AttributeWriter, header: MessageHeader, body: () => void): Uint8Array {
  const mark = beginMessage(writer, header);
  body();
  endMessage(writer, mark);
  return writer.finish();
}

/** A request outside a batch: a get (flags 0) or a dump (NLM_F_DUMP). */
export function encodeRequest({ message, flags, sequence }: Request, body: (writer: AttributeWriter) => void = () => undefined): Uint8Array {
  const writer = new AttributeWriter(128);
  const header = { type: tablesType(message), flags: flags | NLM_F_REQUEST, sequence, family: NFPROTO_INET, resource: 0 };
  return singleMessage(writer, header, () => body(writer));
}

export interface Message extends MessageHeader {
  /** Of the socket that asked, also in what the kernel tells to all because of it. */
  readonly portId: number;
  readonly attributes: AttributeReader;
}

/**
 * The messages in `bytes`, without the ones that only control a dump (NLMSG_DONE and an NLMSG_ERROR of 0 are the socket's).
 * @throws CodecError when a message does not fit where it claims to be
 */
export function* readMessages(bytes: Uint8Array): Generator<Message, void, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length) {
    const left = bytes.length - at;
    const size = left < NETLINK_HEADER ? 0 : view.getUint32(at, true);
    if (size < NETLINK_HEADER || size > left) throw new CodecError(`a message of ${size} bytes where ${left} are left`, at);
    const type = view.getUint16(at + 4, true);
    if (type !== NLMSG_DONE && type !== NLMSG_ERROR) yield readMessage(bytes, view, at, size);
    at += (size + 3) & ~3;
  }
}

function readMessage(bytes: Uint8Array, view: DataView, at: number, size: number): Message {
  if (size < MESSAGE_HEADER) throw new CodecError(`a message of ${size} bytes: nf_tables' are at least ${MESSAGE_HEADER}`, at);
  return {
    type: view.getUint16(at + 4, true),
    flags: view.getUint16(at + 6, true),
    sequence: view.getUint32(at + 8, true),
    portId: view.getUint32(at + 12, true),
    family: view.getUint8(at + 16),
    resource: view.getUint16(at + 18, false),
    attributes: new AttributeReader(bytes, at + MESSAGE_HEADER, at + size),
  };
}
