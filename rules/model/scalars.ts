// Decoders of the values that rules and endpoints are made of: addresses, networks, protocols, ports, selectors. Each turns text into
// the value it stands for, once, and says what to write instead where the text is a known slip.

import { parseAddress } from "../net/address.ts";
import { parsePort } from "../net/ports.ts";
import { formatPrefix, hostPrefix, parseLoosePrefix, parsePrefix } from "../net/prefix.ts";
import { hasPorts, protocolName, protocolNames, protocolNumber } from "../net/protocol.ts";
import { rangePrefixes } from "../net/ranges.ts";
import type { Address, Family, PortRange, Prefix } from "../net/types.ts";
import type { Selector } from "../selector/ast.ts";
import { parseSelector } from "../selector/parser.ts";
import { mentions } from "../selector/rewrite.ts";
import type { Decoder } from "./decoder.ts";
import { integer, refine, show, text, typeIssue } from "./decoder.ts";

/** One address, no CIDR. */
export const address: Decoder<Address> = refine(text, (value, at) => {
  const parsed = parseAddress(value);
  if (parsed !== undefined) return parsed;
  return at.fail({ code: "field-value", message: `expected an IPv4 or IPv6 address, got ${show(value)}`, hint: addressHint(value) });
});

/** A strictly masked CIDR; a bare address is refused (semantics 1.6). */
export const network: Decoder<Prefix> = refine(text, (value, at) => {
  const parsed = parsePrefix(value);
  if (parsed !== undefined) return parsed;
  return at.fail({ code: "field-value", message: `expected a CIDR, got ${show(value)}`, hint: networkHint(value) });
});

/** A CIDR with or without host bits, or a bare address (R42). */
export const looseNetwork: Decoder<Prefix> = refine(text, (value, at) => {
  const parsed = parseLoosePrefix(value);
  if (parsed !== undefined) return parsed;
  return at.fail({ code: "field-value", message: `expected a CIDR or an address, got ${show(value)}`, hint: spellingHint(value) });
});

function addressHint(value: string): string | undefined {
  const prefix = parseLoosePrefix(value);
  if (prefix === undefined) return spellingHint(value);
  return `this is a network; write the address without "${value.slice(value.indexOf("/"))}"`;
}

function networkHint(value: string): string | undefined {
  const host = parseAddress(value.split("/", 1)[0] ?? "");
  const loose = parseLoosePrefix(value);
  if (host === undefined || loose === undefined) return spellingHint(value);
  const single = show(formatPrefix(hostPrefix(host)));
  if (!value.includes("/")) return `for this one address write ${single}`;
  return `host bits are set: write ${show(formatPrefix(loose))} for the network or ${single} for the one address`;
}

function spellingHint(value: string): string | undefined {
  if (value.includes("%")) return "leave the zone out";
  if (/(^|\.)0[0-9]/.test(value)) return "leave the leading zeros out: some programs take such a number for octal";
  if (/^[0-9]+(\.[0-9]+){0,2}(\/[0-9]+)?$/.test(value)) return "an IPv4 address has four numbers";
  if (/\/[0-9]+\.[0-9.]+$/.test(value)) return 'write the mask as the length of the prefix, as in "10.0.0.0/8"';
  if (value.includes("-")) return rangeHint(value.split("-"));
  const length = /^(.*)\/([0-9]+)$/.exec(value);
  const host = parseAddress(length?.[1] ?? "");
  return host === undefined ? undefined : `the length after "/" goes from 0 to ${host.family === 4 ? 32 : 128}`;
}

/** The CIDRs of a range "from-to", while they are few. */
function rangeHint(ends: readonly string[]): string | undefined {
  const [from, to, ...more] = ends.map((end) => parseAddress(end.trim()));
  if (from === undefined || to === undefined || more.length > 0 || from.family !== to.family || from.value > to.value) return undefined;
  const prefixes = rangePrefixes({ family: from.family, from: from.value, to: to.value });
  return `write the range as CIDRs${prefixes.length > 8 ? "" : `: ${prefixes.map((prefix) => show(formatPrefix(prefix))).join(", ")}`}`;
}

/** A protocol that remembers how it was given: the names ICMP and ICMPv6 mean one family, their numbers do not (M2). */
export interface Protocol {
  readonly number: number;
  readonly family: Family | undefined;
}

export const protocol: Decoder<Protocol> = (value, at) => {
  const expected = `a protocol (${protocolNames.join(", ")} or a number from 1 to 255)`;
  if (typeof value !== "string" && typeof value !== "number") return at.fail(typeIssue(expected, value));
  const number = protocolNumber(value);
  if (number === undefined) return at.fail({ code: "field-value", message: `expected ${expected}, got ${typeof value === "string" ? show(value) : value}` });
  const named = typeof value === "string" && !/^[0-9]/.test(value);
  return { number, family: named ? icmpFamily(number) : undefined };
};

/** The family that an ICMP protocol belongs to; undefined for every other protocol. */
export function icmpFamily(protocolOfRule: number | undefined): Family | undefined {
  if (protocolOfRule === 1) return 4;
  return protocolOfRule === 58 ? 6 : undefined;
}

/** The protocol of a named port: one that has ports, as a number (G27). */
export const portProtocol: Decoder<number> = refine(protocol, ({ number }, at) => {
  if (hasPorts(number)) return number;
  return at.fail({ code: "field-value", message: `expected a protocol that has ports (TCP, UDP or SCTP), got ${protocolName(number)}` });
});

export const portNumber: Decoder<number> = integer(1, 65535);

/** An entry of `ports` or `notPorts`. */
export type RulePort = { readonly kind: "range"; readonly range: PortRange } | { readonly kind: "name"; readonly name: string };

export const rulePort: Decoder<RulePort> = (value, at) => {
  const parsed = parsePort(value);
  if (parsed.kind !== "bad") return parsed;
  if (typeof value !== "string" && typeof value !== "number") return at.fail(typeIssue('a port number, a range "min:max" or a port name', value));
  return at.fail({ code: "field-value", message: `${parsed.problem}, got ${typeof value === "string" ? show(value) : value}`, hint: parsed.hint });
};

const longestSelector = 1024;

/** A selector of at most 1024 characters; undefined when empty, which every field takes for "not given". */
export const selectorText: Decoder<Selector | undefined> = refine(text, (value, at) => {
  if (value === "") return undefined;
  if (value.length > longestSelector) return at.fail({ code: "field-limit", message: `expected at most ${longestSelector} characters, got ${value.length}` });
  const parsed = parseSelector(value);
  if (parsed.ok) return parsed.selector;
  const message = `${parsed.message}, at character ${parsed.offset + 1}: ${pointAt(value, parsed.offset)}`;
  return at.fail({ code: "selector-syntax", spot: { kind: "offset", offset: parsed.offset }, message });
});

/** As selectorText, for the fields that do not take global() (R20 e). */
export const localSelector: Decoder<Selector | undefined> = refine(selectorText, (selector, at) => {
  if (selector === undefined || !mentions(selector, "global")) return selector;
  return at.fail({ code: "field-value", message: "global() has no meaning here", hint: "it is for the namespaceSelector of a rule's source or destination" });
});

/** Some characters of the text around the offset, with a caret before the one at fault. */
function pointAt(value: string, offset: number): string {
  const from = offset > 30 ? offset - 25 : 0;
  const to = value.length - offset > 30 ? offset + 25 : value.length;
  const line = (part: string) => part.replaceAll(/\s/g, " ");
  return `${from > 0 ? "..." : ""}${line(value.slice(from, offset))}^${line(value.slice(offset, to))}${to < value.length ? "..." : ""}`;
}
