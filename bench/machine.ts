// On what was measured: results without it cannot be compared.

import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem } from "node:os";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly kernel: string;
  readonly node: string;
  readonly nft: string;
  readonly libnftables: string;
  readonly firewalld: string;
  readonly iperf3: string;
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    nft: firstLine("nft", "--version"),
    libnftables: firstLine("pkg-config", "--modversion", "libnftables"),
    firewalld: firstLine("firewall-offline-cmd", "--version"),
    iperf3: firstLine("iperf3", "--version"),
  };
}

export const missing = "not installed";

function firstLine(command: string, ...arguments_: readonly string[]): string {
  const { status, stdout } = spawnSync(command, arguments_, { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
  return status === 0 ? (stdout.split("\n")[0] ?? "").trim() : missing;
}
