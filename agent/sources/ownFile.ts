// Files that hostward keeps for itself in its state directory. Whoever could write to one could put policies in force, so one that others may write to
// is neither believed nor written; and a file is written whole or not at all, also when the machine stops meanwhile.

import type { Stats } from "node:fs";
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Problem } from "../../rules/model/problem.ts";
import { readText } from "./scan.ts";

/** @throws also where others may write to it */
export async function makeOwnFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  ownOnly(await stat(path));
}

/** Undefined: there is none. @throws also where others may write to the file or its folder */
export async function readOwn(path: string): Promise<string | undefined> {
  try {
    ownOnly(await stat(dirname(path)));
    return await readText(path, ownOnly);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** In a folder that is there. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.new`;
  await writeFile(beside, text, { mode: 0o600, flush: true });
  await rename(beside, path);
}

export function stateProblem(source: string, message: string, hint: string): Problem {
  return { code: "state-directory", severity: "warning", place: { source }, message, hint };
}

function ownOnly({ uid, mode }: Stats): void {
  if (uid !== process.geteuid?.() || (mode & 0o022) !== 0) throw new Error("others may write to it");
}
