// A packet as bytes on the wire: IPv4 or IPv6 header, transport header, valid checksums. The identification (IPv4) or flow label (IPv6)
// carries a number by which a packet is known again wherever it is seen, because no hook and no translation touches it.

import type { Address } from "../../rules/net/types.ts";

export interface Datagram {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmp?: { readonly type: number; readonly code: number };
  readonly hopLimit: number;
  /** 1 to 65535. */
  readonly id: number;
  readonly tcp?: { readonly flags: number; readonly sequence: number; readonly acknowledgement: number };
  /** A packet of another flow that an ICMP error is about. */
  readonly quoted?: Datagram;
  /** Broken in a way that connection tracking calls invalid at every hook. */
  readonly invalid?: boolean;
}

export const tcpFlag = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;

const protocol = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132, udplite: 136 } as const;

function addressBytes({ family, value }: Address): Buffer {
  return Buffer.from(value.toString(16).padStart(family === 4 ? 8 : 32, "0"), "hex");
}

/** The internet checksum (RFC 1071). */
function checksum(...parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let index = 0; index < part.length; index += 2) sum += part.readUInt8(index) * 256 + (part[index + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** What TCP, UDP and ICMPv6 checksums cover besides the message (RFC 9293 3.1, RFC 8200 8.1). */
function pseudoHeader(datagram: Datagram, length: number): Buffer {
  const tail = Buffer.alloc(8);
  tail.writeUInt32BE(length, 0);
  // Connection tracking sums UDP-Lite as UDP (nf_conntrack_proto_udp.c, udplite_error), so that a right checksum is invalid to it.
  tail.writeUInt32BE(datagram.protocol === protocol.udplite ? protocol.udp : datagram.protocol, 4);
  return Buffer.concat([addressBytes(datagram.source), addressBytes(datagram.destination), tail]);
}

/** CRC-32C, reflected (RFC 9260 appendix A). */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

function withPorts(datagram: Datagram, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt16BE(datagram.sourcePort ?? 0, 0);
  bytes.writeUInt16BE(datagram.destinationPort ?? 0, 2);
  return bytes;
}

function tcpBytes(datagram: Datagram): Buffer {
  const bytes = withPorts(datagram, 20);
  const { flags, sequence, acknowledgement } = datagram.tcp ?? { flags: tcpFlag.syn, sequence: 1000, acknowledgement: 0 };
  bytes.writeUInt32BE(sequence, 4);
  bytes.writeUInt32BE(acknowledgement, 8);
  bytes.writeUInt8(5 << 4, 12);
  bytes.writeUInt8(datagram.invalid ? tcpFlag.syn | tcpFlag.fin : flags, 13);
  bytes.writeUInt16BE(64240, 14);
  bytes.writeUInt16BE(checksum(pseudoHeader(datagram, bytes.length), bytes), 16);
  return bytes;
}

function udpBytes(datagram: Datagram): Buffer {
  const bytes = withPorts(datagram, 12);
  // UDP-Lite has the checksum's coverage where UDP has the length; a length below the header's is invalid (nf_conntrack_proto_udp.c).
  bytes.writeUInt16BE(datagram.invalid ? 4 : bytes.length, 4);
  bytes.writeUInt16BE(checksum(pseudoHeader(datagram, bytes.length), bytes), 6);
  return bytes;
}

/** An INIT chunk: any other first chunk would be invalid (nf_conntrack_proto_sctp.c). */
function sctpBytes(datagram: Datagram): Buffer {
  const bytes = withPorts(datagram, 32);
  bytes.writeUInt8(datagram.invalid ? 10 : 1, 12);
  bytes.writeUInt16BE(20, 14);
  bytes.writeUInt32BE(0x1234, 16);
  bytes.writeUInt32BE(65536, 20);
  bytes.writeUInt16BE(1, 24);
  bytes.writeUInt16BE(1, 26);
  bytes.writeUInt32BE(1, 28);
  bytes.writeUInt32LE(crc32c(bytes), 8);
  return bytes;
}

function icmpBytes(datagram: Datagram): Buffer {
  const { type = 0, code = 0 } = datagram.icmp ?? {};
  const head = Buffer.alloc(8);
  head.writeUInt8(type, 0);
  head.writeUInt8(code, 1);
  // The rest of an echo is its identifier and sequence; neighbour messages need room for an address and MLD reports for a record.
  if (datagram.quoted === undefined) head.writeUInt16BE(0x4857, 4);
  const message = Buffer.concat([head, datagram.quoted === undefined ? Buffer.alloc(24) : datagramBytes(datagram.quoted)]);
  const covered = datagram.protocol === protocol.icmpv6 ? [pseudoHeader(datagram, message.length), message] : [message];
  message.writeUInt16BE(checksum(...covered), 2);
  // Too short for a header: invalid at every hook, while type and code can still be read.
  return datagram.invalid ? message.subarray(0, 4) : message;
}

function messageBytes(datagram: Datagram): Buffer {
  switch (datagram.protocol) {
    case protocol.tcp:
      return tcpBytes(datagram);
    case protocol.udp:
    case protocol.udplite:
      return udpBytes(datagram);
    case protocol.sctp:
      return sctpBytes(datagram);
    case protocol.icmp:
    case protocol.icmpv6:
      return icmpBytes(datagram);
    default:
      return Buffer.alloc(16);
  }
}

function ipv4Bytes(datagram: Datagram, message: Buffer): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt8(0x45, 0);
  bytes.writeUInt16BE(20 + message.length, 2);
  bytes.writeUInt16BE(datagram.id, 4);
  bytes.writeUInt8(datagram.hopLimit, 8);
  bytes.writeUInt8(datagram.protocol, 9);
  addressBytes(datagram.source).copy(bytes, 12);
  addressBytes(datagram.destination).copy(bytes, 16);
  bytes.writeUInt16BE(checksum(bytes), 10);
  return bytes;
}

function ipv6Bytes(datagram: Datagram, message: Buffer): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.writeUInt32BE((6 << 28) | datagram.id, 0);
  bytes.writeUInt16BE(message.length, 4);
  bytes.writeUInt8(datagram.protocol, 6);
  bytes.writeUInt8(datagram.hopLimit, 7);
  addressBytes(datagram.source).copy(bytes, 8);
  addressBytes(datagram.destination).copy(bytes, 24);
  return bytes;
}

/** From the IP header on. */
export function datagramBytes(datagram: Datagram): Buffer {
  const message = messageBytes(datagram);
  return Buffer.concat([datagram.source.family === 4 ? ipv4Bytes(datagram, message) : ipv6Bytes(datagram, message), message]);
}

/** As an Ethernet frame; MAC addresses as twelve hexadecimal digits. */
export function frameBytes(datagram: Datagram, macs: { readonly to: string; readonly from: string }): Buffer {
  const type = datagram.source.family === 4 ? "0800" : "86dd";
  return Buffer.concat([Buffer.from(macs.to + macs.from + type, "hex"), datagramBytes(datagram)]);
}
