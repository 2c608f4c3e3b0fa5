import assert from "node:assert/strict";
import { test } from "node:test";
import { hasPorts, protocolName, protocolNames, protocolNumber } from "../../../rules/net/protocol.ts";

const rows: readonly (readonly [value: string | number, number: number | undefined])[] = [
  ["TCP", 6],
  ["tcp", 6],
  ["Udp", 17],
  ["ICMP", 1],
  ["icmpv6", 58],
  ["SCTP", 132],
  ["UDPLite", 136],
  [6, 6],
  ["6", 6],
  [1, 1],
  [255, 255],
  [0, undefined],
  ["0", undefined],
  [256, undefined],
  ["256", undefined],
  [-6, undefined],
  [6.5, undefined],
  ["06", undefined],
  ["6.0", undefined],
  ["", undefined],
  ["TCP ", undefined],
  ["GRE", undefined],
  ["toString", undefined],
];

for (const [value, number] of rows) {
  test(`the protocol ${JSON.stringify(value)} is ${number ?? "refused"}`, () => assert.equal(protocolNumber(value), number));
}

test("every name and its number are each other's", () => {
  for (const name of protocolNames) assert.equal(protocolName(protocolNumber(name) ?? 0), name);
  assert.equal(protocolName(47), "47");
});

test("TCP, UDP and SCTP have ports; UDPLite and the rest do not", () => {
  const withPorts = Array.from({ length: 256 }, (_, number) => number).filter(hasPorts);
  assert.deepEqual(withPorts, [6, 17, 132]);
});
