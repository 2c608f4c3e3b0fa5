import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { compareAddress, formatAddress, isIPv4Mapped, parseAddress } from "../../../rules/net/address.ts";
import { address } from "./arbitrary.ts";

const accepted: readonly (readonly [sentence: string, text: string, canonical: string])[] = [
  ["an ordinary IPv4 address", "192.168.0.1", "192.168.0.1"],
  ["the lowest IPv4 address", "0.0.0.0", "0.0.0.0"],
  ["the highest IPv4 address", "255.255.255.255", "255.255.255.255"],
  ["the IPv6 unspecified address", "::", "::"],
  ["the IPv6 loopback address", "::1", "::1"],
  ["all eight groups written out", "2001:0DB8:0:0:0:0:0:0001", "2001:db8::1"],
  ["a gap for a single group is legal to read and not printed", "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["a gap at the end", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["a gap at the beginning", "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ["of two longest runs the first is compressed", "2001:0:0:1:0:0:1:1", "2001::1:0:0:1:1"],
  ["the longer of two runs is compressed", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["an embedded IPv4 tail", "64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ["an embedded IPv4 tail without a gap", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
  ["IPv4-mapped IPv6 is that IPv4 address", "::ffff:1.2.3.4", "1.2.3.4"],
  ["IPv4-mapped IPv6 in hexadecimal too", "0:0:0:0:0:FFFF:102:304", "1.2.3.4"],
  ["IPv4-compatible IPv6 is not mapped", "::1.2.3.4", "::102:304"],
];

for (const [sentence, text, canonical] of accepted) {
  test(`reads ${sentence}`, () => {
    const parsed = parseAddress(text);
    assert.ok(parsed);
    assert.equal(formatAddress(parsed), canonical);
  });
}

const refused: readonly (readonly [sentence: string, text: string])[] = [
  ["nothing", ""],
  ["a leading zero, which some readers take for octal", "010.0.0.1"],
  ["a double zero", "10.00.0.1"],
  ["three parts, which inet_aton takes for 1.2.0.3", "1.2.3"],
  ["one number", "16909060"],
  ["hexadecimal IPv4", "0x7f.0.0.1"],
  ["an octet over 255", "1.2.3.256"],
  ["an octet of four digits", "1.2.3.1000"],
  ["five parts", "1.2.3.4.5"],
  ["an empty part", "1..2.3"],
  ["a dot at the end", "1.2.3.4."],
  ["a dot at the start", ".1.2.3.4"],
  ["a sign", "+1.2.3.4"],
  ["space around", " 1.2.3.4"],
  ["full-width digits", "１.2.3.4"],
  ["a CIDR", "10.0.0.0/8"],
  ["a port", "10.0.0.1:80"],
  ["a zone", "fe80::1%eth0"],
  ["brackets", "[::1]"],
  ["two gaps", "1::2::3"],
  ["three colons", "1:::2"],
  ["a gap for no group", "1:2:3:4::5:6:7:8"],
  ["nine groups", "1:2:3:4:5:6:7:8:9"],
  ["seven groups", "1:2:3:4:5:6:7"],
  ["a group of five digits", "12345::"],
  ["a lone colon at the start", ":1:2:3:4:5:6:7"],
  ["a lone colon at the end", "1:2:3:4:5:6:7:"],
  ["not a hexadecimal digit", "2001:db8::g"],
  ["an IPv4 tail that is not the tail", "1.2.3.4::"],
  ["an IPv4 tail before a gap", "::1.2.3.4:5"],
  ["an IPv4 tail that leaves no group for the gap", "1:2:3:4:5:6::1.2.3.4"],
  ["a short IPv4 tail", "::1.2.3"],
  ["a leading zero in an IPv4 tail", "::ffff:01.2.3.4"],
];

for (const [sentence, text] of refused) {
  test(`refuses ${sentence}: ${JSON.stringify(text)}`, () => assert.equal(parseAddress(text), undefined));
}

test("prints an IPv4-mapped value, should one exist, in mixed notation (RFC 5952 section 5)", () => {
  assert.equal(formatAddress({ family: 6, value: 0xffff_0102_0304n }), "::ffff:1.2.3.4");
});

test("printing and reading gives the same address back", () => {
  fc.assert(fc.property(address, (a) => fc.pre(!isIPv4Mapped(a)) ?? assert.deepEqual(parseAddress(formatAddress(a)), a)));
});

test("prints IPv6 as the URL standard's serializer does", () => {
  const six = address.filter((a) => a.family === 6 && !isIPv4Mapped(a));
  fc.assert(fc.property(six, (a) => assert.equal(new URL(`http://[${formatAddress(a)}]/`).hostname, `[${formatAddress(a)}]`)));
});

test("takes exactly the texts that Node's own parser takes, zones apart", () => {
  const pieces = fc.constantFrom("0", "1", "00", "255", "256", "ffff", "db8", "::", ":", ".", "1.2.3.4", "g", "%", "/", " ");
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 17 }).map((parts) => parts.join("")),
    fc.ipV4(),
    fc.ipV6(),
  );
  fc.assert(
    fc.property(texts, (text) => assert.equal(parseAddress(text) !== undefined, isIP(text) !== 0 && !text.includes("%"), text)),
    { numRuns: 3000 },
  );
});

test("orders IPv4 before IPv6 and then by value", () => {
  const texts = ["::1", "10.0.0.10", "::", "10.0.0.9", "255.0.0.0"];
  const sorted = texts.map((text) => parseAddress(text) ?? assert.fail(text)).sort(compareAddress);
  assert.deepEqual(sorted.map(formatAddress), ["10.0.0.9", "10.0.0.10", "255.0.0.0", "::", "::1"]);
});
