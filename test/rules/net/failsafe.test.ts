import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFailsafe, parseFailsafes } from "../../../rules/net/failsafe.ts";

const accepted: readonly (readonly [sentence: string, text: string, canonical: string])[] = [
  ["a port is TCP", "22", "tcp:22"],
  ["a protocol and a port", "udp:68", "udp:68"],
  ["a list with spaces", "tcp:22, udp:68 ,tcp:179", "tcp:22,udp:68,tcp:179"],
  ["SCTP, which Felix refuses (G21)", "sctp:2905", "sctp:2905"],
  ["the protocol in capitals", "TCP:22", "tcp:22"],
  ["port 0", "tcp:0", "tcp:0"],
  ["an IPv4 net", "tcp:10.0.0.0/8:2379", "tcp:10.0.0.0/8:2379"],
  ["host bits are masked off", "tcp:10.1.2.3/8:2379", "tcp:10.0.0.0/8:2379"],
  ["a bare address", "tcp:10.1.2.3:2379", "tcp:10.1.2.3/32:2379"],
  ["an IPv6 net in brackets", "tcp:[2001:db8::/32]:22", "tcp:[2001:db8::/32]:22"],
  ["a bare IPv6 address in brackets", "udp:[fe80::1]:53", "udp:[fe80::1/128]:53"],
  ["none is the empty list", "none", ""],
  ["None as well", " None ", ""],
];

for (const [sentence, text, canonical] of accepted) {
  test(`reads failsafes: ${sentence}`, () => {
    const parsed = parseFailsafes(text);
    assert.ok("failsafes" in parsed, "a problem instead");
    assert.equal(parsed.failsafes.map(formatFailsafe).join(","), canonical);
    if (canonical !== "") assert.deepEqual(parseFailsafes(canonical), parsed);
  });
}

const grammar = "expected port, protocol:port or protocol:net:port, an IPv6 net in [brackets]";

const refused: readonly (readonly [sentence: string, text: string, problem: string])[] = [
  ["nothing, which is not the same as none", "", `${grammar}, got ""`],
  ["an empty item", "tcp:22,", `${grammar}, got ""`],
  ["none within a list", "tcp:22,none", `${grammar}, got "none"`],
  ["a protocol without ports", "icmp:8", 'expected the protocol tcp, udp or sctp, got "icmp:8"'],
  ["a protocol nobody knows", "tpc:22", 'expected the protocol tcp, udp or sctp, got "tpc:22"'],
  ["a port over 65535", "udp:65536", 'expected a port from 0 to 65535, got "udp:65536"'],
  ["a range", "tcp:22-23", `${grammar}, got "tcp:22-23"`],
  ["brackets without a port, on which Felix crashes (G21)", "tcp:[fe80::1]", `${grammar}, got "tcp:[fe80::1]"`],
  ["brackets that do not close", "tcp:[fe80::1:22", `${grammar}, got "tcp:[fe80::1:22"`],
  ["IPv6 without brackets", "tcp:fe80::1:22", `${grammar}, got "tcp:fe80::1:22"`],
  ["a net that is none", "tcp:10.0.0:22", 'expected an address or CIDR between the colons, got "tcp:10.0.0:22"'],
  ["a net with nothing in it", "tcp::22", 'expected an address or CIDR between the colons, got "tcp::22"'],
  ["a net without a protocol", "10.0.0.0/8:22", `${grammar}, got "10.0.0.0/8:22"`],
  ["a name for a port", "tcp:ssh", `${grammar}, got "tcp:ssh"`],
];

for (const [sentence, text, problem] of refused) {
  test(`refuses failsafes: ${sentence}`, () => assert.deepEqual(parseFailsafes(text), { problem }));
}
