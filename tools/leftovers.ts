// What a test run left behind: processes that carry its token in their environment and, in CI where nobody else works, network namespaces
// with a name that were not there before. Both must be empty; a process found is ended here, so that it does not disturb the next run.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Every process of this run inherits it as HOSTWARD_TEST_RUN. */
export const runToken = `${process.pid}-${Date.now()}`;

const namespaceFolder = "/run/netns";
const namespacesBefore = new Set(namedNamespaces());

function namedNamespaces(): readonly string[] {
  return process.env["CI"] !== undefined && existsSync(namespaceFolder) ? readdirSync(namespaceFolder) : [];
}

function processesOfRun(): readonly { readonly pid: number; readonly command: string }[] {
  const pids = readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  return pids.flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      if (!environment.includes(`HOSTWARD_TEST_RUN=${runToken}`)) return [];
      return [{ pid, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim() }];
    } catch {
      // ended meanwhile, or not ours
      return [];
    }
  });
}

/** One line for each thing left, after a second of grace. */
export async function leftovers(): Promise<readonly string[]> {
  for (let attempt = 0; attempt < 10 && processesOfRun().length > 0; attempt++) await sleep(100);
  const processes = processesOfRun();
  for (const { pid } of processes) process.kill(pid, "SIGKILL");
  const namespaces = namedNamespaces().filter((name) => !namespacesBefore.has(name));
  return [...processes.map(({ pid, command }) => `process ${pid}: ${command}`), ...namespaces.map((name) => `network namespace ${name}`)];
}
