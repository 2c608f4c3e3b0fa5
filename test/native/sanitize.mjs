// Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer into .cache/sanitize and runs its tests with it, leak check included.
// Usage: node test/native/sanitize.mjs [TEST FILE...]; exits 1 when a test fails or a Node process makes a report. Plain JavaScript, for any Node.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = join(root, "node_modules/.bin/node");
const folder = join(root, ".cache/sanitize");
const addon = join(folder, "hostward_native.node");
const compiler = process.env.CXX ?? "g++";
const tests = ["test/native/*.test.ts", "test/agent/sources/link*.test.ts"];

/** What Node 24 leaves behind at its end without any addon, seen from the innermost function that says so. */
const nodesOwnLeaks = ["ossl_load_builtin_compressions", "node::contextify::ContextifyScript::New"];

const flags = `-std=c++20 -O1 -g -fPIC -shared -pthread -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=address,undefined
  -Wall -Wextra -Wno-unused-parameter -DNAPI_VERSION=8 -DNAPI_CPP_EXCEPTIONS -DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
  -isystem node_modules/node-addon-api -isystem node_modules/node-api-headers/include`.split(/\s+/);

function stop(message) {
  console.error(`sanitize: ${message}`);
  process.exit(1);
}

function output(command, arguments_) {
  const { status, stdout, stderr, error } = spawnSync(command, arguments_, { cwd: root, encoding: "utf8" });
  if (status !== 0) stop(`${command} ${arguments_.join(" ")}: ${error?.message ?? stderr}`);
  return stdout.trim();
}

function isCurrent() {
  if (!existsSync(addon)) return false;
  const built = statSync(addon).mtimeMs;
  return [...globSync("native/src/*", { cwd: root }), "test/native/sanitize.mjs"].every((path) => statSync(join(root, path)).mtimeMs < built);
}

function build() {
  if (isCurrent()) return;
  mkdirSync(folder, { recursive: true });
  output(compiler, [...flags, "-o", addon, ...globSync("native/src/*.cc", { cwd: root })]);
}

/** The environment under which any process loads the sanitised addon and writes its reports to `reports`. */
function environment(reports) {
  const library = output(compiler, ["-print-file-name=libasan.so"]);
  if (!existsSync(library)) stop(`${compiler} has no libasan; on Debian and Ubuntu it comes with g++`);
  const suppressions = join(folder, "suppressions");
  writeFileSync(suppressions, nodesOwnLeaks.map((name) => `leak:${name}\n`).join(""));
  // The tests also run ip, sh and python3, which leak as they please: reports are judged below, so a leak alone must not change an exit status.
  const shared = `log_path=${join(reports, "report")}:log_exe_name=1`;
  return {
    ...process.env,
    LD_PRELOAD: library,
    HOSTWARD_NATIVE: addon,
    ASAN_OPTIONS: `${shared}:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=0`,
    LSAN_OPTIONS: `suppressions=${suppressions}:print_suppressions=0:exitcode=0`,
    UBSAN_OPTIONS: `${shared}:print_stacktrace=1`,
  };
}

/** A run without the sanitiser in it would be clean, too. */
function checkLoaded(env) {
  const script = `process.dlopen({ exports: {} }, ${JSON.stringify(addon)}); process.stdout.write(require("fs").readFileSync("/proc/self/maps", "utf8"));`;
  const { stdout, stderr } = spawnSync(node, ["--eval", script], { env, encoding: "utf8" });
  for (const part of ["libasan", addon]) if (!stdout.includes(part)) stop(`${part} was not loaded: ${stderr}`);
}

/** Runs a command, shows its output as it comes and keeps it. */
function shown(command, arguments_, env) {
  const child = spawn(command, arguments_, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8").on("data", (text) => {
      output += text;
      process[stream].write(text);
    });
  }
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, output })));
}

build();
const reports = mkdtempSync(join(folder, "reports-"));
const env = environment(reports);
checkLoaded(env);
const files = process.argv.length > 2 ? process.argv.slice(2) : globSync(tests, { cwd: root });
const run = await shown(node, ["--test", "--test-reporter=spec", "--test-concurrency=1", ...files], env);
const found = readdirSync(reports)
  .filter((name) => name.startsWith("report.node."))
  .map((name) => readFileSync(join(reports, name), "utf8"));
for (const text of found) console.error(text);
rmSync(reports, { recursive: true });
// UndefinedBehaviorSanitizer writes to stderr whatever its log_path says.
const undefinedBehaviour = run.output.split("\n").filter((line) => line.includes("runtime error: "));
for (const line of undefinedBehaviour) console.error(line);
const count = found.length + undefinedBehaviour.length;
console.log(`sanitize: ${count} reports, tests ${run.status === 0 ? "passed" : "failed"}`);
process.exit(count === 0 && run.status === 0 ? 0 : 1);
