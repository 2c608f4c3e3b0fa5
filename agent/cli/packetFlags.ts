// The packet that `hostward explain` asks about, from its flags: each flag is checked by itself and named when it is wrong, what was left out is
// filled in as far as there is one sensible answer, and the result is written as a flow line, which says it all in one notation.

import { nearest } from "../../rules/model/nearest.ts";
import { formatAddress, parseAddress } from "../../rules/net/address.ts";
import { protocolNumber } from "../../rules/net/protocol.ts";
import type { Address, Family } from "../../rules/net/types.ts";
import type { Interface } from "../../rules/resolve/types.ts";
import { l4proto } from "../../rules/ruleset/fields.ts";
import { CommandError, exitCodes } from "./exit.ts";

/** As given; undefined where a flag was not. */
export interface PacketFlags {
  readonly in?: string | undefined;
  readonly out?: string | undefined;
  readonly src?: string | undefined;
  readonly dst?: string | undefined;
  readonly proto?: string | undefined;
  readonly sport?: string | undefined;
  readonly dport?: string | undefined;
  readonly icmp?: string | undefined;
  readonly state?: string | undefined;
  readonly hopLimit?: string | undefined;
  readonly dnatTo?: string | undefined;
  readonly via?: string | undefined;
}

const usualSourcePort = 40_000;

/** @throws CommandError naming the flag */
export function flowOf(flags: PacketFlags, interfaces: readonly Interface[]): string {
  const path = pathOf(flags);
  checkInterfaces([flags.in, flags.out, flags.via], interfaces);
  const family = (address("--src", flags.src) ?? address("--dst", flags.dst))?.family ?? familyOfProtocol(flags);
  const { protocol, name } = protocolOf(flags, family);
  const { source, destination } = endsOf(flags, interfaces, family);
  const ports = portsOf(flags, protocol, name);
  return [path, name, endText(source, ports?.source), ">", endText(destination, ports?.destination), ...optionsOf(flags, name)].join(" ");
}

/** @throws CommandError for the first name that no interface has */
export function checkInterfaces(names: readonly (string | undefined)[], interfaces: readonly Interface[]): void {
  const known = interfaces.map(({ name }) => name);
  const unknown = names.find((name) => name !== undefined && !known.includes(name));
  if (unknown === undefined) return;
  const meant = nearest(unknown, known);
  const there = known.length === 0 ? "there are none" : `there are ${known.slice(0, 8).join(", ")}${known.length > 8 ? " and others" : ""}`;
  const hint = meant === undefined ? there : `did you mean ${meant}?`;
  throw wrong(`no interface ${JSON.stringify(unknown)}; ${hint} (--interfaces names a file with another host's)`);
}

function pathOf(flags: PacketFlags): string {
  if (flags.in !== undefined && flags.out !== undefined) return `fwd:${flags.in}:${flags.out}`;
  if (flags.in !== undefined) return `in:${flags.in}`;
  if (flags.out !== undefined) return `out:${flags.out}`;
  throw wrong("say where the packet passes: --in IF for one that arrives, --out IF for one that this host sends, both for one that it forwards");
}

/** Of the ICMP that is named; IPv4 where nothing says otherwise. */
function familyOfProtocol({ proto }: PacketFlags): Family {
  return proto !== undefined && protocolNumber(proto) === l4proto.icmpv6 ? 6 : 4;
}

interface Ends {
  readonly source: Address;
  readonly destination: Address;
}

/** The end that is this host's own has the interface's first address of the family when it is not given. */
function endsOf(flags: PacketFlags, interfaces: readonly Interface[], family: Family): Ends {
  const own = (flag: string, link: string | undefined) => {
    const found = interfaces.find(({ name }) => name === link)?.addresses.find((candidate) => candidate.family === family);
    return found ?? fail(`${flag}: ${link} has no IPv${family} address to take; give one`);
  };
  const ask = (flag: string, who: string) => fail(`${flag} is missing: ${who}`);
  const isForwarded = flags.in !== undefined && flags.out !== undefined;
  return {
    source: address("--src", flags.src) ?? (flags.in === undefined ? own("--src", flags.out) : ask("--src", "who sends it?")),
    destination:
      address("--dst", flags.dst) ?? (flags.out === undefined ? own("--dst", flags.in) : ask("--dst", `to whom is it ${isForwarded ? "forwarded" : "sent"}?`)),
  };
}

interface ProtocolInFlow {
  readonly protocol: number;
  /** As a flow line has it: "tcp", "icmp/8/0", "47". */
  readonly name: string;
}

const portedNames: ReadonlyMap<number, string> = new Map([
  [l4proto.tcp, "tcp"],
  [l4proto.udp, "udp"],
  [l4proto.sctp, "sctp"],
  [l4proto.udplite, "udplite"],
]);

function protocolOf({ proto, dport, sport, icmp }: PacketFlags, family: Family): ProtocolInFlow {
  const ofFamily = family === 4 ? l4proto.icmp : l4proto.icmpv6;
  const implied = icmp !== undefined ? ofFamily : dport !== undefined || sport !== undefined ? l4proto.tcp : undefined;
  const protocol = proto === undefined ? implied : protocolNumber(proto);
  if (protocol === undefined && proto === undefined) throw wrong("say what the packet is: --proto tcp --dport 22, or --icmp 8/0, or --proto with a number");
  if (protocol === undefined) throw wrong(`--proto: expected tcp, udp, sctp, udplite, icmp, icmpv6 or a number from 1 to 255, got ${JSON.stringify(proto)}`);
  const isIcmp = protocol === l4proto.icmp || protocol === l4proto.icmpv6;
  if (icmp !== undefined && !isIcmp) throw wrong(`--icmp does not go with --proto ${proto}`);
  if (isIcmp && protocol !== ofFamily) throw wrong(`--proto ${proto} does not go with IPv${family} addresses`);
  return { protocol, name: isIcmp ? icmpName(icmp, family) : (portedNames.get(protocol) ?? String(protocol)) };
}

/** An echo request where no type is given. */
function icmpName(icmp: string | undefined, family: Family): string {
  const name = family === 4 ? "icmp" : "icmpv6";
  const [, type, code = "0"] = /^(\d+)(?:\/(\d+))?$/.exec(icmp ?? (family === 4 ? "8" : "128")) ?? [];
  if (type === undefined || Number(type) > 255 || Number(code) > 255)
    throw wrong(`--icmp: expected TYPE or TYPE/CODE, each from 0 to 255, got ${JSON.stringify(icmp)}`);
  return `${name}/${Number(type)}/${Number(code)}`;
}

function portsOf({ sport, dport }: PacketFlags, protocol: number, name: string): { readonly source: number; readonly destination: number } | undefined {
  if (!portedNames.has(protocol)) {
    const flag = dport !== undefined ? "--dport" : sport !== undefined ? "--sport" : undefined;
    if (flag !== undefined) throw wrong(`${flag}: ${name} has no ports`);
    return undefined;
  }
  const destination = port("--dport", dport) ?? fail(`--dport is missing: ${name} has ports`);
  return { source: port("--sport", sport) ?? usualSourcePort, destination };
}

function optionsOf({ state, hopLimit, dnatTo, via }: PacketFlags, protocol: string): string[] {
  const hops = hopLimit ?? usualHops(protocol);
  if (hops !== undefined && !(/^\d{1,3}$/.test(hops) && Number(hops) <= 255)) {
    throw wrong(`--hop-limit: expected a number from 0 to 255, got ${JSON.stringify(hops)}`);
  }
  const options = { hop: hops === undefined ? undefined : Number(hops), dnat: translation(dnatTo), via };
  const named = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return state === undefined ? named : [state, ...named];
}

function translation(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const [, six, four] = /^(?:\[(.+)\]|([^:]+)):\d{1,5}$/.exec(text) ?? [];
  if (parseAddress(six ?? four ?? text) !== undefined) return text;
  throw wrong(`--dnat-to: expected ADDRESS or ADDRESS:PORT (an IPv6 address in brackets before a port), got ${JSON.stringify(text)}`);
}

/** Neighbour discovery counts only with a hop limit that no router has lowered (RFC 4861, section 11.2). */
function usualHops(protocol: string): string | undefined {
  return /^icmpv6\/13[3-7]\//.test(protocol) ? "255" : undefined;
}

function address(flag: string, text: string | undefined): Address | undefined {
  if (text === undefined) return undefined;
  const parsed = parseAddress(text);
  if (parsed !== undefined) return parsed;
  const hint = text.includes("/")
    ? "; one address, not a network"
    : /\d:\d+$/.test(text) && !text.includes("::")
      ? "; ports are given with --sport and --dport"
      : "";
  throw wrong(`${flag}: expected an IPv4 or IPv6 address, got ${JSON.stringify(text)}${hint}`);
}

function port(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw wrong(`${flag}: expected a port from 0 to 65535, got ${JSON.stringify(text)}`);
}

function endText(end: Address, port: number | undefined): string {
  const text = formatAddress(end);
  if (port === undefined) return text;
  return end.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
}

function fail(message: string): never {
  throw wrong(message);
}

function wrong(message: string): CommandError {
  return new CommandError(message, { exitCode: exitCodes.usage });
}
