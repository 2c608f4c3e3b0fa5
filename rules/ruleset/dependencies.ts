// A rule's statements with the matches that they imply written out: `ip saddr` is only read of an IPv4 packet, `icmp type` only of ICMP, a TCP reset is
// only sent to TCP. What is implied follows nft 1.0.6 to the letter (nftables payload_gen_dependency, stmt_reject_gen_dependency), because
// the kernel runs the expressions of exactly these statements. lower and simulate both start from here; print leaves it to nft.

import { fields, type Header, l4proto, nfproto } from "./fields.ts";
import type { Field, Statement } from "./types.ts";

export interface Expanded {
  readonly statements: readonly Statement[];
  /** Protocols that exclude each other; nft refuses such a rule. */
  readonly conflicts: readonly string[];
}

/** What the rule has established about the packet so far. */
interface Known {
  nfproto: number | undefined;
  l4proto: number | undefined;
}

const required: Readonly<Record<Header, { readonly nfproto: number; readonly l4proto: number | undefined }>> = {
  ip: { nfproto: nfproto.ipv4, l4proto: undefined },
  ip6: { nfproto: nfproto.ipv6, l4proto: undefined },
  icmp: { nfproto: nfproto.ipv4, l4proto: l4proto.icmp },
  icmpv6: { nfproto: nfproto.ipv6, l4proto: l4proto.icmpv6 },
};

export function withDependencies(statements: readonly Statement[]): Expanded {
  if (!statements.some(implies)) return { statements, conflicts: [] };
  const known: Known = { nfproto: undefined, l4proto: undefined };
  const expanded: Statement[] = [];
  const conflicts: string[] = [];
  for (const statement of statements) {
    for (const field of readFields(statement)) {
      const header = fields[field].header;
      if (header !== undefined) expanded.push(...implied(header, known, (reason) => conflicts.push(`${field}: ${reason}`)));
    }
    if (statement.kind === "reject" && statement.with === "tcp reset") {
      expanded.unshift(...impliedTcp(known, (reason) => conflicts.push(`tcp reset: ${reason}`)));
    }
    learn(statement, known);
    expanded.push(statement);
  }
  return { statements: expanded, conflicts };
}

/** Whether the statement reads a header or answers, so that it may imply what the rule does not say. */
function implies(statement: Statement): boolean {
  if (statement.kind === "reject") return statement.with === "tcp reset";
  for (const field of readFields(statement)) if (fields[field].header !== undefined) return true;
  return false;
}

/** The packet fields a statement compares or looks up, in register order. */
export function readFields(statement: Statement): readonly Field[] {
  if (statement.kind === "match") return alone[statement.field];
  return statement.kind === "lookup" || statement.kind === "vmap" ? statement.fields : nothing;
}

const nothing: readonly Field[] = [];
const alone = Object.fromEntries(Object.keys(fields).map((field): [string, readonly Field[]] => [field, [field as Field]])) as Readonly<
  Record<Field, readonly Field[]>
>;

type Conflict = (reason: string) => void;

/** An ICMP header needs its protocol, and the address family only where the rule did not name the protocol itself. */
function implied(header: Header, known: Known, conflict: Conflict): Statement[] {
  const need = required[header];
  if (need.l4proto === undefined) return impliedFamily(need.nfproto, known, conflict);
  if (known.l4proto === need.l4proto) return [];
  if (known.l4proto !== undefined) conflict(`the rule already requires protocol ${known.l4proto}`);
  const family = known.nfproto === undefined ? impliedFamily(need.nfproto, known, conflict) : [];
  known.l4proto = need.l4proto;
  return [...family, equals("meta l4proto", need.l4proto)];
}

function impliedFamily(family: number, known: Known, conflict: Conflict): Statement[] {
  if (known.nfproto === family) return [];
  if (known.nfproto !== undefined) conflict(`the rule already requires nfproto ${known.nfproto}`);
  known.nfproto = family;
  return [equals("meta nfproto", family)];
}

/** It goes to the head of the rule, so that nothing is counted or logged of a packet that will not be rejected. */
function impliedTcp(known: Known, conflict: Conflict): Statement[] {
  if (known.l4proto === l4proto.tcp) return [];
  if (known.l4proto !== undefined) conflict(`the rule already requires protocol ${known.l4proto}`);
  return [equals("meta l4proto", l4proto.tcp)];
}

/** Only a match on one value tells the protocol; a range, a set or `!=` does not. */
function learn(statement: Statement, known: Known): void {
  if (statement.kind !== "match" || statement.op !== "==" || statement.value.kind !== "scalar") return;
  if (statement.field === "meta nfproto") known.nfproto = Number(statement.value.value);
  if (statement.field === "meta l4proto") known.l4proto = Number(statement.value.value);
}

function equals(field: Field, value: number): Statement {
  return { kind: "match", field, op: "==", value: { kind: "scalar", value } };
}
