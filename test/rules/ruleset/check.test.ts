// Every invariant, broken once: the message says what is wrong and, for a rule, which.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkRuleset, createCheck } from "../../../rules/ruleset/check.ts";
import { keysOfBytes } from "../../../rules/ruleset/chunks.ts";
import { packKeys } from "../../../rules/ruleset/keys.ts";
import type { BaseChain, Chain, Hook, Keys, NftMap, NftSet, Rule, Ruleset, Statement } from "../../../rules/ruleset/types.ts";
import { accept, address, drop, goTo, jump, ladder, map, match, prefix, range, rule, set } from "./rulesets.ts";

function base(name: string, rules: readonly Rule[], hook: Hook = "input", priority = 5): BaseChain {
  return { kind: "base", name, hook, priority, rules };
}

function chain(name: string, ...rules: readonly Rule[]): Chain {
  return { kind: "regular", name, rules };
}

function table(chains: readonly Chain[], objects: { readonly sets?: readonly NftSet[]; readonly maps?: readonly NftMap[] } = {}): Ruleset {
  return { table: "hostward", chains, sets: objects.sets ?? [], maps: objects.maps ?? [] };
}

const v4 = set("v4", ["ipv4_addr"], [[address("10.0.0.1")], [address("10.0.0.2")]]);
const dispatch = map("dispatch", ["ifname"], [{ key: ["eth0"], verdict: { kind: "goto", chain: "c" } }]);

test("a ruleset with one of everything passes", () => {
  const rules = [
    rule(match("ct state", { kind: "bits", mask: 6 }), accept),
    rule({ kind: "lookup", fields: ["ip saddr"], op: "in", set: "v4" }, { kind: "counter" }, drop),
    rule({ kind: "vmap", fields: ["meta iifname"], map: "dispatch" }),
    rule(match("meta l4proto", 6), match("th dport", 80), jump("c")),
  ];
  assert.deepEqual(checkRuleset(table([base("b", rules), chain("c", rule({ kind: "reject", with: "tcp reset" }))], { sets: [v4], maps: [dispatch] })), []);
});

const statements: readonly (readonly [name: string, statements: readonly Statement[], message: RegExp])[] = [
  ["nothing at all", [], /no statements/],
  ["two verdicts", [accept, drop], /more than one verdict/],
  ["a match after a verdict", [accept, match("meta mark", 1)], /"meta mark 0x1" stands after/],
  ["a match after a counter", [{ kind: "counter" }, match("meta mark", 1)], /"meta mark 0x1" stands after/],
  ["ports before the protocol", [match("th dport", 80), match("meta l4proto", 6)], /ports are matched before the protocol/],
  ["ports of a protocol that has none", [match("meta l4proto", 253), match("th dport", 80)], /ports are matched, but "meta l4proto 253"/],
  ["a set that is not there", [{ kind: "lookup", fields: ["ip saddr"], op: "in", set: "lost" }], /there is no lost/],
  ["a map that is a set", [{ kind: "vmap", fields: ["ip saddr"], map: "v4" }], /there is no v4/],
  ["a set of another type", [{ kind: "lookup", fields: ["ip6 saddr"], op: "in", set: "v4" }], /v4 is of type ipv4_addr, looked up by ipv6_addr/],
  ["a concatenation in a set of one", [{ kind: "lookup", fields: ["ip saddr", "meta mark"], op: "in", set: "v4" }], /looked up by ipv4_addr \. mark/],
  ["an address of the other family", [match("ip saddr", address("::1"))], /ip saddr: not a value of type ipv4_addr/],
  ["a prefix of the other family", [match("ip saddr", { kind: "prefix", prefix: prefix("::/0") })], /an IPv6 prefix is not of type ipv4_addr/],
  ["a range of host-order numbers", [match("meta mark", range(1, 2))], /no ranges of mark/],
  ["a range that ends before it begins", [match("meta l4proto", 6), match("th dport", range(2, 1))], /the range ends before it begins/],
  ["a port beyond 65535", [match("meta l4proto", 6), match("th dport", 65536)], /th dport: not a value/],
  ["bits of a port", [match("meta l4proto", 6), match("th dport", { kind: "bits", mask: 1 })], /no bits to test in a inet_service/],
  ["no bits", [match("meta mark", { kind: "bits", mask: 0 })], /no bits to test/],
  ["every name", [match("meta iifname", { kind: "startsWith", text: "" })], /no beginning of an interface name/],
  ["a limit of nothing", [{ kind: "limit", rate: 0, per: "second", burst: 5 }], /limit: rate and burst/],
  ["a mark of 33 bits", [{ kind: "setMark", mask: 2 ** 32, value: 0 }], /not a value of type mark/],
  ["protocols that exclude each other", [match("meta l4proto", 6), match("icmp type", 8)], /icmp type: the rule already requires protocol 6/],
  ["more expressions than a rule may have", Array.from({ length: 65 }, () => match("meta mark", 1)), /130 expressions/],
  ["a jump to nowhere", [jump("nowhere")], /nowhere is no chain to jump to/],
  ["a jump to a base chain", [jump("b")], /b is no chain to jump to/],
];

test("a rule that breaks an invariant is named by its origin", async (t) => {
  for (const [name, broken, message] of statements) {
    await t.test(name, () => {
      const found = checkRuleset(table([base("b", [rule(...broken)]), chain("c", rule(accept))], { sets: [v4] }));
      assert.match(found.join("\n"), message);
      assert.ok(found.every((line) => line.includes("chain b") && line.includes("GlobalNetworkPolicy default.web ingress rule 0")));
    });
  }
});

const overlapping = { ...v4, name: "i", flavour: "interval" as const, types: ["inet_service"] as const };

function raw(name: string, bytes: readonly number[], width: number): NftSet {
  return { ...overlapping, name, keys: keysOfBytes(width, Uint8Array.from(bytes)) };
}

/** Keys of addresses, as they are. */
function chunks(...bytes: readonly (readonly number[])[]): Keys {
  return { width: 4, count: bytes.flat().length / 4, chunks: bytes.map((chunk) => Uint8Array.from(chunk)) };
}

/** Ranges of ports below 256, each a chunk. */
function ranges(...pairs: readonly (readonly [number, number])[]): Keys {
  return { width: 8, count: pairs.length, chunks: pairs.map(([from, to]) => Uint8Array.of(0, from, 0, 0, 0, to, 0, 0)) };
}

test("ranges may touch, in one chunk and from one to the next", () => {
  const touching = raw("i", [0, 1, 0, 0, 0, 255, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0], 8);
  assert.deepEqual(checkRuleset(table([], { sets: [touching] })), []);
  assert.deepEqual(checkRuleset(table([], { sets: [{ ...touching, keys: ranges([1, 9], [10, 12]) }] })), []);
});

const rulesets: readonly (readonly [name: string, ruleset: Ruleset, message: RegExp])[] = [
  ["a name that nft cannot read", table([chain("a b")]), /"a b" is no name/],
  ["a name of 256 bytes", table([chain("a".repeat(256))]), /more than 255 bytes/],
  ["a table with a bad name", { ...table([]), table: "1" }, /"1" is no name/],
  ["chains out of order", table([chain("b"), chain("a")]), /a is out of order/],
  ["two chains of one name", table([chain("a"), chain("a")]), /a is out of order or there twice/],
  ["a set and a map of one name", table([chain("c")], { sets: [{ ...v4, name: "dispatch" }], maps: [dispatch] }), /two sets or maps are named dispatch/],
  ["two base chains at one place", table([base("a", []), base("b", [])]), /two base chains at input 5/],
  ["keys of a wrong width", table([], { sets: [{ ...v4, keys: packKeys(["ipv6_addr"], []) }] }), /set v4: keys of 16 bytes/],
  ["keys out of order", table([], { sets: [{ ...v4, keys: keysOfBytes(4, Uint8Array.of(9, 0, 0, 0, 8, 0, 0, 0)) }] }), /set v4: key 1 is out of order/],
  ["keys twice", table([], { sets: [{ ...v4, keys: keysOfBytes(4, Uint8Array.of(9, 0, 0, 0, 9, 0, 0, 0)) }] }), /set v4: key 1/],
  ["ranges that overlap", table([], { sets: [raw("i", [0, 1, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 12, 0, 0], 8)] }), /set i: key 1/],
  ["keys out of order where a chunk ends", table([], { sets: [{ ...v4, keys: chunks([9, 0, 0, 0], [8, 0, 0, 0]) }] }), /set v4: key 1 is out of order/],
  ["keys twice where a chunk ends", table([], { sets: [{ ...v4, keys: chunks([1, 0, 0, 0, 9, 0, 0, 0], [9, 0, 0, 0]) }] }), /set v4: key 2/],
  ["an empty chunk", table([], { sets: [{ ...v4, keys: chunks([9, 0, 0, 0], []) }] }), /set v4: a chunk of keys that is empty/],
  ["a chunk that ends within a key", table([], { sets: [{ ...v4, keys: chunks([9, 0], [0, 0]) }] }), /set v4: a chunk of keys that .* ends within a key/],
  ["a count of other keys", table([], { sets: [{ ...v4, keys: { ...chunks([9, 0, 0, 0]), count: 2 } }] }), /set v4: keys of 4 bytes, 2 in 4/],
  ["ranges that overlap where a chunk ends", table([], { sets: [{ ...overlapping, keys: ranges([1, 9], [9, 12]) }] }), /set i: key 1/],
  ["a range that ends before it begins", table([], { sets: [raw("i", [0, 9, 0, 0, 0, 1, 0, 0], 8)] }), /set i: key 0/],
  ["a range after the last value", table([], { sets: [raw("i", [0, 1, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0], 8)] }), /set i: key 1/],
  ["intervals of names", table([], { sets: [{ ...raw("i", [], 32), types: ["ifname"] }] }), /no intervals of ifname/],
  ["map entries out of order", table([chain("c")], { maps: [{ ...dispatch, entries: dispatch.entries.concat(dispatch.entries) }] }), /map dispatch: key 1/],
  [
    "a map key of another type",
    table([chain("c")], { maps: [{ ...dispatch, entries: [{ key: [1], verdict: { kind: "accept" } }] }] }),
    /map dispatch: not a value of type ifname/,
  ],
  [
    "a map that leads nowhere",
    table([base("b", [rule({ kind: "vmap", fields: ["meta iifname"], map: "dispatch" })])], { maps: [dispatch] }),
    /c is no chain to jump to/,
  ],
  ["a jump to a base chain", table([base("b", [rule(jump("d"))]), base("d", [], "output")]), /d is no chain to jump to/],
  ["a loop", table([base("x", [rule(jump("y"))]), chain("y", rule(goTo("z"))), chain("z", rule(goTo("y")))]), /the jump to y is a loop/],
  ["a chain that goes to itself, unreached", table([chain("a", rule(jump("a")))]), /the jump to a is a loop/],
  [
    "a reject that postrouting reaches",
    table([base("b", [rule(jump("c"))], "postrouting"), chain("c", rule({ kind: "reject", with: "tcp reset" }))]),
    /chain c .*: no reject in postrouting/,
  ],
];

test("a ruleset that breaks an invariant is refused", async (t) => {
  for (const [name, ruleset, message] of rulesets) await t.test(name, () => assert.match(checkRuleset(ruleset).join("\n"), message));
});

test("fifteen jumps deep is what the kernel takes", () => {
  assert.deepEqual(checkRuleset(ladder(15)), []);
  assert.match(checkRuleset(ladder(16)).join(), /chain b: jumps 16 deep, the kernel takes 15/);
});

test("a check that remembers finds what one from nothing finds, whatever was checked before", () => {
  const broken = statements.map(([, form]) => table([base("b", [rule(...form)]), chain("c", rule(accept))], { sets: [v4] }));
  const sound = [table([base("b", []), chain("c", rule(accept))], { sets: [v4] }), table([base("b", [rule(jump("c"))]), chain("c", rule(accept))])];
  const all = [...broken, ...rulesets.map(([, one]) => one), ...sound, ladder(15), ladder(16)];
  const expected = all.map(checkRuleset);
  fc.assert(
    fc.property(fc.array(fc.nat(all.length - 1), { minLength: 2, maxLength: 8 }), (walk) => {
      const check = createCheck();
      for (const at of walk) assert.deepEqual(check(all[at] as Ruleset), expected[at]);
    }),
    { numRuns: 500 },
  );
});

/** Parts of rulesets that fit and do not fit each other, drawn again and again, so that neighbours on a walk share most of them. */
const parts = {
  b: [
    base("b", [rule(jump("c"))]),
    base("b", [rule({ kind: "vmap", fields: ["meta iifname"], map: "dispatch" })]),
    base("b", [rule(jump("c"))], "postrouting"),
  ],
  c: [
    chain("c", rule({ kind: "lookup", fields: ["ip saddr"], op: "in", set: "v4" }, drop)),
    chain("c", rule(accept), rule(jump("d"))),
    chain("c", rule({ kind: "reject", with: "tcp reset" })),
  ],
  d: [chain("d", rule(drop)), chain("d", rule(goTo("c"))), chain("d", rule({ kind: "lookup", fields: ["ip saddr"], op: "in", set: "v4" }, accept))],
  v4: [v4, set("v4", ["ipv6_addr"], []), { ...v4, keys: packKeys(["ipv6_addr"], []) }],
  dispatch: [dispatch, map("dispatch", ["ifname"], [{ key: ["eth0"], verdict: { kind: "goto", chain: "d" } }])],
} as const;

test("what is carried over from one ruleset to the next still holds there", () => {
  const one = <T>(list: readonly T[]) => fc.constantFrom(undefined, ...list, ...list, ...list);
  const drawn = fc
    .record({ b: one(parts.b), c: one(parts.c), d: one(parts.d), sets: one(parts.v4), maps: one(parts.dispatch) })
    .map(({ b, c, d, sets, maps }) => {
      const chains = [b, c, d].filter((part) => part !== undefined);
      return table(chains, { sets: sets === undefined ? [] : [sets], maps: maps === undefined ? [] : [maps] });
    });
  fc.assert(
    fc.property(fc.array(drawn, { minLength: 2, maxLength: 12 }), (walk) => {
      const check = createCheck();
      for (const ruleset of walk) assert.deepEqual(check(ruleset), checkRuleset(ruleset));
    }),
    { numRuns: 1000 },
  );
});

test("a set and a map of one name are found whichever of them comes last", () => {
  const [c, same] = [chain("c", rule(accept)), { ...v4, name: "dispatch" }];
  for (const first of [{ sets: [same] }, { maps: [dispatch] }, { sets: [v4], maps: [] }]) {
    const check = createCheck();
    assert.deepEqual(check(table([c], first)), []);
    assert.match(check(table([c], { sets: [same], maps: [dispatch] })).join(), /two sets or maps are named dispatch/);
  }
});

/** One thing of a graph of twenty chains and two maps changes: where it leads, or whether it is there. Mostly to chains of higher numbers, so that few loop. */
const step = fc.record({
  what: fc.constantFrom(...Array.from({ length: 20 }, (_, i) => nameOf(i)), "base", "m0", "m1"),
  leads: fc.option(fc.array(fc.nat(19), { maxLength: 2 }), { freq: 6 }),
  wild: fc.integer({ min: 0, max: 15 }).map((drawn) => drawn === 15),
});

function nameOf(number: number): string {
  return `c${String(number).padStart(2, "0")}`;
}

function drawnGraph(): { change(step: { what: string; leads: readonly number[] | null; wild: boolean }): Ruleset } {
  const [chains, maps] = [new Map<string, Chain>([["base", base("base", [])]]), new Map<string, NftMap>()];
  const vmap = (name: string) => rule({ kind: "vmap", fields: ["meta iifname"], map: name });
  return {
    change({ what, leads, wild }) {
      const number = what.startsWith("c") ? Number(what.slice(1)) : -1;
      const targets = (leads ?? []).map((to) => nameOf(wild ? to : Math.min(20, number + 1 + (to % 4))));
      const there = [...new Set(targets)].filter((target) => wild || chains.has(target)).sort();
      const rules = there.map((target) => rule(jump(target)));
      if (what.startsWith("m")) {
        const entries = there.map((target, i) => ({ key: [`eth${i}`], verdict: { kind: "goto", chain: target } as const }));
        maps.set(what, map(what, ["ifname"], entries));
      } else if (what === "base") chains.set(what, base(what, [...rules, ...[...maps.keys()].map(vmap)], leads === null ? "output" : "input"));
      else if (leads === null && wild) chains.set(what, base(what, rules, "forward", number));
      else if (leads === null) chains.delete(what);
      else chains.set(what, chain(what, ...rules, ...(wild && maps.has("m0") ? [vmap("m0")] : [])));
      const sorted = <T>(things: ReadonlyMap<string, T>): T[] => [...things].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, thing]) => thing);
      return table(sorted(chains), { maps: sorted(maps) });
    },
  };
}

test("of a graph of chains that changes step by step it is told what from nothing is found, sound or not", () => {
  const seen = { sound: 0, unsound: 0 };
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 60 }), (steps) => {
      const [check, graph] = [createCheck(), drawnGraph()];
      for (const one of steps) {
        const ruleset = graph.change(one);
        const faults = checkRuleset(ruleset);
        assert.deepEqual(check(ruleset), faults);
        seen[faults.length === 0 ? "sound" : "unsound"] += 1;
      }
    }),
    { numRuns: 400 },
  );
  assert.ok(Math.min(seen.sound, seen.unsound) > 2000, JSON.stringify(seen));
});

test("of a set with one member more only the chunk with the new member is looked at", () => {
  const check = createCheck();
  const row = (...bytes: readonly number[]) => Uint8Array.from(bytes);
  const [first, second, third] = [row(1, 0, 0, 0, 1, 0, 0, 9), row(2, 0, 0, 0), row(3, 0, 0, 0)];
  const of = (...chunks: readonly Uint8Array[]) => {
    const count = chunks.reduce((sum, { length }) => sum + length, 0) / 4;
    return table([], { sets: [{ ...v4, keys: { width: 4, count, chunks } }] });
  };
  assert.deepEqual(check(of(first, second, third)), []);
  first.set([9, 9, 9, 9]);
  assert.deepEqual(check(of(first, second, row(3, 0, 0, 0, 4, 0, 0, 0))), [], "a chunk that was checked is not looked at again");
  assert.match(check(of(first, second, row(4, 0, 0, 0, 3, 0, 0, 0))).join(), /key 4 is out of order/);
  assert.match(createCheck()(of(first, second)).join(), /key 1 is out of order/, "from nothing all of it is");
});

test("chunks out of order, joined at a wrong key, empty or cut are found also beside chunks that were sound", () => {
  const [low, high] = [Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0), Uint8Array.of(5, 0, 0, 0)];
  const of = (chunks: readonly Uint8Array[], count: number) => table([], { sets: [{ ...v4, keys: { width: 4, count, chunks } }] });
  const rows: readonly (readonly [chunks: readonly Uint8Array[], count: number, message: RegExp])[] = [
    [[low, Uint8Array.of(2, 0, 0, 0), high], 4, /key 2/],
    [[low, Uint8Array.of(5, 0, 0, 0), high], 4, /key 3/],
    [[high, low], 3, /key 1/],
    [[low, low, high], 5, /key 2/],
    [[low, new Uint8Array(), high], 3, /empty/],
    [[low, Uint8Array.of(3, 0), Uint8Array.of(0, 0), high], 4, /ends within a key/],
    [[low, high], 4, /keys of 4 bytes, 4 in 12/],
  ];
  for (const [chunks, count, message] of rows) {
    const check = createCheck();
    assert.deepEqual(check(of([low, high], 3)), []);
    assert.match(check(of(chunks, count)).join(), message);
  }
});
