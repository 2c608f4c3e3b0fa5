// A process that changes the ruleset all the time is killed at random moments, also inside commits, and started again. What it leaves behind is one of
// the states that the change passes; whoever comes after it adopts that; and no packet sees any of it. FUZZ_SEED repeats a run, HOSTWARD_KILLS=200 for as many as
// the acceptance asks for, which takes minutes.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { table } from "../../rules/compile/hooks.ts";
import { seed } from "../chance.ts";
import { slowness } from "../patience.ts";
import { Churner } from "./churn/churning.ts";
import { floodEveryWay, tally } from "./churn/flows.ts";
import { openRouter } from "./churn/lab.ts";
import { canonical, rulesOf, setsOf } from "./churn/listing.ts";
import { createRandom, type Random } from "./churn/random.ts";

const kills = Number(process.env["HOSTWARD_KILLS"] ?? "60");
const packetsPerSecond = 5000;

interface Found {
  /** How many kills left each: 0 the state before the change, -1 the state after it, others between. */
  readonly states: Map<string, number>;
  keptRules: number;
  changes: number;
}

const { lab, senders } = await openRouter();
const elsewhere = await lab.namespace("elsewhere");
const churn = { seed, ballast: 40, cache: mkdtempSync(join(tmpdir(), "hostward-kill-")) };
// After the lab, which ends those that write there.
after(() => rmSync(churn.cache, { recursive: true, force: true }));

describe("a process that is killed amid its changes", () => {
  const list = (): Promise<string> => lab.host.must("nft", ["-j", "list", "table", "inet", table]);

  test(`after each of ${kills} kills the ruleset is whole, adopted, and no packet has seen it`, { timeout: 600_000 * slowness }, async (context) => {
    context.diagnostic(`FUZZ_SEED=${seed}`);
    const random = createRandom(seed);
    const twin = new Churner(elsewhere, churn);
    const found: Found = { states: new Map(), keptRules: 0, changes: 0 };
    let next = new Churner(lab.host, churn);
    next.order("start 0");
    await next.line("at 0");
    const { counted, seconds } = await floodEveryWay(senders, packetsPerSecond, async () => {
      let step = 0;
      for (let kill = 0; kill < kills; kill++) {
        const victim = next;
        victim.order("churn");
        next = new Churner(lab.host, churn);
        const began = step;
        step = await killAmid(victim, random);
        found.changes += step - began;
        await judge({ twin, heir: next, step, found });
      }
      await sleep(100);
    });
    await next.kill();
    const { arrived, forbiddenThrough, allowedLost, wrong } = tally(counted);
    context.diagnostic(
      `${kills} kills in ${found.changes} changes, ${seconds.toFixed(1)} s; left behind: ${[...found.states].map((row) => row.join(" ")).join(", ")}`,
    );
    context.diagnostic(`${found.keptRules} rules kept their handles and counts through adoption`);
    context.diagnostic(`${arrived} packets: ${forbiddenThrough} forbidden through, ${allowedLost} allowed lost`);
    assert.deepEqual({ forbiddenThrough, allowedLost, wrong }, { forbiddenThrough: 0, allowedLost: 0, wrong: [] }, `FUZZ_SEED=${seed}`);
    assert.ok(arrived > 10_000 / slowness, `only ${arrived} packets arrived`);
  });

  /** @returns the change amid or after which it died */
  async function killAmid(victim: Churner, random: Random): Promise<number> {
    for (let changes = random.below(4); changes >= 0; changes--) await victim.line("change ");
    // While it thinks, while it commits, or between two commits and after the last.
    const moment = random.pick(["change", "commit", "commit", "done", "done"]);
    if (moment !== "change") await victim.line(moment);
    const until = performance.now() + random.pick([0, 0.3, 1, 3, 8]) * (random.below(1000) / 1000);
    while (performance.now() < until);
    return await victim.kill();
  }

  async function judge({ twin, heir, step, found }: { twin: Churner; heir: Churner; step: number; found: Found }): Promise<void> {
    const where = `FUZZ_SEED=${seed}, change ${step}`;
    const left = await list();
    heir.order(`start ${step}`);
    twin.order(`passage ${step}`);
    twin.order(`fresh ${step}`);
    const legal = JSON.parse(await twin.line("[")) as readonly string[];
    const index = legal.indexOf(canonical(left));
    assert.ok(index >= 0, `${where}: what was left is none of the ${legal.length} states of this change\n${difference(canonical(left), legal)}`);
    const name = index === 0 ? "before" : index === legal.length - 1 ? "after" : "between";
    found.states.set(name, (found.states.get(name) ?? 0) + 1);
    await heir.line(`at ${step}`);
    const adopted = await list();
    const [fresh = ""] = JSON.parse(await twin.line("[")) as readonly string[];
    assert.equal(canonical(adopted), fresh, `${where}: after adoption`);
    found.keptRules += keptRules(left, adopted, where);
  }
});

/** Where a chain's rules were right already each is the same one, with its counts; but those whose set had to be changed by way of another one. */
function keptRules(left: string, adopted: string, where: string): number {
  const before = rulesOf(left);
  const changed = changedSets(left, adopted);
  let kept = 0;
  for (const [chain, rules] of rulesOf(adopted)) {
    const held = before.get(chain);
    if (held === undefined || held.map(({ text }) => text).join() !== rules.map(({ text }) => text).join()) continue;
    for (const [index, { handle, packets, text }] of rules.entries()) {
      if (changed.some((name) => text.includes(`"@${name}"`))) continue;
      assert.equal(handle, held[index]?.handle, `${where}: ${chain} was filled again: ${text}`);
      assert.ok(packets >= (held[index]?.packets ?? 0), `${where}: ${chain} has lost counts: ${text}`);
      kept++;
    }
  }
  return kept;
}

function changedSets(left: string, adopted: string): readonly string[] {
  const [before, after] = [setsOf(left), setsOf(adopted)];
  return [...after.keys()].filter((name) => before.get(name) !== after.get(name));
}

/** What is in the one and not in the nearest of the others. */
function difference(left: string, legal: readonly string[]): string {
  const lines = new Set(left.split("\n"));
  const differences = legal.map((state) => {
    const wanted = new Set(state.split("\n"));
    return [
      ...[...lines].filter((line) => !wanted.has(line)).map((line) => `+ ${line}`),
      ...[...wanted].filter((line) => !lines.has(line)).map((line) => `- ${line}`),
    ];
  });
  return (differences.toSorted((a, b) => a.length - b.length)[0] ?? []).slice(0, 20).join("\n");
}
