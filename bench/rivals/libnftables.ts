// The library that nft is made of, without starting a process for each command: a small C program that keeps running.

import { join } from "node:path";
import { createInterface } from "node:readline";
import { compileProgram } from "../compile.ts";
import type { RivalNamespace } from "./namespace.ts";

export interface Libnftables {
  /** Milliseconds of an nft command, or of "@" and the name of a file of them. @throws when the library refused it */
  run(command: string): Promise<number>;
  close(): void;
}

/** Undefined where the library's header or a compiler is missing: the column is left out then, and why is told on stderr. */
export function openLibnftables(namespace: RivalNamespace): Libnftables | undefined {
  const program = compileProgram(join(import.meta.dirname, "libnftables.c"), "-lnftables");
  if (typeof program === "string") {
    process.stderr.write(`  no comparison with libnftables, which needs libnftables-dev and gcc: ${program}\n`);
    return undefined;
  }
  const { stdin, stdout } = namespace.spawn(program.path, [], { stdio: ["pipe", "pipe", "inherit"] });
  if (stdin === null || stdout === null) throw new Error("the program of libnftables has no pipes");
  const answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  return {
    async run(command) {
      stdin.write(`${command}\n`);
      const { value = "error nothing" } = await answers.next();
      const milliseconds = Number(value);
      if (Number.isNaN(milliseconds)) throw new Error(`libnftables: ${value}`);
      return milliseconds;
    },
    close() {
      stdin.end();
      program.remove();
    },
  };
}
