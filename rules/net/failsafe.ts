// The failsafe list of FelixConfiguration and of the settings (semantics R50): "tcp:22, udp:68, tcp:10.0.0.0/8:2379, tcp:[2001:db8::/32]:22".
// Felix crashes or exits on two inputs that it should take or refuse (G21): SCTP is a protocol here, and brackets must close before a colon.

import { formatPrefix, parseLoosePrefix } from "./prefix.ts";
import { hasPorts, protocolName, protocolNumber } from "./protocol.ts";
import type { Failsafe } from "./types.ts";

export type ParsedFailsafes = { readonly failsafes: readonly Failsafe[] } | { readonly problem: string };

const grammar = "expected port, protocol:port or protocol:net:port, an IPv6 net in [brackets]";

/** Comma-separated items; `none` is the empty list. The problem names the item at fault. */
export function parseFailsafes(text: string): ParsedFailsafes {
  if (text.trim().toLowerCase() === "none") return { failsafes: [] };
  const failsafes: Failsafe[] = [];
  for (const item of text.split(",")) {
    const failsafe = parseItem(item.trim());
    if (typeof failsafe === "string") return { problem: `${failsafe}, got ${JSON.stringify(item.trim())}` };
    failsafes.push(failsafe);
  }
  return { failsafes };
}

/** The canonical item: always with its protocol. */
export function formatFailsafe(failsafe: Failsafe): string {
  const { net } = failsafe;
  const parts = [protocolName(failsafe.protocol).toLowerCase(), String(failsafe.port)];
  if (net !== undefined) parts.splice(1, 0, net.family === 6 ? `[${formatPrefix(net)}]` : formatPrefix(net));
  return parts.join(":");
}

function parseItem(item: string): Failsafe | string {
  const parts = /^(?:(?<protocol>[A-Za-z]+):(?:(?:\[(?<bracketed>[^\]]*)\]|(?<plain>[^:[\]]*)):)?)?(?<port>[0-9]+)$/.exec(item)?.groups;
  if (parts === undefined) return grammar;
  const protocol = protocolNumber(parts.protocol ?? "tcp");
  if (protocol === undefined || !hasPorts(protocol)) return "expected the protocol tcp, udp or sctp";
  const port = Number(parts.port);
  if (port > 65535) return "expected a port from 0 to 65535";
  const written = parts.bracketed ?? parts.plain;
  if (written === undefined) return { protocol, port, net: undefined };
  const net = parseLoosePrefix(written);
  return net === undefined ? "expected an address or CIDR between the colons" : { protocol, port, net };
}
