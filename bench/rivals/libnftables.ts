// The library that nft is made of, without starting a process for each command: a small C program that keeps running.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { RivalNamespace } from "./namespace.ts";

export interface LibnftablesRun {
  readonly milliseconds: number;
}

export interface Libnftables {
  /** An nft command, or "@" and the name of a file of them. @throws when the library refused it */
  run(command: string): Promise<LibnftablesRun>;
  close(): void;
}

/** Undefined where the library's header or a compiler is missing: the column is left out then, and why is told on stderr. */
export async function openLibnftables(namespace: RivalNamespace): Promise<Libnftables | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "hostward-libnftables-"));
  const program = join(folder, "libnftables");
  const source = join(import.meta.dirname, "libnftables.c");
  const { status, stderr, error } = spawnSync("gcc", ["-O2", "-Wall", "-o", program, source, "-lnftables"], { encoding: "utf8" });
  if (status !== 0) {
    rmSync(folder, { recursive: true });
    process.stderr.write(`  no comparison with libnftables, whose package libnftables-dev and gcc are needed: ${(error?.message ?? stderr).split("\n")[0]}\n`);
    return undefined;
  }
  const child = namespace.spawn(program, [], { stdio: ["pipe", "pipe", "inherit"] });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("the program of libnftables has no pipes");
  const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    async run(command) {
      stdin.write(`${command}\n`);
      const { value = "error nothing" } = await answers.next();
      const milliseconds = Number(value);
      if (Number.isNaN(milliseconds)) throw new Error(`libnftables: ${value}`);
      return { milliseconds };
    },
    close() {
      stdin.end();
      rmSync(folder, { recursive: true });
    },
  };
}
