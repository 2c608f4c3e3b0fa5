// Somebody else flushes the ruleset, or deletes a chain of hostward's: how long until the daemon has put everything back.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { DaemonUnderTest, makeInterfaces, measureOf, Observer } from "../daemonUnderTest.ts";
import type { Context, Figure, Scenario } from "../scenario.ts";
import { hostManifests } from "../workload.ts";

const policies = 1000;
const repeats = 200;
/** Between two of them: more than four times what a repair costs, as more than a quarter of its time hostward gives to no fight. */
const restMilliseconds = 100;

export const scenario: Scenario = {
  title: "Damage by others",
  about: `The daemon as it is started, ${policies} policies of one rule on ten interfaces. Another process runs \`nft\`: flushes the ruleset of the namespace, or deletes the base
chain of the input hook, or does so with a table that hostward owns. From the kernel's notification of that to the notification of the commit after which the table is as before: every
chain with its number of rules, every set and map with its number of elements. ${repeats} repeats.`,
  async run({ note }) {
    makeInterfaces(Array.from({ length: policies / 100 }, (_, i) => `eth${i}`));
    const manifests = hostManifests(policies, 1000).join("---\n");
    const figures: Figure[] = [];
    const observer = new Observer();
    const daemon = new DaemonUnderTest({ manifests });
    const whole = measureOf(await observer.settled(daemon));
    const input = (await observer.read())?.chains.find(({ base }) => base?.hook === "input")?.name ?? "";
    for (const { what, command } of damages(input)) {
      note(what);
      const values: number[] = [];
      for (let i = -5; i < repeats; i++) {
        const taken = await repaired(observer, whole, command);
        if (i >= 0) values.push(taken);
        await sleep(restMilliseconds);
      }
      figures.push(
        { what: `${what}: to enforced again`, unit: "ms", values },
        { what: `${what}: to enforced again`, unit: "ms", values, of: "p99", goal: { most: 50 } },
      );
    }
    await daemon.stop();
    figures.push(...(await owned(manifests, observer, note)));
    observer.close();
    return figures;
  },
};

function damages(chain: string): readonly { readonly what: string; readonly command: string }[] {
  return [
    { what: "`nft flush ruleset`", command: "flush ruleset" },
    { what: "a base chain deleted", command: `flush chain inet hostward ${chain}; delete chain inet hostward ${chain}` },
  ];
}

/** Milliseconds. */
async function repaired(observer: Observer, whole: string, command: string): Promise<number> {
  observer.forget();
  const nft = spawn("nft", [command], { stdio: "ignore" });
  const ended = once(nft, "exit");
  const damage = await observer.commit();
  // By name, since the kernel tells process ids as the machine knows them and not this process namespace.
  if (damage.event.processName !== "nft") throw new Error(`${damage.event.processName} was faster than nft`);
  for (;;) {
    const { at } = await observer.commit();
    if (measureOf(await observer.read()) !== whole) continue;
    await ended;
    return at - damage.at;
  }
}

/** Rules that are gone after a flush of a table that hostward owns. */
async function owned(manifests: string, observer: Observer, note: Context["note"]): Promise<Figure[]> {
  note("a table that hostward owns");
  const daemon = new DaemonUnderTest({ manifests, environment: { HOSTWARD_TABLEOWNERSHIP: "true" } });
  const whole = await observer.settled(daemon);
  const values: number[] = [];
  for (let i = 0; i < 20; i++) {
    const nft = spawn("nft", ["flush ruleset"], { stdio: "ignore" });
    await once(nft, "exit");
    values.push(ruleCount(whole) - ruleCount(await observer.read()));
  }
  await daemon.stop();
  return [{ what: "`nft flush ruleset`, the table owned: rules lost", unit: "", values, goal: { most: 0 } }];
}

function ruleCount(actual: Awaited<ReturnType<Observer["read"]>>): number {
  return (actual?.chains ?? []).reduce((sum, { rules }) => sum + rules.length, 0);
}
