// Random resolved policy and packets over a world so small that rules meet packets often: eight addresses a family, six ports,
// a handful of protocols and interfaces. Wider than what decode lets through: any combination of conditions in one rule.

import fc from "fast-check";
import type { Packet } from "../../../rules/explain/types.ts";
import type { Direction, HostEndpoint } from "../../../rules/model/types.ts";
import { prefixContains, prefixRange } from "../../../rules/net/prefix.ts";
import type { Address, Family, PortRange, Prefix } from "../../../rules/net/types.ts";
import { ruleOrigin } from "../../../rules/resolve/origins.ts";
import type {
  ListName,
  MemberSet,
  Members,
  PolicySettings,
  Resolved,
  ResolvedEndpoint,
  ResolvedEntity,
  ResolvedProfile,
  ResolvedRule,
  ResolvedRules,
  ResolvedTier,
} from "../../../rules/resolve/types.ts";
import { packKeys } from "../../../rules/ruleset/keys.ts";
import type { DataType } from "../../../rules/ruleset/types.ts";

const families = [4, 6] as const;
const bases: Readonly<Record<Family, bigint>> = { 4: 0x0a00_0000n, 6: 0xfd00n << 112n };
const bits: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };
const selectorIds = ["all()", "role == 'db'", 'role == "web" || has(x)'];
const portIds = ["ports http", "service shop/cart"];
const addressTypes = { 4: "ipv4_addr", 6: "ipv6_addr" } as const;
const portProtocols = [6, 17, 132];

function absentOr<T>(absent: number, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: absent, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => absentOr(1, value);
const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => absentOr(7, value);

const family = fc.constantFrom(...families);
const addressOf = (of: Family): fc.Arbitrary<Address> => fc.nat(7).map((offset) => ({ family: of, value: bases[of] + BigInt(offset) }));
const anyAddress = family.chain(addressOf);
const prefix: fc.Arbitrary<Prefix> = fc.tuple(anyAddress, fc.constantFrom(0, 0, 1, 2, 3, 99)).map(([{ family: of, value }, host]) => {
  if (host === 99) return { family: of, address: 0n, length: 0 };
  return { family: of, address: (value >> BigInt(host)) << BigInt(host), length: bits[of] - host };
});
const port = fc.integer({ min: 1, max: 6 });
const ports: fc.Arbitrary<PortRange[]> = fc.array(
  fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
  { minLength: 1, maxLength: 3 },
);
const icmp = fc.record({ type: fc.constantFrom(0, 3, 8, 128, 133, 135), code: maybe(fc.nat(2)) });

const entity: fc.Arbitrary<ResolvedEntity> = fc.record({
  nets: rarely(fc.array(prefix, { minLength: 1, maxLength: 3 })),
  notNets: rarely(fc.array(prefix, { minLength: 1, maxLength: 3 })),
  ports: rarely(ports),
  namedPorts: rarely(fc.constantFrom(...portIds)),
  notPorts: rarely(ports),
  notNamedPorts: rarely(fc.constantFrom(...portIds)),
  set: rarely(fc.constantFrom(...selectorIds)),
  notSet: rarely(fc.constantFrom(...selectorIds)),
});

const protocol = fc.constantFrom(1, 6, 17, 47, 58, 132, 136);
const action = fc.constantFrom("Allow", "Allow", "Deny", "Deny", "Pass", "Log");
const match = fc.record({
  action,
  family: rarely(family),
  protocol: maybe(protocol),
  notProtocol: rarely(protocol),
  icmp: rarely(icmp),
  notIcmp: rarely(icmp),
  source: entity,
  destination: entity,
});

function rules(kind: string, name: string, direction: Direction): fc.Arbitrary<ResolvedRules> {
  return fc.array(match, { maxLength: 4 }).map((list) => ({
    kind,
    name,
    direction,
    rules: list.map((rule, index): ResolvedRule => {
      const logPrefix = rule.action === "Log" ? "calico-packet: " : undefined;
      return { ...rule, logPrefix, origin: ruleOrigin(kind, name, { direction, index }) };
    }),
  }));
}

const pool = <T>(of: (name: string) => fc.Arbitrary<T>, names: readonly string[]): fc.Arbitrary<T[]> => fc.tuple(...names.map(of));
const both = (kind: string, name: string) => fc.record({ ingress: rules(kind, name, "ingress"), egress: rules(kind, name, "egress") });

type Policies = readonly Readonly<Record<Direction, ResolvedRules>>[];

const policies: fc.Arbitrary<Policies> = pool((name) => both("GlobalNetworkPolicy", name), ["a", "b", "c.d", "e"]);
const profiles: fc.Arbitrary<ResolvedProfile[]> = pool(
  (name) =>
    fc
      .record({ missing: fc.constantFrom(false, false, false, true), rules: both("Profile", name) })
      .map(({ missing, rules: own }) => profileOf(name, missing, own)),
  ["p", "q"],
);

function profileOf(name: string, missing: boolean, own: Readonly<Record<Direction, ResolvedRules>>): ResolvedProfile {
  const none = (direction: Direction): ResolvedRules => ({ ...own[direction], rules: [] });
  return { name, missing, ingress: missing ? none("ingress") : own.ingress, egress: missing ? none("egress") : own.egress };
}

const addresses: fc.Arbitrary<MemberSet["members"]> = fc.array(prefix, { maxLength: 5 }).map((list) => ({ 4: membersOf(list, 4), 6: membersOf(list, 6) }));

/** The outermost networks, which may touch; or exact addresses where there are no others. */
function membersOf(list: readonly Prefix[], of: Family): Members {
  const own = list.filter((item) => item.family === of);
  const type = addressTypes[of];
  if (own.every(({ length }) => length === bits[of]))
    return hashOf(
      [type],
      own.map(({ address }) => [{ family: of, value: address }]),
    );
  const outermost = own.filter((one) => !own.some((other) => other.length < one.length && prefixContains(other, { family: of, value: one.address })));
  const ranges = outermost.map(prefixRange).map(({ from, to }) => [from, to].map((value) => ({ family: of, value })));
  return { types: [type], flavour: "interval", keys: packKeys([type, type], ranges) };
}

function hashOf(types: readonly DataType[], rows: Parameters<typeof packKeys>[1]): Members {
  return { types, flavour: "hash", keys: packKeys(types, rows) };
}

const listening: fc.Arbitrary<MemberSet["members"]> = fc
  .array(fc.record({ address: anyAddress, protocol: fc.constantFrom(...portProtocols), port }), { maxLength: 4 })
  .map((list) => {
    const rows = (of: Family) => list.filter(({ address }) => address.family === of).map((one) => [one.address, one.protocol, one.port]);
    const members = (of: Family): Members => hashOf([addressTypes[of], "inet_proto", "inet_service"], rows(of));
    return { 4: members(4), 6: members(6) };
  });

export const memberSet = (id: string): fc.Arbitrary<MemberSet> => (portIds.includes(id) ? listening : addresses).map((members) => ({ id, members }));

const memberSets: fc.Arbitrary<ReadonlyMap<string, MemberSet>> = fc
  .tuple(...[...selectorIds, ...portIds].map(memberSet))
  .map((sets) => new Map(sets.map((set) => [set.id, set])));

const failsafes = fc.array(fc.record({ protocol: fc.constantFrom(...portProtocols), port, net: rarely(prefix) }), { maxLength: 3 });

export const settings: fc.Arbitrary<PolicySettings> = fc.record({
  failsafeInbound: failsafes,
  failsafeOutbound: failsafes,
  endpointToHostAction: fc.constantFrom("Drop", "Return", "Accept"),
  interfacePrefix: fc.constantFrom(["cali"], ["cali", "tap"], []),
  interfaceExclude: fc.constant([]),
  denyAction: fc.constantFrom("Drop", "Reject"),
  markMask: fc.constant(0xffff_0000),
  logPrefix: fc.constant("calico-packet"),
  policeLoopback: fc.boolean(),
  allowEssentials: fc.boolean(),
  invalidCheck: fc.boolean(),
  logRateLimit: rarely(fc.record({ rate: fc.integer({ min: 1, max: 9 }), per: fc.constantFrom("second", "day"), burst: fc.constantFrom(1, 5) })),
  encapsulation: fc.record({ vxlan: fc.subarray([1, 2]), ipip: fc.boolean(), wireguard: fc.subarray([2, 3]), peers: fc.constant([]) }),
});

/** Two tiers, the first with some of the policies, the second with others; one without policies does not occur. Early lists never deny by default (E5). */
function tiers(all: Policies, direction: Direction, list: ListName): fc.Arbitrary<ResolvedTier[]> {
  const own = all.map((policy) => policy[direction]);
  const isEarly = list === "untracked" || list === "preDNAT";
  const action = isEarly ? fc.constant("Pass" as const) : fc.constantFrom("Deny" as const, "Pass" as const, "Pass" as const);
  return fc.tuple(fc.subarray(own.slice(0, 2)), action, fc.subarray(own.slice(2)), action).map(([first, firstAction, second, secondAction]) =>
    [
      { name: "sec", defaultAction: firstAction, policies: first },
      { name: "default", defaultAction: secondAction, policies: second },
    ].filter((tier) => tier.policies.length > 0),
  );
}

function endpoint(
  name: string,
  governs: ResolvedEndpoint["governs"],
  world: { policies: Policies; profiles: readonly ResolvedProfile[] },
): fc.Arbitrary<ResolvedEndpoint> {
  const hostEndpoint: HostEndpoint = {
    kind: "HostEndpoint",
    metadata: { name, namespace: "", labels: {}, annotations: {} },
    place: { source: "test" },
    node: "host1",
    target: { kind: "wildcard" },
    expectedIPs: [],
    profiles: [],
    ports: [],
  };
  const both = (list: ListName) => fc.record({ ingress: tiers(world.policies, "ingress", list), egress: tiers(world.policies, "egress", list) });
  const sometimes = (list: ListName) => fc.oneof(fc.constant(none), fc.constant(none), both(list));
  const preDNAT = fc.oneof(fc.constant(none), fc.constant(none), fc.record({ ingress: tiers(world.policies, "ingress", "preDNAT"), egress: fc.constant([]) }));
  const lists = fc.record({ normal: both("normal"), forward: fc.oneof(fc.constant(none), both("forward")), preDNAT, untracked: sometimes("untracked") });
  return fc.record({ lists, profiles: fc.subarray([...world.profiles]) }).map((own) => ({ endpoint: hostEndpoint, governs, ...own }));
}

const none = { ingress: [], egress: [] };

const world = fc.record({ policies, profiles, sets: memberSets, settings, tunnelPeers: fc.constantFrom(undefined, ...selectorIds) });

export const resolved: fc.Arbitrary<Resolved> = world.chain(({ sets, settings: chosen, tunnelPeers, ...world }) => {
  const named = (name: string, names: string[]) => maybe(endpoint(name, { kind: "interfaces", names }, world));
  return fc
    .tuple(maybe(endpoint("wild", { kind: "wildcard" }, world)), named("two", ["eth0", "eth1"]), named("loop", ["lo"]), named("odd", ["veth@1"]))
    .map((some) => ({ endpoints: some.filter((one) => one !== undefined), statuses: [], sets, tunnelPeers, settings: chosen }));
});

/** What a packet may bear when it comes: nothing, the very bits that hostward uses, others. */
export const mark = fc.oneof(fc.constantFrom(0, 0x1_0000, 0xffff_ffff), fc.nat(0xffff_ffff));

const states = fc.constantFrom("new", "new", "new", "new", "established", "related", "invalid", "untracked");
const links = fc.constantFrom("eth0", "eth1", "eth2", "lo", "cali1", "tap0", "veth@1");
type Way = Pick<Packet, "in" | "out" | "routed">;

const local: fc.Arbitrary<Way> = fc.oneof(
  links.map((link) => ({ in: link, out: undefined })),
  links.map((link) => ({ in: undefined, out: link })),
  fc.tuple(links, links).map(([out, routed]) => ({ in: undefined, out, routed })),
);
const forwarded: fc.Arbitrary<Way> = fc.record({ in: links, out: links });

/** To or from a local process, or from one interface to another. */
export const packet: fc.Arbitrary<Packet> = family.chain((of) =>
  fc
    .record({
      way: fc.oneof({ weight: 3, arbitrary: local }, { weight: 2, arbitrary: forwarded }),
      source: addressOf(of),
      destination: addressOf(of),
      protocol: fc.constantFrom(of === 4 ? 1 : 58, 6, 6, 17, 132, 47, 4),
      sourcePort: port,
      destinationPort: port,
      icmp: fc.record({ type: fc.constantFrom(0, 3, 8, 128, 130, 133, 134, 135, 136, 137, 143), code: fc.nat(2) }),
      hopLimit: fc.constantFrom(64, 255),
      state: states,
      dnat: rarely(fc.record({ address: addressOf(of), port: maybe(port) })),
    })
    .map((drawn) => packetOf(drawn)),
);

/** Ports only where the protocol has them, types only in ICMP, a translation only of what is tracked, and a first route only before a translation. */
function packetOf({ way, ...drawn }: { way: Way } & Omit<Packet, keyof Way>): Packet {
  const withPorts = portProtocols.includes(drawn.protocol);
  const isIcmp = drawn.protocol === 1 || drawn.protocol === 58;
  const tracked = drawn.state !== "invalid" && drawn.state !== "untracked";
  const dnat = tracked && drawn.dnat !== undefined ? { ...drawn.dnat, port: withPorts ? drawn.dnat.port : undefined } : undefined;
  return {
    ...drawn,
    in: way.in,
    out: way.out,
    ...(way.routed === undefined || dnat === undefined ? {} : { routed: way.routed }),
    sourcePort: withPorts ? drawn.sourcePort : undefined,
    destinationPort: withPorts ? drawn.destinationPort : undefined,
    icmp: isIcmp ? drawn.icmp : undefined,
    dnat,
  };
}
