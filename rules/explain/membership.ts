// Whether an address, or an address with protocol and port, is in one of the sets that resolved rules refer to.

import { invariant } from "../net/invariant.ts";
import type { Address } from "../net/types.ts";
import type { MemberSet, Resolved } from "../resolve/types.ts";
import { hasKey } from "../ruleset/chunks.ts";
import { encodeKey } from "../ruleset/keys.ts";
import type { Scalar } from "../ruleset/types.ts";

export type MemberSets = Resolved["sets"];

export function hasAddress(sets: MemberSets, id: string, address: Address): boolean {
  return has(setOf(sets, id), address, [address]);
}

/** M22, M27: address, protocol and port of one member together. */
export function hasPort(
  sets: MemberSets,
  id: string,
  { address, protocol, port }: Readonly<Record<"protocol" | "port", number>> & { readonly address: Address },
): boolean {
  return has(setOf(sets, id), address, [address, protocol, port]);
}

function has({ members }: MemberSet, { family }: Address, row: readonly Scalar[]): boolean {
  return hasKey(members[family], encodeKey(members[family].types, row));
}

function setOf(sets: MemberSets, id: string): MemberSet {
  const set = sets.get(id);
  invariant(set !== undefined, `a rule refers to the set '${id}', which does not exist`);
  return set;
}
