// The simulator's rules of the road, each alone: verdicts and chains, hooks and their order, conntrack, DNAT, marks, loads. That the kernel
// does the same is simulateKernel.test.ts's to say.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePacket } from "../../../rules/explain/packet.ts";
import { simulate } from "../../../rules/explain/simulate.ts";
import type { Step } from "../../../rules/explain/types.ts";
import { keysOfBytes } from "../../../rules/ruleset/chunks.ts";
import type { BaseChain, Chain, Hook, NftMap, NftSet, Rule, Ruleset, Statement } from "../../../rules/ruleset/types.ts";
import { accept, address, drop, goTo, jump, leave, map, match, prefix, range, set } from "../ruleset/rulesets.ts";

/** A rule known by a word. */
function rule(name: string, ...statements: readonly Statement[]): Rule {
  return { statements, origin: { kind: "rule", name } };
}

function base(hook: Hook, priority: number, ...rules: readonly Rule[]): BaseChain {
  return { kind: "base", name: `${hook}${priority}`, hook, priority, rules };
}

function chain(name: string, ...rules: readonly Rule[]): Chain {
  return { kind: "regular", name, rules };
}

function table(chains: readonly Chain[], sets: readonly NftSet[] = [], maps: readonly NftMap[] = []): Ruleset {
  return { table: "hostward", chains, sets, maps };
}

/** `allow by NAME`, `deny by NAME`, or `allow` when no rule decided. */
function verdict(ruleset: Ruleset, line: string): string {
  const { verdict: reached, decidedBy } = simulate(ruleset, parsePacket(line));
  return decidedBy === undefined ? reached : `${reached} by ${decidedBy.name}`;
}

/** The names of the rules that matched, in order. */
function trail(steps: readonly Step[]): string[] {
  return steps.flatMap(({ origin, steps: inner }) => [...(origin === undefined ? [] : [origin.name]), ...trail(inner)]);
}

function ran(ruleset: Ruleset, line: string): string {
  return trail(simulate(ruleset, parsePacket(line)).path).join(" ");
}

/** Whether a lone rule with these matches drops the packet at the place. */
function catches(statements: readonly Statement[], line: string, [hook, priority]: readonly [Hook, number] = ["input", 5]): boolean {
  const sets = [ports, networks];
  return verdict(table([base(hook, priority, rule("r", ...statements, drop))], sets), line) === "deny by r";
}

const tcp = "in:eth0 tcp 10.0.0.9:40000 > 10.0.0.1:80";
const icmp = "in:eth0 icmp/8/1 10.0.0.9 > 10.0.0.1";
const six = "in:eth0 udp [fd00::9]:40000 > [fd00::1]:80";
const forwarded = "fwd:eth0:eth1 tcp 10.0.0.9:40000 > 10.1.0.1:80";
const sent = "out:eth0 tcp 10.0.0.1:40000 > 10.0.0.9:443";

const ports = set(
  "ports",
  ["ipv4_addr", "inet_proto", "inet_service"],
  [
    [address("10.0.0.1"), 6, 80],
    [address("10.0.0.9"), 6, 40000],
  ],
);
const networks: NftSet = {
  ...set("networks", ["ipv4_addr"], []),
  flavour: "interval",
  keys: keysOfBytes(8, Uint8Array.of(10, 0, 0, 0, 10, 0, 0, 255)),
};

test("without rules everything is allowed and nobody decided", () => {
  assert.equal(verdict(table([]), tcp), "allow");
  assert.equal(verdict(table([base("input", 5, rule("r", { kind: "counter" }))]), tcp), "allow");
});

test("accept ends only its base chain, drop and reject end everything", () => {
  const hooks = (first: Statement, second: Statement): Ruleset => table([base("prerouting", -145, rule("a", first)), base("input", 5, rule("b", second))]);
  assert.equal(verdict(hooks(accept, drop), tcp), "deny by b");
  assert.equal(verdict(hooks(drop, accept), tcp), "deny by a");
  assert.equal(verdict(hooks({ kind: "reject", with: "icmpx admin-prohibited" }, accept), tcp), "deny by a");
  assert.equal(verdict(hooks(accept, { kind: "counter" }), tcp), "allow by a");
  assert.equal(verdict(hooks(accept, accept), tcp), "allow by b");
});

test("base chains run by priority, whatever their order in the ruleset", () => {
  assert.equal(ran(table([base("input", 10, rule("late", accept)), base("input", -10, rule("early", accept))]), tcp), "early late");
});

test("a jump comes back, a goto does not, and a return leaves the chain", () => {
  const way = (first: Statement, ...inner: readonly Rule[]): string =>
    ran(
      table([base("input", 5, rule("first", first), rule("second", { kind: "counter" })), chain("c", ...inner), chain("d", rule("deep", { kind: "counter" }))]),
      tcp,
    );
  assert.equal(way(jump("c"), rule("inner", { kind: "counter" })), "first inner second");
  assert.equal(way(goTo("c"), rule("inner", { kind: "counter" })), "first inner");
  assert.equal(way(jump("c"), rule("leave", leave), rule("never", drop)), "first leave second");
  assert.equal(way(goTo("c"), rule("leave", leave)), "first leave");
  assert.equal(way(leave), "first");
  assert.equal(way(jump("c"), rule("on", goTo("d")), rule("never", drop)), "first on deep second");
  assert.equal(way(goTo("c"), rule("on", jump("d")), rule("back", { kind: "counter" })), "first on deep back");
});

test("a verdict in a chain that was jumped to is final", () => {
  assert.equal(verdict(table([base("input", 5, rule("j", jump("c")), rule("r", drop)), chain("c", rule("ok", accept))]), tcp), "allow by ok");
});

test("a verdict map gives the verdict of its key; without one the rule does not match", () => {
  const dispatch = map(
    "m",
    ["ifname"],
    [
      { key: ["eth0"], verdict: { kind: "goto", chain: "c" } },
      { key: ["eth1"], verdict: { kind: "drop" } },
    ],
  );
  const whole = table(
    [base("input", 5, rule("v", { kind: "vmap", fields: ["meta iifname"], map: "m" }), rule("rest", accept)), chain("c", rule("in", accept))],
    [],
    [dispatch],
  );
  assert.equal(verdict(whole, tcp), "allow by in");
  assert.equal(verdict(whole, tcp.replace("eth0", "eth1")), "deny by v");
  assert.equal(verdict(whole, tcp.replace("eth0", "eth2")), "allow by rest");
});

test("packets pass the hooks of their path", () => {
  const everywhere = table(
    (["prerouting", "input", "forward", "output", "postrouting"] as const).map((hook) => base(hook, 5, rule(hook, { kind: "counter" }))),
  );
  assert.equal(ran(everywhere, tcp), "prerouting input");
  assert.equal(ran(everywhere, forwarded), "prerouting forward postrouting");
  assert.equal(ran(everywhere, sent), "output postrouting");
});

test("each hook knows the devices that the kernel names there; a missing one is an empty name and index 0", () => {
  const seen = (line: string, place: readonly [Hook, number]): string => {
    const is = (field: "meta iifname" | "meta oifname", name: string): boolean => catches([match(field, name)], line, place);
    const which = (field: "meta iifname" | "meta oifname"): string => ["eth0", "eth1", ""].find((name) => is(field, name)) ?? "?";
    return `${which("meta iifname")}>${which("meta oifname")} ${catches([match("meta iif", 0)], line, place)}`;
  };
  assert.equal(seen(tcp, ["prerouting", -145]), "eth0> false");
  assert.equal(seen(tcp, ["input", 5]), "eth0> false");
  assert.equal(seen(forwarded, ["prerouting", -145]), "eth0> false");
  assert.equal(seen(forwarded, ["forward", 5]), "eth0>eth1 false");
  assert.equal(seen(forwarded, ["postrouting", -160]), "eth0>eth1 false");
  assert.equal(seen(sent, ["output", 5]), ">eth0 true");
  assert.equal(seen(sent, ["postrouting", -160]), ">eth0 true");
});

const state = (mask: number): Statement => match("ct state", { kind: "bits", mask });
const dnated: Statement = match("ct status", { kind: "bits", mask: 32 });
const notDnated: Statement = match("ct status", { kind: "bits", mask: 32 }, "!=");

test("conntrack's state is known behind conntrack; before it every packet reads as invalid", () => {
  const states = { new: 8, established: 2, related: 4, invalid: 1, untracked: 64 };
  for (const [name, bit] of Object.entries(states)) {
    assert.ok(catches([state(bit)], `${tcp} ${name}`), name);
    assert.ok(!catches([state(127 & ~bit)], `${tcp} ${name}`), name);
    assert.ok(catches([match("ct state", bit)], `${tcp} ${name}`), name);
  }
  assert.ok(catches([state(1)], `${tcp} established`, ["prerouting", -295]));
  assert.ok(catches([state(2)], `${tcp} established`, ["prerouting", -195]));
  assert.ok(catches([state(1)], `${sent} established`, ["output", -295]));
  assert.ok(catches([state(64)], `${tcp} untracked`, ["prerouting", -295]), "somebody's notrack at raw");
  const solicitation = "in:eth0 icmpv6/135/0 fd00::9 > fd00::1 hop=255";
  assert.ok(catches([state(1)], solicitation, ["prerouting", -295]), "conntrack itself has not excepted it yet");
  assert.ok(catches([state(64)], solicitation, ["prerouting", -195]));
  assert.ok(catches([state(2)], "in:lo tcp 127.0.0.1:1 > 127.0.0.1:2 established", ["prerouting", -295]), "lo brings the connection along");
});

test("a status can only be loaded of a connection: otherwise the rule ends, whichever way it asks", () => {
  assert.ok(catches([notDnated], tcp));
  for (const name of ["invalid", "untracked"]) {
    assert.ok(!catches([notDnated], `${tcp} ${name}`), name);
    assert.ok(!catches([dnated], `${tcp} ${name}`), name);
  }
  assert.ok(!catches([notDnated], tcp, ["prerouting", -295]));
});

test("another table's DNAT is seen behind priority -100, with its bit and on all later hooks", () => {
  const line = `${tcp} dnat=10.0.0.2:8080`;
  const was = [match("ip daddr", address("10.0.0.1")), match("meta l4proto", 6), match("th dport", 80)];
  const is = [match("ip daddr", address("10.0.0.2")), match("meta l4proto", 6), match("th dport", 8080)];
  assert.ok(catches(was, line, ["prerouting", -145]));
  assert.ok(catches(is, line, ["prerouting", -45]));
  assert.ok(catches(is, line, ["input", -500]));
  assert.ok(!catches([dnated], line, ["prerouting", -145]));
  assert.ok(catches([dnated], line, ["prerouting", -45]));
  assert.ok(catches([dnated], `${line} established`, ["prerouting", -145]), "an established connection has had its translation");
  const local = `${sent} dnat=10.0.0.2:8443`;
  assert.ok(catches([notDnated, match("ip daddr", address("10.0.0.9"))], local, ["output", -145]));
  assert.ok(catches([dnated, match("ip daddr", address("10.0.0.2"))], local, ["output", 5]));
  assert.ok(catches([dnated, match("meta l4proto", 6), match("th dport", 8443)], local, ["postrouting", -160]));
  assert.ok(
    catches([match("meta l4proto", 6), match("th dport", 443)], `${sent} dnat=10.0.0.2`, ["output", 5]),
    "the port stays when only the address is translated",
  );
});

test("notrack works before conntrack: no connection, no translation, on any later hook; behind it only on what has no connection", () => {
  const line = `${tcp} dnat=10.0.0.2:8080`;
  const early = base("prerouting", -295, rule("n", { kind: "notrack" }));
  const late = base("prerouting", -145, rule("n", { kind: "notrack" }));
  const asks = (...statements: Statement[]): BaseChain => base("input", 5, rule("q", ...statements, drop));
  assert.equal(verdict(table([early, asks(state(64))]), line), "deny by q");
  assert.equal(verdict(table([early, asks(match("ip daddr", address("10.0.0.1")))]), line), "deny by q");
  assert.equal(verdict(table([early, asks(dnated)]), line), "allow");
  assert.equal(verdict(table([late, asks(state(8))]), line), "deny by q");
  assert.equal(verdict(table([late, asks(state(64))]), `${tcp} invalid`), "deny by q");
});

test("a mark stays with the packet from hook to hook, and only the mask's bits change", () => {
  const marks = base("prerouting", -295, rule("m", { kind: "setMark", mask: 0xf0, value: 0x30 }), rule("n", { kind: "setMark", mask: 0x11, value: 0x01 }));
  const reads = (value: number): string => verdict(table([marks, base("input", 5, rule("q", match("meta mark", value), drop))]), tcp);
  assert.equal(reads(0x21), "deny by q");
  const high = base("prerouting", -295, rule("m", { kind: "setMark", mask: 0xffffffff, value: 0x80000000 }));
  assert.equal(verdict(table([high, base("input", 5, rule("q", match("meta mark", 0x80000000), drop))]), tcp), "deny by q");
  assert.equal(verdict(table([high, base("input", 5, rule("q", match("meta mark", { kind: "bits", mask: 0x80000000 }), drop))]), tcp), "deny by q");
});

test("headers of another family or protocol end the rule, for == and for !=", () => {
  for (const op of ["==", "!="] as const) {
    assert.ok(!catches([match("ip saddr", address("1.2.3.4"), op)], six), op);
    assert.ok(!catches([match("ip6 saddr", address("fd00::1"), op)], tcp), op);
    assert.ok(!catches([match("icmp type", 9, op)], tcp), op);
    assert.ok(!catches([match("icmpv6 type", 9, op)], icmp), op);
    assert.ok(!catches([match("ip6 hoplimit", 255, op)], tcp), op);
  }
  assert.ok(catches([match("icmp type", 8), match("icmp code", 0, "!=")], icmp));
  assert.ok(!catches([match("meta l4proto", 17, "!="), { kind: "reject", with: "tcp reset" }], icmp), "only TCP is reset");
});

test("values of every kind", () => {
  assert.ok(catches([match("ip saddr", range(address("10.0.0.8"), address("10.0.0.9")))], tcp));
  assert.ok(catches([match("ip saddr", range(address("10.0.0.10"), address("10.0.0.11")), "!=")], tcp));
  assert.ok(catches([match("ip saddr", { kind: "prefix", prefix: prefix("10.0.0.8/31") })], tcp));
  assert.ok(!catches([match("ip saddr", { kind: "prefix", prefix: prefix("10.0.0.8/31") }, "!=")], tcp));
  assert.ok(catches([match("meta iifname", { kind: "startsWith", text: "et" })], tcp));
  assert.ok(!catches([match("meta iifname", { kind: "startsWith", text: "eth1" })], tcp));
  assert.ok(catches([match("ip6 hoplimit", 255)], `${six} hop=255`));
  assert.ok(
    catches([match("ip6 hoplimit", 63)], "fwd:eth0:eth1 udp [fd00::9]:1 > [fd00::1]:2", ["forward", 5]),
    "a router takes one hop before the forward hook",
  );
});

test("lookups compare whole concatenations; a field that cannot be loaded ends the rule also for `not in`", () => {
  const lookup = (op: "in" | "not in"): Statement => ({ kind: "lookup", fields: ["ip daddr", "meta l4proto", "th dport"], op, set: "ports" });
  assert.ok(catches([lookup("in")], tcp));
  assert.ok(!catches([lookup("not in")], tcp));
  assert.ok(catches([lookup("not in")], tcp.replace(":80", ":81")));
  assert.ok(catches([lookup("not in")], icmp), "the kernel loads what stands where others have their port");
  assert.ok(!catches([lookup("not in")], six));
  assert.ok(catches([{ kind: "lookup", fields: ["ip saddr"], op: "in", set: "networks" }], tcp));
  assert.ok(catches([{ kind: "lookup", fields: ["ip saddr"], op: "not in", set: "networks" }], tcp.replace("10.0.0.9", "10.0.1.9")));
});

test("counter, log and limit change nothing", () => {
  assert.ok(catches([{ kind: "counter" }, { kind: "limit", rate: 1, per: "day", burst: 1 }, { kind: "log", prefix: "x" }], tcp));
});

test("the path is a tree: base chains, the rules that matched, and under a jump what ran there", () => {
  const whole = table([
    base("input", 5, rule("j", jump("c")), rule("no", match("meta mark", 9), drop)),
    chain("c", rule("ok", match("meta l4proto", 6), accept)),
  ]);
  const { path } = simulate(whole, parsePacket(tcp));
  assert.deepEqual(path, [
    {
      text: "input 5: chain input5",
      steps: [
        {
          text: 'jump c comment "rule j"',
          origin: { kind: "rule", name: "j" },
          steps: [{ text: 'meta l4proto tcp accept comment "rule ok"', origin: { kind: "rule", name: "ok" }, steps: [] }],
        },
      ],
    },
  ]);
});
