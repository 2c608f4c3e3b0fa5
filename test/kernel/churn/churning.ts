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
  readonly #lines: string[] = [];
  #partial = "";
  #change = 0;
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
      const lines = (this.#partial + text).split("\n");
      this.#partial = lines.pop() ?? "";
      this.#lines.push(...lines);
      const change = lines.findLast((line) => line.startsWith("change "));
      if (change !== undefined) this.#change = Number(change.slice("change ".length));
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
      const index = this.#lines.findIndex((line) => line.startsWith(beginning));
      if (index >= 0) return this.#lines.splice(0, index + 1).at(-1) ?? "";
      if (this.#isClosed || performance.now() > end) throw new Error(`the churning process did not say ${JSON.stringify(beginning)}`);
      await this.#more(end - performance.now());
    }
  }

  /** By its own id. @returns the last change that it has begun */
  async kill(): Promise<number> {
    this.#child.kill("SIGKILL");
    await this.#closed;
    return this.#change;
  }

  async #more(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onTold = resolve;
    const timer = setTimeout(resolve, milliseconds);
    await promise;
    clearTimeout(timer);
  }
}
