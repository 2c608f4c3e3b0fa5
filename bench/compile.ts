// The small C programs of the benchmarks, compiled into a folder when they are needed.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

export interface Program {
  readonly path: string;
  remove(): void;
}

/** @returns what the compiler said first, where there is none or it refused */
export function compileProgram(source: string, ...flags: readonly string[]): Program | string {
  const folder = mkdtempSync(join(tmpdir(), "hostward-bench-"));
  const path = join(folder, basename(source, ".c"));
  const { status, stderr, error } = spawnSync("gcc", ["-O2", "-Wall", "-o", path, source, ...flags], { encoding: "utf8" });
  const remove = (): void => rmSync(folder, { recursive: true });
  if (status === 0) return { path, remove };
  remove();
  return error?.message ?? stderr.split("\n")[0] ?? "gcc failed";
}
