// One network namespace of the lab: run commands in it, keep processes in it, speak through its agent.
// The namespace without a name is this process's own, which lab/enter.ts has made.

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent } from "./agent.ts";

export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Namespace {
  readonly name: string;
  readonly #prefix: readonly string[];
  readonly #processes = new Set<ChildProcess>();
  #agent: Agent | undefined;

  constructor(name: string, isOwn: boolean) {
    this.name = name;
    this.#prefix = isOwn ? [] : ["nsenter", `--net=/run/netns/${name}`];
  }

  get agent(): Agent {
    this.#agent ??= new Agent(this.#prefix);
    return this.#agent;
  }

  /** Starts a process that the lab ends at the latest when it closes. */
  spawn(command: string, arguments_: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [first = command, ...rest] = [...this.#prefix, command, ...arguments_];
    const child = spawn(first, rest, options);
    this.#processes.add(child);
    child.once("close", () => this.#processes.delete(child));
    return child;
  }

  /** Runs a command to its end, whatever its status. */
  async run(command: string, arguments_: readonly string[], input = ""): Promise<Finished> {
    const child = this.spawn(command, arguments_, { stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdin?.on("error", () => undefined).end(input);
    const [status] = (await once(child, "close")) as [number | null];
    return { status: status ?? 1, stdout, stderr };
  }

  /** @throws with what the command said when its status is not 0. */
  async must(command: string, arguments_: readonly string[], input = ""): Promise<string> {
    const { status, stdout, stderr } = await this.run(command, arguments_, input);
    if (status !== 0) throw new Error(`${command} ${arguments_.join(" ")} in ${this.name}: ${stderr.trim()}${input === "" ? "" : `\n${input}`}`);
    return stdout;
  }

  /** Lines for `ip -batch`, all in one process. */
  async ip(...lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.must("ip", ["-batch", "-"], `${lines.join("\n")}\n`);
  }

  /** Loads nft text as one transaction. */
  async nft(text: string): Promise<void> {
    await this.must("nft", ["-f", "-"], text);
  }

  async close(): Promise<void> {
    await this.#agent?.stop();
    const closed = [...this.#processes].map((child) => once(child, "close"));
    for (const child of this.#processes) child.kill("SIGKILL");
    await Promise.all(closed);
  }
}
