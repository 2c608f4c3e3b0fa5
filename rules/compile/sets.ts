// Addresses, ports and protocols become named sets. A list written in a rule is shared by content; the addresses of a selector and the members of a
// named port by what they are defined by, one set per family. Single values never come here: they stand in the rule.
//
// A definition that stands for nothing still gets its set, an empty hash set: the first member is then one element more
// and not a new rule in every chain that uses it.

import { addressBits } from "../net/address.ts";
import { invariant } from "../net/invariant.ts";
import type { Family, PortRange, Prefix } from "../net/types.ts";
import { bytesOfKeys, compareBytes } from "../ruleset/chunks.ts";
import { packKeys, packPrefixes, packRanges } from "../ruleset/keys.ts";
import type { DataType, Keys, NftSet } from "../ruleset/types.ts";
import { type Context, use } from "./context.ts";
import { digest } from "./hash.ts";
import { gone } from "./holding.ts";
import type { DefinedKind, Definition, SetEntry } from "./memory.ts";
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
  readonly kind: DefinedKind;
  readonly family: Family;
}

const selectorKinds = { 4: { kind: "sel4", family: 4 }, 6: { kind: "sel6", family: 6 } } as const;
const namedPortKinds = { 4: { kind: "named4", family: 4 }, 6: { kind: "named6", family: 6 } } as const;

function memberSet(context: Context, id: string, kind: MemberKind): string {
  const { entries, digest } = definition(context, id);
  const known = entries[kind.kind];
  const set = known === undefined || known.holders === gone ? definedSet(context, { id, ...kind, digest }) : known;
  entries[kind.kind] = set;
  return use(context, set).name;
}

function definition({ memory: { definitions } }: Context, id: string): Definition {
  const known = definitions.get(id);
  if (known !== undefined) return known;
  const added = { digest: digest([id]), entries: { sel4: undefined, sel6: undefined, named4: undefined, named6: undefined } };
  definitions.set(id, added);
  return added;
}

function definedSet(
  { resolved, memory: { sets } }: Context,
  { id, kind, family, digest }: MemberKind & { readonly id: string; readonly digest: string },
): SetEntry {
  const members = resolved.sets.get(id)?.members[family];
  invariant(members !== undefined, `there is no set for ${id}`);
  const { types, flavour, keys } = members;
  const stem = digestedSetName(kind, flavour, digest);
  const name = flavour === "hash" ? sizedName(stem, keys.count) : stem;
  const comment = `${kind === selectorKinds[family].kind ? `selector ${id}` : "named ports"} (${familyNames[family]})`;
  const known = sets.get(name);
  invariant(known === undefined, `set ${name} would stand for ${known?.value.comment} and for ${id}`);
  return sets.add({ name, value: { name, types, flavour, keys, comment }, source: { id, family, members }, holders: 0, holds: [] });
}

/** The set by its content, which is there already when another rule lists the same. Returns the name by which to look it up. */
export function namedSet(context: Context, set: NftSet): string {
  return use(context, setOf(context, set)).name;
}

function setOf(context: Context, set: NftSet): SetEntry {
  const { sets } = context.memory;
  const name = set.flavour === "hash" ? sizedName(set.name, set.keys.count) : set.name;
  const known = sets.get(name) ?? sets.add({ name, value: { ...set, name }, source: undefined, holders: 0, holds: [] });
  const { comment, keys } = known.value;
  const isSame = comment === set.comment && compareBytes(bytesOfKeys(keys), bytesOfKeys(set.keys)) === 0;
  invariant(isSame, `set ${name} would stand for "${comment}" and for "${set.comment}"`);
  return known;
}

/** The set of networks that a rule lists; they are of this family, disjoint and sorted. */
export function networkSet(context: Context, family: Family, networks: readonly Prefix[]): string {
  const { flavour, keys } = packAddresses(family, networks);
  const name = setName(`net${family}`, flavour, [bytesOfKeys(keys)]);
  return namedSet(context, { name, types: [addressTypes[family]], flavour, keys, fixed: true, comment: `networks of a rule (${familyNames[family]})` });
}

/** The set of ports that a rule lists; they are disjoint and sorted. Thousands of rules list few of them, so each is packed once in a pass. */
export function portSet(context: Context, ranges: readonly PortRange[]): string {
  const text = ranges.map(({ from, to }) => `${from}-${to}`).join();
  const known = context.portSets.get(text) ?? newPortSet(context, ranges);
  context.portSets.set(text, known);
  return use(context, known).name;
}

function newPortSet(context: Context, ranges: readonly PortRange[]): SetEntry {
  const flavour = ranges.every(({ from, to }) => from === to) ? "hash" : "interval";
  const keys = flavour === "interval" ? packRanges("inet_service", ranges) : packSingles("inet_service", ranges);
  const name = setName("port", flavour, [bytesOfKeys(keys)]);
  return setOf(context, { name, types: ["inet_service"], flavour, keys, fixed: true, comment: "ports of a rule" });
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
