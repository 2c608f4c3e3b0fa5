// The printed text itself: each statement, each kind of value, whole files. That nft reads it as meant is nftOracle.test.ts's to say.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packKeys } from "../../../rules/ruleset/keys.ts";
import { printElements, printEntry, printRule, printRuleset, printStatement } from "../../../rules/ruleset/print.ts";
import type { Statement } from "../../../rules/ruleset/types.ts";
import { accept, address, drop, goTo, jump, leave, map, match, prefix, range, rule, set, sets } from "./rulesets.ts";

const rows: readonly (readonly [Statement, string])[] = [
  [match("meta iifname", "eth0"), 'iifname "eth0"'],
  [match("meta oifname", "eth0", "!="), 'oifname != "eth0"'],
  [match("meta iifname", "a*b"), 'iifname "a*b"'],
  [match("meta iifname", "eth*"), 'iifname "eth\\*"'],
  [match("meta iifname", "back\\slash"), 'iifname "back\\slash"'],
  [match("meta iifname", { kind: "startsWith", text: "cali" }), 'iifname "cali*"'],
  [match("meta iifname", { kind: "startsWith", text: "cali" }, "!="), 'iifname != "cali*"'],
  [match("meta iif", 0), "iif 0"],
  [match("meta nfproto", 2), "meta nfproto ipv4"],
  [match("meta l4proto", 6), "meta l4proto tcp"],
  [match("meta l4proto", 253, "!="), "meta l4proto != 253"],
  [match("meta l4proto", range(6, 17)), "meta l4proto 6-17"],
  [match("meta mark", 0x100), "meta mark 0x100"],
  [match("meta mark", { kind: "bits", mask: 0x100 }), "meta mark & 0x100 != 0"],
  [match("meta mark", { kind: "bits", mask: 0x100 }, "!="), "meta mark & 0x100 == 0"],
  [match("ct state", { kind: "bits", mask: 6 }), "ct state established,related"],
  [match("ct state", { kind: "bits", mask: 1 }, "!="), "ct state ! invalid"],
  [match("ct state", { kind: "bits", mask: 0x86 }), "ct state 0x86"],
  [match("ct state", 8), "ct state == new"],
  [match("ct state", 8, "!="), "ct state != new"],
  [match("ct status", { kind: "bits", mask: 32 }), "ct status dnat"],
  [match("ip saddr", address("10.0.0.1")), "ip saddr 10.0.0.1"],
  [match("ip daddr", { kind: "prefix", prefix: prefix("10.0.0.0/8") }, "!="), "ip daddr != 10.0.0.0/8"],
  [match("ip saddr", range(address("10.0.0.1"), address("10.0.0.9"))), "ip saddr 10.0.0.1-10.0.0.9"],
  [match("ip6 daddr", address("2001:db8::1")), "ip6 daddr 2001:db8::1"],
  [match("ip6 hoplimit", 255), "ip6 hoplimit 255"],
  [match("th dport", range(1024, 2047)), "th dport 1024-2047"],
  [match("icmp type", 8), "icmp type echo-request"],
  [match("icmp code", 1), "icmp code 1"],
  [match("icmpv6 type", range(133, 136)), "icmpv6 type 133-136"],
  [match("icmpv6 type", 135), "icmpv6 type nd-neighbor-solicit"],
  [{ kind: "lookup", fields: ["ip saddr", "meta l4proto", "th dport"], op: "in", set: "ports" }, "ip saddr . meta l4proto . th dport @ports"],
  [{ kind: "lookup", fields: ["ip saddr"], op: "not in", set: "blocked" }, "ip saddr != @blocked"],
  [{ kind: "vmap", fields: ["meta iifname"], map: "ingress" }, "iifname vmap @ingress"],
  [{ kind: "counter" }, "counter"],
  [{ kind: "limit", rate: 10, per: "minute", burst: 5 }, "limit rate 10/minute burst 5 packets"],
  [{ kind: "log", prefix: 'a "b" $c' }, `log prefix "a 'b' _c" level info`],
  [{ kind: "log", prefix: "é".repeat(100) }, `log prefix "${"é".repeat(63)}" level info`],
  [{ kind: "notrack" }, "notrack"],
  [{ kind: "setMark", mask: 0x100, value: 0x100 }, "meta mark set meta mark & 0xfffffeff | 0x100"],
  [{ kind: "setMark", mask: 0x100, value: 0 }, "meta mark set meta mark & 0xfffffeff"],
  [{ kind: "setMark", mask: 0xffffffff, value: 5 }, "meta mark set 0x5"],
  [{ kind: "reject", with: "tcp reset" }, "reject with tcp reset"],
  [{ kind: "reject", with: "icmpx admin-prohibited" }, "reject with icmpx admin-prohibited"],
  [accept, "accept"],
  [drop, "drop"],
  [leave, "return"],
  [jump("a"), "jump a"],
  [goTo("b"), "goto b"],
];

test("statements are printed in nft's words", async (t) => {
  for (const [statement, expected] of rows) await t.test(expected, () => assert.equal(printStatement(statement), expected));
});

const inexpressible: readonly (readonly [Statement, string])[] = [
  [match("meta iifname", 'a"b'), "iifname <a\\x22b>"],
  [match("meta iifname", "a\u0007b"), "iifname <a\\x07b>"],
  [match("meta iifname", "fourteen-char*s".slice(0, 14).concat("*")), "iifname <fourteen-char**>"],
  [match("meta iifname", "a\\b*"), "iifname <a\\b*>"],
  [match("meta iifname", { kind: "startsWith", text: "ends-in\\" }), "iifname <ends-in\\*>"],
  [match("meta iifname", { kind: "startsWith", text: "fifteen-letters" }), "iifname <fifteen-letters*>"],
];

test("interface names that nft text cannot express are a syntax error, never another name", () => {
  for (const [statement, expected] of inexpressible) assert.equal(printStatement(statement), expected);
});

test("a rule ends with its origin as comment", () => {
  assert.equal(printRule(rule(match("meta l4proto", 6), accept)), 'meta l4proto tcp accept comment "GlobalNetworkPolicy default.web ingress rule 0"');
});

test("the second of two unequal neighbours is a range of one value, which nft 1.0.6 does not join to the first", () => {
  const printed = (...statements: Statement[]): string => printRule(rule(...statements)).replace(/ comment.*/, "");
  const [sport, dport] = [match("th sport", 1, "!="), match("th dport", 2, "!=")];
  assert.equal(printed(sport, dport), "th sport != 1 th dport != 2-2");
  assert.equal(printed(dport, sport), "th dport != 2-2 th sport != 1");
  assert.equal(printed(dport, match("th dport", 3, "!=")), "th dport != 2 th dport != 3");
  assert.equal(printed(match("icmp type", 8, "!="), match("icmp code", 0, "!=")), "icmp type != echo-request icmp code != 0-0");
  assert.equal(printed(match("icmp type", 8), match("icmp code", 0)), "icmp type echo-request icmp code 0");
});

test("elements of interval sets are values, prefixes and ranges", () => {
  const elements = (name: string): string[] => printElements(sets.find((each) => each.name === name) ?? set("none", [], []));
  assert.deepEqual(elements("i-v4"), ["1.2.3.4", "10.0.0.0/8", "192.168.1.0-192.168.2.255"]);
  assert.deepEqual(elements("i-all"), ["0.0.0.0/0"]);
  assert.deepEqual(elements("i-port"), ["0-5", "80", "1000-2000", "65535"]);
});

test("an entry of a map is its key and its verdict", () => {
  assert.equal(printEntry(["ifname", "inet_proto"], { key: ["eth0", 17], verdict: { kind: "goto", chain: "x" } }), '"eth0" . udp : goto x');
});

test("a whole file: sets, maps, chains, in tabs", () => {
  const text = printRuleset({
    table: "hostward",
    sets: [
      { ...set("h", ["ipv4_addr"], [[address("10.0.0.1")]]), comment: 'role == "db"' },
      { name: "i", types: ["inet_service"], flavour: "interval", keys: { ...packKeys(["inet_service"], []), width: 8 }, comment: "" },
    ],
    maps: [{ ...map("m", ["ifname"], [{ key: ["eth0"], verdict: { kind: "goto", chain: "x" } }]), comment: "dispatch" }],
    chains: [
      { kind: "base", name: "in", hook: "input", priority: -5, rules: [rule({ kind: "vmap", fields: ["meta iifname"], map: "m" })] },
      { kind: "regular", name: "x", rules: [] },
    ],
  });
  assert.equal(
    text,
    `table inet hostward {
	set h {
		type ipv4_addr
		size 64
		comment "role == 'db'"
		elements = {
			10.0.0.1,
		}
	}

	set i {
		type inet_service
		flags interval
	}

	map m {
		type ifname : verdict
		size 64
		comment "dispatch"
		elements = {
			"eth0" : goto x,
		}
	}

	chain in {
		type filter hook input priority -5; policy accept;
		iifname vmap @m comment "GlobalNetworkPolicy default.web ingress rule 0"
	}

	chain x {
	}
}
`,
  );
});
