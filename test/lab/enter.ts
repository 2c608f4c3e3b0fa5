// Importing this file moves the process into network, mount and process namespaces of its own, by running the same command again under
// unshare: as root directly, otherwise inside a user namespace. A kernel test imports it first (`import "../lab/enter.ts";`).
// All that a test makes (interfaces, rulesets, named namespaces, processes, files in /run) lives in there and the kernel ends it together with
// this process, also after SIGKILL or Ctrl-C: the process is the first of its process namespace. Nothing of the machine's own network can be reached.

import { spawnSync } from "node:child_process";
import { readlinkSync } from "node:fs";

/** Set inside, to the network namespace that was left. */
const marker = "HOSTWARD_LAB";

const isolate = ["--net", "--mount", "--pid", "--fork", "--kill-child"];

/** From the most isolated to what still works in containers that mask parts of /proc. */
const ways: readonly (readonly string[])[] = [
  [...isolate, "--mount-proc"],
  ["--user", "--map-root-user", ...isolate, "--mount-proc"],
  isolate,
  ["--user", "--map-root-user", ...isolate],
];

function workingWay(): readonly string[] | undefined {
  return ways.find((flags) => spawnSync("unshare", [...flags, "true"], { stdio: "ignore" }).status === 0);
}

function explainRefusal(): string {
  const attempt = spawnSync("unshare", [...isolate, "true"], { encoding: "utf8" });
  const why = attempt.error?.message ?? attempt.stderr.trim();
  return `network namespaces cannot be made here (${why}): run as root, or allow user namespaces
(sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000 kernel.apparmor_restrict_unprivileged_userns=0)
`;
}

function leave(): never {
  const flags = workingWay();
  if (flags === undefined) {
    process.stderr.write(explainRefusal());
    process.exit(1);
  }
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  // --pdeathsig: unshare ends when this process does, and its child with it.
  const result = spawnSync("setpriv", ["--pdeathsig", "KILL", "unshare", ...flags, ...command], {
    stdio: "inherit",
    env: { ...process.env, [marker]: readlinkSync("/proc/self/ns/net") },
  });
  if (result.error !== undefined) process.stderr.write(`setpriv could not be started: ${result.error.message}\n`);
  process.exit(result.status ?? (result.signal === "SIGINT" ? 130 : 1));
}

function run(command: string, arguments_: readonly string[]): void {
  const result = spawnSync(command, arguments_, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${command} ${arguments_.join(" ")}: ${result.error?.message ?? result.stderr.trim()}`);
}

function arrive(): void {
  // A /run of our own: `ip netns` keeps names there, which must not appear to the machine, and it is a folder that vanishes with us.
  run("mount", ["-t", "tmpfs", "hostward-lab", "/run"]);
  run("mkdir", ["-p", "/run/netns"]);
  run("ip", ["link", "set", "lo", "up"]);
  // The first process of a process namespace does not die of a signal that it does not handle.
  process.on("SIGINT", () => process.exit(130));
  process.on("SIGTERM", () => process.exit(143));
}

/** True inside: this process's network namespace is one that a lab made, and its alone. */
export function isInLab(): boolean {
  const outside = process.env[marker];
  return outside !== undefined && outside !== readlinkSync("/proc/self/ns/net");
}

if (isInLab()) arrive();
else leave();
