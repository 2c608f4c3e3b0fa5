// `hostward run` and its fellows on a real kernel, as processes: packets before, during and after, what a foreign hand does to the table, a
// kill, and what the bundle weighs. Everything in namespaces of this test's own.

import "../lab/enter.ts";
import assert from "node:assert/strict";
import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Status } from "../../agent/control/status.ts";
import { openPair } from "../lab/pair.ts";
import { until } from "../patience.ts";
import { hostward, launcher } from "./cli/command.ts";
import { plainSsh, statusOf } from "./running.ts";

const root = join(import.meta.dirname, "../..");
const endpoint = "apiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata: { name: eth0 }\nspec: { node: host1, interfaceName: eth0 }\n";
const web = (port: number) =>
  `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: { name: web }\nspec:\n  selector: all()\n  ingress:\n    - { action: Allow, protocol: TCP, destination: { ports: [${port}] } }\n`;

/** Prints what the service manager would get: one line a datagram. */
const notifyReceiver = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True: print(s.recv(4096).decode().replace(chr(10), " "), flush=True)`;

const { lab, peer } = await openPair({ host: "10.0.0.1", peer: "10.0.0.2" });

describe("a host with one cable", () => {
  let directory: string;
  let control: string;
  const told: string[] = [];
  const daemons: ChildProcess[] = [];

  before(async () => {
    for (const port of [22, 80, 81]) await lab.host.agent.listen("tcp", "10.0.0.1", port);
    directory = mkdtempSync(join(tmpdir(), "hostward-run-"));
    mkdirSync(join(directory, "manifests"));
    control = join(directory, "control.sock");
    const notify = join(directory, "notify.sock");
    const receiver = lab.host.spawn("python3", ["-c", notifyReceiver, notify], { stdio: ["ignore", "pipe", "inherit"] });
    assert.ok(receiver.stdout);
    createInterface({ input: receiver.stdout }).on("line", (line) => told.push(line));
    await until(() => existsSync(notify));
  });

  after(() => rmSync(directory, { recursive: true }));

  const write = (name: string, text: string) => writeFileSync(join(directory, "manifests", name), text);
  const probe = (port: number) => peer.agent.probe({ protocol: "tcp", address: "10.0.0.1", port, timeout: 0.3 });
  const command = (...arguments_: readonly string[]) => hostward(arguments_, { cwd: directory });
  const common = ["--manifests", "manifests", "--node", "host1"];

  const status = (holds: (status: Status) => boolean) => statusOf(control, holds);

  function start(...prefix: readonly string[]): ChildProcess {
    const [first = launcher, ...rest] = [
      ...prefix,
      ...(prefix.length === 0 ? [launcher] : []),
      "run",
      ...common,
      "--control",
      control,
      "--state",
      join(directory, "state"),
    ];
    const env = {
      PATH: process.env["PATH"],
      ...plainSsh,
      NOTIFY_SOCKET: join(directory, "notify.sock"),
      WATCHDOG_USEC: "400000",
    };
    const daemon = lab.host.spawn(first, rest, { cwd: directory, env, stdio: "ignore" });
    daemons.push(daemon);
    return daemon;
  }

  /** What a failed test left running would spoil the next one. */
  afterEach(async () => {
    for (const daemon of daemons.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) await end(daemon, "SIGKILL");
  });

  async function end(daemon: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    daemon.kill(signal);
    const [code] = (await once(daemon, "exit")) as [number | null];
    return code;
  }

  test("plan shows, apply does, and reset undoes", async () => {
    write("endpoint.yaml", endpoint);
    assert.match((await command("plan", ...common)).stdout, /^# batch 1 of \d, all or none: add table: 1, .*\nadd table\n/);
    assert.equal(await probe(80), "open");
    const applied = await command("apply", ...common);
    assert.match(
      applied.stdout,
      /^applied \d+ operations in \d+\.\d ms \(1 endpoint, \d+ chains, \d+ rules, \d+ elements\), generation \d+\n$/,
      applied.stderr,
    );
    assert.equal(await probe(80), "timeout");
    assert.equal(await probe(22), "open", "failsafe");
    const asked = await command("reset");
    assert.deepEqual([asked.code, asked.stdout], [2, ""]);
    assert.equal(await probe(80), "timeout");
    assert.deepEqual(await command("reset", "--yes"), { code: 0, stdout: "removed table inet hostward\n", stderr: "" });
    assert.equal(await probe(80), "open");
    assert.equal((await command("reset", "--yes")).stdout, "there is no table inet hostward: nothing to remove\n");
  });

  test("reset removes also a shield that is all that a killed process has left", async () => {
    const shield = "table inet hostward-shield { chain input { type filter hook input priority 5; tcp dport 80 drop; }; }";
    await lab.host.must("nft", [shield]);
    assert.equal(await probe(80), "timeout");
    assert.equal((await command("reset", "--yes")).stdout, "removed table inet hostward\n");
    assert.equal(await probe(80), "open");
  });

  test("apply changes nothing while a manifest has an error", async () => {
    write("endpoint.yaml", endpoint.replace("interfaceName: eth0", "interfaceName: eth0, profile: [x]"));
    const { code, stdout, stderr } = await command("apply", ...common);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /manifests\/endpoint\.yaml:4:\d+: error unknown-field[\s\S]*1 error in manifests: nothing was changed\n$/);
    assert.equal(await lab.host.must("nft", ["list", "ruleset"]), "");
    write("endpoint.yaml", endpoint);
  });

  test("without the privilege apply says what is missing", async () => {
    const dropped = spawnSync("setpriv", ["--bounding-set=-net_admin", "--inh-caps=-net_admin", launcher, "apply", ...common], {
      cwd: directory,
      encoding: "utf8",
    });
    assert.equal(dropped.status, 4);
    assert.match(dropped.stderr, /CAP_NET_ADMIN/);
  });

  test("the daemon enforces, follows the files, repairs, and leaves its rules", async () => {
    const daemon = start();
    const first = await status(({ state }) => state === "in-sync");
    assert.deepEqual(
      first.endpoints.map(({ name, state, interfaces }) => [name, state, interfaces]),
      [["eth0", "up", ["eth0"]]],
    );
    assert.equal(await probe(80), "timeout");
    write("web.yaml", web(80));
    const second = await status(({ revision }) => revision > first.revision);
    assert.deepEqual([await probe(80), await probe(81)], ["open", "timeout"]);
    assert.match((await command("status", "--control", control)).stdout, /State: +in-sync\n[\s\S]*eth0 +up +eth0/);

    await lab.host.nft("flush table inet hostward");
    await status(({ lastPass }) => lastPass?.reasons.includes("foreign change") === true && lastPass.outcome === "applied");
    assert.deepEqual([await probe(80), await probe(81)], ["open", "timeout"]);
    const plan = await command("plan", ...common);
    assert.equal(plan.stdout, "nothing to do: the kernel's table is as the manifests say\n", "what the kernel holds is what was sent");
    const repaired = await status(() => true);
    await lab.host.nft("add table inet foreign");
    await lab.host.nft("delete table inet foreign");
    await sleep(200);
    assert.equal((await status(() => true)).lastPass?.ended, repaired.lastPass?.ended, "tables of others are no business of hostward's");

    write("web.yaml", web(99999));
    await status(({ problems }) => problems.length === 1);
    assert.equal(await probe(80), "open");
    write("web.yaml", web(81));
    await status(({ revision }) => revision > second.revision);
    assert.deepEqual([await probe(80), await probe(81)], ["timeout", "open"]);

    assert.equal(await end(daemon, "SIGTERM"), 0);
    assert.equal(existsSync(control), false);
    assert.deepEqual([await probe(80), await probe(81), await probe(22)], ["timeout", "open", "open"]);
  });

  test("the service manager hears that it is ready, how it is, that it lives and that it stops", () => {
    assert.equal(told.filter((line) => line === "READY=1").length, 1);
    assert.ok(told.indexOf("STATUS=starting: revision 0, endpoints 0, problems 0, waiting for manifests and interfaces") < told.indexOf("READY=1"));
    assert.ok(
      told.some((line) => /^STATUS=in-sync: revision \d+, endpoints 1, problems 1$/.test(line)),
      told.join("\n"),
    );
    assert.ok(told.includes("WATCHDOG=1"));
    assert.equal(told.at(-1), "STOPPING=1");
  });

  test("a killed daemon leaves rules and socket; the next one takes over without a gap", async () => {
    const killed = start();
    await status(({ state }) => state === "in-sync");
    await end(killed, "SIGKILL");
    assert.equal(existsSync(control), true);
    assert.equal(await probe(81), "open");
    assert.equal((await command("status", "--control", control)).code, 3);
    assert.equal(await peer.agent.open("kept", { address: "10.0.0.1", port: 81 }), "open");
    const daemon = start();
    await status(({ state }) => state === "in-sync");
    assert.equal(await peer.agent.exchange("kept", 1), "open");
    const second = await hostward(["run", ...common, "--control", control], { cwd: directory });
    assert.equal(second.code, 2);
    assert.match(second.stderr, /control\.sock is in use: another hostward runs/);
    assert.equal(await end(daemon, "SIGINT"), 0);
  });

  test("a manifest that becomes invalid while no daemon runs changes nothing, also after a reboot", async () => {
    write("web.yaml", web(99999));
    for (const kernel of ["as it was left", "empty"]) {
      if (kernel === "empty") await lab.host.nft("flush ruleset");
      const daemon = start();
      const { problems } = await status(({ state }) => state === "in-sync");
      assert.match(problems[0]?.hint ?? "", /what was last valid stays in force$/);
      assert.deepEqual([await probe(80), await probe(81)], ["timeout", "open"], kernel);
      assert.equal(await end(daemon, "SIGTERM"), 0);
    }
    write("web.yaml", web(81));
  });

  test("an interface that comes later is governed as soon as it is there", async () => {
    write("endpoint.yaml", `${endpoint}---\n${endpoint.replaceAll("eth0", "eth1")}`);
    const daemon = start();
    const without = await status(({ state }) => state === "in-sync");
    assert.equal(without.endpoints.find(({ name }) => name === "eth1")?.state, "error");
    await lab.cable({ namespace: lab.host, name: "eth1", addresses: ["10.1.0.1/24"] }, { namespace: peer, name: "eth1", addresses: ["10.1.0.2/24"] });
    await status(({ endpoints }) => endpoints.find(({ name }) => name === "eth1")?.state === "up");
    await lab.host.agent.listen("tcp", "10.1.0.1", 80);
    assert.equal(await peer.agent.probe({ protocol: "tcp", address: "10.1.0.1", port: 80, timeout: 0.3 }), "timeout");
    await end(daemon, "SIGTERM");
  });

  test("bundled, the daemon does the same in at most 90 MB", async (t) => {
    const bundle = join(directory, "dist");
    await lab.host.must(process.execPath, [join(root, "tools", "bundle.mjs"), bundle]);
    const daemon = start(process.execPath, "--max-semi-space-size=2", "--v8-pool-size=1", join(bundle, "hostward.mjs"));
    await status(({ state }) => state === "in-sync");
    for (const port of [80, 81, 80, 81, 80]) {
      const { revision } = await status(() => true);
      write("web.yaml", web(port));
      await status((now) => now.revision > revision);
    }
    assert.equal(await probe(80), "open");
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${daemon.pid}/status`, "utf8"))?.[1]);
    t.diagnostic(`RSS ${Math.round(kilobytes / 1024)} MB`);
    assert.ok(kilobytes <= 90 * 1024, `${kilobytes} kB`);
    await end(daemon, "SIGTERM");
  });
});
