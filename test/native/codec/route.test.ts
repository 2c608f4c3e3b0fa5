// rtnetlink messages: requests byte for byte, messages as Linux 6.18 sent them, and bytes that make no sense.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CodecError } from "../../../native/codec/error.ts";
import { linkDump, localRouteDump, type RouteMessage, readRouteMessages } from "../../../native/codec/route.ts";
import { parseAddress } from "../../../rules/net/address.ts";
import type { Address } from "../../../rules/net/types.ts";

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  assert.ok(parsed);
  return parsed;
}

const requests: readonly (readonly [string, Uint8Array, string])[] = [
  ["all links, without their counters", linkDump(1), "28000000 1200 0103 01000000 00000000 00000000000000000000000000000000 0800 1d00 08000000"],
  ["local routes of IPv4", localRouteDump(4, 2), "1c000000 1a00 0103 02000000 00000000 02000000 ff000002 00000000"],
  ["local routes of IPv6", localRouteDump(6, 3), "1c000000 1a00 0103 03000000 00000000 0a000000 ff000002 00000000"],
];
for (const [title, bytes, expected] of requests) {
  test(`request: ${title}`, () => {
    assert.deepEqual(bytes, bytesOf(expected));
  });
}

// Header (length, type, flags, sequence, port), then ifinfomsg (family, device type, index, flags, change) or rtmsg.
const link = {
  running: "38000000 1000 0200 01000000 d7370000 0000 0403 01000000 49000100 00000000 0700 0300 6c6f0000 0500 1000 00000000 0800 0d00 e8030000",
  down: "2c000000 1000 0000 00000000 00000000 0000 0100 1b000000 02100000 ffffffff 0900 0300 76657468 30000000",
  deleted: "2c000000 1100 0000 00000000 00000000 0000 0100 1b000000 02100000 ffffffff 0900 0300 76657468 30000000",
  leftBridge: "2c000000 1100 0000 00000000 00000000 0700 0100 1b000000 43100100 00000000 0900 0300 76657468 30000000",
};
const route = {
  host4: "3c000000 1800 2200 02000000 d7370000 02200000 ff02fe02 00000000 0800 0f00 ff000000 0800 0100 0a000001 0800 0700 0a000001 0800 0400 03000000",
  loopbackPrefix: "3c000000 1800 2200 02000000 d7370000 02080000 ff02fe02 00000000 0800 0f00 ff000000 0800 0100 7f000000 0800 0700 7f000001 0800 0400 01000000",
  default4: "2c000000 1800 2200 02000000 d7370000 02000000 ff03fe02 00000000 0800 0f00 ff000000 0800 0400 01000000",
  deleted4: "3c000000 1900 0000 00000000 00000000 02200000 ff02fe02 00000000 0800 0f00 ff000000 0800 0100 0a000001 0800 0700 0a000001 0800 0400 03000000",
  host6: `74000000 1800 2200 03000000 d7370000 0a800000 ff020002 00000000 0800 0f00 ff000000 1400 0100 fe80000000000000 74a0dbfffe287137
    0800 0600 00000000 0800 0400 03000000 2400 0c00 0000000000000000000000000000000000000000000000000000000000000000 0500 1400 00000000`,
  broadcast: "34000000 1800 2200 02000000 d7370000 02200000 ff02fd03 00000000 0800 0f00 ff000000 0800 0100 0a0000ff 0800 0400 03000000",
  otherTable: "34000000 1800 2200 02000000 d7370000 02200000 6403fe02 00000000 0800 0f00 64000000 0800 0100 0a000009 0800 0400 03000000",
};
const address4 = "28000000 1400 0200 00000000 00000000 02188000 03000000 0800 0100 0a000001 0800 0200 0a000001";

const decoded: readonly (readonly [string, string, RouteMessage | undefined])[] = [
  ["a running link", link.running, { kind: "link", change: "new", index: 1, name: "lo", running: true }],
  ["a link that is not running", link.down, { kind: "link", change: "new", index: 27, name: "veth0", running: false }],
  ["a deleted link", link.deleted, { kind: "link", change: "delete", index: 27, name: "veth0", running: false }],
  ["a port that left its bridge is no deleted link", link.leftBridge, undefined],
  ["an IPv4 address", route.host4, { kind: "localRoute", change: "new", index: 3, destination: address("10.0.0.1"), length: 32 }],
  ["loopback's prefix", route.loopbackPrefix, { kind: "localRoute", change: "new", index: 1, destination: address("127.0.0.0"), length: 8 }],
  ["everything is local: no address", route.default4, undefined],
  ["a removed IPv4 address", route.deleted4, { kind: "localRoute", change: "delete", index: 3, destination: address("10.0.0.1"), length: 32 }],
  ["an IPv6 address", route.host6, { kind: "localRoute", change: "new", index: 3, destination: address("fe80::74a0:dbff:fe28:7137"), length: 128 }],
  ["a broadcast address is not the host's", route.broadcast, undefined],
  ["a local route of another table", route.otherTable, undefined],
  ["a message of another type", address4, undefined],
];
for (const [title, hex, expected] of decoded) {
  test(`message: ${title}`, () => {
    assert.deepEqual(readRouteMessages(bytesOf(hex)), expected === undefined ? [] : [expected]);
  });
}

test("many messages are read in their order", () => {
  const bytes = bytesOf(decoded.map(([, hex]) => hex).join(""));
  assert.deepEqual(
    readRouteMessages(bytes),
    decoded.flatMap(([, , message]) => message ?? []),
  );
});

const broken: readonly (readonly [string, string])[] = [
  ["half a header", "3c000000 1800 2200"],
  ["a length of zero, which would never end", "00000000 1800 2200 02000000 d7370000"],
  ["a length beyond the end", "ff000000 1800 2200 02000000 d7370000"],
  ["a link message without ifinfomsg", "10000000 1000 0000 00000000 00000000"],
  ["a link without a name", "20000000 1000 0000 00000000 00000000 0000 0100 1b000000 02100000 ffffffff"],
  ["an IPv4 address of three bytes", "2b000000 1800 2200 02000000 d7370000 02200000 ff02fe02 00000000 0800 0400 03000000 0700 0100 0a0000"],
];
for (const [title, hex] of broken) {
  test(`refused: ${title}`, () => {
    assert.throws(() => readRouteMessages(bytesOf(hex)), CodecError);
  });
}

test("any damage is either read or a CodecError", () => {
  const whole = bytesOf(Object.values({ ...link, ...route }).join(""));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), fc.nat(whole.length), (damage, length) => {
      const bytes = whole.slice(0, length);
      for (const [at, value] of damage) if (at < length) bytes[at] = value;
      try {
        readRouteMessages(bytes);
      } catch (error) {
        assert.ok(error instanceof CodecError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
