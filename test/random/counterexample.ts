// A world and packets as the two files of a corpus case, so that what a random test finds becomes a case by copying what it prints.

import { stringify } from "yaml";
import { formatFlow } from "../../rules/explain/packet.ts";
import type { Packet } from "../../rules/explain/types.ts";
import { formatAddress } from "../../rules/net/address.ts";
import { interfaces, node, type World } from "./worlds.ts";

export interface Row {
  readonly packet: Packet;
  /** By the semantics. */
  readonly verdict: "allow" | "deny";
}

export function caseInput({ settings, documents }: World): string {
  const head = {
    kind: "Case",
    description: "Found by random tests",
    // The facts that the case turns out to show.
    facts: ["E21"],
    node,
    interfaces: interfaces.map(({ name, addresses, up }) => ({ name, addresses: addresses.map(formatAddress), up })),
    settings,
  };
  return [head, ...documents].map((document) => stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 })).join("---\n");
}

export function caseFlows(rows: readonly Row[]): string {
  return rows.map(({ packet, verdict }) => `${formatFlow({ packet, verdict, by: undefined })}\n`).join("");
}

/** Both files, each under its name. */
export function describeCase(world: World, rows: readonly Row[]): string {
  return `──── input.yaml\n${caseInput(world)}──── flows.txt\n${caseFlows(rows)}`;
}
