// Protocol names and numbers (semantics M15). Past this door a protocol is its IANA number (G27): a name and its number match the same.

const names: readonly (readonly [number: number, name: string])[] = [
  [1, "ICMP"],
  [6, "TCP"],
  [17, "UDP"],
  [58, "ICMPv6"],
  [132, "SCTP"],
  [136, "UDPLite"],
];

const numberOf = new Map(names.map(([number, name]) => [name.toLowerCase(), number]));
const nameOf = new Map(names);

/** The names that policies may use, as Calico spells them. */
export const protocolNames: readonly string[] = names.map(([, name]) => name);

/** The IANA number of a name (any case) or of a number 1-255, given as number or text. 0 is IPv6 hop-by-hop, no protocol to match on. */
export function protocolNumber(value: string | number): number | undefined {
  const named = typeof value === "string" ? numberOf.get(value.toLowerCase()) : undefined;
  if (named !== undefined) return named;
  if (typeof value === "string" && !/^[1-9][0-9]{0,2}$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isInteger(number) && number >= 1 && number <= 255 ? number : undefined;
}

/** `TCP`, `ICMPv6`, or the number as text for a protocol without a name here. */
export function protocolName(number: number): string {
  return nameOf.get(number) ?? String(number);
}

/** TCP, UDP and SCTP: the protocols whose ports a rule can match (R31). UDPLite is not one of them. */
export function hasPorts(protocol: number): boolean {
  return protocol === 6 || protocol === 17 || protocol === 132;
}
