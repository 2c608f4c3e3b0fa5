// Random values of the codec's types for properties and fuzzing: anything that nf_tables could be told, not only what hostward says.

import fc from "fast-check";
import type { Expression } from "../../../rules/ruleset/expression.ts";
import type { Verdict } from "../../../rules/ruleset/types.ts";

function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

const register = fc.constantFrom(1, 2, 3, 4, 8, 9, 10, 11, 12, 23);
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });

export const name = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 40 }).filter((text) => !text.includes("\0"));

export const anyText = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => !text.includes("\0") && text.isWellFormed());

/** Register contents: 1 to 16 bytes. */
export const registerData = fc.uint8Array({ minLength: 1, maxLength: 16 });

export const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.constantFrom<Verdict>({ kind: "accept" }, { kind: "drop" }, { kind: "return" }),
  record({ kind: fc.constantFrom("jump" as const, "goto" as const), chain: name }),
);

const bitwise = fc.integer({ min: 1, max: 16 }).chain((length) =>
  record({
    kind: fc.constant("bitwise" as const),
    sreg: register,
    dreg: register,
    length: fc.constant(length),
    mask: fc.uint8Array({ minLength: length, maxLength: length }),
    xor: fc.uint8Array({ minLength: length, maxLength: length }),
  }),
);

const byKind: { readonly [K in Expression["kind"]]: fc.Arbitrary<Extract<Expression, { readonly kind: K }>> } = {
  meta: record({
    kind: fc.constant("meta"),
    key: fc.constantFrom("iif", "oif", "iifname", "oifname", "mark", "nfproto", "l4proto", "protocol"),
    dreg: register,
  }),
  metaSet: record({ kind: fc.constant("metaSet"), key: fc.constant("mark"), sreg: register }),
  payload: record({
    kind: fc.constant("payload"),
    base: fc.constantFrom("link", "network", "transport"),
    offset: fc.nat(65535),
    length: fc.nat(16),
    dreg: register,
  }),
  cmp: record({ kind: fc.constant("cmp"), op: fc.constantFrom("eq", "neq", "lt", "lte", "gt", "gte"), sreg: register, data: registerData }),
  range: record({ kind: fc.constant("range"), op: fc.constantFrom("eq", "neq"), sreg: register, from: registerData, to: registerData }),
  bitwise,
  lookup: record({ kind: fc.constant("lookup"), set: name, sreg: register, invert: fc.boolean() }),
  vmap: record({ kind: fc.constant("vmap"), map: name, sreg: register }),
  immediate: record({ kind: fc.constant("immediate"), dreg: register, data: registerData }),
  verdict: record({ kind: fc.constant("verdict"), verdict }),
  ct: record({ kind: fc.constant("ct"), key: fc.constantFrom("state", "status", "mark", "direction"), dreg: register }),
  counter: record({ kind: fc.constant("counter"), packets: u64, bytes: u64 }),
  limit: record({
    kind: fc.constant("limit"),
    rate: u64,
    unit: u64,
    burst: u32,
    type: fc.constantFrom("packets", "bytes"),
    invert: fc.boolean(),
  }),
  log: record({ kind: fc.constant("log"), prefix: anyText, level: fc.nat(8) }),
  reject: record({ kind: fc.constant("reject"), type: fc.constantFrom("tcpReset", "icmp", "icmpx"), code: fc.nat(255) }),
  notrack: record({ kind: fc.constant("notrack") }),
  objref: record({ kind: fc.constant("objref"), objectType: u32, name }),
  fib: record({ kind: fc.constant("fib"), result: fc.constantFrom("oif", "oifname", "addrtype"), flags: u32, dreg: register }),
};

export const expressionKinds = Object.keys(byKind) as Expression["kind"][];

export function expressionOf(kind: Expression["kind"]): fc.Arbitrary<Expression> {
  return byKind[kind];
}

export const expression: fc.Arbitrary<Expression> = fc.oneof(...Object.values(byKind));
