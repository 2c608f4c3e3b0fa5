// The commands that building and testing need from the system, and the Debian packages that bring them: found, installed where we may,
// named with the command to install them where we may not. hostward itself needs none of them at run time.

import { spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";

/** Command to Debian package. */
const packageOf = {
  "g++": "g++",
  make: "make",
  python3: "python3",
  nft: "nftables",
  ip: "iproute2",
  unshare: "util-linux",
  nsenter: "util-linux",
  setpriv: "util-linux",
};

/** PATH with the folders of system administration, which Debian leaves out for users. */
export function searchPath() {
  const path = (process.env.PATH ?? "").split(":").filter((part) => part !== "");
  return [...path, ...["/usr/sbin", "/sbin", "/usr/bin", "/bin"].filter((part) => !path.includes(part))];
}

/** Where a command lies, or undefined. */
export function findCommand(command) {
  for (const folder of searchPath()) {
    const path = join(folder, command);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/**
 * The commands that are not there, of those named or of all that anything here needs.
 * @param {readonly string[]} commands
 */
export function missingCommands(commands = Object.keys(packageOf)) {
  return commands.filter((command) => findCommand(command) === undefined);
}

/**
 * What to do about missing commands, in one paragraph.
 * @param {readonly string[]} commands
 */
export function explainMissing(commands) {
  const packages = [...new Set(commands.map((command) => packageOf[command]))].join(" ");
  return `missing on this system: ${commands.join(", ")}. On Debian or Ubuntu: sudo apt-get install ${packages}`;
}

/** Root of the machine, not only of a user namespace: there apt-get could not work, nor can nft raise its send buffer. */
export function isRealRoot() {
  if (process.getuid() !== 0) return false;
  return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
}

function isDebianLike() {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8")) && findCommand("apt-get") !== undefined;
  } catch {
    return false;
  }
}

/** Installs what is missing where that is possible; returns what is missing still. */
export function ensureCommands() {
  const missing = missingCommands();
  if (missing.length === 0 || !isRealRoot() || !isDebianLike()) return missing;
  const packages = [...new Set(missing.map((command) => packageOf[command]))];
  process.stdout.write(`setup: apt-get install ${packages.join(" ")}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const install = (stdio) => spawnSync("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages], { stdio, env });
  // The package lists of a fresh image are empty or old: what apt-get says to that is of no interest.
  if (install("ignore").status !== 0) {
    spawnSync("apt-get", ["update", "-q"], { stdio: ["ignore", "inherit", "inherit"], env });
    install(["ignore", "inherit", "inherit"]);
  }
  return missingCommands();
}
