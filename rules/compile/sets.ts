// Addresses, ports and protocols become named sets. A list written in a rule is shared by content; the addresses of a selector and the members of a
// named port by what they are defined by, one set per family. Single values never come here: they stand in the rule.
//
// A definition that stands for nothing still gets its set, an empty hash set: the first member is then one element more
// and not a new rule in every chain that uses it.

import { addressBits } from "../net/address.ts";
import { invariant } from "../net/invariant.ts";
import type { Family, PortRange, Prefix } from "../net/types.ts";
import type { MemberSet } from "../resolve/types.ts";
import { bytesOfKeys } from "../ruleset/chunks.ts";
import { packKeys, packPrefixes, packRanges } from "../ruleset/keys.ts";
import type { DataType, Keys } from "../ruleset/types.ts";
import type { Context } from "./context.ts";
import { digest } from "./hash.ts";
import { keepsName, lookUp, namedSet } from "./lookups.ts";
import type { MemberSetMemory, SetEntry } from "./memory.ts";
import { digestedSetName, setName, sizedName } from "./names.ts";

const addressTypes = { 4: "ipv4_addr", 6: "ipv6_addr" } as const;
const familyNames = { 4: "IPv4", 6: "IPv6" } as const;

/** The set of a selector's addresses in one family. */
export function selectorSet(context: Context, id: string, family: Family): string {
  return memberSet(context, id, selectorKinds[family]);
}

/** The set of (address, protocol, port) of a named port's members in one family. */
export function namedPortSet(context: Context, id: string, family: Family): string {
  return memberSet(context, id, namedPortKinds[family]);
}

interface MemberKind {
  readonly kind: "sel4" | "sel6" | "named4" | "named6";
  readonly family: Family;
}

const selectorKinds = { 4: { kind: "sel4", family: 4 }, 6: { kind: "sel6", family: 6 } } as const;
const namedPortKinds = { 4: { kind: "named4", family: 4 }, 6: { kind: "named6", family: 6 } } as const;

function memberSet(context: Context, id: string, kind: MemberKind): string {
  const set = context.resolved.sets.get(id);
  invariant(set !== undefined, `there is no set for ${id}`);
  const { entries, digest } = memoryOf(context, set);
  const known = entries[kind.kind];
  if (known !== undefined && (known.wantedIn === context.pass || keepsName(context, known))) return lookUp(context, known);
  const entry = definedSet(context, { set, ...kind, digest });
  entries[kind.kind] = entry;
  return lookUp(context, entry);
}

function memoryOf({ memory }: Context, set: MemberSet): MemberSetMemory {
  const known = memory.memberSets.get(set) ?? { digest: digest([set.id]), entries: {} };
  memory.memberSets.set(set, known);
  return known;
}

/** The set of that definition: of an earlier pass if it is still so called. */
function definedSet(context: Context, { set, kind, family, digest }: MemberKind & { readonly set: MemberSet; readonly digest: string }): SetEntry {
  const { sets } = context.memory;
  const members = set.members[family];
  const { types, flavour, keys } = members;
  const stem = digestedSetName(kind, flavour, digest);
  const name = flavour === "hash" ? sizedName(stem, keys.count) : stem;
  const known = sets.get(name);
  if (known !== undefined) {
    invariant(known.source?.id === set.id && keepsName(context, known), `set ${name} would stand for ${known.value.comment} and for ${set.id}`);
    return known;
  }
  const comment = `${kind === selectorKinds[family].kind ? `selector ${set.id}` : "named ports"} (${familyNames[family]})`;
  const added: SetEntry = { name, value: { name, types, flavour, keys, comment }, wantedIn: 0, source: { id: set.id, family, members } };
  sets.add(added);
  return added;
}

/** The set of networks that a rule lists; they are of this family, disjoint and sorted. */
export function networkSet(context: Context, family: Family, networks: readonly Prefix[]): string {
  const { flavour, keys } = packAddresses(family, networks);
  const name = setName(`net${family}`, flavour, [bytesOfKeys(keys)]);
  return namedSet(context, { name, types: [addressTypes[family]], flavour, keys, fixed: true, comment: `networks of a rule (${familyNames[family]})` });
}

/** The set of ports that a rule lists; they are disjoint and sorted. */
export function portSet(context: Context, ranges: readonly PortRange[]): string {
  const flavour = ranges.every(({ from, to }) => from === to) ? "hash" : "interval";
  const keys = flavour === "interval" ? packRanges("inet_service", ranges) : packSingles("inet_service", ranges);
  const name = setName("port", flavour, [bytesOfKeys(keys)]);
  return namedSet(context, { name, types: ["inet_service"], flavour, keys, fixed: true, comment: "ports of a rule" });
}

/** The set of protocols, by IANA number. */
export function protocolSet(context: Context, protocols: readonly number[]): string {
  const keys = packKeys(
    ["inet_proto"],
    protocols.map((protocol) => [protocol]),
  );
  const name = setName("proto", "hash", [bytesOfKeys(keys)]);
  return namedSet(context, { name, types: ["inet_proto"], flavour: "hash", keys, fixed: true, comment: "protocols" });
}

/** Hash as long as every member is one address: lookups are cheaper. */
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
