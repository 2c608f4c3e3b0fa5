// From a fresh clone to a machine that can run everything here: npm packages, Debian packages and the native addon, then one script.
// `node tools/setup.mjs [--build] [SCRIPT ARGUMENT...]` runs SCRIPT under the Node of node_modules; --build makes the addon first (the tests
// have that as a stage of their own, so that a failing compiler does not hide all other results).
// Plain JavaScript without dependencies, because it runs before there are any, under whatever Node (20 to 26) the machine has.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lacking } from "./packages.mjs";
import { ensureCommands, explainMissing, searchPath } from "./system.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const oldestNode = 20;

/** Stops with what is wrong and what to do. */
function refuse(message) {
  process.stderr.write(`setup: ${message}\n`);
  process.exit(1);
}

function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < oldestNode) refuse(`Node ${process.versions.node} is too old, ${oldestNode} or later is needed to set up (hostward then brings its own)`);
}

/** npm as it was called, or the one on PATH. Its own Node must not be the one in node_modules: `npm ci` deletes that one while it runs. */
function npmCommand() {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  const outside = node !== undefined && !node.startsWith(join(root, "node_modules"));
  return script?.endsWith(".js") && outside ? [node, script] : ["npm"];
}

function installModules() {
  const reason = lacking(root);
  if (reason === undefined) return;
  process.stdout.write(`setup: npm ci (${reason})\n`);
  const [command, ...prefix] = npmCommand();
  const modules = join(root, "node_modules", ".bin");
  const path = (process.env.PATH ?? "").split(":").filter((part) => part !== modules);
  const options = { cwd: root, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, PATH: path.join(":") } };
  // Warnings would be about the Node that calls npm; what runs afterwards is the one that npm installs here.
  const result = spawnSync(command, [...prefix, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], options);
  if (result.error) refuse(`npm could not be started (${result.error.message}): install npm 9 or later`);
  if (result.status !== 0) refuse(`npm ci failed with status ${result.status}; its messages are above`);
  const still = lacking(root);
  if (still !== undefined) refuse(`npm ci ended well, yet ${still}: this platform may have no build of it (linux x64 and arm64 have)`);
}

/** A run under the Node of node_modules that gets our signals and whose end is ours. */
function runScript(arguments_) {
  const modules = join(root, "node_modules", ".bin");
  const node = join(modules, "node");
  if (!existsSync(node)) refuse(`there is no ${node}: linux x64 and arm64 are supported`);
  const child = spawn(node, arguments_, { stdio: "inherit", cwd: root, env: { ...process.env, PATH: [modules, ...searchPath()].join(":") } });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

async function main(arguments_) {
  const build = arguments_[0] === "--build";
  const [script, ...rest] = build ? arguments_.slice(1) : arguments_;
  checkNode();
  installModules();
  const missing = ensureCommands();
  if (missing.length > 0) process.stderr.write(`setup: ${explainMissing(missing)}\n`);
  if (build && (await runScript(["tools/build-native.mjs"])) !== 0) refuse("the native addon could not be built; the compiler's messages are above");
  process.exitCode = script === undefined ? 0 : await runScript([script, ...rest]);
}

await main(process.argv.slice(2));
