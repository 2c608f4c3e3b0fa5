// How the host is administered, from the environment and from files like sshd's.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sshAccess } from "../../agent/sshAccess.ts";
import { parseAddress } from "../../rules/net/address.ts";

interface Row {
  readonly name: string;
  readonly connection?: string;
  /** Of sshd's folder. */
  readonly files?: Readonly<Record<string, string>>;
  readonly port: number;
  readonly client?: string;
}

const rows: readonly Row[] = [
  { name: "nothing known is the usual port", port: 22 },
  { name: "a connection", connection: "203.0.113.9 51234 192.0.2.1 2222", port: 2222, client: "203.0.113.9" },
  {
    name: "a connection counts before the configuration",
    connection: "2001:db8::9 1 ::1 22",
    files: { sshd_config: "Port 2222" },
    port: 22,
    client: "2001:db8::9",
  },
  { name: "a client with a zone has no address that a failsafe could name", connection: "fe80::1%eth0 1 fe80::2%eth0 22", port: 22 },
  { name: "a connection that is none", connection: "UNKNOWN", files: { sshd_config: "Port 2222" }, port: 2222 },
  { name: "the configuration's port", files: { sshd_config: "# Port 1\nListenAddress ::\n  port 2222 # ours\n" }, port: 2222 },
  { name: "the usual port among others", files: { sshd_config: "Port 2222\nPort 22\n" }, port: 22 },
  { name: "a file beside it", files: { sshd_config: "#Port 22\n", "sshd_config.d/own.conf": "Port=2200\n", "sshd_config.d/own.bak": "Port 1\n" }, port: 2200 },
  { name: "a port that is none", files: { sshd_config: "Port 99999\n" }, port: 22 },
];

for (const { name, connection, files = {}, port, client } of rows) {
  test(name, () => {
    const folder = mkdtempSync(join(tmpdir(), "hostward-ssh-"));
    try {
      mkdirSync(join(folder, "sshd_config.d"));
      for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
      const expected = { port, client: client === undefined ? undefined : parseAddress(client) };
      assert.deepEqual(sshAccess(connection === undefined ? {} : { SSH_CONNECTION: connection }, folder), expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
