// The flags of `hostward explain` as the flow line that they stand for, or the complaint that names the one at fault.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CommandError } from "../../../agent/cli/exit.ts";
import { flowOf, type PacketFlags } from "../../../agent/cli/packetFlags.ts";
import { formatPacket, parsePacket } from "../../../rules/explain/packet.ts";
import { link } from "../../rules/resolve/resources.ts";

const interfaces = [link("eth0", ["10.0.0.1", "fd00::1", "10.0.0.2"]), link("eth1", ["10.1.0.1"]), link("bare")];

const flows: readonly (readonly [name: string, flags: PacketFlags, flow: string])[] = [
  [
    "a port is TCP, and the destination the interface's first address",
    { in: "eth0", src: "10.0.0.9", dport: "22" },
    "in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:22",
  ],
  ["of the source's family", { in: "eth0", src: "fd00::9", dport: "22" }, "in:eth0 tcp [fd00::9]:40000 > [fd00::1]:22"],
  ["everything given", { in: "eth0", src: "10.0.0.9", dst: "10.0.0.7", proto: "UDP", sport: "53", dport: "5353" }, "in:eth0 udp 10.0.0.9:53 > 10.0.0.7:5353"],
  ["protocols by number", { in: "eth0", src: "10.0.0.9", proto: "132", dport: "9" }, "in:eth0 sctp 10.0.0.9:40000 > 10.0.0.1:9"],
  ["a protocol without ports", { in: "eth0", src: "10.0.0.9", proto: "47" }, "in:eth0 47 10.0.0.9 > 10.0.0.1"],
  ["what leaves is from the interface's first address", { out: "eth1", dst: "10.1.0.9", dport: "80" }, "out:eth1 tcp 10.1.0.1:40000 > 10.1.0.9:80"],
  ["what is forwarded", { in: "eth0", out: "eth1", src: "10.0.0.9", dst: "10.1.0.9", dport: "80" }, "fwd:eth0:eth1 tcp 10.0.0.9:40000 > 10.1.0.9:80"],
  ["ICMP of a type", { in: "eth0", src: "10.0.0.9", icmp: "3/4" }, "in:eth0 icmp/3/4 10.0.0.9 > 10.0.0.1"],
  ["code 0 unless given", { in: "eth0", src: "10.0.0.9", icmp: "13" }, "in:eth0 icmp/13/0 10.0.0.9 > 10.0.0.1"],
  ["ICMP without a type is an echo request", { in: "eth0", src: "10.0.0.9", proto: "icmp" }, "in:eth0 icmp/8/0 10.0.0.9 > 10.0.0.1"],
  ["of the addresses' family", { in: "eth0", src: "fd00::9", icmp: "128" }, "in:eth0 icmpv6/128/0 fd00::9 > fd00::1"],
  ["ICMPv6 by name wants IPv6 addresses", { out: "eth0", dst: "fd00::9", proto: "icmpv6" }, "out:eth0 icmpv6/128/0 fd00::1 > fd00::9"],
  ["neighbour discovery comes from the link, untracked", { in: "eth0", src: "fe80::9", icmp: "135" }, "in:eth0 icmpv6/135/0 fe80::9 > fd00::1 hop=255"],
  ["unless said otherwise", { in: "eth0", src: "fe80::9", icmp: "135", hopLimit: "64" }, "in:eth0 icmpv6/135/0 fe80::9 > fd00::1"],
  [
    "a state and a hop limit",
    { in: "eth0", src: "10.0.0.9", dport: "22", state: "established", hopLimit: "3" },
    "in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:22 established hop=3",
  ],
  [
    "a translation, and where the route led before it",
    { out: "eth1", dst: "10.96.0.1", dport: "443", dnatTo: "10.1.0.9:6443", via: "eth0" },
    "out:eth1 tcp 10.1.0.1:40000 > 10.96.0.1:443 dnat=10.1.0.9:6443 via=eth0",
  ],
  [
    "a translation of the address alone",
    { in: "eth0", src: "fd00::9", dport: "80", dnatTo: "fd00::2" },
    "in:eth0 tcp [fd00::9]:40000 > [fd00::1]:80 dnat=fd00::2",
  ],
  [
    "a translation in brackets",
    { in: "eth0", src: "fd00::9", dport: "80", dnatTo: "[fd00::2]:81" },
    "in:eth0 tcp [fd00::9]:40000 > [fd00::1]:80 dnat=[fd00::2]:81",
  ],
];

describe("flags that say enough", () => {
  for (const [name, flags, flow] of flows) test(name, () => assert.equal(formatPacket(parsePacket(flowOf(flags, interfaces))), flow));
});

const fine = { in: "eth0", src: "10.0.0.9", dport: "22" } as const;
const complaints: readonly (readonly [name: string, flags: PacketFlags, message: RegExp])[] = [
  ["no interface", { src: "10.0.0.9", dport: "22" }, /^say where the packet passes: --in IF .* --out IF .* both/],
  ["an interface that is not there, with the one that was meant", { ...fine, in: "eht0" }, /^no interface "eht0"; did you mean eth0\?/],
  ["an interface that is not there, with those that are", { ...fine, in: "wlan7" }, /^no interface "wlan7"; there are eth0, eth1, bare /],
  ["a route that is not there", { out: "eth0", dst: "10.0.0.9", dport: "1", dnatTo: "10.0.0.8", via: "eth9" }, /^no interface "eth9"/],
  ["nothing about the packet", { in: "eth0", src: "10.0.0.9" }, /^say what the packet is: --proto tcp --dport 22/],
  ["no source of what arrives", { in: "eth0", dport: "22" }, /^--src is missing: who sends it\?$/],
  ["no destination of what leaves", { out: "eth0", dport: "22" }, /^--dst is missing: to whom is it sent\?$/],
  ["no destination of what is forwarded", { ...fine, out: "eth1" }, /^--dst is missing: to whom is it forwarded\?$/],
  ["an interface without an address to take", { in: "bare", src: "10.0.0.9", dport: "22" }, /^--dst: bare has no IPv4 address to take; give one$/],
  ["an address with a port", { ...fine, src: "10.0.0.9:80" }, /^--src: .* got "10\.0\.0\.9:80"; ports are given with --sport and --dport$/],
  ["a network for an address", { ...fine, dst: "10.0.0.0/8" }, /^--dst: .*; one address, not a network$/],
  ["no address at all", { ...fine, src: "host9" }, /^--src: expected an IPv4 or IPv6 address, got "host9"$/],
  ["an unknown protocol", { ...fine, proto: "tcpp" }, /^--proto: expected tcp, udp, .* got "tcpp"$/],
  ["TCP without a port", { in: "eth0", src: "10.0.0.9", proto: "tcp" }, /^--dport is missing: tcp has ports$/],
  ["a port that is none", { ...fine, dport: "ssh" }, /^--dport: expected a port from 0 to 65535, got "ssh"$/],
  ["a port that is too high", { ...fine, sport: "65536" }, /^--sport: expected a port/],
  ["ports where there are none", { ...fine, proto: "47" }, /^--dport: 47 has no ports$/],
  ["ICMP with ports", { ...fine, icmp: "8" }, /^--dport: icmp\/8\/0 has no ports$/],
  ["an ICMP type that is none", { in: "eth0", src: "10.0.0.9", icmp: "echo" }, /^--icmp: expected TYPE or TYPE\/CODE/],
  ["an ICMP type with TCP", { ...fine, proto: "tcp", icmp: "8" }, /^--icmp does not go with --proto tcp$/],
  ["ICMPv6 with IPv4", { in: "eth0", src: "10.0.0.9", proto: "icmpv6" }, /^--proto icmpv6 does not go with IPv4 addresses$/],
  ["a hop limit that is too high", { ...fine, hopLimit: "256" }, /^--hop-limit: expected a number from 0 to 255, got "256"$/],
  ["a translation to no address", { ...fine, dnatTo: "x:80" }, /^--dnat-to: expected ADDRESS or ADDRESS:PORT .* got "x:80"$/],
];

describe("flags that are wrong", () => {
  for (const [name, flags, message] of complaints) {
    test(name, () => {
      assert.throws(
        () => flowOf(flags, interfaces),
        (error) => {
          assert(error instanceof CommandError);
          assert.equal(error.exitCode, 2);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});
