// Random packets that a lab can really send to the host of a random world: what is received has an address of the host for its destination, what is
// forwarded has none, a state goes only with protocols that can be in it, and another table translates only what conntrack follows.

import fc from "fast-check";
import { isUntrackedByKernel } from "../../rules/explain/hooks.ts";
import type { Packet } from "../../rules/explain/types.ts";
import type { Address, Family } from "../../rules/net/types.ts";

const bases: Readonly<Record<Family, bigint>> = { 4: 0x0a00_0000n, 6: 0xfd00n << 112n };
const of = (family: Family, last: readonly number[]): fc.Arbitrary<Address> =>
  fc.constantFrom(...last).map((n) => ({ family, value: bases[family] + BigInt(n) }));
/** The interfaces of a world have .1 to .3. */
const ours = (family: Family) => of(family, [1, 2, 3]);
const theirs = (family: Family) => of(family, [4, 5, 6, 7]);

type Ways = Pick<Packet, "in" | "out" | "source" | "destination"> & { readonly dnat?: Address; readonly routed?: string };

const links = fc.constantFrom("eth0", "eth0", "eth1", "eth1", "eth2", "cali1");
const twoLinks = fc.uniqueArray(links, { minLength: 2, maxLength: 2 }) as fc.Arbitrary<[string, string]>;

function ways(family: Family): fc.Arbitrary<Ways> {
  const received = { source: theirs(family), destination: ours(family) };
  const sent = { source: ours(family), destination: theirs(family) };
  const passing = { source: theirs(family), destination: theirs(family) };
  const anywhere = fc.oneof(ours(family), theirs(family));
  const nothing = fc.constant(undefined);
  const forwarded = (fields: Parameters<typeof fc.record>[0]) =>
    fc.tuple(twoLinks, fc.record(fields)).map(([[from, to], rest]) => ({ ...rest, in: from, out: to }) as unknown as Ways);
  return fc.oneof(
    { weight: 5, arbitrary: fc.record({ in: links, out: nothing, ...received }) },
    { weight: 5, arbitrary: fc.record({ in: nothing, out: links, ...sent }) },
    { weight: 4, arbitrary: forwarded(passing) },
    { weight: 1, arbitrary: fc.record({ in: links, out: nothing, source: theirs(family), destination: anywhere, dnat: ours(family) }) },
    { weight: 1, arbitrary: forwarded({ source: theirs(family), destination: anywhere, dnat: theirs(family) }) },
    { weight: 1, arbitrary: fc.record({ in: nothing, out: links, routed: links, ...sent, dnat: theirs(family) }) },
    { weight: 1, arbitrary: fc.record({ in: fc.constant("lo"), out: nothing, source: ours(family), destination: ours(family) }) },
    // A raw IPv6 socket that is bound to lo finds no route to the host's other addresses.
    { weight: family === 4 ? 1 : 0, arbitrary: fc.record({ in: nothing, out: fc.constant("lo"), source: ours(family), destination: ours(family) }) },
  );
}

const port = fc.integer({ min: 1, max: 6 });
const ported = new Set([6, 17, 132, 136]);
const icmpNumber: Readonly<Record<Family, number>> = { 4: 1, 6: 58 };
const echo: Readonly<Record<Family, { readonly request: number; readonly reply: number }>> = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } };
const errors: Readonly<Record<Family, readonly number[]>> = { 4: [3], 6: [1, 3] };
const linkTypes = [130, 133, 134, 135, 136, 143];

type Message = Pick<Packet, "protocol" | "icmp" | "state" | "hopLimit">;

const plain = { icmp: undefined, hopLimit: 64 };

function messages(family: Family): fc.Arbitrary<Message> {
  const protocol = icmpNumber[family];
  const { request, reply } = echo[family];
  const icmp = (types: readonly number[], states: readonly Packet["state"][]): fc.Arbitrary<Message> =>
    fc
      .record({ type: fc.constantFrom(...types), state: fc.constantFrom(...states) })
      .map(({ type, state }) => ({ protocol, icmp: { type, code: 0 }, state, hopLimit: 64 }));
  const linkLocal = fc.record({ type: fc.constantFrom(...linkTypes), hopLimit: fc.constantFrom(255, 64) });
  return fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom(6, 6, 17, 17, 132, 136).map((number): Message => ({ ...plain, protocol: number, state: "new" })) },
    { weight: 2, arbitrary: fc.constantFrom(253, 254).map((number): Message => ({ ...plain, protocol: number, state: "new" })) },
    { weight: 2, arbitrary: fc.constantFrom(6, 17, 132, 253).map((number): Message => ({ ...plain, protocol: number, state: "untracked" })) },
    { weight: 1, arbitrary: fc.constantFrom(6, 17).map((number): Message => ({ ...plain, protocol: number, state: "invalid" })) },
    { weight: 1, arbitrary: fc.constantFrom(6, 17).map((number): Message => ({ ...plain, protocol: number, state: "established" })) },
    { weight: 2, arbitrary: icmp([request], ["new", "new", "established", "untracked", "invalid"]) },
    { weight: 1, arbitrary: icmp([reply], ["established", "invalid", "untracked"]) },
    { weight: 1, arbitrary: icmp(errors[family], ["related", "untracked"]) },
    ...(family === 4
      ? []
      : [{ weight: 2, arbitrary: linkLocal.map(({ type, hopLimit }): Message => ({ protocol, icmp: { type, code: 0 }, state: "untracked", hopLimit })) }]),
  );
}

/** What cannot be at once is made plain: a translation needs a new flow, an interface to oneself has no other end to open one from. */
function assemble(way: Ways, message: Message, ports: readonly [number, number, number | undefined]): Packet {
  const { dnat, routed, ...path } = way;
  const withPorts = ported.has(message.protocol);
  const isLoop = way.in === "lo" || way.out === "lo";
  const state = isLoop && message.state !== "untracked" ? "new" : message.state;
  const usual = state === message.state ? message : { ...plain, protocol: 17, state };
  const translated = dnat !== undefined && usual.state === "new";
  const hasPorts = state === message.state ? withPorts : true;
  return {
    ...pathOf(path, { dnat, translated }),
    ...usual,
    sourcePort: hasPorts ? ports[0] : undefined,
    destinationPort: hasPorts ? ports[1] : undefined,
    dnat: translated ? { address: dnat, port: hasPorts ? ports[2] : undefined } : undefined,
    ...(translated && routed !== undefined && !isSame(dnat, path.destination) ? { routed } : {}),
  };
}

/** Where only the port is translated the route stays. */
function isSame(one: Address, other: Address): boolean {
  return one.family === other.family && one.value === other.value;
}

/** Untranslated, the packet goes where its way leads by the destination that the translation would have given. */
function pathOf(path: Omit<Ways, "dnat" | "routed">, { dnat, translated }: { dnat: Address | undefined; translated: boolean }): Omit<Ways, "dnat" | "routed"> {
  return translated || dnat === undefined ? path : { ...path, destination: dnat };
}

const packetsOf = (family: Family): fc.Arbitrary<Packet> =>
  fc
    .tuple(ways(family), messages(family), fc.tuple(port, port, fc.option(port, { nil: undefined })))
    .map(([way, message, ports]) => assemble(way, message, ports));

export const deliverable: fc.Arbitrary<Packet> = fc.oneof(packetsOf(4), packetsOf(6));

/** The two ends, whichever way a packet of the flow goes, before and after a translation. */
function flowKeys(packet: Packet): readonly string[] {
  const { source, destination, sourcePort, destinationPort, protocol, dnat } = packet;
  const end = (address: Address, port: number | undefined) => `${address.family}:${address.value}:${port ?? ""}`;
  const key = (other: string) => [protocol, ...[end(source, sourcePort), other].toSorted()].join(" ");
  const sent = key(end(destination, destinationPort));
  return dnat === undefined ? [sent] : [sent, key(end(dnat.address, dnat.port ?? destinationPort))];
}

/**
 * Those that can be sent in one go: conntrack would take a packet for one of another's open flow, or refuse it a translation that is taken; and
 * what the kernel itself leaves alone needs no second one of its kind.
 */
export function withoutClashes(packets: readonly Packet[]): readonly Packet[] {
  const seen = new Set<string>();
  return packets.filter((packet) => {
    const keys = isUntrackedByKernel(packet) ? [] : flowKeys(packet);
    if (keys.some((key) => seen.has(key))) return false;
    for (const key of keys) seen.add(key);
    return true;
  });
}
