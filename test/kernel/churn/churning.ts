// The test's side of churner.ts: a child process, its orders and what it tells. The children share a folder of compiled scripts, since many are started.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Namespace } from "../../lab/namespace.ts";
import { patienceMilliseconds } from "../../patience.ts";

export interface Churn {
  readonly seed: number;
  /** Policies of ten rules. */
  readonly ballast: number;
  /** A folder. */
  readonly cache: string;
}

export class Churner {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #told = "";
  #isClosed = false;
  #onTold: () => void = () => undefined;

  constructor(namespace: Namespace, { seed, ballast, cache }: Churn) {
    const script = [join(import.meta.dirname, "churner.ts"), String(seed), String(ballast)];
    this.#child = namespace.spawn(process.execPath, script, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, NODE_COMPILE_CACHE: cache } });
    this.#closed = once(this.#child, "close").then(() => {
      this.#isClosed = true;
      this.#onTold();
    });
    // What it reads no more, once it is killed, is no trouble.
    this.#child.stdin?.on("error", () => undefined);
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#told += text;
      this.#onTold();
    });
  }

  order(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** The next line that begins so; those before it are forgotten. */
  async line(beginning: string): Promise<string> {
    const end = performance.now() + patienceMilliseconds;
    for (;;) {
      const lines = this.#told.split("\n");
      const index = lines.slice(0, -1).findIndex((line) => line.startsWith(beginning));
      if (index >= 0) {
        this.#told = lines.slice(index + 1).join("\n");
        return lines[index] ?? "";
      }
      if (this.#isClosed || performance.now() > end) throw new Error(`the churning process did not say ${JSON.stringify(beginning)}`);
      await this.#more(end - performance.now());
    }
  }

  /** By its own id. @returns the last change that it has begun, undefined when none since the line last asked for */
  async kill(): Promise<number | undefined> {
    this.#child.kill("SIGKILL");
    await this.#closed;
    const changes = this.#told.split("\n").filter((line) => line.startsWith("change "));
    return changes.length === 0 ? undefined : Number(changes.at(-1)?.slice("change ".length));
  }

  async #more(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onTold = resolve;
    const timer = setTimeout(resolve, milliseconds);
    await promise;
    clearTimeout(timer);
  }
}
