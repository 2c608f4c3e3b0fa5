// The grammar of flows: what each part means, that what is printed is read back, and what is refused with which words.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Flow, FlowError, formatFlow, formatPacket, parseFlow, parsePacket } from "../../../rules/explain/packet.ts";
import type { Packet } from "../../../rules/explain/types.ts";
import type { Address } from "../../../rules/net/types.ts";
import { address } from "../ruleset/rulesets.ts";

const plain: Packet = {
  in: "eth0",
  out: undefined,
  source: address("10.0.0.9"),
  destination: address("10.0.0.1"),
  protocol: 6,
  sourcePort: 40000,
  destinationPort: 80,
  icmp: undefined,
  hopLimit: 64,
  state: "new",
  dnat: undefined,
};
const portless = { sourcePort: undefined, destinationPort: undefined };
const six = { source: address("fd00::9"), destination: address("fd00::1") };

const packets: readonly (readonly [string, Packet])[] = [
  ["in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80", plain],
  ["out:eth0 udp 10.0.0.9:40000 > 10.0.0.1:80", { ...plain, in: undefined, out: "eth0", protocol: 17 }],
  ["fwd:eth0:eth1 sctp 10.0.0.9:40000 > 10.0.0.1:80", { ...plain, out: "eth1", protocol: 132 }],
  ["in:0eth.100-x udplite 10.0.0.9:40000 > 10.0.0.1:80", { ...plain, in: "0eth.100-x", protocol: 136 }],
  ["in:eth0 tcp [fd00::9]:40000 > [fd00::1]:80", { ...plain, ...six }],
  ["in:eth0 icmp/8/0 10.0.0.9 > 10.0.0.1", { ...plain, ...portless, protocol: 1, icmp: { type: 8, code: 0 } }],
  ["in:eth0 icmpv6/128/1 fd00::9 > fd00::1", { ...plain, ...portless, ...six, protocol: 58, icmp: { type: 128, code: 1 } }],
  ["in:eth0 253 10.0.0.9 > 10.0.0.1", { ...plain, ...portless, protocol: 253 }],
  ["in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80 established hop=255", { ...plain, state: "established", hopLimit: 255 }],
  ["in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80 dnat=10.1.0.9:8080", { ...plain, dnat: { address: address("10.1.0.9"), port: 8080 } }],
  ["in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80 dnat=10.1.0.9", { ...plain, dnat: { address: address("10.1.0.9"), port: undefined } }],
  [
    "out:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80 dnat=10.1.0.9 via=eth1",
    { ...plain, in: undefined, out: "eth0", dnat: { address: address("10.1.0.9"), port: undefined }, routed: "eth1" },
  ],
  ["in:eth0 tcp [fd00::9]:40000 > [fd00::1]:80 dnat=[fd00::2]:8080", { ...plain, ...six, dnat: { address: address("fd00::2"), port: 8080 } }],
  ["in:eth0 tcp [fd00::9]:40000 > [fd00::1]:80 dnat=fd00::2", { ...plain, ...six, dnat: { address: address("fd00::2"), port: undefined } }],
];

test("packets are read, and printed as they were written", async (t) => {
  for (const [text, packet] of packets) {
    await t.test(text, () => {
      assert.deepEqual(parsePacket(text), packet);
      assert.equal(formatPacket(packet), text);
    });
  }
});

test("neighbour discovery and MLD are untracked unless the line says otherwise, as conntrack leaves them", () => {
  const state = (type: number, more = ""): string => parsePacket(`in:eth0 icmpv6/${type}/0 fd00::9 > fd00::1 ${more}`).state;
  assert.deepEqual(
    [130, 131, 132, 133, 134, 135, 136, 143].map((type) => state(type)),
    Array(8).fill("untracked"),
  );
  assert.deepEqual(
    [1, 128, 129, 137, 142].map((type) => state(type)),
    Array(5).fill("new"),
  );
  assert.equal(state(135, "new"), "new");
  assert.equal(parsePacket("in:eth0 icmp/135/0 10.0.0.9 > 10.0.0.1").state, "new");
});

test("a flow says what is expected and perhaps by which rule", () => {
  assert.deepEqual(parseFlow("in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80 -> allow"), { packet: plain, verdict: "allow", by: undefined });
  assert.deepEqual(parseFlow("in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80   ->   deny by  Tier default ingress: end of tier "), {
    packet: plain,
    verdict: "deny",
    by: "Tier default ingress: end of tier",
  });
});

const refused: readonly (readonly [string, RegExp])[] = [
  ["in:eth0 tcp 10.0.0.9:1 > 10.0.0.1:80", /expected one " -> "/],
  ["in:eth0 tcp 10.0.0.9:1 > 10.0.0.1:80 -> allow -> deny", /expected one " -> "/],
  ["in:eth0 tcp 10.0.0.9:1 > 10.0.0.1:80 -> accept", /expected "allow" or "deny".* found "accept"/],
  ["in:eth0 tcp 10.0.0.9:1 > 10.0.0.1:80 -> allow by", /expected "allow" or "deny"/],
  ["in:eth0 tcp 10.0.0.9:1 10.0.0.1:80 -> allow", /expected <path> <protocol> <source> ">"/],
  ["eth0 tcp 10.0.0.9:1 > 10.0.0.1:80 -> allow", /expected "in:eth0".* found "eth0"/],
  ["in: tcp 10.0.0.9:1 > 10.0.0.1:80 -> allow", /expected "in:eth0"/],
  ["in:eth0:eth1 tcp 10.0.0.9:1 > 10.0.0.1:80 -> allow", /expected "in:eth0"/],
  ["fwd:eth0 tcp 10.0.0.9:1 > 10.0.0.1:80 -> allow", /expected "in:eth0"/],
  ["fwd:eth0: tcp 10.0.0.9:1 > 10.0.0.1:80 -> allow", /expected "in:eth0"/],
  ["in:eth0 TCP 10.0.0.9:1 > 10.0.0.1:80 -> allow", /expected tcp, udp.* found "TCP"/],
  ["in:eth0 6 10.0.0.9 > 10.0.0.1 -> allow", /the number of another protocol, found "6"/],
  ["in:eth0 256 10.0.0.9 > 10.0.0.1 -> allow", /from 0 to 255, found "256"/],
  ["in:eth0 icmp 10.0.0.9 > 10.0.0.1 -> allow", /icmp\/TYPE\/CODE.* found "icmp"/],
  ["in:eth0 icmp/8/256 10.0.0.9 > 10.0.0.1 -> allow", /from 0 to 255, found "icmp\/8\/256"/],
  ["in:eth0 icmp/08/0 10.0.0.9 > 10.0.0.1 -> allow", /from 0 to 255/],
  ["in:eth0 icmp/8/0 fd00::9 > fd00::1 -> allow", /icmp\/8\/0 does not go with IPv6/],
  ["in:eth0 icmpv6/128/0 10.0.0.9 > 10.0.0.1 -> allow", /icmpv6\/128\/0 does not go with IPv4/],
  ["in:eth0 tcp 10.0.0.9 > 10.0.0.1:80 -> allow", /expected ADDRESS:PORT.* found "10.0.0.9"/],
  ["in:eth0 tcp fd00::9:1 > [fd00::1]:80 -> allow", /expected ADDRESS:PORT/],
  ["in:eth0 tcp 10.0.0.9:65536 > 10.0.0.1:80 -> allow", /from 0 to 65535/],
  ["in:eth0 tcp 010.0.0.9:1 > 10.0.0.1:80 -> allow", /expected ADDRESS:PORT/],
  ["in:eth0 tcp 10.0.0.9:1 > [fd00::1]:80 -> allow", /of one family/],
  ["in:eth0 icmp/8/0 10.0.0.9:1 > 10.0.0.1 -> allow", /without a port/],
  ["in:eth0 tcp 10.0.0.9:1 > 10.0.0.1:80 fresh -> allow", /expected a state .* found "fresh"/],
  ["in:eth0 tcp 10.0.0.9:1 > 10.0.0.1:80 new new -> allow", /said twice: new/],
  ["in:eth0 tcp 10.0.0.9:1 > 10.0.0.1:80 new established -> allow", /said twice: established/],
  ["in:eth0 tcp 10.0.0.9:1 > 10.0.0.1:80 hop=256 -> allow", /from 0 to 255, found "hop=256"/],
  ["in:eth0 tcp 10.0.0.9:1 > 10.0.0.1:80 dnat=[fd00::1]:80 -> allow", /dnat must stay in the family/],
  ["in:eth0 tcp 10.0.0.9:1 > 10.0.0.1:80 untracked dnat=10.0.0.2:80 -> allow", /dnat does not go with untracked/],
  ["in:eth0 253 10.0.0.9 > 10.0.0.1 dnat=10.0.0.2:80 -> allow", /without a port/],
  ["out:eth0 253 10.0.0.1 > 10.0.0.9 dnat=10.0.0.2 via= -> allow", /or via=IF, found "via="/],
  ["out:eth0 253 10.0.0.1 > 10.0.0.9 via=eth1 -> allow", /goes with out: and dnat= only/],
  ["in:eth0 253 10.0.0.9 > 10.0.0.1 dnat=10.0.0.2 via=eth1 -> allow", /goes with out: and dnat= only/],
];

test("what is no flow is refused, with the part that is wrong", async (t) => {
  for (const [line, message] of refused) {
    await t.test(line, () =>
      assert.throws(
        () => parseFlow(line),
        (error) => error instanceof FlowError && message.test(error.message),
      ),
    );
  }
});

const anyAddress = (family: 4 | 6): fc.Arbitrary<Address> =>
  fc
    .bigInt(0n, family === 4 ? 2n ** 32n - 1n : 2n ** 128n - 1n)
    .filter((value) => family === 4 || value >> 32n !== 0xffffn)
    .map((value) => ({ family, value }));

const anyName = fc.stringMatching(/^[A-Za-z0-9_.*"-]{1,15}$/);
const anyPort = fc.nat(65535);

const anyPacket: fc.Arbitrary<Packet> = fc.constantFrom<4 | 6>(4, 6).chain((family) => {
  const ported = fc.record({ protocol: fc.constantFrom(6, 17, 132, 136), sourcePort: anyPort, destinationPort: anyPort, icmp: fc.constant(undefined) });
  const icmp = fc.record({
    protocol: fc.constant(family === 4 ? 1 : 58),
    sourcePort: fc.constant(undefined),
    destinationPort: fc.constant(undefined),
    icmp: fc.record({ type: fc.nat(255), code: fc.nat(255) }, { noNullPrototype: true }),
  });
  const other = fc.constantFrom(0, 2, 47, 253).map((protocol) => ({ protocol, sourcePort: undefined, destinationPort: undefined, icmp: undefined }));
  return fc
    .record({
      through: fc.oneof(
        fc.record({ in: anyName, out: fc.constant(undefined) }),
        fc.record({ in: fc.constant(undefined), out: anyName }),
        fc.record({ in: anyName, out: anyName }),
      ),
      ends: fc.record({ source: anyAddress(family), destination: anyAddress(family) }),
      transport: fc.oneof(ported, icmp, other),
      rest: fc.record({ hopLimit: fc.nat(255), state: fc.constantFrom<Packet["state"]>("new", "established", "related", "invalid", "untracked") }),
      dnat: fc.option(fc.record({ address: anyAddress(family), port: fc.option(anyPort, { nil: undefined }) }), { nil: undefined }),
      routed: fc.option(anyName, { nil: undefined }),
    })
    .map(({ through, ends, transport, rest, dnat, routed }): Packet => {
      const translated = dnat !== undefined && rest.state !== "untracked" && rest.state !== "invalid";
      const port = transport.sourcePort === undefined ? undefined : dnat?.port;
      const via = translated && through.in === undefined && routed !== undefined ? { routed } : {};
      return { ...through, ...ends, ...transport, ...rest, dnat: translated ? { address: dnat.address, port } : undefined, ...via };
    });
});

const anyFlow: fc.Arbitrary<Flow> = fc
  .tuple(anyPacket, fc.constantFrom("allow" as const, "deny" as const), fc.option(fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/), { nil: undefined }))
  .filter(([, , by]) => by === undefined || !by.includes("->"))
  .map(([packet, verdict, by]) => ({ packet, verdict, by }));

test("every flow is printed as a line that is read back as it", () => {
  fc.assert(
    fc.property(anyFlow, (flow) => {
      assert.deepEqual(parseFlow(formatFlow(flow)), flow);
    }),
    { numRuns: 1000 },
  );
});

test("no line makes the parser fail otherwise than by a FlowError", () => {
  const words = fc.array(fc.oneof(fc.constantFrom("in:eth0", "tcp", "10.0.0.1:80", ">", "->", "allow", "by", "hop=", "dnat="), fc.string()), { maxLength: 10 });
  fc.assert(
    fc.property(words, (parts) => {
      try {
        parseFlow(parts.join(" "));
      } catch (error) {
        assert.ok(error instanceof FlowError);
      }
    }),
  );
});
