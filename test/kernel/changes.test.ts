// 1,000 changes of every kind that a host can see, by the way the daemon takes, while 50,000 packets a second are judged: no packet that is
// forbidden in every state may pass, none that is allowed in every state may be lost. FUZZ_SEED repeats a run, HOSTWARD_CHANGES makes more changes.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openNetlinkKernel } from "../../agent/kernel/netlink.ts";
import { seed } from "../chance.ts";
import { slowness } from "../patience.ts";
import { type ChangeKind, change, changeKinds, drawKinds } from "./churn/changes.ts";
import { createDriver } from "./churn/driver.ts";
import { floodEveryWay, tally } from "./churn/flows.ts";
import { openRouter } from "./churn/lab.ts";
import { createRandom } from "./churn/random.ts";
import { createHosts, start } from "./churn/world.ts";

const changes = Number(process.env["HOSTWARD_CHANGES"] ?? "1000");
/** Some may change nothing. */
const drawn = Math.ceil(changes * 1.05);
const packetsPerSecond = 50_000;
/** Some 70 ms each on an idle machine. */
const timeout = (240_000 + changes * 350) * slowness;

const mostAttempts = 10;

/** The flows that two policies in turn allow or deny. */
const inTurn = ["", "sent: ", "forwarded in: ", "forwarded out: "]
  .flatMap((way) => [way, `${way}IPv6: `])
  .flatMap((way) => [`${way}allowed by two policies in turn`, `${way}denied by two policies in turn`]);

const { senders } = await openRouter();
const kernel = openNetlinkKernel();
after(() => kernel.close());

describe("a host that changes under load", () => {
  test(`no forbidden packet passes and no allowed one is lost in ${changes} changes of every kind`, { timeout }, async (context) => {
    context.diagnostic(`FUZZ_SEED=${seed}`);
    const random = createRandom(seed);
    const hosts = createHosts(100);
    const driver = createDriver(kernel);
    const done = new Map<ChangeKind, number>();
    let [applied, batches] = [0, 0];
    let choices = start;
    await driver.apply(hosts(choices));
    const { counted, seconds } = await floodEveryWay(senders, packetsPerSecond, async () => {
      await sleep(200);
      for (const kind of drawKinds(drawn, Math.floor(drawn / changeKinds.length), random)) {
        choices = change(choices, kind, random);
        const report = await driver.apply(hosts(choices));
        if (report.outcome === "applied") done.set(kind, (done.get(kind) ?? 0) + 1);
        applied += report.outcome === "applied" ? 1 : 0;
        batches += report.batches;
      }
      await sleep(200);
    });
    await driver.close();
    const { arrived, forbiddenThrough, allowedLost, wrong, least } = tally(counted);
    const rarest = Math.min(...changeKinds.map((kind) => done.get(kind) ?? 0));
    context.diagnostic(`${applied} changes of ${changeKinds.length} kinds (each at least ${rarest} times) in ${batches} commits and ${seconds.toFixed(1)} s`);
    context.diagnostic(`${arrived} packets (${Math.round(arrived / seconds)} a second): ${forbiddenThrough} forbidden through, ${allowedLost} allowed lost`);
    assert.deepEqual({ forbiddenThrough, allowedLost, wrong }, { forbiddenThrough: 0, allowedLost: 0, wrong: [] }, `FUZZ_SEED=${seed}`);
    assert.ok(least > 1000 / slowness, `a flow of only ${least} packets`);
    const rows = [...done].toSorted(([, a], [, b]) => a - b).map((row) => row.join(" "));
    assert.ok(applied >= changes && rarest >= changes * 0.03, `${applied} changes of the kernel: ${rows.join(", ")}`);
  });

  test("the method sees a policy that goes in one commit while the one in its place comes in the next", async (context) => {
    const hosts = createHosts(100);
    const driver = createDriver(kernel);
    await driver.apply(hosts(start));
    const seen = new Set<string>();
    /** Between the two commits is little time, in which a busy machine may let those rest that send one family of packets. */
    for (let attempt = 0; attempt < mostAttempts && seen.size < inTurn.length; attempt++) {
      const { counted } = await floodEveryWay(senders, packetsPerSecond, async () => {
        for (let round = 0; round < 30; round++) {
          for (const turn of ["none", round % 2 === 0 ? "b" : "a"] as const) await driver.apply(hosts({ ...start, turn }));
        }
      });
      const { wrong } = tally(counted);
      context.diagnostic(wrong.join("; "));
      for (const line of wrong) seen.add(line.replace(/: \d.*/, ""));
    }
    await driver.close();
    assert.deepEqual([...seen].sort(), inTurn.toSorted());
  });
});
