// Packets in the short form that tables need: TCP from 10.0.0.9:40000 to 10.0.0.1:80, arriving through eth0, unless it says otherwise.

import type { Packet } from "../../../rules/explain/types.ts";
import { protocolNumber } from "../../../rules/net/protocol.ts";
import { address } from "../resolve/resources.ts";

export interface PacketForm extends Partial<Pick<Packet, "state" | "hopLimit">> {
  /** `in:eth0`, `out:eth0`, `fwd:eth0:eth1`. */
  readonly way?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: string | number;
  readonly sourcePort?: number;
  readonly port?: number;
  /** Type and code. */
  readonly icmp?: readonly [number, number];
  readonly dnat?: { readonly to: string; readonly port?: number };
}

export function packet(form: PacketForm): Packet {
  const { way = "in:eth0", protocol = "tcp", icmp, dnat } = form;
  const [kind, first, second] = way.split(":");
  const number = protocolNumber(protocol) ?? 0;
  const ported = [6, 17, 132, 136].includes(number);
  return {
    in: kind === "out" ? undefined : first,
    out: kind === "out" ? first : second,
    source: address(form.source ?? "10.0.0.9"),
    destination: address(form.destination ?? "10.0.0.1"),
    protocol: number,
    sourcePort: ported ? (form.sourcePort ?? 40000) : undefined,
    destinationPort: ported ? (form.port ?? 80) : undefined,
    icmp: icmp === undefined ? undefined : { type: icmp[0], code: icmp[1] },
    hopLimit: form.hopLimit ?? 64,
    state: form.state ?? "new",
    dnat: dnat === undefined ? undefined : { address: address(dnat.to), port: dnat.port },
  };
}
