// The real daemon, as bin/hostward starts it, in this namespace, over a folder of manifests; and an observer of the kernel that is told of each commit.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askDaemon } from "../agent/control/client.ts";
import type { Status } from "../agent/control/status.ts";
import type { KernelEvent } from "../agent/kernel/interface.ts";
import { openNetlinkKernel } from "../agent/kernel/netlink.ts";
import type { Actual } from "../rules/diff/types.ts";
import { node } from "./workload.ts";

export const table = "hostward";

const program = join(import.meta.dirname, "..", "bin", "hostward");

export interface DaemonOptions {
  /** The text of the manifests. */
  readonly manifests: string;
  /** HOSTWARD_* besides, and NODE_OPTIONS. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class DaemonUnderTest {
  readonly folder = mkdtempSync(join(tmpdir(), "hostward-bench-"));
  readonly #control = join(this.folder, "control");
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #log = "";

  constructor({ manifests, environment = {} }: DaemonOptions) {
    this.write(manifests);
    const arguments_ = ["run", "--node", node, "--manifests", this.folder, "--control", this.#control, "--state", join(this.folder, ".state")];
    this.#child = spawn(program, arguments_, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...environment } });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#log += text;
    });
    this.#ended = once(this.#child, "exit");
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the daemon did not start");
    return this.#child.pid;
  }

  write(manifests: string): void {
    writeFileSync(join(this.folder, "host.yaml"), manifests);
  }

  /** @throws with its log when it has ended */
  check(): void {
    if (this.#child.exitCode !== null) throw new Error(`the daemon ended: ${this.#log.slice(-2000)}`);
  }

  /** Fulfilled when the manifests are in force. @throws with its log when it has ended */
  async inForce(): Promise<void> {
    for (;;) {
      this.check();
      const status = (await askDaemon(this.#control, "/status").catch(() => undefined)) as Status | undefined;
      if (status?.state === "in-sync") return;
      await sleep(50);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Megabytes, as the kernel counts them: now, and the most that it ever was. */
  memory(): { readonly resident: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    const megabytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
    return { resident: megabytes("VmRSS"), peak: megabytes("VmHWM") };
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
    rmSync(this.folder, { recursive: true });
  }
}

export interface Commit {
  /** When it was heard of, by performance.now(). */
  readonly at: number;
  readonly event: Extract<KernelEvent, { readonly kind: "generation" }>;
}

/** Hears of every commit in this namespace, and reads the table. */
export class Observer {
  readonly #kernel = openNetlinkKernel();
  readonly #heard: Commit[] = [];
  #wake: (() => void) | undefined;
  #isLost = false;

  constructor() {
    this.#kernel.watch(table, (event) => {
      if (event.kind === "overflow") this.#isLost = true;
      else this.#heard.push({ at: performance.now(), event });
      this.#wake?.();
    });
  }

  /** What was heard until now is no longer of interest. */
  forget(): void {
    this.#heard.length = 0;
    this.#isLost = false;
  }

  /** The first that was not asked for yet. @throws when there is none for ten seconds, or notifications were lost */
  async commit(): Promise<Commit> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const late = setTimeout(resolve, 10_000);
    if (this.#heard.length === 0) await promise;
    clearTimeout(late);
    if (this.#isLost) throw new Error("notifications were lost");
    const commit = this.#heard.shift();
    if (commit === undefined) throw new Error("no commit for ten seconds");
    return commit;
  }

  async read(): Promise<Actual | undefined> {
    return (await this.#kernel.read(table)).actual;
  }

  /** What the table holds as soon as the manifests are in force and it has held the same for half a second. */
  async settled(daemon: DaemonUnderTest): Promise<Actual> {
    await daemon.inForce();
    for (let before = "", since = performance.now(); ; await sleep(100)) {
      daemon.check();
      const actual = await this.read();
      const now = measureOf(actual);
      if (now !== before) since = performance.now();
      else if (actual !== undefined && actual.chains.length > 0 && performance.now() - since > 500) return actual;
      before = now;
    }
  }

  close(): void {
    this.#kernel.close();
  }
}

/** Equal for tables with as many of everything everywhere. */
export function measureOf(actual: Actual | undefined): string {
  if (actual === undefined) return "none";
  const chains = actual.chains.map(({ name, rules }) => [name, rules.length]);
  const sets = actual.sets.map(({ name, keys }) => [name, keys.count]);
  return JSON.stringify([chains, sets, actual.maps.map(({ name, entries }) => [name, entries.length])]);
}

/** Interfaces of these names, up, each cabled to one that nobody governs: not every kernel has dummies. */
export function makeInterfaces(names: readonly string[]): void {
  const lines = names.flatMap((name) => [`link add ${name} type veth peer name far-${name}`, `link set ${name} up`, `link set far-${name} up`]);
  const { status, stderr } = spawnSync("ip", ["-batch", "-"], { input: `${lines.join("\n")}\n`, encoding: "utf8" });
  if (status !== 0) throw new Error(`ip: ${stderr}`);
}
