// Values into register bytes and back, and the packed keys of sets.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatAddress } from "../../../rules/net/address.ts";
import { compareBytes, eachKey, hasKey } from "../../../rules/ruleset/chunks.ts";
import { dataTypes } from "../../../rules/ruleset/fields.ts";
import {
  capacity,
  declaredSize,
  decodeScalar,
  encodeKey,
  encodeScalar,
  keyWidth,
  packKeys,
  packPrefixes,
  packRanges,
  successor,
  unpackKeys,
} from "../../../rules/ruleset/keys.ts";
import type { DataType, NftSet, Scalar } from "../../../rules/ruleset/types.ts";
import { address, prefix } from "./rulesets.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const encodings: readonly (readonly [DataType, Scalar, string])[] = [
  ["ipv4_addr", address("10.1.2.3"), "0a010203"],
  ["ipv6_addr", address("2001:db8::1"), "20010db8000000000000000000000001"],
  ["inet_proto", 6, "06"],
  ["inet_service", 80, "0050"],
  ["ifname", "eth0", "65746830000000000000000000000000"],
  ["ifname", "", "00000000000000000000000000000000"],
  ["ifname", "é", "c3a90000000000000000000000000000"],
  ["iface_index", 70000, "70110100"],
  ["mark", 0x80000001, "01000080"],
  ["nf_proto", 10, "0a"],
  ["ct_state", 64, "40000000"],
  ["ct_status", 32, "20000000"],
  ["icmp_type", 8, "08"],
  ["integer", 255, "ff"],
];

test("values are encoded as the kernel keeps them in registers, and decoded to themselves", async (t) => {
  for (const [type, scalar, expected] of encodings) {
    await t.test(`${type} ${expected}`, () => {
      assert.equal(hex(encodeScalar(type, scalar)), expected);
      assert.deepEqual(decodeScalar(type, encodeScalar(type, scalar)), scalar);
    });
  }
});

test("values that are not of the type are refused", () => {
  const wrong: readonly (readonly [DataType, Scalar])[] = [
    ["ipv4_addr", address("::1")],
    ["ipv6_addr", address("10.0.0.1")],
    ["ipv4_addr", 1],
    ["ipv6_addr", 1],
    ["inet_service", 65536],
    ["inet_proto", 256],
    ["inet_proto", -1],
    ["mark", 2 ** 32],
    ["mark", 1.5],
    ["mark", "1"],
    ["ifname", 1],
    ["ifname", "sixteen-letters!"],
    ["inet_service", address("10.0.0.1")],
  ];
  for (const [type, scalar] of wrong) assert.throws(() => encodeScalar(type, scalar), TypeError, type);
});

const scalars: Readonly<Record<"address4" | "address6" | "port" | "protocol" | "name", fc.Arbitrary<Scalar>>> = {
  address4: fc.bigInt(0n, 2n ** 32n - 1n).map((value) => ({ family: 4, value })),
  address6: fc.bigInt(0n, 2n ** 128n - 1n).map((value) => ({ family: 6, value })),
  port: fc.nat(65535),
  protocol: fc.nat(255),
  name: fc
    .string({ minLength: 1, maxLength: 5, unit: "grapheme" })
    .filter((text) => !text.includes("\0") && Buffer.byteLength(text) < 16 && text.isWellFormed()),
};

const shapes: readonly (readonly [readonly DataType[], fc.Arbitrary<readonly Scalar[]>])[] = [
  [["ipv4_addr"], fc.tuple(scalars.address4)],
  [["ipv6_addr"], fc.tuple(scalars.address6)],
  [["ipv6_addr", "inet_proto", "inet_service"], fc.tuple(scalars.address6, scalars.protocol, scalars.port)],
  [["ifname", "mark"], fc.tuple(scalars.name, fc.nat(2 ** 31 - 1))],
];

const rowKey = (row: readonly Scalar[]): string => row.map((scalar) => (typeof scalar === "object" ? formatAddress(scalar) : String(scalar))).join(" . ");

test("packed keys are sorted, without repeats, and unpack to what was packed", () => {
  for (const [types, row] of shapes) {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 50 }), (rows) => {
        const keys = packKeys(types, [...rows, ...rows]);
        const unpacked = unpackKeys({ types, flavour: "hash", keys });
        assert.deepEqual(new Set(unpacked.map(rowKey)), new Set(rows.map(rowKey)));
        assert.equal(keys.width, keyWidth(types));
        const inOrder = [...eachKey(keys)];
        for (const [i, key] of inOrder.entries()) assert.ok(i === 0 || compareBytes(inOrder[i - 1] as Uint8Array, key) < 0);
      }),
    );
  }
});

test("order of rows does not change packed keys", () => {
  const [types, row] = shapes[2] as (typeof shapes)[number];
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), (rows) => {
      assert.deepEqual(packKeys(types, rows), packKeys(types, rows.toReversed()));
    }),
  );
});

test("packing does not change or keep the caller's rows", () => {
  const keys = packKeys(["inet_service"], []);
  assert.deepEqual(keys, { width: 4, count: 0, chunks: [] });
});

test("ranges that overlap, touch or nest become one", () => {
  const keys = packRanges("inet_service", [
    { from: 90, to: 99 },
    { from: 80, to: 89 },
    { from: 85, to: 86 },
    { from: 0, to: 5 },
    { from: 3, to: 10 },
    { from: 101, to: 65535 },
  ]);
  assert.deepEqual(unpackKeys({ types: ["inet_service"], flavour: "interval", keys }), [
    [0, 10],
    [80, 99],
    [101, 65535],
  ]);
});

test("prefixes become the ranges of their union", () => {
  const rangesOf = (family: 4 | 6, texts: readonly string[]): string[] => {
    const set = { types: [family === 4 ? "ipv4_addr" : "ipv6_addr"] as const, flavour: "interval" as const, keys: packPrefixes(family, texts.map(prefix)) };
    return unpackKeys(set).map(rowKey);
  };
  assert.deepEqual(rangesOf(4, ["10.0.0.0/9", "10.128.0.0/9", "10.1.0.0/16", "11.0.0.0/32"]), ["10.0.0.0 . 11.0.0.0"]);
  assert.deepEqual(rangesOf(4, ["192.168.2.0/24", "192.168.1.0/24"]), ["192.168.1.0 . 192.168.2.255"]);
  assert.deepEqual(rangesOf(4, ["0.0.0.0/0", "1.2.3.4/32"]), ["0.0.0.0 . 255.255.255.255"]);
  assert.deepEqual(rangesOf(6, ["2001:db8::/32", "::/128"]), [":: . ::", "2001:db8:: . 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"]);
});

test("a hash set contains exactly its members, an interval set exactly what its ranges cover", () => {
  const ports = fc.array(fc.tuple(fc.nat(300), fc.nat(300)), { maxLength: 8 });
  fc.assert(
    fc.property(ports, fc.nat(310), (pairs, port) => {
      const ranges = pairs.map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
      const interval = { flavour: "interval" as const, keys: packRanges("inet_service", ranges) };
      const hash = {
        flavour: "hash" as const,
        keys: packKeys(
          ["inet_service"],
          pairs.map(([a]) => [a]),
        ),
      };
      const key = encodeKey(["inet_service"], [port]);
      assert.equal(
        hasKey(interval, key),
        ranges.some(({ from, to }) => from <= port && port <= to),
      );
      assert.equal(
        hasKey(hash, key),
        pairs.some(([a]) => a === port),
      );
    }),
  );
});

test("a declared size leaves room: a fifth more members fit, and a few more or less do not change it", () => {
  assert.equal(capacity(0), 64);
  assert.equal(capacity(51), 64);
  assert.equal(capacity(52), 128);
  assert.equal(capacity(1_000_000), 2 ** 21);
  fc.assert(
    fc.property(fc.nat(2_000_000), (count) => {
      assert.ok(capacity(count) >= Math.max(64, count * 1.25));
      assert.ok(capacity(count) < Math.max(65, count * 2.5));
    }),
  );
});

test("only hash sets declare a size", () => {
  const set = (flavour: NftSet["flavour"]): Pick<NftSet, "flavour" | "keys"> => ({ flavour, keys: packRanges("inet_service", [{ from: 1, to: 2 }]) });
  assert.equal(declaredSize(set("interval")), undefined);
  assert.equal(declaredSize(set("hash")), 64);
});

test("the value after one carries into the next byte, leaves padding alone, and ends after the last", () => {
  assert.deepEqual(successor(Uint8Array.of(0, 255, 0, 0), 2), Uint8Array.of(1, 0, 0, 0));
  assert.deepEqual(successor(Uint8Array.of(1, 2, 3, 4), 4), Uint8Array.of(1, 2, 3, 5));
  assert.equal(successor(Uint8Array.of(255, 255, 0, 0), 2), undefined);
});

test("every type fits its width", () => {
  for (const { width, order } of Object.values(dataTypes)) assert.ok(order === "host" ? width === 4 : width <= 16);
});
