// A rule of a policy or profile (semantics 1.5) into a Rule with its family worked out. The checks between its fields are R30 to R34.
// What judges no packet here (passivePolicy.ts) may say what a judging rule may not.

import { formatPrefix } from "../net/prefix.ts";
import { hasPorts, protocolName } from "../net/protocol.ts";
import type { Family, Prefix } from "../net/types.ts";
import type { Cursor } from "./cursor.ts";
import type { Decoder } from "./decoder.ts";
import { check, integer, list, number, object, oneOf, optional, refine, required, unread, withDefault, withoutEffect } from "./decoder.ts";
import { anyone, destinationSide, misplacedService, serviceAnywhere, serviceNearby, sourceSide } from "./entity.ts";
import { annotationMap } from "./names.ts";
import type { Protocol } from "./scalars.ts";
import { icmpFamily, protocol } from "./scalars.ts";
import type { Direction, Entity, Icmp, Labels, Rule } from "./types.ts";
import { notEnforced } from "./unenforced.ts";

/** The fields as given, before the family is worked out. */
interface Given {
  readonly action: Rule["action"];
  readonly ipVersion: Family | undefined;
  readonly protocol: Protocol | undefined;
  readonly notProtocol: Protocol | undefined;
  readonly icmp: Partial<Icmp> | undefined;
  readonly notICMP: Partial<Icmp> | undefined;
  readonly source: Entity;
  readonly destination: Entity;
  readonly http: undefined;
  readonly metadata: { readonly annotations: Labels } | undefined;
}

const ipVersion: Decoder<Family> = refine(number, (value, at) => {
  if (value === 4 || value === 6) return value;
  return at.fail({ code: "field-value", message: `expected 4 or 6, got ${value}` });
});

const icmp: Decoder<Partial<Icmp>> = object<Partial<Icmp>>({ type: optional(integer(0, 254)), code: optional(integer(0, 255)) }, [
  check(["type", "code"], ({ type, code }, at) => {
    if (code !== undefined && type === undefined) at.report({ code: "field-conflict", path: ["code"], message: "a code needs a type", hint: "add the type" });
  }),
]);

const action: Decoder<Rule["action"]> = oneOf(["Allow", "Deny", "Log", "Pass"], {
  accept: "Allow",
  drop: "Deny",
  reject: "Deny",
  "next-tier": "Pass",
  return: "Pass",
});

/** Whether the rule's owner judges packets of hosts. */
type Role = "judging" | "passive";

function given(direction: Direction, role: Role): Decoder<Given> {
  const services = role === "judging" ? serviceAnywhere : serviceNearby;
  const source = sourceSide(direction === "ingress" ? services : misplacedService("egress", "source"));
  const destination = destinationSide(direction === "egress" ? services : misplacedService("ingress", "destination"));
  return object<Given>(
    {
      action: required(action, "say what the rule does: Allow, Deny, Log or Pass"),
      ipVersion: optional(ipVersion),
      protocol: optional(protocol),
      notProtocol: optional(protocol),
      icmp: optional(icmp),
      notICMP: optional(icmp),
      source: withDefault(source, anyone),
      destination: withDefault(destination, anyone),
      http: role === "judging" ? notEnforced("without it the rule would match more than it says", "match the TCP port instead") : unread,
      metadata: withoutEffect(optional(object({ annotations: withoutEffect(withDefault(annotationMap, {})) }))),
    },
    [
      check(["protocol", "source"], ({ protocol, source }, at) => checkPorts(protocol, source, "source", at)),
      check(["protocol", "destination"], ({ protocol, destination }, at) => checkPorts(protocol, destination, "destination", at)),
      check(["icmp", "protocol"], checkIcmpProtocol),
      check(["ipVersion", "protocol", "icmp", "notICMP"], checkFamilyOfProtocol),
      check(["ipVersion", "notProtocol"], ({ ipVersion, notProtocol }, at) => checkFamily(ipVersion, notProtocol?.family, notProtocol?.number, at)),
      check(["ipVersion", "source", "destination"], checkFamilyOfNets),
    ],
  );
}

function rule(direction: Direction, role: Role): Decoder<Rule> {
  return refine(given(direction, role), (fields, at) => ({
    action: fields.action,
    family: fields.ipVersion ?? impliedFamily(fields) ?? fields.notProtocol?.family,
    protocol: fields.protocol?.number,
    notProtocol: fields.notProtocol?.number,
    icmp: icmpMatch(fields.icmp),
    notIcmp: icmpMatch(fields.notICMP),
    source: fields.source,
    destination: fields.destination,
    annotations: fields.metadata?.annotations ?? {},
    place: at.place(),
  }));
}

const mostRules = 1024;

function rules(direction: Direction, role: Role): Decoder<readonly Rule[]> {
  return list(rule(direction, role), { most: mostRules });
}

/** The fields `ingress` and `egress` of what judges packets, and of what does not. */
export const ruleLists = {
  judging: { ingress: withDefault(rules("ingress", "judging"), []), egress: withDefault(rules("egress", "judging"), []) },
  passive: { ingress: withDefault(rules("ingress", "passive"), []), egress: withDefault(rules("egress", "passive"), []) },
} as const;

function icmpMatch(match: Partial<Icmp> | undefined): Icmp | undefined {
  return match?.type === undefined ? undefined : { type: match.type, code: match.code };
}

/** By the names ICMP and ICMPv6 (M2), and by their numbers where an icmp field says that they are meant (M33). */
function impliedFamily({ protocol, icmp, notICMP }: Pick<Given, "protocol" | "icmp" | "notICMP">): Family | undefined {
  const means = icmp !== undefined || notICMP !== undefined;
  return protocol?.family ?? (means ? icmpFamily(protocol?.number) : undefined);
}

/** R31: numeric ports need a protocol, names take it from the endpoint's port; a protocol without ports takes neither. */
function checkPorts(protocol: Protocol | undefined, side: Entity, name: "source" | "destination", at: Cursor): void {
  for (const field of ["ports", "notPorts"] as const) {
    const given = side[field];
    if (given === undefined || (protocol === undefined ? given.ranges.length === 0 : hasPorts(protocol.number))) continue;
    const message =
      protocol === undefined ? "numeric ports need a protocol" : `the protocol ${protocolName(protocol.number)} has no ports that a rule could match`;
    at.report({ code: "field-conflict", path: [name, field], message, hint: "set protocol to TCP, UDP or SCTP" });
  }
}

function checkIcmpProtocol({ icmp, protocol }: Pick<Given, "icmp" | "protocol">, at: Cursor): void {
  if (icmp === undefined || icmpFamily(protocol?.number) !== undefined) return;
  const found = protocol === undefined ? "it is not set" : `it is ${protocolName(protocol.number)}`;
  at.report({
    code: "field-conflict",
    path: ["icmp"],
    message: `icmp needs the protocol ICMP or ICMPv6, and ${found}`,
    hint: "set protocol to ICMP or ICMPv6",
  });
}

function checkFamilyOfProtocol({ ipVersion, ...fields }: Pick<Given, "ipVersion" | "protocol" | "icmp" | "notICMP">, at: Cursor): void {
  checkFamily(ipVersion, impliedFamily(fields), fields.protocol?.number, at);
}

/** R30. */
function checkFamily(ipVersion: Family | undefined, implied: Family | undefined, number: number | undefined, at: Cursor): void {
  if (ipVersion === undefined || implied === undefined || ipVersion === implied || number === undefined) return;
  const message = `the protocol ${protocolName(number)} belongs to IPv${implied}, ipVersion is ${ipVersion}`;
  at.report({ code: "field-conflict", path: ["ipVersion"], message, hint: `use ${ipVersion === 4 ? "ICMP" : "ICMPv6"}, or remove ipVersion` });
}

/** R33: all networks of a rule are of one family, that of ipVersion if it is set. One problem a field. */
function checkFamilyOfNets({ ipVersion, source, destination }: Pick<Given, "ipVersion" | "source" | "destination">, at: Cursor): void {
  const sides = { source, destination };
  let family = ipVersion;
  for (const side of ["source", "destination"] as const) {
    for (const field of ["nets", "notNets"] as const) {
      const given = sides[side][field] ?? [];
      family ??= given[0]?.family;
      const index = given.findIndex((prefix) => prefix.family !== family);
      const stranger = given[index];
      if (stranger !== undefined) at.report({ code: "field-conflict", path: [side, field, index], ...strangerIssue(stranger, family, ipVersion) });
    }
  }
}

function strangerIssue(stranger: Prefix, family: Family | undefined, ipVersion: Family | undefined): { message: string; hint: string } {
  const rest = ipVersion === undefined ? `the other networks of this rule are IPv${family}` : `ipVersion is ${ipVersion}`;
  return { message: `${formatPrefix(stranger)} is IPv${stranger.family}, ${rest}`, hint: "write one rule for each family" };
}
