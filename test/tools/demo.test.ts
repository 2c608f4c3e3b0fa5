import "../lab/enter.ts";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { processesWith } from "../lab/processes.ts";
import { waitFor } from "../patience.ts";

const demo = join(import.meta.dirname, "../../tools/demo.ts");

/** The demo as a command of its own: not as a part of this test's lab. */
function startDemo(token: string) {
  const { HOSTWARD_LAB: _, ...environment } = process.env;
  return spawn(process.execPath, [demo], { env: { ...environment, DEMO_TEST: token }, stdio: ["ignore", "pipe", "inherit"], detached: true });
}

const processesOf = (token: string) => processesWith(`DEMO_TEST=${token}`);

async function assertGone(token: string): Promise<void> {
  await waitFor(
    () => processesOf(token),
    ({ length }) => length === 0,
  );
}

test("the demo sees what it expects, prints the ruleset, takes less than a minute and leaves nothing behind", async () => {
  const child = startDemo("whole");
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [status] = (await once(child, "close")) as [number];
  assert.equal(status, 0, output);
  assert.match(output, /^table inet hostward \{$/m);
  assert.match(output, /protocol.*TPC/);
  assert.doesNotMatch(output, /✖/);
  const seconds = Number(/every probe found what it should, in ([\d.]+) s/.exec(output)?.[1]);
  assert.ok(seconds < 60, output.slice(-200));
  await assertGone("whole");
});

test("the demo leaves nothing behind after Ctrl-C in the middle", async () => {
  const child = startDemo("interrupted");
  const closed = once(child, "close");
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith("3. ")) break;
  assert.ok(processesOf("interrupted").length > 4, "the demo, its daemon and its agents");
  // As a terminal does it: to the whole group.
  process.kill(-(child.pid ?? 0), "SIGINT");
  const [status, signal] = (await closed) as [number | null, string | null];
  assert.ok(signal === "SIGINT" || status === 130, `${status} ${signal}`);
  await assertGone("interrupted");
});
