// A network namespace beside the one that is measured, for the programs that hostward is compared with. Ends with the lab that it is made in.

import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";

export interface RivalNamespace {
  /** Milliseconds from starting the command to its end. @throws with what it said when its status is not 0 */
  time(command: string, ...arguments_: readonly string[]): number;
  run(command: string, ...arguments_: readonly string[]): string;
  spawn(command: string, arguments_: readonly string[], options: SpawnOptions): ChildProcess;
  /** Leaves no ruleset, and waits until the kernel has freed it. */
  clear(): void;
  close(): void;
}

/** Of nsenter's start, which is no part of what is timed: the shortest of a few runs of it that start nothing. */
const entering = 5;

export function openNamespace(name: string): RivalNamespace {
  must("ip", ["netns", "add", name]);
  const prefix = [`--net=/run/netns/${name}`];
  const run = (command: string, ...arguments_: readonly string[]): string => must("nsenter", [...prefix, command, ...arguments_]);
  run("ip", "link", "set", "lo", "up");
  const timed = (command: string, arguments_: readonly string[]): number => {
    const began = performance.now();
    run(command, ...arguments_);
    return performance.now() - began;
  };
  const overhead = Math.min(...Array.from({ length: entering }, () => timed("true", [])));
  return {
    run,
    time: (command, ...arguments_) => Math.max(0, timed(command, arguments_) - overhead),
    spawn: (command, arguments_, options) => spawn("nsenter", [...prefix, command, ...arguments_], options),
    clear() {
      run("nft", "flush", "ruleset");
      must("sleep", ["0.1"]);
    },
    close: () => void must("ip", ["netns", "delete", name]),
  };
}

function must(command: string, arguments_: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, arguments_, { encoding: "utf8", maxBuffer: 1e9 });
  if (status !== 0) throw new Error(`${command} ${arguments_.join(" ")}: ${(error?.message ?? stderr).trim().slice(0, 500)}`);
  return stdout;
}
