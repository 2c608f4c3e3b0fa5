// What strangers do to hostward's table is put right by the daemon: every kind of damage, told with its author; a stranger who goes on and on costs
// a bounded share of time and is told loudly; what strangers do elsewhere costs nothing. And a daemon that ends and comes again leaves no gap.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Status } from "../../agent/control/status.ts";
import { table } from "../../rules/compile/hooks.ts";
import type { Problem } from "../../rules/model/problem.ts";
import { slowness, until } from "../patience.ts";
import { DaemonProcess } from "./churn/daemon.ts";
import { floodEveryWay, member, tally } from "./churn/flows.ts";
import { openRouter } from "./churn/lab.ts";
import { canonical, type ListedRule, rulesOf } from "./churn/listing.ts";
import { manifestsOf, start } from "./churn/world.ts";

const ballast = 20;

interface FoundRule {
  readonly chain: string;
  readonly handle: number;
  readonly comment: string;
}

/** What a stranger finds and can aim at. */
interface Found {
  /** The first of the policy, in whatever chain it stands. */
  rule(policy: string): FoundRule;
  /** Of the addresses that a GlobalNetworkSet's label stands for. */
  set(list: string): string;
}

/** @param text as `nft -a list table` prints it */
function foundIn(text: string): Found {
  const found = (pattern: string): readonly string[] => new RegExp(pattern, "m").exec(text)?.slice(1) ?? assert.fail(`no ${pattern}`);
  return {
    rule(policy) {
      const [before = "", , comment = "", handle] = found(`^([^]*?)\\n(.*comment "(GlobalNetworkPolicy alpha.${policy} ingress .*)" # handle (\\d+))$`);
      return { chain: /chain (\S+) \{[^{]*$/.exec(before)?.[1] ?? assert.fail(before), comment, handle: Number(handle) };
    },
    set: (list) => found(`set (\\S+) \\{[^}]*comment "[^"]*${list}[^"]*IPv4`)[0] ?? "",
  };
}

interface Damage {
  readonly what: string;
  readonly by: (found: Found) => string;
}

const damages: readonly Damage[] = [
  { what: "the whole ruleset flushed", by: () => "flush ruleset" },
  { what: "the table deleted", by: () => `delete table inet ${table}` },
  { what: "the table flushed", by: () => `flush table inet ${table}` },
  { what: "the table made dormant", by: () => `add table inet ${table} { flags dormant; }` },
  { what: "a base chain flushed", by: () => `flush chain inet ${table} input` },
  { what: "a policy's chain flushed", by: (found) => `flush chain inet ${table} ${found.rule("lists").chain}` },
  { what: "a base chain's policy changed", by: () => `add chain inet ${table} input { policy drop; }` },
  { what: "a rule deleted", by: (found) => `delete rule inet ${table} ${at(found.rule("lists"))}` },
  { what: "a rule added at the end", by: (found) => `add rule inet ${table} ${found.rule("middle").chain} accept` },
  { what: "a rule put in front", by: () => `insert rule inet ${table} input accept` },
  { what: "a rule replaced, with the comment of the old one", by: (found) => replaced(found.rule("lists")) },
  { what: "a chain added", by: () => `add chain inet ${table} stranger` },
  { what: "a base chain added", by: () => `add chain inet ${table} stranger { type filter hook input priority 100; policy drop; }` },
  { what: "a chain renamed", by: (found) => `rename chain inet ${table} ${found.rule("lists").chain} stranger` },
  { what: "an element added to a hash set", by: (found) => `add element inet ${table} ${found.set("hash")} { 192.0.2.77 }` },
  { what: "an element deleted from a hash set", by: (found) => `delete element inet ${table} ${found.set("hash")} { ${member} }` },
  { what: "a set flushed", by: (found) => `flush set inet ${table} ${found.set("hash")}` },
  { what: "a range added to an interval set", by: (found) => `add element inet ${table} ${found.set("interval")} { 192.0.2.0/24 }` },
  { what: "a range deleted from an interval set", by: (found) => `delete element inet ${table} ${found.set("interval")} { 10.0.0.0/25 }` },
  { what: "a set added", by: () => `add set inet ${table} stranger { type ipv4_addr; }` },
  { what: "an entry deleted from a map", by: () => `delete element inet ${table} ingress { "eth0" }` },
  { what: "an entry added to a map", by: () => `add element inet ${table} ingress { "eth9" : accept }` },
  {
    what: "an entry of a map with another verdict",
    by: () => `delete element inet ${table} ingress { "eth0" }; add element inet ${table} ingress { "eth0" : accept }`,
  },
];

const at = ({ chain, handle }: FoundRule): string => `${chain} handle ${handle}`;
const replaced = (rule: FoundRule): string => `replace rule inet ${table} ${at(rule)} accept comment "${rule.comment}"`;

const isFight = ({ code }: Problem): boolean => code === "table-fight";

const { lab, senders } = await openRouter();

describe("a daemon and strangers", () => {
  const daemon = new DaemonProcess(lab.host);

  before(async () => {
    daemon.write("host.yaml", manifestsOf(start, ballast));
    await daemon.start();
  });
  after(() => daemon.close());

  const list = (): Promise<string> => lab.host.must("nft", ["-j", "list", "table", "inet", table]);
  const repaired = (count: number): Promise<Status> => daemon.status(({ repairs, state }) => repairs.count >= count && state === "in-sync");

  for (const { what, by } of damages) {
    test(`repaired: ${what}`, async (context) => {
      const whole = await list();
      const { repairs: before } = await daemon.status(() => true);
      const text = await lab.host.must("nft", ["-a", "list", "table", "inet", table]);
      await lab.host.nft(`${by(foundIn(text)).replaceAll("; ", "\n")}\n`);
      const { repairs } = await repaired(before.count + 1);
      assert.equal(canonical(await list()), canonical(whole));
      assert.match(repairs.last?.by ?? "", /^nft\[[1-9]\d*\]$/);
      context.diagnostic(`${repairs.last?.what}: ${repairs.last?.milliseconds.toFixed(1)} ms`);
      assert.match(daemon.log, /somebody else changed hostward's table, repaired/);
      daemon.log = "";
    });
  }

  test("what strangers do to tables of their own costs no pass and no look", async () => {
    const { repairs, lastPass } = await daemon.status(() => true);
    for (let times = 0; times < 50; times++) await lab.host.nft(`add table inet foreign\nadd chain inet foreign c${times}\n`);
    await lab.host.nft("delete table inet foreign");
    await sleep(300);
    const now = await daemon.status(() => true);
    assert.deepEqual([now.repairs, now.lastPass], [repairs, lastPass]);
    assert.equal(now.state, "in-sync");
  });

  test("a stranger who flushes in a loop is told of and costs a bounded share of time; when he ends all is whole", async (context) => {
    const whole = await list();
    // One that has not seen the damages above.
    await daemon.stop();
    const { problems } = await daemon.start();
    assert.ok(!problems.some(isFight));
    const began = performance.now();
    const processor = await daemon.processorSeconds();
    const stranger = lab.host.spawn("sh", ["-c", `while :; do nft flush table inet ${table}; done`], { stdio: "ignore" });
    const ended = once(stranger, "close");
    try {
      const told = await daemon.status((now) => now.problems.some(isFight));
      assert.match(told.problems.find(isFight)?.message ?? "", /\bnft\b/);
      // Longer than what is done at once after a quiet time lasts (agent/reconcile/repairs.ts).
      await sleep(8000);
    } finally {
      stranger.kill("SIGKILL");
      await ended;
    }
    const seconds = (performance.now() - began) / 1000;
    const share = ((await daemon.processorSeconds()) - processor) / seconds;
    await until(async () => canonical(await list()) === canonical(whole));
    const { repairs } = await daemon.status(({ state, lastPass }) => state === "in-sync" && lastPass?.outcome !== "failed");
    context.diagnostic(`${repairs.count} repairs in ${seconds.toFixed(1)} s, ${Math.round(share * 100)} % of a core`);
    assert.ok(repairs.count >= 10);
    assert.ok(share < 0.75, `${Math.round(share * 100)} % of a core went into the fight`);
  });

  test("a daemon that ends and comes again with the same manifests touches nothing", async () => {
    const left = await underLoad(async () => {
      await daemon.stop();
      const held = await lab.host.must("nft", ["-a", "list", "table", "inet", table]);
      const { lastPass } = await daemon.start();
      assert.equal(lastPass?.outcome, "unchanged");
      return held;
    });
    const now = await lab.host.must("nft", ["-a", "list", "table", "inet", table]);
    assert.equal(withoutCounts(now), withoutCounts(left));
  });

  test("a daemon that comes again with other manifests changes what they change, and other rules keep their counts", async (context) => {
    const kept = await underLoad(async () => {
      await daemon.stop();
      const held = rulesOf(await list());
      daemon.write("host.yaml", manifestsOf({ ...start, rewritten: 7, extras: ["one", "two"] }, ballast));
      await daemon.start();
      return keptOf(held, rulesOf(await list()));
    });
    context.diagnostic(`${kept.rules} rules kept, with ${kept.packets} packets counted; ${kept.others} are new`);
    assert.ok(kept.packets > 1000, "rules that have counted");
    assert.ok(kept.others > 0 && kept.others < 15, `${kept.others} rules are new`);
  });

  async function underLoad<T>(during: () => Promise<T>): Promise<T> {
    let result: T | undefined;
    const { counted } = await floodEveryWay(senders, 50_000, async () => {
      await sleep(300);
      result = await during();
      await sleep(100);
    });
    const { forbiddenThrough, allowedLost, wrong, least } = tally(counted);
    assert.deepEqual({ forbiddenThrough, allowedLost, wrong }, { forbiddenThrough: 0, allowedLost: 0, wrong: [] });
    assert.ok(least > 100 / slowness, `a flow of only ${least} packets`);
    return result ?? assert.fail();
  }
});

function withoutCounts(text: string): string {
  return text.replaceAll(/packets \d+ bytes \d+/g, "packets bytes");
}

type Rules = ReadonlyMap<string, readonly ListedRule[]>;

/** Rules that are still the same ones, what those had counted before, and rules that are new. @throws when a count went back */
function keptOf(before: Rules, after: Rules): { readonly rules: number; readonly packets: number; readonly others: number } {
  const held = new Map([...before.values()].flat().map((rule) => [rule.handle, rule]));
  const now = [...after.values()].flat();
  const same = now.flatMap((rule) => {
    const old = held.get(rule.handle);
    return old?.text === rule.text ? [{ old, rule }] : [];
  });
  for (const { old, rule } of same) assert.ok(rule.packets >= old.packets, `${rule.text}: ${old.packets} packets became ${rule.packets}`);
  return { rules: same.length, packets: same.reduce((sum, { old }) => sum + old.packets, 0), others: now.length - same.length };
}
