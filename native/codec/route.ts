// rtnetlink, as far as links and their local addresses go: dump requests, and dumps or notifications turned into links and local routes.
// Everything else in a message is skipped. Integers are in host order here, unlike nf_tables' (include/uapi/linux/rtnetlink.h, if_link.h).

import type { Address, Family } from "../../rules/net/types.ts";
import { CodecError } from "./error.ts";
import { AttributeReader } from "./reader.ts";

export type RouteMessage = LinkMessage | LocalRouteMessage;

export interface LinkMessage {
  readonly kind: "link";
  readonly change: "new" | "delete";
  readonly index: number;
  readonly name: string;
  /** IFF_RUNNING: the driver says that packets can pass, which IFF_UP does not (semantics H5). */
  readonly running: boolean;
}

/** A route of type local in the table local: the kernel takes packets to `destination` in as its own. */
export interface LocalRouteMessage {
  readonly kind: "localRoute";
  readonly change: "new" | "delete";
  /** Index of the link. */
  readonly index: number;
  readonly destination: Address;
  /** Prefix length: 32 or 128 for the address of an interface. */
  readonly length: number;
}

/** Multicast groups (enum rtnetlink_groups). */
export const RTNLGRP_LINK = 1;
export const RTNLGRP_IPV4_ROUTE = 7;
export const RTNLGRP_IPV6_ROUTE = 11;

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
/** NLM_F_REQUEST and NLM_F_DUMP. */
const DUMP_FLAGS = 0x301;

const AF_UNSPEC = 0;
const IFF_RUNNING = 0x40;
const IFLA_IFNAME = 3;
const IFLA_EXT_MASK = 29;
/** Linux 4.4: leaves the counters out, half of a link's message. */
const RTEXT_FILTER_SKIP_STATS = 8;

const RT_TABLE_LOCAL = 255;
const RTN_LOCAL = 2;
const RTA_DST = 1;
const RTA_OIF = 4;

const families: Readonly<Record<Family, { readonly number: number; readonly bytes: number }>> = {
  4: { number: 2, bytes: 4 },
  6: { number: 10, bytes: 16 },
};

const HEADER = 16;
/** struct ifinfomsg. */
const LINK_HEADER = 16;
/** struct rtmsg. */
const ROUTE_HEADER = 12;

/** Asks for all links of the namespace. */
export function linkDump(sequence: number): Uint8Array {
  const { bytes, view } = dumpRequest(RTM_GETLINK, sequence, LINK_HEADER + 8);
  const mask = HEADER + LINK_HEADER;
  view.setUint16(mask, 8, true);
  view.setUint16(mask + 2, IFLA_EXT_MASK, true);
  view.setUint32(mask + 4, RTEXT_FILTER_SKIP_STATS, true);
  return bytes;
}

/** Asks for the local routes of one family. The kernel picks them out since Linux 4.20 (NETLINK_GET_STRICT_CHK), readRouteMessages on any. */
export function localRouteDump(family: Family, sequence: number): Uint8Array {
  const { bytes } = dumpRequest(RTM_GETROUTE, sequence, ROUTE_HEADER);
  bytes[HEADER] = families[family].number;
  bytes[HEADER + 4] = RT_TABLE_LOCAL;
  bytes[HEADER + 7] = RTN_LOCAL;
  return bytes;
}

function dumpRequest(type: number, sequence: number, bodyLength: number): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = new Uint8Array(HEADER + bodyLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, DUMP_FLAGS, true);
  view.setUint32(8, sequence, true);
  return { bytes, view };
}

/**
 * The links and local routes in a dump or in notifications.
 * @throws CodecError when a message does not fit where it claims to be
 */
export function readRouteMessages(bytes: Uint8Array): readonly RouteMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: RouteMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const left = bytes.length - at;
    const size = left < HEADER ? 0 : view.getUint32(at, true);
    if (size < HEADER || size > left) throw new CodecError(`a message of ${size} bytes where ${left} are left`, at);
    const message = readMessage(bytes.subarray(at, at + size));
    if (message !== undefined) messages.push(message);
    at += (size + 3) & ~3;
  }
  return messages;
}

function readMessage(bytes: Uint8Array): RouteMessage | undefined {
  const type = new DataView(bytes.buffer, bytes.byteOffset).getUint16(4, true);
  if (type === RTM_NEWLINK || type === RTM_DELLINK) return readLink(bytes, type === RTM_NEWLINK ? "new" : "delete");
  if (type === RTM_NEWROUTE || type === RTM_DELROUTE) return readRoute(bytes, type === RTM_NEWROUTE ? "new" : "delete");
  return undefined;
}

/** A bridge tells of its ports in link messages of family AF_BRIDGE: a "deleted" one has only left the bridge. */
function readLink(bytes: Uint8Array, change: "new" | "delete"): LinkMessage | undefined {
  const view = viewOf(bytes, HEADER + LINK_HEADER);
  if (bytes[HEADER] !== AF_UNSPEC) return undefined;
  const attributes = new AttributeReader(bytes, HEADER + LINK_HEADER);
  let name = "";
  while (name === "" && attributes.next()) if (attributes.type === IFLA_IFNAME) name = attributes.text();
  attributes.check();
  if (name === "") throw new CodecError("a link without a name", HEADER);
  return { kind: "link", change, index: view.getInt32(HEADER + 4, true), name, running: (view.getUint32(HEADER + 8, true) & IFF_RUNNING) !== 0 };
}

/** A route without a destination is the default one ("everything is local"): it has no address to tell. */
function readRoute(bytes: Uint8Array, change: "new" | "delete"): LocalRouteMessage | undefined {
  viewOf(bytes, HEADER + ROUTE_HEADER);
  const family = familyOf(bytes[HEADER]);
  if (family === undefined || bytes[HEADER + 4] !== RT_TABLE_LOCAL || bytes[HEADER + 7] !== RTN_LOCAL) return undefined;
  const attributes = new AttributeReader(bytes, HEADER + ROUTE_HEADER);
  let index: number | undefined;
  let destination: Address | undefined;
  while (attributes.next()) {
    if (attributes.type === RTA_OIF) index = readIndex(attributes);
    else if (attributes.type === RTA_DST) destination = readAddress(attributes, family);
  }
  attributes.check();
  if (index === undefined || destination === undefined) return undefined;
  return { kind: "localRoute", change, index, destination, length: bytes[HEADER + 1] ?? 0 };
}

function readIndex(attributes: AttributeReader): number {
  const value = new Uint8Array(4);
  attributes.copyTo(value, 0, 4);
  return new DataView(value.buffer).getInt32(0, true);
}

function readAddress(attributes: AttributeReader, family: Family): Address {
  const value = new Uint8Array(families[family].bytes);
  attributes.copyTo(value, 0, value.length);
  return { family, value: value.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) };
}

function familyOf(number: number | undefined): Family | undefined {
  if (number === families[4].number) return 4;
  return number === families[6].number ? 6 : undefined;
}

function viewOf(bytes: Uint8Array, least: number): DataView {
  if (bytes.length < least) throw new CodecError(`a message of ${bytes.length} bytes where ${least} are the least`, 0);
  return new DataView(bytes.buffer, bytes.byteOffset);
}
