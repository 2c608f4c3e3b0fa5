// Builds build/Release/hostward_native.node with node-gyp and no network: headers come from the node-api-headers package and
// native/nodedir stands for Node's own. Plain JavaScript, for whatever Node (20 or later) runs it.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const needed = [
  { command: process.env.CXX ?? "g++", package: "g++" },
  { command: "make", package: "make" },
  { command: process.env.PYTHON ?? "python3", package: "python3" },
];

function runs(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

function stop(message) {
  console.error(`build:native: ${message}`);
  process.exit(1);
}

if (process.platform !== "linux") stop(`hostward's addon speaks netlink and builds on Linux only, not on ${process.platform}`);
const missing = needed.filter(({ command }) => !runs(command)).map((tool) => tool.package);
if (missing.length > 0)
  stop(`${missing.join(", ")} ${missing.length > 1 ? "are" : "is"} not installed; on Debian and Ubuntu: apt-get install ${missing.join(" ")}`);

let nodeGyp;
try {
  nodeGyp = createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
} catch {
  stop("node-gyp is not installed; run npm ci first");
}

const built = spawnSync(process.execPath, [nodeGyp, "configure", "build", "--nodedir", join(root, "native/nodedir"), "--loglevel", "error"], {
  cwd: root,
  stdio: "inherit",
});
if (built.status !== 0) stop("the compiler's messages are above");
const addon = join(root, "build/Release/hostward_native.node");
if (!existsSync(addon)) stop(`node-gyp ended well but ${addon} is not there`);
console.log(`built ${addon}`);
