// Debian's firewalld in a network namespace of its own, with a D-Bus of its own: nothing of it can reach the machine's rules or bus.

import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RivalNamespace } from "./namespace.ts";

/** What it is to enforce, in its own terms. */
export interface FirewalldPolicy {
  /** Rich rules of the default zone. */
  readonly rules: readonly { readonly source: string; readonly port: number }[];
  readonly members: readonly string[];
}

export interface Firewalld {
  /** Milliseconds from starting it to its being in force. */
  start(policy: FirewalldPolicy): Promise<number>;
  /** Milliseconds of one call, from its sending to its answer, the start of the program that sends it left out. */
  addMember(address: string): number;
  addRule(source: string, port: number): number;
  stop(): Promise<void>;
  close(): Promise<void>;
}

const set = "members";

/** Undefined where it or its D-Bus is missing; why is told on stderr. */
export async function openFirewalld(namespace: RivalNamespace): Promise<Firewalld | undefined> {
  const missing = ["/usr/sbin/firewalld", "/usr/bin/dbus-daemon", "/usr/bin/busctl"].filter((file) => !existsSync(file));
  if (missing.length > 0) {
    process.stderr.write(`  no comparison with firewalld, which needs Debian's packages firewalld, dbus and systemd: ${missing.join(", ")} is not there\n`);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "hostward-firewalld-"));
  const bus = await startBus(namespace, folder);
  const address = `unix:path=${join(folder, "bus")}`;
  const call = (object: string, ...words: readonly string[]): number =>
    namespace.time("busctl", `--address=${address}`, "--quiet", "call", "org.fedoraproject.FirewallD1", object, ...words);
  const nothing = (): number => call("/org/fedoraproject/FirewallD1", "org.fedoraproject.FirewallD1", "getDefaultZone");
  const timed = (words: readonly string[]): number => Math.max(0, call("/org/fedoraproject/FirewallD1", ...words) - nothing());
  let daemon: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (daemon === undefined) return;
    const ended = once(daemon, "exit");
    daemon.kill("SIGTERM");
    await ended;
    daemon = undefined;
  };
  return {
    async start(policy) {
      const config = join(folder, "config");
      writeConfig(config, policy);
      const began = performance.now();
      const arguments_ = ["--nofork", "--nopid", "--system-config", config, "--log-target", "file", "--log-file", join(folder, "log")];
      daemon = namespace.spawn("firewalld", arguments_, { stdio: "ignore", env: { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: address } });
      while (!isRunning(address)) {
        if (daemon.exitCode !== null) throw new Error("firewalld ended at once");
        await sleep(20);
      }
      return performance.now() - began;
    },
    addMember: (member) => timed(["org.fedoraproject.FirewallD1.ipset", "addEntry", "ss", set, member]),
    addRule: (source, port) => timed(["org.fedoraproject.FirewallD1.zone", "addRichRule", "ssi", "", richText(source, port), "0"]),
    stop,
    async close() {
      await stop();
      bus.kill();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A system bus, but for nobody else and with everything allowed. */
async function startBus(namespace: RivalNamespace, folder: string): Promise<ChildProcess> {
  const config = join(folder, "bus.conf");
  const socket = join(folder, "bus");
  const allowed = '<allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_destination="*"/><allow receive_sender="*"/>';
  writeFileSync(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth><policy context="default">${allowed}</policy></busconfig>
`,
  );
  const bus = namespace.spawn("dbus-daemon", ["--config-file", config, "--nofork", "--nopidfile"], { stdio: "ignore" });
  while (!existsSync(socket)) {
    if (bus.exitCode !== null) throw new Error("dbus-daemon ended at once");
    await sleep(10);
  }
  return bus;
}

/** Answers only when everything is loaded. */
function isRunning(address: string): boolean {
  const property = ["get-property", "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1", "org.fedoraproject.FirewallD1", "state"];
  const { stdout } = spawnSync("busctl", [`--address=${address}`, "--timeout=5", ...property], { encoding: "utf8" });
  return stdout.includes("RUNNING");
}

function writeConfig(folder: string, { rules, members }: FirewalldPolicy): void {
  for (const name of ["zones", "ipsets"]) mkdirSync(join(folder, name), { recursive: true });
  const entries = members.map((member) => `<entry>${member}</entry>`).join("\n");
  const options = `<option name="maxelem" value="${Math.max(65_536, 2 * members.length)}"/>`;
  writeFileSync(join(folder, "ipsets", `${set}.xml`), `<?xml version="1.0" encoding="utf-8"?>\n<ipset type="hash:ip">${options}\n${entries}\n</ipset>\n`);
  const rich = rules.map(({ source, port }) => `<rule family="ipv4"><source address="${source}"/><port port="${port}" protocol="tcp"/><accept/></rule>`);
  const lookup = `<rule family="ipv4"><source ipset="${set}"/><port port="1" protocol="tcp"/><accept/></rule>`;
  writeFileSync(
    join(folder, "zones", "public.xml"),
    `<?xml version="1.0" encoding="utf-8"?>\n<zone><short>Public</short>\n${[...rich, lookup].join("\n")}\n</zone>\n`,
  );
}

function richText(source: string, port: number): string {
  return `rule family="ipv4" source address="${source}" port port="${port}" protocol="tcp" accept`;
}
