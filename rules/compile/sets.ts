// Addresses, ports and protocols become named sets. A list written in a rule is shared by content; a selector's set by its
// selector, one per family. Single values never come here: they stand in the rule.
//
// A selector that stands for no address still gets its set, an empty hash set: the first member is then one element more
// and not a new rule in every chain that uses the selector.

import { addressBits } from "../net/address.ts";
import { invariant } from "../net/invariant.ts";
import type { Family, PortRange, Prefix } from "../net/types.ts";
import type { PortMember } from "../resolve/types.ts";
import { packKeys, packPrefixes, packRanges } from "../ruleset/keys.ts";
import type { DataType, Keys, NftSet } from "../ruleset/types.ts";
import { type Context, namedSet } from "./context.ts";
import { setName } from "./names.ts";

const addressTypes = { 4: "ipv4_addr", 6: "ipv6_addr" } as const;
const familyNames = { 4: "IPv4", 6: "IPv6" } as const;

/** The set of a selector's addresses in one family. */
export function selectorSet(context: Context, id: string, family: Family): string {
  return madeOnce(context, { key: id, family }, () => {
    const set = context.resolved.sets.get(id);
    invariant(set !== undefined, `no address set for the selector ${id}`);
    const { flavour, keys } = packAddresses(family, set.members[family]);
    const identity = flavour === "hash" ? [id] : [id, keys.bytes];
    return {
      name: setName(`sel${family}`, flavour, identity),
      types: [addressTypes[family]],
      flavour,
      keys,
      comment: `selector ${id} (${familyNames[family]})`,
    };
  });
}

/** The set of (address, protocol, port) of a named port's members in one family. Named by content: no definition comes with them. */
export function namedPortSet(context: Context, members: readonly PortMember[], family: Family): string {
  return madeOnce(context, { key: members, family }, () => {
    const types: DataType[] = [addressTypes[family], "inet_proto", "inet_service"];
    const rows = members.filter(({ address }) => address.family === family).map(({ address, protocol, port }) => [address, protocol, port]);
    const keys = packKeys(types, rows);
    return { name: setName(`named${family}`, "hash", [keys.bytes]), types, flavour: "hash", keys, comment: `named ports (${familyNames[family]})` };
  });
}

/** The set of networks that a rule lists; they are of this family, disjoint and sorted. */
export function networkSet(context: Context, family: Family, networks: readonly Prefix[]): string {
  const { flavour, keys } = packAddresses(family, networks);
  const name = setName(`net${family}`, flavour, [keys.bytes]);
  return namedSet(context, { name, types: [addressTypes[family]], flavour, keys, comment: `networks of a rule (${familyNames[family]})` });
}

/** The set of ports that a rule lists; they are disjoint and sorted. */
export function portSet(context: Context, ranges: readonly PortRange[]): string {
  const flavour = ranges.every(({ from, to }) => from === to) ? "hash" : "interval";
  const keys = flavour === "interval" ? packRanges("inet_service", ranges) : packSingles("inet_service", ranges);
  return namedSet(context, { name: setName("port", flavour, [keys.bytes]), types: ["inet_service"], flavour, keys, comment: "ports of a rule" });
}

/** The set of protocols, by IANA number. */
export function protocolSet(context: Context, protocols: readonly number[]): string {
  const keys = packKeys(
    ["inet_proto"],
    protocols.map((protocol) => [protocol]),
  );
  return namedSet(context, { name: setName("proto", "hash", [keys.bytes]), types: ["inet_proto"], flavour: "hash", keys, comment: "protocols" });
}

function madeOnce(context: Context, { key, family }: { key: string | readonly PortMember[]; family: Family }, make: () => NftSet): string {
  const known = context.known[family];
  const name = known.get(key) ?? namedSet(context, make());
  known.set(key, name);
  return name;
}

/** Hash as long as every member is one address: lookups are cheaper, and it changes in place. */
function packAddresses(family: Family, networks: readonly Prefix[]): { flavour: "hash" | "interval"; keys: Keys } {
  if (networks.some(({ length }) => length !== addressBits(family))) return { flavour: "interval", keys: packPrefixes(family, networks) };
  const rows = networks.map(({ address }) => [{ family, value: address }]);
  return { flavour: "hash", keys: packKeys([addressTypes[family]], rows) };
}

function packSingles(type: DataType, ranges: readonly PortRange[]): Keys {
  return packKeys(
    [type],
    ranges.map(({ from }) => [from]),
  );
}
