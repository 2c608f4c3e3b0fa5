import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isIPv4Mapped, parseAddress } from "../../../rules/net/address.ts";
import { formatPrefix, hostPrefix, parseLoosePrefix, parsePrefix, prefixContains, prefixRange } from "../../../rules/net/prefix.ts";
import { address, prefix } from "./arbitrary.ts";

/** `undefined` where that door refuses. */
const rows: readonly (readonly [sentence: string, text: string, strict: string | undefined, loose: string | undefined])[] = [
  ["a CIDR", "10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8"],
  ["everything IPv4", "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0"],
  ["everything IPv6", "::/0", "::/0", "::/0"],
  ["a host prefix", "192.0.2.1/32", "192.0.2.1/32", "192.0.2.1/32"],
  ["an IPv6 CIDR in capitals", "2001:DB8::/32", "2001:db8::/32", "2001:db8::/32"],
  ["host bits", "10.0.0.1/8", undefined, "10.0.0.0/8"],
  ["IPv6 host bits", "2001:db8::1/64", undefined, "2001:db8::/64"],
  ["a bare IPv4 address", "10.0.0.1", undefined, "10.0.0.1/32"],
  ["a bare IPv6 address", "::1", undefined, "::1/128"],
  ["an IPv4-mapped address", "::ffff:10.0.0.1", undefined, "10.0.0.1/32"],
  ["an IPv4-mapped CIDR", "::ffff:10.0.0.0/104", "10.0.0.0/8", "10.0.0.0/8"],
  ["an IPv4-mapped CIDR with host bits", "::ffff:10.0.0.1/104", undefined, "10.0.0.0/8"],
  ["all of the IPv4-mapped block", "::ffff:0.0.0.0/96", "0.0.0.0/0", "0.0.0.0/0"],
  ["more than the IPv4-mapped block", "::fffe:0:0/95", "::fffe:0:0/95", "::fffe:0:0/95"],
  ["a length over 32", "10.0.0.0/33", undefined, undefined],
  ["a length over 128", "::/129", undefined, undefined],
  ["a length with a leading zero", "10.0.0.0/08", undefined, undefined],
  ["a netmask for a length", "10.0.0.0/255.0.0.0", undefined, undefined],
  ["no length", "10.0.0.0/", undefined, undefined],
  ["a sign in the length", "10.0.0.0/+8", undefined, undefined],
  ["two lengths", "10.0.0.0/8/8", undefined, undefined],
  ["a short address", "10/8", undefined, undefined],
  ["space", "10.0.0.0 /8", undefined, undefined],
  ["nothing", "", undefined, undefined],
  ["a slash alone", "/8", undefined, undefined],
];

for (const [sentence, text, strict, loose] of rows) {
  test(`${sentence} (${JSON.stringify(text)}) is ${strict ?? "refused"} in a rule and ${loose ?? "refused"} in a set`, () => {
    const print = (parsed: ReturnType<typeof parsePrefix>) => (parsed === undefined ? undefined : formatPrefix(parsed));
    assert.equal(print(parsePrefix(text)), strict);
    assert.equal(print(parseLoosePrefix(text)), loose);
  });
}

test("printing and reading gives the same prefix back through both doors", () => {
  const unmapped = prefix.filter((p) => !isIPv4Mapped({ family: p.family, value: p.address }));
  fc.assert(
    fc.property(unmapped, (p) => {
      assert.deepEqual(parsePrefix(formatPrefix(p)), p);
      assert.deepEqual(parseLoosePrefix(formatPrefix(p)), p);
    }),
  );
});

test("a prefix contains exactly the addresses of its range", () => {
  fc.assert(
    fc.property(prefix, address, (p, a) => {
      const range = prefixRange(p);
      assert.equal(prefixContains(p, a), a.family === range.family && range.from <= a.value && a.value <= range.to);
    }),
  );
});

test("a prefix contains its first and last address and neither neighbour", () => {
  const p = parsePrefix("10.1.0.0/16") ?? assert.fail();
  const inside = (text: string) => prefixContains(p, parseAddress(text) ?? assert.fail(text));
  assert.deepEqual(["10.0.255.255", "10.1.0.0", "10.1.255.255", "10.2.0.0", "::a01:0"].map(inside), [false, true, true, false, false]);
});

test("a host prefix holds one address", () => {
  assert.deepEqual(prefixRange(hostPrefix({ family: 6, value: 5n })), { family: 6, from: 5n, to: 5n });
});
