import "./enter.ts";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { waitFor } from "../patience.ts";
import type { Outcome } from "./agent.ts";
import { type Lab, openLab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";
import { processesWith } from "./processes.ts";

describe("two hosts and a cable", () => {
  let lab: Lab;
  let peer: Namespace;

  before(async () => {
    lab = await openLab();
    peer = await lab.namespace("peer");
    await lab.cable(
      { namespace: lab.host, name: "eth0", addresses: ["10.0.0.1/24", "fd00::1/64"] },
      { namespace: peer, name: "eth0", addresses: ["10.0.0.2/24", "fd00::2/64"] },
    );
    for (const address of ["10.0.0.1", "fd00::1"]) {
      await lab.host.agent.listen("tcp", address, 80);
      await lab.host.agent.listen("udp", address, 53);
    }
  });
  after(() => lab.close());

  const probe = (protocol: "tcp" | "udp", address: string, port: number): Promise<Outcome> => {
    return peer.agent.probe({ protocol, address, port, timeout: 0.3 });
  };

  for (const address of ["10.0.0.1", "fd00::1"]) {
    test(`a served TCP port of ${address} is open, another refuses`, async () => {
      assert.equal(await probe("tcp", address, 80), "open");
      assert.equal(await probe("tcp", address, 81), "refused");
    });

    test(`a served UDP port of ${address} is open, another refuses`, async () => {
      assert.equal(await probe("udp", address, 53), "open");
      assert.equal(await probe("udp", address, 54), "refused");
    });

    test(`${address} answers to ping`, async () => {
      assert.equal(await peer.agent.ping(address), "open");
    });
  }

  test("a dropped packet is a timeout, and an open connection can be seen to die", async () => {
    assert.equal(await peer.agent.open("ssh", { address: "10.0.0.1", port: 80 }), "open");
    await lab.host.nft("table inet foreign { chain in { type filter hook input priority 0; tcp dport 80 drop; udp dport 53 drop; }; }");
    assert.equal(await probe("tcp", "10.0.0.1", 80), "timeout");
    assert.equal(await probe("udp", "fd00::1", 53), "timeout");
    assert.equal(await peer.agent.exchange("ssh", 0.3), "timeout");
    await lab.host.nft("delete table inet foreign");
    assert.equal(await probe("tcp", "10.0.0.1", 80), "open");
  });

  test("probes that time out do so side by side", async () => {
    await lab.host.nft("table inet foreign { chain in { type filter hook input priority 0; udp dport 1000-2000 drop; }; }");
    const began = performance.now();
    await Promise.all(Array.from({ length: 40 }, (_, index) => probe("udp", "10.0.0.1", 1000 + index)));
    const took = performance.now() - began;
    await lab.host.nft("delete table inet foreign");
    assert.ok(took < 2000, `40 probes of 0.3 s took ${took.toFixed(0)} ms`);
  });

  test("what a command says when it fails reaches the test", async () => {
    await assert.rejects(peer.ip("link set nosuch up"), /nosuch/);
    await assert.rejects(peer.agent.sysctl({ "net/no_such": 1 }), /sysctl: .*no_such/);
  });

  test("a third namespace can be cabled to the second", async () => {
    const far = await lab.namespace("far");
    await lab.cable({ namespace: far, name: "up.link-0", addresses: ["10.9.0.2/24"] }, { namespace: peer, name: "down0", addresses: ["10.9.0.1/24"] });
    assert.equal(await far.agent.ping("10.9.0.1"), "open");
    assert.equal(await far.agent.ping("10.0.0.1"), "unreachable");
  });
});

test("no network namespace of the lab has a name that the machine can see", () => {
  assert.deepEqual(readdirSync("/run/netns"), []);
  const mounts = readFileSync("/proc/self/mounts", "utf8");
  assert.match(mounts, /^hostward-lab \/run tmpfs /m);
});

/** A script that enters a lab, starts a process in it, says so and waits. */
const sleeper = `
import ${JSON.stringify(join(import.meta.dirname, "enter.ts"))};
import { openLab } from ${JSON.stringify(join(import.meta.dirname, "lab.ts"))};
const lab = await openLab();
const peer = await lab.namespace("peer");
peer.spawn("sleep", ["1000"]);
console.log("ready");
await new Promise(() => setInterval(() => {}, 1000));
`;

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`after ${signal} nothing of a lab is left`, async () => {
    const token = `LAB_TEST=${signal}-${process.pid}`;
    const { HOSTWARD_LAB: _, ...environment } = process.env;
    // Standard input would be the program; the file system needs none of ours.
    const child = spawn(process.execPath, ["--input-type=module", "--eval", sleeper], {
      env: { ...environment, LAB_TEST: token.slice("LAB_TEST=".length) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(createInterface({ input: child.stdout }), "line");
    assert.ok(processesWith(token).length >= 4, "the outer process, unshare, the inner one, its agents and the sleeper");
    child.kill(signal);
    await waitFor(
      () => processesWith(token),
      ({ length }) => length === 0,
    );
  });
}
