// `hostward run` as a process in a lab: its manifests, its status, its start and its end.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Status } from "../../../agent/control/status.ts";
import { launcher } from "../../agent/cli/command.ts";
import { plainSsh, statusOf } from "../../agent/running.ts";
import type { Namespace } from "../../lab/namespace.ts";

export class DaemonProcess {
  readonly #folder = mkdtempSync(join(tmpdir(), "hostward-daemon-"));
  readonly #namespace: Namespace;
  readonly #control = join(this.#folder, "control.sock");
  #child: ChildProcess | undefined;
  /** What it logged since it was started, or the log was last cleared. */
  log = "";

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
    mkdirSync(join(this.#folder, "manifests"));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.#folder, "manifests", name), text);
  }

  /** Until it is in sync. */
  async start(): Promise<Status> {
    this.log = "";
    const flags = [
      "run",
      "--manifests",
      join(this.#folder, "manifests"),
      "--node",
      "host1",
      "--control",
      this.#control,
      "--state",
      join(this.#folder, "state"),
    ];
    const env = { PATH: process.env["PATH"], ...plainSsh, NODE_COMPILE_CACHE: join(this.#folder, "cache") };
    const child = this.#namespace.spawn(launcher, flags, { env, stdio: ["ignore", "ignore", "pipe"] });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.log += text;
    });
    this.#child = child;
    return await this.status(({ state }) => state === "in-sync");
  }

  /** When it holds. */
  async status(holds: (status: Status) => boolean): Promise<Status> {
    return await statusOf(this.#control, holds, () => this.log);
  }

  /** User and system time since it started. */
  async processorSeconds(): Promise<number> {
    const [, rest = ""] = (await readFile(`/proc/${this.#child?.pid}/stat`, "utf8")).split(") ");
    const fields = rest.split(" ");
    // proc(5): utime and stime are the 14th and 15th field, in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "close");
    child.kill(signal);
    await ended;
  }

  async close(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
