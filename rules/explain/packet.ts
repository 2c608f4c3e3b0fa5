// One flow a line, as the corpus and the command line write it, into a Packet with what is expected of it, and back:
//   <path> <protocol> <source> > <destination> [state] [hop=N] [dnat=ADDRESS [via=IF]] [-> allow|deny [by <text>]]
// path: in:IF (delivered to this host), out:IF (sent by a local process), fwd:IF:IF. protocol: tcp, udp, sctp, udplite with ADDRESS:PORT on
// both sides ([v6]:PORT), icmp/TYPE/CODE, icmpv6/TYPE/CODE, or a number with bare addresses. Strict: a misread flow is an unchecked one.

import { formatAddress, parseAddress } from "../net/address.ts";
import type { Address } from "../net/types.ts";
import { l4proto } from "../ruleset/fields.ts";
import { isUntrackedByKernel } from "./hooks.ts";
import type { Packet } from "./types.ts";

export interface Flow {
  readonly packet: Packet;
  readonly verdict: "allow" | "deny";
  /** Part of the deciding rule's label. */
  readonly by: string | undefined;
}

/** The line is not a flow; the message says what was expected where. */
export class FlowError extends Error {
  override readonly name = "FlowError";
}

/** @throws FlowError */
export function parseFlow(line: string): Flow {
  const [left = "", right, more] = line.split(/\s+->\s+/);
  if (right === undefined || more !== undefined) throw new FlowError(`expected one " -> " before allow or deny: ${line}`);
  const expected = /^(allow|deny)(?:\s+by\s+(\S.*))?$/.exec(right.trim());
  if (expected === null) throw expectation('"allow" or "deny", then perhaps "by" and a part of the rule\'s label', right);
  return { packet: parsePacket(left), verdict: expected[1] === "allow" ? "allow" : "deny", by: expected[2]?.trim() };
}

/** The part of a flow before the arrow. @throws FlowError */
export function parsePacket(text: string): Packet {
  const [path = "", proto = "", source = "", arrow = "", destination = "", ...options] = text.trim().split(/\s+/);
  if (arrow !== ">") throw expectation('<path> <protocol> <source> ">" <destination>', text);
  const { protocol, icmp } = parseProtocol(proto);
  const from = parseEnd(source, protocol);
  const to = parseEnd(destination, protocol);
  if (from.address.family !== to.address.family) throw new FlowError(`source and destination must be of one family: ${source} > ${destination}`);
  const untracked = isUntrackedByKernel({ source: from.address, protocol, icmp });
  const packet: Packet = {
    ...parsePath(path),
    source: from.address,
    destination: to.address,
    protocol,
    sourcePort: from.port,
    destinationPort: to.port,
    icmp,
    hopLimit: DEFAULT_HOP_LIMIT,
    state: untracked ? "untracked" : "new",
    dnat: undefined,
  };
  return checked({ ...packet, ...parseOptions(options, packet) });
}

/** The canonical line: parseFlow(formatFlow(flow)) is the flow. */
export function formatFlow({ packet, verdict, by }: Flow): string {
  return `${formatPacket(packet)} -> ${verdict}${by === undefined ? "" : ` by ${by}`}`;
}

/** The part before the arrow; what has its default is left out. */
export function formatPacket(packet: Packet): string {
  const { source, destination, dnat, routed, state, hopLimit } = packet;
  const ends = `${formatEnd(source, packet.sourcePort)} > ${formatEnd(destination, packet.destinationPort)}`;
  const usual = isUntrackedByKernel(packet) ? "untracked" : "new";
  const options = [
    ...(state === usual ? [] : [state]),
    ...(hopLimit === DEFAULT_HOP_LIMIT ? [] : [`hop=${hopLimit}`]),
    ...(dnat === undefined ? [] : [`dnat=${formatEnd(dnat.address, dnat.port)}`]),
    ...(routed === undefined ? [] : [`via=${routed}`]),
  ];
  return [formatPath(packet), formatProtocol(packet), ends, ...options].join(" ");
}

/** net.ipv4.ip_default_ttl and net.ipv6.conf.*.hop_limit. */
const DEFAULT_HOP_LIMIT = 64;

const portProtocols: ReadonlyMap<string, number> = new Map([
  ["tcp", l4proto.tcp],
  ["udp", l4proto.udp],
  ["sctp", l4proto.sctp],
  ["udplite", l4proto.udplite],
]);

const states: readonly Packet["state"][] = ["new", "established", "related", "invalid", "untracked"];

function parsePath(text: string): Pick<Packet, "in" | "out"> {
  const [kind, first = "", second, more] = text.split(":");
  const named = first !== "" && second !== "" && more === undefined;
  if (named && kind === "in" && second === undefined) return { in: first, out: undefined };
  if (named && kind === "out" && second === undefined) return { in: undefined, out: first };
  if (named && kind === "fwd" && second !== undefined) return { in: first, out: second };
  throw expectation('"in:eth0", "out:eth0" or "fwd:eth0:eth1"', text);
}

function parseProtocol(text: string): Pick<Packet, "protocol" | "icmp"> {
  const ported = portProtocols.get(text);
  if (ported !== undefined) return { protocol: ported, icmp: undefined };
  const [, name, type, code] = /^(icmp|icmpv6)\/(\d+)\/(\d+)$/.exec(text) ?? [];
  if (name !== undefined) {
    return { protocol: name === "icmp" ? l4proto.icmp : l4proto.icmpv6, icmp: { type: parseNumber(type, 255, text), code: parseNumber(code, 255, text) } };
  }
  const protocol = /^\d+$/.test(text) ? parseNumber(text, 255, text) : undefined;
  const isNamed = Object.values<number | undefined>(l4proto).includes(protocol);
  if (protocol === undefined || isNamed) {
    throw expectation("tcp, udp, sctp, udplite, icmp/TYPE/CODE, icmpv6/TYPE/CODE or the number of another protocol", text);
  }
  return { protocol, icmp: undefined };
}

interface End {
  readonly address: Address;
  readonly port: number | undefined;
}

function parseEnd(text: string, protocol: number): End {
  return hasPorts(protocol) ? parseSocket(text) : parseBare(text);
}

function parseSocket(text: string): End {
  const [, six, four, port] = /^(?:\[([^\]]*:[^\]]*)\]|([^:[\]]+)):(\d+)$/.exec(text) ?? [];
  const address = parseAddress(six ?? four ?? "");
  if (address === undefined) throw expectation("ADDRESS:PORT, an IPv6 address in brackets", text);
  return { address, port: parseNumber(port, 65535, text) };
}

function parseBare(text: string): End {
  const address = parseAddress(text);
  if (address === undefined) throw expectation("an address, without a port for this protocol", text);
  return { address, port: undefined };
}

function parseOptions(options: readonly string[], packet: Packet): Partial<Packet> {
  const parsed: Partial<Packet> = {};
  for (const text of options) {
    const option = parseOption(text, packet);
    if (Object.keys(option).some((key) => key in parsed)) throw new FlowError(`said twice: ${text}`);
    Object.assign(parsed, option);
  }
  return parsed;
}

function parseOption(text: string, packet: Packet): Partial<Packet> {
  const state = states.find((name) => name === text);
  if (state !== undefined) return { state };
  if (text.startsWith("hop=")) return { hopLimit: parseNumber(text.slice(4), 255, text) };
  if (text.startsWith("dnat=")) return { dnat: parseTranslation(text.slice(5), packet) };
  if (/^via=./.test(text)) return { routed: text.slice(4) };
  throw expectation(`a state (${states.join(", ")}), hop=N, dnat=ADDRESS or via=IF`, text);
}

/** With a new port, or with the address alone when the port stays. */
function parseTranslation(text: string, packet: Packet): NonNullable<Packet["dnat"]> {
  const bare = parseAddress(text);
  const end = bare === undefined ? parseEnd(text, packet.protocol) : { address: bare, port: undefined };
  if (end.address.family !== packet.source.family) throw new FlowError(`dnat must stay in the family of the packet: ${text}`);
  return end;
}

function checked(packet: Packet): Packet {
  const family = packet.source.family;
  if (packet.icmp !== undefined && packet.protocol !== (family === 4 ? l4proto.icmp : l4proto.icmpv6)) {
    throw new FlowError(`${formatProtocol(packet)} does not go with IPv${family} addresses`);
  }
  if (packet.dnat !== undefined && (packet.state === "untracked" || packet.state === "invalid")) {
    throw new FlowError(`conntrack does the translating: dnat does not go with ${packet.state}`);
  }
  if (packet.routed !== undefined && (packet.dnat === undefined || packet.in !== undefined)) {
    throw new FlowError("via is the interface before the DNAT of a packet that a local process sends: it goes with out: and dnat= only");
  }
  return packet;
}

function parseNumber(text: string | undefined, most: number, within: string): number {
  const number = /^(0|[1-9]\d{0,4})$/.test(text ?? "") ? Number(text) : Number.NaN;
  if (number <= most) return number;
  throw expectation(`a number from 0 to ${most}`, within);
}

function formatPath({ in: input, out: output }: Packet): string {
  if (input !== undefined && output !== undefined) return `fwd:${input}:${output}`;
  return input === undefined ? `out:${output}` : `in:${input}`;
}

function formatProtocol({ protocol, icmp }: Packet): string {
  if (icmp !== undefined) return `${protocol === l4proto.icmp ? "icmp" : "icmpv6"}/${icmp.type}/${icmp.code}`;
  return [...portProtocols].find(([, number]) => number === protocol)?.[0] ?? String(protocol);
}

function formatEnd(address: Address, port: number | undefined): string {
  const text = formatAddress(address);
  if (port === undefined) return text;
  return address.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
}

function hasPorts(protocol: number): boolean {
  return [...portProtocols.values()].includes(protocol);
}

function expectation(expected: string, found: string): FlowError {
  return new FlowError(`expected ${expected}, found "${found}"`);
}
