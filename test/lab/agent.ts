// The TypeScript side of agent.py: one process in one network namespace, requests and replies as JSON lines.
// Each method is one operation there; names and units (seconds) are the same on both sides.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What became of an attempt: `timeout` is what a dropped packet looks like, `refused` a reset or port unreachable, `denied` a drop in our own output hook. */
export type Outcome = "open" | "timeout" | "refused" | "reset" | "closed" | "denied" | "unreachable";

export interface Endpoint {
  readonly address: string;
  readonly port?: number;
}

export interface ProbeRequest {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
  readonly source?: Endpoint;
  readonly timeout?: number;
}

/** An IP packet with its header, hexadecimal. */
export interface RawPacket {
  readonly bytes: string;
  readonly destination: string;
  /** Interface to send through; without it the routes decide. */
  readonly device?: string;
  readonly mark?: number;
}

/** An Ethernet frame, hexadecimal, and the interface to send it through. */
export interface RawFrame {
  readonly bytes: string;
  readonly interface: string;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

// The system's python first: a version manager's shim takes 100 ms to start.
const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

export class Agent {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  /** `prefix` is the command that enters the namespace; empty for this process's own. */
  constructor(prefix: readonly string[]) {
    const [command = python, ...rest] = [...prefix, python, "-u", join(import.meta.dirname, "agent.py")];
    this.#process = spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"] });
    this.#process.stderr.pipe(process.stderr);
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#receive(line));
    this.#process.on("close", (status) => this.#fail(new Error(`the lab's agent ended with status ${status}`)));
    this.#process.on("error", (error) => this.#fail(error));
  }

  /** An echo server that answers until the lab closes. */
  async listen(protocol: "tcp" | "udp", address: string, port: number): Promise<void> {
    await this.#request("listen", { protocol, address, port });
  }

  /** Connects, sends a message and waits for its echo. */
  async probe(request: ProbeRequest): Promise<Outcome> {
    return (await this.#request("probe", request)) as Outcome;
  }

  async ping(address: string, options: { readonly source?: string; readonly timeout?: number } = {}): Promise<Outcome> {
    return (await this.#request("ping", { address, ...options })) as Outcome;
  }

  /** A TCP connection that stays until `close(key)`; `exchange(key)` sends a message over it and waits for the echo. */
  async open(key: string, to: Omit<ProbeRequest, "protocol">): Promise<Outcome> {
    return (await this.#request("open", { key, ...to })) as Outcome;
  }

  async exchange(key: string, timeout = 0.5): Promise<Outcome> {
    return (await this.#request("exchange", { key, timeout })) as Outcome;
  }

  async close(key: string): Promise<void> {
    await this.#request("close", { key });
  }

  /** Sends Ethernet frames, past every hook of this namespace but into those at the cable's other end. */
  async inject(frames: readonly RawFrame[]): Promise<void> {
    await this.#request("inject", { frames });
  }

  /** Sends IP packets from this host, through its output hook; returns each packet's errno name, or null where it left. */
  async emit(packets: readonly RawPacket[]): Promise<readonly (string | null)[]> {
    return (await this.#request("emit", { packets })) as readonly (string | null)[];
  }

  /** Empties this namespace's connection tracking table. */
  async forgetFlows(): Promise<void> {
    await this.#request("forgetFlows", {});
  }

  /** Sets kernel parameters by their path below /proc/sys ("net/ipv4/ip_forward"). */
  async sysctl(values: Readonly<Record<string, number>>): Promise<void> {
    await this.#request("sysctl", { values });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const closed = new Promise((resolve) => this.#process.once("close", resolve));
    this.#waiting.clear();
    this.#process.stdin.end();
    await closed;
  }

  #request(op: string, arguments_: object): Promise<unknown> {
    this.#last += 1;
    const id = this.#last;
    this.#process.stdin.write(`${JSON.stringify({ id, op, with: arguments_ })}\n`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  #receive(line: string): void {
    const reply = JSON.parse(line) as { readonly id: number; readonly result?: unknown; readonly error?: string };
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.error === undefined) waiting?.resolve(reply.result);
    else waiting?.reject(new Error(reply.error));
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
