// Rules into kernel expressions, for machines without nft: the listing of one rule of each kind. nftOracle.test.ts asks nft about all of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { printBytecode, printExpression } from "../../../rules/ruleset/bytecode.ts";
import { withDependencies } from "../../../rules/ruleset/dependencies.ts";
import { lowerRule } from "../../../rules/ruleset/lower.ts";
import type { Statement } from "../../../rules/ruleset/types.ts";
import { accept, address, goTo, match, prefix, range, rule, set } from "./rulesets.ts";

const rows: readonly (readonly [name: string, statements: readonly Statement[], listing: readonly string[]])[] = [
  [
    "an address brings its family, once",
    [match("ip saddr", address("10.0.0.1")), match("ip daddr", address("10.0.0.2"), "!="), accept],
    [
      "meta load nfproto => reg 1",
      "cmp eq reg 1 0x00000002",
      "payload load 4b @ network header + 12 => reg 1",
      "cmp eq reg 1 0x0100000a",
      "payload load 4b @ network header + 16 => reg 1",
      "cmp neq reg 1 0x0200000a",
      "immediate reg 0 accept",
    ],
  ],
  [
    "a prefix of whole bytes is a shorter load, another a mask",
    [match("ip6 saddr", { kind: "prefix", prefix: prefix("2001:db8::/32") }), match("ip6 daddr", { kind: "prefix", prefix: prefix("fc00::/7") })],
    [
      "meta load nfproto => reg 1",
      "cmp eq reg 1 0x0000000a",
      "payload load 4b @ network header + 8 => reg 1",
      "cmp eq reg 1 0xb80d0120",
      "payload load 16b @ network header + 24 => reg 1",
      "bitwise reg 1 = ( reg 1 & 0x000000fe 0x00000000 0x00000000 0x00000000 ) ^ 0x00000000 0x00000000 0x00000000 0x00000000",
      "cmp eq reg 1 0x000000fc 0x00000000 0x00000000 0x00000000",
    ],
  ],
  [
    "a range is two comparisons, outside a range one expression",
    [match("meta l4proto", 6), match("th sport", range(1, 2)), match("th dport", range(80, 90), "!=")],
    [
      "meta load l4proto => reg 1",
      "cmp eq reg 1 0x00000006",
      "payload load 2b @ transport header + 0 => reg 1",
      "cmp gte reg 1 0x00000100",
      "cmp lte reg 1 0x00000200",
      "payload load 2b @ transport header + 2 => reg 1",
      "range neq reg 1 0x00005000 0x00005a00",
    ],
  ],
  [
    "equal neighbours are one load, at the place of the first field in the header",
    [match("icmp code", 3), match("icmp type", 8), accept],
    [
      "meta load nfproto => reg 1",
      "cmp eq reg 1 0x00000002",
      "meta load l4proto => reg 1",
      "cmp eq reg 1 0x00000001",
      "payload load 2b @ transport header + 0 => reg 1",
      "cmp eq reg 1 0x00000308",
      "immediate reg 0 accept",
    ],
  ],
  [
    "unequal neighbours stay apart: not a and not b is not not(a and b)",
    [match("meta l4proto", 6), match("th sport", 1, "!="), match("th dport", 2, "!=")],
    [
      "meta load l4proto => reg 1",
      "cmp eq reg 1 0x00000006",
      "payload load 2b @ transport header + 0 => reg 1",
      "cmp neq reg 1 0x00000100",
      "payload load 2b @ transport header + 2 => reg 1",
      "range neq reg 1 0x00000200 0x00000200",
    ],
  ],
  [
    "a concatenation fills words one after the other",
    [{ kind: "lookup", fields: ["ip6 daddr", "meta l4proto", "th dport"], op: "not in", set: "s" }],
    [
      "meta load nfproto => reg 1",
      "cmp eq reg 1 0x0000000a",
      "payload load 16b @ network header + 24 => reg 1",
      "meta load l4proto => reg 2",
      "payload load 2b @ transport header + 2 => reg 13",
      "lookup reg 1 set s 0x1",
    ],
  ],
  [
    "a name's beginning is compared without padding",
    [match("meta iifname", { kind: "startsWith", text: "eth" })],
    ["meta load iifname => reg 1", "cmp eq reg 1 0x00687465"],
  ],
  [
    "a verdict map writes the verdict register",
    [{ kind: "vmap", fields: ["meta iifname"], map: "m" }],
    ["meta load iifname => reg 1", "lookup reg 1 set m dreg 0"],
  ],
  [
    "any of some bits",
    [match("ct state", { kind: "bits", mask: 6 }), accept],
    ["ct load state => reg 1", "bitwise reg 1 = ( reg 1 & 0x00000006 ) ^ 0x00000000", "cmp neq reg 1 0x00000000", "immediate reg 0 accept"],
  ],
  [
    "a mark is set within its mask",
    [{ kind: "setMark", mask: 0xff00, value: 0x100 }],
    ["meta load mark => reg 1", "bitwise reg 1 = ( reg 1 & 0xffff00ff ) ^ 0x00000100", "meta set mark with reg 1"],
  ],
  ["a whole mark is set without loading it", [{ kind: "setMark", mask: 0xffffffff, value: 1 }], ["immediate reg 1 0x00000001", "meta set mark with reg 1"]],
  [
    "a reset asks for TCP before anything is counted",
    [{ kind: "counter" }, { kind: "reject", with: "tcp reset" }],
    ["meta load l4proto => reg 1", "cmp eq reg 1 0x00000006", "counter pkts 0 bytes 0", "reject type 1 code 0"],
  ],
  [
    "limit, log and goto",
    [{ kind: "limit", rate: 5, per: "hour", burst: 7 }, { kind: "log", prefix: "x$: " }, goTo("c")],
    ["limit rate 5/hour burst 7 type packets flags 0x0", "log prefix x_:  level 6", "immediate reg 0 goto -> c"],
  ],
];

test("rules become the expressions that nft makes of them", async (t) => {
  for (const [name, statements, listing] of rows) {
    await t.test(name, () => assert.deepEqual(lowerRule(rule(...statements)).map(printExpression), listing));
  }
});

const conflicting: readonly (readonly [readonly Statement[], RegExp])[] = [
  [[match("ip saddr", address("1.2.3.4")), match("ip6 saddr", address("::1"))], /ip6 saddr: the rule already requires nfproto 2/],
  [[match("icmp type", 8), match("ip6 saddr", address("::1"))], /ip6 saddr: .* nfproto 2/],
  [[match("meta l4proto", 6), match("icmp type", 8)], /icmp type: .* protocol 6/],
  [[match("meta l4proto", 17), { kind: "reject", with: "tcp reset" }], /tcp reset: .* protocol 17/],
];

test("protocols that exclude each other are named", () => {
  for (const [statements, expected] of conflicting) assert.match(withDependencies(statements).conflicts.join(), expected);
});

test("only a match on one value makes a protocol known", () => {
  const ports: Statement[] = [match("meta l4proto", range(1, 6)), match("icmp type", 8)];
  const added = withDependencies(ports).statements.length - ports.length;
  assert.equal(added, 2);
  assert.equal(withDependencies([match("meta l4proto", 1), match("icmp type", 8)]).statements.length, 2);
});

test("a listing has sets, their elements on one line, then rules", () => {
  const text = printBytecode({
    table: "hostward",
    sets: [set("s", ["inet_service"], [[80], [22]])],
    maps: [{ name: "m", types: ["inet_proto"], entries: [{ key: [6], verdict: { kind: "jump", chain: "c" } }], comment: "" }],
    chains: [{ kind: "regular", name: "c", rules: [rule({ kind: "counter" }), rule(accept)] }],
  });
  assert.equal(
    text,
    `s hostward 0 size 64
s hostward 0
	element 00001600  : 0 [end]	element 00005000  : 0 [end]
m hostward 8 size 64
m hostward 0
	element 00000006  : jump -> c 0 [end]
inet hostward c
  [ counter pkts 0 bytes 0 ]

inet hostward c
  [ immediate reg 0 accept ]
`,
  );
});
