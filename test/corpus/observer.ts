// A table of our own beside hostward's, as another tool would have one: it records which packets pass all other tables, drops them
// there (so that no packet leaves a trace in connection tracking), and does what a flow needs of others (DNAT, notrack).

import { formatAddress } from "../../rules/net/address.ts";
import type { Namespace } from "../lab/namespace.ts";
import { openingId, type Plan } from "./plan.ts";

/** What the sockets of the lab put on their packets: the host's own answers (resets, unreachables) bear none and are dropped at once. */
export const ownMark = 0x4857;

export interface Sighting {
  readonly id: number;
  readonly state: string;
  readonly in: string;
  readonly out: string;
}

const key = (id: string) => `${id} . ct state . meta iifname . meta oifname`;
const set = (name: string, id: string) => `set ${name} { typeof ${key(id)}; size 4096; flags dynamic; }`;

function dnatRule({ id, dnat, send }: Plan): string | undefined {
  if (dnat === undefined) return undefined;
  const v4 = dnat.address.family === 4;
  const address = formatAddress(dnat.address);
  const target = dnat.port === undefined ? address : `${v4 ? address : `[${address}]`}:${dnat.port}`;
  return `${v4 ? "ip id" : "ip6 flowlabel"} ${id} meta l4proto ${send.datagram.protocol} dnat ${v4 ? "ip" : "ip6"} to ${target}`;
}

function notrackRule({ id, notrack, send }: Plan): string | undefined {
  if (!notrack) return undefined;
  return `${send.datagram.source.family === 4 ? "ip id" : "ip6 flowlabel"} ${id} notrack`;
}

const present = (rule: string | undefined) => rule !== undefined;

/** The whole table as nft text, replacing an earlier one. */
export function observerTable(plans: readonly Plan[]): string {
  const dnat = plans.map(dnatRule).filter(present).join("\n    ");
  const notrack = plans.map(notrackRule).filter(present).join("\n    ");
  const record = `ip id ${openingId} accept
    ip6 flowlabel ${openingId} accept
    update @seen4 { ${key("ip id")} }
    update @seen6 { ${key("ip6 flowlabel")} }
    drop`;
  return `table inet observer
delete table inet observer
table inet observer {
  ${set("seen4", "ip id")}
  ${set("seen6", "ip6 flowlabel")}
  chain own {
    type filter hook output priority -400;
    meta mark != ${ownMark} drop
    meta mark set 0
  }
  chain notrack_in {
    type filter hook prerouting priority -310;
    ${notrack}
  }
  chain notrack_out {
    type filter hook output priority -310;
    ${notrack}
  }
  chain dnat_in {
    type nat hook prerouting priority -100;
    ${dnat}
  }
  chain dnat_out {
    type nat hook output priority -100;
    ${dnat}
  }
  chain end_in {
    type filter hook input priority 1000;
    ${record}
  }
  chain end_out {
    type filter hook postrouting priority 1000;
    ${record}
  }
}
`;
}

interface ListedSet {
  readonly set?: { readonly elem?: readonly { readonly concat: readonly [number, string, string, string] }[] };
}

/** What has been seen since the table was loaded or `forgetSightings`. */
export async function readSightings(host: Namespace): Promise<readonly Sighting[]> {
  const text = await host.must("nft", ["-j", "list", "table", "inet", "observer"]);
  const { nftables } = JSON.parse(text) as { readonly nftables: readonly ListedSet[] };
  return nftables.flatMap((item) => item.set?.elem ?? []).map(({ concat: [id, state, from, to] }) => ({ id, state, in: from, out: to }));
}

export async function forgetSightings(host: Namespace): Promise<void> {
  await host.nft("flush set inet observer seen4; flush set inet observer seen6");
}
