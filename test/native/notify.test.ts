// sd_notify against a real datagram socket, which Python holds: Node has none.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { NetlinkError, notifySystemd } from "../../native/index.ts";

const receiver = `
import socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1].replace("@", chr(0), 1))
print("bound", flush=True)
print(manager.recv(4096).decode(), end="", flush=True)
`;

/** What the service manager at `address` receives when `send` runs. */
async function received(address: string, send: () => void): Promise<string> {
  const python = spawn("python3", ["-c", receiver, address], { stdio: ["ignore", "pipe", "inherit"], timeout: 10_000 });
  const chunks: string[] = [];
  python.stdout.setEncoding("utf8").on("data", (text: string) => chunks.push(text));
  await once(python.stdout, "data");
  send();
  await once(python, "close");
  return chunks.join("");
}

afterEach(() => {
  delete process.env["NOTIFY_SOCKET"];
});

const states: readonly string[] = ["READY=1", "WATCHDOG=1\nSTATUS=in sync, 3 Schnittstellen – alles grün"];

for (const state of states) {
  test(`${JSON.stringify(state)} reaches a manager at a path and at an abstract address`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "hostward-notify-"));
    t.after(() => rmSync(folder, { recursive: true }));
    for (const address of [join(folder, "notify"), `@hostward-test-${process.pid}`]) {
      process.env["NOTIFY_SOCKET"] = address;
      assert.equal(await received(address, () => assert.equal(notifySystemd(state), true)), `bound\n${state}`);
    }
  });
}

for (const value of [undefined, ""]) {
  test(`NOTIFY_SOCKET=${value}: nobody asked, nothing is sent`, () => {
    if (value !== undefined) process.env["NOTIFY_SOCKET"] = value;
    assert.equal(notifySystemd("READY=1"), false);
  });
}

const unreachable: readonly (readonly [string, string, string])[] = [
  ["nobody there", "/nowhere/notify", "ENOENT"],
  ["a kind of address that is not supported", "vsock:2:1234", "EAFNOSUPPORT"],
  ["a path that no socket address can hold", `/${"x".repeat(200)}`, "ENAMETOOLONG"],
];
for (const [title, address, errno] of unreachable) {
  test(`${title} is an error: ${errno}`, () => {
    process.env["NOTIFY_SOCKET"] = address;
    assert.throws(
      () => notifySystemd("READY=1"),
      (error) => error instanceof NetlinkError && error.code === "NETLINK_SYSTEM" && error.errno === errno,
    );
  });
}
