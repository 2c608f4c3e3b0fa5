// The daemon as an operator would start it, `hostward run` on a folder of manifests, and how to know that it has done what a change asks for.

import { type ChildProcess, spawnSync } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askDaemon } from "../../agent/control/client.ts";
import type { Status } from "../../agent/control/status.ts";
import type { Lab } from "../../test/lab/lab.ts";

// In the lab's own /run: nothing of it is left afterwards.
const manifests = "/run/hostward/manifests";
const control = "/run/hostward/control.sock";
const state = "/run/hostward/state";
const command = join(import.meta.dirname, "../../bin/hostward");
const patience = 15_000;

export class Daemon {
  readonly #process: ChildProcess;
  #log = "";

  constructor(lab: Lab) {
    mkdirSync(manifests, { recursive: true });
    const arguments_ = ["run", "--node", "demo", "--datastore", "file", "--manifests", manifests, "--control", control, "--state", state];
    this.#process = lab.host.spawn(command, arguments_, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#log += text;
      });
    }
  }

  /** Writes as careful tools do: the new text beside, then renamed over the old one. */
  write(file: string, text: string): void {
    const path = join(manifests, file);
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }

  status(): Promise<Status> {
    return askDaemon(control, "/status") as Promise<Status>;
  }

  /** Resolves with the first status that fits. @throws with the daemon's log when none comes */
  async until(fits: (status: Status) => boolean): Promise<Status> {
    const end = performance.now() + patience;
    while (performance.now() < end && this.#process.exitCode === null) {
      const status = await this.status().catch(() => undefined);
      if (status !== undefined && fits(status)) return status;
      await sleep(10);
    }
    throw new Error(`the daemon ${this.#process.exitCode === null ? "did not get there" : "ended"}; its log:\n${this.#log}`);
  }

  /** What `hostward render` prints for the manifests as they are now. */
  render(): string {
    const { stdout, stderr } = spawnSync(command, ["render", "--node", "demo", "--manifests", manifests], { encoding: "utf8" });
    return stdout === "" ? stderr : stdout;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("close", resolve));
    this.#process.kill("SIGTERM");
    await ended;
  }
}
